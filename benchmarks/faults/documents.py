"""Documents that make no sense: the catalogue at a reload, a query, a window, a feed."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.faults.case import ITS_OWN, Case
from benchmarks.faults.world import World

_BAD = Path(__file__).parents[2] / "tests" / "service_catalogue" / "bad"
_RELOADED = "sla_engine_config_last_reload_successful"


def _reloaded(world: World) -> Iterator[str]:
    """Every bad catalogue, and bytes of chance: refused, and the one before goes on."""
    world.start_engine()
    world.settle()
    assert world.engine is not None
    bodies = [path.read_bytes() for path in sorted(_BAD.glob("*.yml"))][::8]
    for body in (*bodies, os.urandom(4096), b"", b"[" * 10_000, b"\0" * 100):
        (world.folder / "services.yml").write_bytes(body)
        world.engine.send_signal(signal.SIGHUP)
        time.sleep(0.1)
    world.until("the reload is refused", lambda: world.metric(_RELOADED) == 0)
    world.outage("shop")
    world.write()
    world.engine.send_signal(signal.SIGHUP)
    world.until("the reload succeeds", lambda: world.metric(_RELOADED) == 1)
    world.settle()
    yield from world.violations()


def _all_at_once(world: World) -> Iterator[str]:
    """A broken query among 100, and a broken feed: another's outage is told within two ticks."""
    file = world.folder / "feed.ics"
    file.write_text("<html>log in</html>")
    feed = f"maintenance: {{feeds: [{{id: ops, file: '{file}', services: [shop]}}]}}\n"
    more = "  - {id: broken, name: broken, sli: {promql: 'sum(up{job=\"x\"'}}\n"
    world.write(more, feed)
    world.start_engine()
    world.settle()
    begun = time.monotonic()
    world.truth.down("shop")
    world.until("it is told", world.slack.roots)
    if time.monotonic() - begun > 10:
        yield f"told after {time.monotonic() - begun:.1f} s"
    world.truth.up("shop")
    world.sees("shop", down=False)
    world.settle()
    yield from world.violations()


CASES = (
    Case("documents", "catalogues that make no sense, by SIGHUP", ITS_OWN, _reloaded),
    Case("documents", "a query that cannot be read and a feed that is none", ITS_OWN,
         _all_at_once, cheap=True),
)  # fmt: skip
