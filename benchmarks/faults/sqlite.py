"""The ledger in SQLite is locked, full, damaged, or gone."""

import os
import resource
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.faults.case import NOT_A_VERDICT, NOTHING_LOST, Case
from benchmarks.faults.world import World

_PAGE = 4096


def _file(world: World) -> Path:
    return world.folder / "ledger.db"


def _begun(world: World) -> None:
    world.start_engine()
    world.outage("mail")
    world.settle()


def _locked(world: World) -> Iterator[str]:
    """Another process holds the lock for longer than an outage lasts."""
    _begun(world)
    other = sqlite3.connect(_file(world), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    world.truth.down("shop")
    time.sleep(4)
    world.truth.up("shop")
    time.sleep(4)
    if not world.answers():
        yield "its page does not answer"
    other.execute("ROLLBACK")
    other.close()
    world.settle()
    yield from world.violations()


def _full(world: World) -> Iterator[str]:
    """No file may grow over 8 KiB: what is written there fails as on a full disk."""
    _begun(world)
    assert world.engine is not None
    before = resource.prlimit(world.engine.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(world.engine.pid, resource.RLIMIT_FSIZE, (2 * _PAGE, before[1]))
    world.truth.down("shop")
    time.sleep(4)
    world.truth.up("shop")
    time.sleep(3)
    if not world.answers():
        yield "its page does not answer"
    if not world.metric("sla_engine_ledger_errors_total"):
        yield "nothing counts it"
    resource.prlimit(world.engine.pid, resource.RLIMIT_FSIZE, before)
    world.settle()
    yield from world.violations()


def _damaged_while_it_runs(world: World) -> Iterator[str]:
    """Pages are overwritten: it says so, tells nobody of what is none, and does not start again."""
    _begun(world)
    told = len(world.slack.messages)
    with sqlite3.connect(_file(world)) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    size = _file(world).stat().st_size
    with _file(world).open("r+b") as file:
        for page in range(2, size // _PAGE):
            file.seek(page * _PAGE)
            file.write(os.urandom(_PAGE))
    time.sleep(5)
    if not world.answers():
        yield "its page does not answer"
    if len(world.slack.messages) != told:
        yield "it told something of a ledger that is damaged"
    world.kill_engine()
    world.start_engine()
    if not world.engine_ended():
        yield "it starts on a ledger that is damaged"
    said = world.log.read_text().splitlines()[-1]
    if "damaged" not in said and "malformed" not in said:
        yield f"it does not say why it does not start: {said!r}"


def _gone(world: World) -> Iterator[str]:
    """The file is deleted: what is written to it nobody will ever read, so that it must be said."""
    _begun(world)
    for path in world.folder.glob("ledger.db*"):
        path.unlink()
    time.sleep(5)
    if not world.metric("sla_engine_ledger_errors_total"):
        yield "it goes on writing a ledger that is gone, and nothing counts it"
    if not world.answers():
        yield "its page does not answer"


CASES = (
    Case("SQLite", "locked for 8 s, an outage meanwhile", NOTHING_LOST, _locked),
    Case("SQLite", "full, an outage meanwhile", NOTHING_LOST, _full),
    Case("SQLite", "pages overwritten", NOT_A_VERDICT, _damaged_while_it_runs),
    Case("SQLite", "file deleted", NOTHING_LOST, _gone),
)
