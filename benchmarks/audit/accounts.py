"""Contracts and agreements before the oracle: python -m benchmarks.audit.accounts [--seeds A-B].

Half a year of a random estate stands in a ledger in memory, without samples and Prometheus, so that
windows of every length close and run in it. Agreements are edited in between. Reports of periods of
every kind must say what the oracle says: a tenth of a second each.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from benchmarks.audit.judge import differences
from benchmarks.audit.make import Making, add_terms
from benchmarks.audit.make_plans import calendars, windows
from benchmarks.audit.make_promises import promise
from benchmarks.audit.oracle import Oracle, Truth, failing_runs, outages
from benchmarks.audit.states import Minute, Piece, Pieces, judged, merged
from benchmarks.audit.time import Span
from benchmarks.audit.windows import DAY, Kind
from benchmarks.audit.world import World
from service_catalogue import load_catalogue
from sla_engine.accounting.past import noted, remembered
from sla_engine.accounting.report import report
from sla_engine.domain.events import Minute as EventMinute
from sla_engine.domain.period import Period
from sla_engine.domain.timeline import Segment, State, Timeline
from sla_engine.ledger import Books, Derived, Ledger
from sla_engine.reports import FORMATS

_MINUTE = 60_000
_SHOWN = 12
_KINDS = ("day", "week", "month", "quarter", "year")


def main(arguments: Sequence[str] | None = None) -> int:
    """Audit the estates; return 1 when one disagrees."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="1-100", help="a seed, or first-last (default: 1-100)")
    options = parser.parse_args(arguments)
    first, _, last = options.seeds.partition("-")
    bad = 0
    for seed in range(int(first), int(last or first) + 1):
        began = time.monotonic()
        found = list(disagreements(seed))
        bad += bool(found)
        print(
            f"seed {seed}: {time.monotonic() - began:.1f} s, {len(found)} differences", flush=True
        )
        for line in found[:_SHOWN]:
            print(f"    {line}")
    print(f"{bad} estates disagree" if bad else "no estate disagrees")
    return 1 if bad else 0


def disagreements(seed: int) -> Iterator[str]:
    """Yield where reports on an estate and the oracle disagree."""
    world, oracle = estate(seed)
    with tempfile.TemporaryDirectory() as folder, Ledger.open("sqlite://") as ledger:
        path = Path(folder) / "services.yml"
        for at, agreements in world.agreements:
            path.write_text(json.dumps(world.catalogue | {"agreements": agreements}))
            books = noted(Books(load_catalogue(path), ledger), at)
        ledger.apply([_derived(name, truth, world) for name, truth in oracle.truths.items()])
        books = remembered(books, world.clock)
        for period in _periods(world):
            made = report(books, period, world.clock, strips=False)
            document = json.loads(FORMATS["json"].render(made))
            yield from differences(oracle, document, world.clock)


def estate(seed: int) -> tuple[World, Oracle]:
    """Return half a year of services by time and by events, and all that is true of it."""
    making = Making(seed)
    chance = making.chance
    days = chance.choice((40, 100, 190))
    making.span = (making.span[0], making.span[0] + days * DAY + chance.choice((0, 61_234)))
    making.calendars = calendars(chance, making.span, making.zone)
    for number in range(chance.randint(2, 5)):
        entry: dict[str, Any] = {"id": f"w{seed}-s{number}", "name": f"Service {number}"}
        if chance.random() < 0.4:
            entry["sli"] = {"good": "good_total", "total": "all_total"}
            if chance.random() < 0.3:
                entry["sli"]["timeslice"] = {"length": "12h", "target": 0.99}
        else:
            entry["probes"] = [{"type": "http", "url": "http://127.0.0.1:1"}]
        add_terms(making, entry)
        making.services.append(entry)
    catalogue = {
        "organization": f"Estate {seed}",
        "timezone": making.zone,
        "calendars": making.calendars,
        "services": making.services,
        "maintenance": {"windows": windows(chance, making.span, making.zone, making.services)},
    }
    clock = making.span[1] + chance.choice((0, 5 * DAY))
    world = World(seed, making.zone, making.span, clock, catalogue, {}, {})
    promise(world)
    return world, Oracle(world, {s["id"]: _truth(chance, s, world) for s in making.services})


def _truth(chance: random.Random, entry: dict[str, Any], world: World) -> Truth:
    pieces = _weather(chance, world.span)
    minutes = None
    if "sli" in entry:
        minutes = list(_minutes(chance, pieces, world.span))
        known = [Piece(piece.start, piece.end, True) for piece in pieces]
        runs = failing_runs(entry, minutes, max(world.span[1], world.clock))
        pieces = judged([merged(known), merged(runs)], _known_and_not_bad)
    return Truth(entry, pieces, outages(pieces), minutes, pieces[0].start)


def _known_and_not_bad(_: int, both: Sequence[bool | None]) -> bool | None:
    known, bad = both
    return None if known is None else bad is None


def _weather(chance: random.Random, span: Span) -> Pieces:
    """Return long good times with outages and gaps in between, which may follow one another."""
    found: list[Piece] = []
    at = span[0] + chance.choice((0, 0, 3 * DAY + 7_000))
    longest = chance.choice((3_600_000, 600_000, 8 * 3_600_000))
    while at < span[1]:
        for up in (True, chance.choice((False, False, None))):
            length = chance.randrange(DAY // 2, 12 * DAY) if up else chance.randrange(1, longest)
            end = min(span[1], at + length // 1000 * 1000 + 1000)
            if up is not None and at < end:
                found.append(Piece(at, end, up))
            at = end
    return merged(found)


def _minutes(chance: random.Random, pieces: Pieces, span: Span) -> Iterator[Minute]:
    """Yield some minutes of events while anything is known; those of an outage fail."""
    for piece in pieces:
        step = (chance.choice((251, 601)) if piece.up else 13) * _MINUTE
        first = -(-piece.start // _MINUTE) * _MINUTE
        for at in range(first, min(piece.end, span[1]) - _MINUTE, step):
            total = chance.choice((1, 10, 60))
            bad = total if not piece.up else int(chance.random() < 0.01)
            yield Minute(at, total - bad, total)


def _derived(name: str, truth: Truth, world: World) -> Derived:
    minutes = truth.minutes
    return Derived(
        name,
        _timeline(truth.pieces, world.span),
        truth.first,
        events=None if minutes is None else tuple(EventMinute(*minute) for minute in minutes),
    )


def _timeline(pieces: Pieces, span: Span) -> Timeline:
    found, at = [], span[0]
    for piece in pieces:
        if at < piece.start:
            found.append(Segment(at, piece.start, State.UNKNOWN))
        found.append(Segment(piece.start, piece.end, State.UP if piece.up else State.DOWN))
        at = piece.end
    return (*found, *([Segment(at, span[1], State.UNKNOWN)] if at < span[1] else ()))


def _periods(world: World) -> Iterator[Period]:
    """Yield periods of every kind, two of the days at a month's end, and an odd one."""
    start, end = world.span
    chance = random.Random(world.seed)
    spans = [(start + (end - start) // 7, end - (end - start) // 5 + 123), (start, end)]
    for name in _KINDS:
        around = Kind(name, world.zone).around(chance.randrange(start, end))
        spans.append(around)
    first = Kind("month", world.zone).around(chance.randrange(start, end))[1]
    spans += [Kind("day", world.zone).around(first - 1), Kind("day", world.zone).around(first)]
    for one in spans:
        yield Period(*one, ZoneInfo(world.zone), "span", f"{one[0]}/{one[1]}")


if __name__ == "__main__":
    sys.exit(main())
