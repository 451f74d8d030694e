"""The ledger in PostgreSQL is restarted, read-only, full, or all its sessions end."""

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.faults.case import NOTHING_LOST, Case
from benchmarks.faults.world import World


def _asked(world: World, *statements: str) -> Any:
    """Run statements in the server's own database; return the last one's first value."""
    server = world.url.rpartition("/")[0]
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        for statement in statements:
            found = connection.execute(statement.encode())
        return found.fetchone()[0] if found.description else None  # type: ignore[index]


def _ended(world: World) -> None:
    """End every session on the ledger."""
    database = world.url.rpartition("/")[2]
    _asked(world, f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                  f" WHERE datname = '{database}'")  # fmt: skip


def _as_owner(data: Path) -> list[str]:
    """Return what runs a command as whom the server belongs to, which only root may."""
    if os.geteuid():
        return ["env"]
    return ["setpriv", f"--reuid={data.owner()}", f"--regid={data.group()}", "--clear-groups"]


def _meanwhile(world: World) -> None:
    world.truth.down("shop")
    time.sleep(4)
    world.truth.up("shop")
    time.sleep(3)


def _begun(world: World) -> None:
    world.start_engine()
    world.outage("mail")
    world.settle()


def _restarted(world: World) -> Iterator[str]:
    _begun(world)
    data = Path(_asked(world, "SHOW data_directory"))
    world.truth.down("shop")
    control = str(max(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl")))
    as_owner = _as_owner(data)
    restart = [
        control,
        "-D",
        str(data),
        "-m",
        "immediate",
        "-w",
        "-l",
        str(data / "again.log"),
        "restart",
    ]
    subprocess.run([*as_owner, *restart], check=True, capture_output=True, cwd=data)
    try:
        time.sleep(2)
        world.truth.up("shop")
        world.settle()
        yield from world.violations()
    finally:
        stop = [control, "-D", str(data), "-m", "immediate", "stop"]
        world.kill_engine()
        subprocess.run([*as_owner, *stop], check=True, capture_output=True, cwd=data)


def _sessions_ended(world: World) -> Iterator[str]:
    _begun(world)
    world.truth.down("shop")
    for _ in range(4):
        _ended(world)
        time.sleep(1)
    world.truth.up("shop")
    world.settle()
    yield from world.violations()


def _read_only(world: World) -> Iterator[str]:
    _begun(world)
    _asked(world, "ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()")
    _ended(world)
    _meanwhile(world)
    if not world.answers():
        yield "its page does not answer"
    if not world.metric("sla_engine_ledger_errors_total"):
        yield "nothing counts it"
    _asked(
        world,
        "SET default_transaction_read_only = off",
        "ALTER SYSTEM RESET default_transaction_read_only",
        "SELECT pg_reload_conf()",
    )
    _ended(world)
    world.settle()
    yield from world.violations()


def _full(world: World) -> Iterator[str]:
    """No file may grow that its sessions and its log's writer write: it panics, and recovers."""
    _begun(world)
    database = world.url.rpartition("/")[2]
    data = Path(_asked(world, "SHOW data_directory"))
    world.truth.down("shop")
    for _ in range(3):
        pids = _asked(
            world,
            "SELECT array_agg(pid) FROM pg_stat_activity"
            f" WHERE datname = '{database}' OR backend_type = 'walwriter'",
        )
        for pid in pids or ():
            limit = ["prlimit", f"--pid={pid}", "--fsize=0:0"]
            subprocess.run([*_as_owner(data), *limit], check=False, capture_output=True)
        time.sleep(3)
    world.truth.up("shop")
    if not world.metric("sla_engine_ledger_errors_total"):
        yield "nothing counts it"
    world.settle()
    yield from world.violations()


CASES = (
    Case("PostgreSQL", "restarted at once (immediate), an outage meanwhile", NOTHING_LOST,
         _restarted, database="postgresql"),
    Case("PostgreSQL", "every session ended four times", NOTHING_LOST, _sessions_ended,
         database="postgresql"),
    Case("PostgreSQL", "read-only, an outage meanwhile", NOTHING_LOST, _read_only,
         database="postgresql"),
    Case("PostgreSQL", "may write no more three times, as on a full disk", NOTHING_LOST, _full,
         database="postgresql"),
)  # fmt: skip
