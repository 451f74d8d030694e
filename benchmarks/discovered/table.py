"""Runs cases, and judges what was printed and what was said."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.audit.figures import answer
from benchmarks.audit.judge import inconsistencies, milliseconds, unlike
from benchmarks.audit.oracle import Oracle
from benchmarks.audit.run import Done, command
from benchmarks.audit.states import Point
from benchmarks.audit.time import Span
from benchmarks.audit.world import World
from benchmarks.discovered.case import HOUR, Case, Series, Wanted
from benchmarks.discovered.servers import MAIN, Servers
from sla_engine.domain.period import rfc3339

_APART = 162 * HOUR
_FIRST = 38 * HOUR
"""promtool's longest block but two, and what brings each case into one of its own."""


class Judged(NamedTuple):
    """A case, what is wrong with its report (nothing where it is right), its number of services."""

    case: Case
    wrong: tuple[str, ...]
    services: int


def placed(cases: Sequence[Case]) -> list[Case]:
    """Return cases at times of their own, so that one server can hold many."""
    return [_moved(case, -_FIRST - i * _APART) for i, case in enumerate(cases)]


def _moved(case: Case, by: int) -> Case:
    def later(series: Series) -> Series:
        return {name: [(at + by, value) for at, value in some] for name, some in series.items()}

    start, end = case.period
    return replace(
        case,
        series=later(case.series),
        shown=None if case.shown is None else later(case.shown),
        period=(start + by, end + by),
        clock=case.clock + by,
    )


def judged(cases: Sequence[Case], folder: Path) -> Iterator[Judged]:
    """Run cases, each in a report of its own; yield what is wrong with each.

    Args:
        cases: in the order of the table.
        folder: holds the servers' data.
    """
    moved = placed(cases)
    samples: dict[str, Series] = defaultdict(lambda: defaultdict(list))
    for case in moved:
        held = samples["prometheus" if case.server in MAIN else case.server]
        for name, points in case.series.items():
            held[name] += points
    for held in samples.values():
        for points in held.values():
            points.sort(key=_time)
    with ExitStack() as stack:
        servers = Servers(folder, stack, samples, {c.server: c.clock for c in moved})
        for case in moved:
            server = servers.get(case.server)
            start, end = (rfc3339(at) for at in case.period)
            asked = ["report", "--discover", f"--prometheus.url={server.url}", *server.flags]
            flags = [f"--from={start}", f"--to={end}", "--format=json", *case.flags]
            done = command([*asked, *flags], case.clock)
            yield Judged(case, tuple(_wrong(case, done)), len(case.wanted))


def _time(point: Point) -> int:
    return point[0]


def _wrong(case: Case, done: Done) -> Iterator[str]:
    if done.code != case.code:
        yield f"exit code {done.code}: {done.err.strip()[-500:]}"
        return
    yield from (f"not said: {one!r}, but: {done.err}" for one in case.said if one not in done.err)
    if case.code:
        lines = done.err.strip().splitlines()
        yield from [f"more than a sentence: {done.err}"] if len(lines) != 1 else []
        return
    document: dict[str, Any] = json.loads(done.out)
    found = {one["id"]: one for one in document["services"]}
    if set(found) != set(case.wanted):
        yield f"services {sorted(found)}, and wanted are {sorted(case.wanted)}"
        return
    series = case.series if case.shown is None else case.shown
    oracle = Oracle(world_of(case.wanted, series, case.period, case.clock))
    for name, service in found.items():
        end = min(case.clock, case.period[1])
        yield from differs(oracle, case.wanted[name], service, case.period, end)


def world_of(wanted: Mapping[str, Wanted], series: Series, period: Span, clock: int) -> World:
    """Return what the oracle is to know of services, by their ids; ``clock`` is ms UTC."""
    services = [{"id": name, **one.more} for name, one in wanted.items()]
    return World(
        seed=0,
        zone="UTC",
        span=period,
        clock=clock,
        catalogue={"prometheus": {}, "services": services},
        series=series,
        meanings={name: one.meanings for name, one in wanted.items()},
    )


def differs(
    oracle: Oracle, asked: Wanted, service: Mapping[str, Any], period: Span, now: int
) -> Iterator[str]:
    """Yield where a service of a JSON report and the oracle disagree."""
    name = service["id"]
    wanted = answer(oracle, name, period, now)
    if "window" in asked.more:
        wanted.pop("met")  # a rolling window's state is of its own days
    outages = [
        one | {side: one[side] and milliseconds(one[side]) for side in ("start", "end")}
        for one in service["outages"]
    ]
    wanted["outages"].sort(key=_start)
    yield from unlike(name, wanted, {**service, "outages": sorted(outages, key=_start)})
    yield from inconsistencies(dict(service))


def _start(outage: Mapping[str, Any]) -> int:
    return int(outage["start"])
