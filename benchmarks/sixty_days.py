"""Sixty days of an invented estate in virtual time: how many pages does a true incident make?

    python -m benchmarks.sixty_days [--days 60] [--services 200] [--seed 1]

The engine's own ledger, notices, routing and sender run over outages that are drawn beforehand:
blips of one or two samples, outages, hosts that take all of their services down, work in approved
windows, some of which overrun, holes in the data, and an engine that is away at times. A true
incident is an outage with at least three failed samples outside of windows. A page is a message
at the pager's address that tells of an outage that none told of before, or of work that overruns.
The pager takes plain messages: nothing is edited, each one rings.
"""

import argparse
import random
import sys
import tempfile
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from service_catalogue import Catalogue
from sla_engine.domain.interval import Interval, Intervals, clip, total, union
from sla_engine.domain.notice import Message
from sla_engine.domain.outage import outage_id
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Books, Derived, Ledger, Outbox
from sla_engine.maintenance.windows import planned, windows_in
from sla_engine.notices.maintenance import maintenance_notices
from sla_engine.notices.outages import outage_notices
from sla_engine.notices.sender import Sender
from sla_engine.notifiers import Delivered, Notifier, Outcome

STEP = 15_000
TICK = 30_000
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
BEGIN = 1_791_158_400_000  # 2026-10-05T00:00:00Z, a Monday
HOSTS = 20
LEAST = 3  # failed samples of a true incident


class Drawn(NamedTuple):
    """A stretch in which a service is down, or unknown, and what made it so."""

    service: str
    start: int
    end: int
    state: State
    cause: str


@dataclass
class Pager(Notifier):
    """Keeps what it was told, and when."""

    name: str = "webhook"
    heard: list[tuple[int, Message]] = field(default_factory=list)
    now: int = 0

    def post(self, place: str, message: Message, key: str, thread: str | None = None) -> Outcome:
        """Take it."""
        del key, thread
        self.heard.append((self.now, message))
        return Delivered(place)


def book(services: int, days: int) -> Catalogue:
    """Return the catalogue: services on hosts, each with a night of work a week."""
    listed = [
        {
            "id": name,
            "name": name,
            "owner": f"team{number % 7}",
            "objective": 99.9,
            "labels": {"host": f"h{number % HOSTS}"},
            "probes": [{"type": "tcp", "target": "a:1"}],
        }
        for number in range(services)
        for name in (f"s{number}",)
    ]
    windows = [
        {
            "id": f"w{host}",
            "title": f"Updates of h{host}",
            "labels": {"host": f"h{host}"},
            "start": datetime.fromtimestamp(_night(host) / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S"),
            "duration": "30m",
            "rrule": f"FREQ=WEEKLY;COUNT={days // 7 + 1}",
            "requester": "ann",
            "approver": "bob",
        }
        for host in range(HOSTS)
    ]
    return Catalogue.model_validate(
        {
            "organization": "Invented",
            "timezone": "UTC",
            "prometheus": {"scrape_interval": "15s"},
            "services": listed,
            "maintenance": windows,
            "notifications": {
                "routes": [
                    {
                        "to": "webhook:pager",
                        "kinds": ["outage", "maintenance"],
                        "min_samples": LEAST,
                    },
                    {"to": "console:"},
                ]
            },
        }
    )


def _night(host: int) -> int:
    return BEGIN + (host % 7) * DAY + HOUR + (host // 7) * 40 * MINUTE


def drawn(dice: random.Random, services: int, days: int) -> list[Drawn]:
    """Return what happens, in order; the stretches of a service never touch."""
    end = BEGIN + days * DAY
    found = [*_alone(dice, services, days), *_floods(dice, services, days)]
    found += _work(dice, services, end)
    return _apart(sorted(found, key=lambda one: (one.start, one.service)), end)


def _one(service: int, start: int, samples: int, cause: str, state: State = State.DOWN) -> Drawn:
    begin = BEGIN + (start - BEGIN) // STEP * STEP
    return Drawn(f"s{service}", begin, begin + samples * STEP, state, cause)


def _alone(dice: random.Random, services: int, days: int) -> Iterator[Drawn]:
    """Yield blips, outages and holes of single services."""
    for service in range(services):
        for _ in range(days // 6):
            yield _one(service, _at(dice, days), dice.choice((1, 1, 2)), "blip")
        for number in range(days // 30):
            length = dice.randint(LEAST, 120)
            yield _one(service, _at(dice, days), length, f"alone{service}@{number}")
        for _ in range(days // 20):
            yield _one(service, _at(dice, days), 30, "hole", State.UNKNOWN)


def _at(dice: random.Random, days: int) -> int:
    return dice.randrange(BEGIN, BEGIN + days * DAY)


def _floods(dice: random.Random, services: int, days: int) -> Iterator[Drawn]:
    """Yield the services of a host that go down within a minute and a half."""
    for number in range(days // 4):
        start, host, length = _at(dice, days), dice.randrange(HOSTS), dice.randint(12, 200)
        for service in range(host, services, HOSTS):
            yield _one(service, start + dice.randrange(0, 90_000), length, f"flood{number}")


def _work(dice: random.Random, services: int, end: int) -> Iterator[Drawn]:
    """Yield what the nights of work take down; one night in ten overruns."""
    for host in range(HOSTS):
        for night in range(_night(host), end, 7 * DAY):
            base, more = (140, 40) if dice.randrange(10) == 0 else (4, 76)
            for service in range(host, services, HOSTS):
                length = base + dice.randint(0, more)
                yield _one(service, night + 2 * MINUTE, length, f"work{host}@{night}")


def _apart(found: Sequence[Drawn], end: int) -> list[Drawn]:
    free: Counter[str] = Counter()
    kept = []
    for one in found:
        if one.start > free[one.service] and one.end < end - HOUR:
            free[one.service] = one.end + 10 * MINUTE
            kept.append(one)
    return kept


def absences(dice: random.Random, days: int) -> list[Interval]:
    """Return when no engine runs: two restarts a day, and a long one each week."""
    found = [_from(_at(dice, days), dice.randint(10_000, 90_000)) for _ in range(2 * days)]
    found += [_from(_at(dice, days), 20 * MINUTE) for _ in range(days // 7)]
    return list(union(sorted(found)))


def _from(start: int, length: int) -> Interval:
    return Interval(start, start + length)


def ticks(events: Sequence[Drawn], away: Sequence[Interval], end: int) -> Iterator[int]:
    """Yield the ticks at which something may be seen or told, else one an hour."""
    edges = sorted({edge for one in events for edge in (one.start, one.end)})
    begins = [one.start for one in away]
    for now in range(BEGIN + TICK, end, TICK):
        at = bisect_left(edges, now - 3 * MINUTE)
        absent = bisect_left(begins, now + 1) - 1
        gone = absent >= 0 and away[absent].end > now
        back = absent >= 0 and 0 <= now - away[absent].end < TICK
        near = at < len(edges) and edges[at] <= now
        if not gone and (near or back or now % HOUR == 0):
            yield now


def timelines(events: Sequence[Drawn]) -> dict[str, list[Drawn]]:
    """Return what happens to each service, in order."""
    found: dict[str, list[Drawn]] = {}
    for one in events:
        found.setdefault(one.service, []).append(one)
    return found


def _line(events: Sequence[Drawn], period: Interval) -> tuple[Segment, ...]:
    """Return the timeline of a service in a period."""
    line: list[Segment] = []
    at = period.start
    first = max(0, bisect_left(events, period.start, key=lambda one: one.start) - 1)
    for one in events[first:]:
        if one.start >= period.end:
            break
        start, end = max(one.start, period.start), min(one.end, period.end)
        if start < end:
            if at < start:
                line.append(Segment(at, start, State.UP))
            line.append(Segment(start, end, one.state))
            at = end
    if at < period.end:
        line.append(Segment(at, period.end, State.UP))
    return tuple(line)


def play(books: Books, events: Sequence[Drawn], away: Sequence[Interval], end: int) -> Pager:
    """Let the engine see and tell what happens; it begins anew after each absence."""
    outbox, pager, console = Outbox(books.ledger.engine), Pager(), Pager()
    clock = [BEGIN]

    def sender() -> Sender:
        return Sender(books, outbox, {"webhook": pager, "console": console}, lambda: clock[0])

    sending, of_service, seen = sender(), timelines(events), BEGIN
    ends = [one.end for one in away]
    for now in ticks(events, away, end):
        if any(seen < one.end <= now for one in away[bisect_left(ends, seen) :][:2]):
            sending = sender()  # another process
        clock[0] = pager.now = now
        period = Interval(seen, now)
        changed = [
            Derived(name, line, BEGIN if seen == BEGIN else None)
            for name, drawn_ in of_service.items()
            if (line := _line(drawn_, period))
            and (seen == BEGIN or len(line) > 1 or line[0].state is not State.UP
                 or any(one.end == seen for one in drawn_[-1:] + _around(drawn_, seen)))
        ]  # fmt: skip
        books.ledger.apply(changed, outage_notices(books, now), at=now)
        if now % DAY < 5 * HOUR:  # all work is in these hours
            outbox.add(maintenance_notices(books, outbox, now))
        sending.run()
        seen = now
    return pager


def _around(events: Sequence[Drawn], moment: int) -> list[Drawn]:
    at = bisect_left(events, moment, key=lambda one: one.start)
    return list(events[max(0, at - 1) : at])


class Verdict(NamedTuple):
    """What came of it: incidents and their causes, pages, and what is wrong."""

    incidents: int
    causes: int
    pages: int
    untold: list[Drawn]
    needless: list[str]


def judge(
    books: Books, events: Sequence[Drawn], heard: Sequence[tuple[int, Message]], span: Interval
) -> Verdict:
    """Compare what was told with what happened."""
    down = [one for one in events if one.state is State.DOWN]
    windows = windows_in(books.catalogue, [], span)
    approved: dict[str, Intervals] = {
        service.id: planned(books.catalogue, service, windows, {}, span)
        for service in books.catalogue.services
    }
    true = {}
    for one in down:
        lasted = Interval(one.start, one.end)
        unplanned = lasted.length - total(clip(approved[one.service], lasted))
        if unplanned >= LEAST * STEP:
            true[outage_id(one.service, one.start)] = one
    told: set[str] = set()
    pages, needless = 0, []
    for now, message in heard:
        fresh = set(message.about) - told
        overrun = "is over its time" in message.title
        if overrun:
            host = dict(message.fields)["Work"].rpartition("h")[2]
            fresh |= {outage_id(one.service, one.start) for one in down
                      if one.cause.startswith(f"work{host}@") and one.start < now}  # fmt: skip
        if not fresh and not overrun:
            continue
        told |= fresh
        pages += 1
        if not overrun and not fresh & true.keys():
            needless.append(message.title)
    untold = [one for name, one in true.items() if name not in told]
    causes = {one.cause for one in true.values()}
    return Verdict(len(true), len(causes), pages, untold, needless)


def main() -> int:
    """Run, print the figures; 1 where the promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--days", type=int, default=60)
    parser.add_argument("--services", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    dice = random.Random(options.seed)
    end = BEGIN + options.days * DAY
    events = drawn(dice, options.services, options.days)
    away = absences(dice, options.days)
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory() as folder,
        Ledger.open(f"sqlite:///{Path(folder) / 'ledger.db'}") as ledger,
    ):
        books = Books(book(options.services, options.days), ledger)
        pager = play(books, events, away, end)
        found = judge(books, events, pager.heard, Interval(BEGIN, end))
    kinds = Counter(one.cause.rstrip("0123456789@") for one in events)
    sys.stdout.write(
        f"{options.services} services, {options.days} days, seed {options.seed}: "
        f"{dict(kinds)}, engine away {len(away)} times\n"
        f"{found.incidents} true incidents of {found.causes} causes, {found.pages} pages: "
        f"{found.pages / found.causes:.2f} a cause, "
        f"{found.pages / found.incidents:.2f} an incident\n"
        f"incidents without a page {len(found.untold)}, pages without an incident "
        f"{len(found.needless)} ({time.monotonic() - began:.0f} s)\n"
    )
    for line in (*map(str, found.untold[:5]), *found.needless[:5]):
        sys.stdout.write(f"  {line}\n")
    kept = not found.untold and not found.needless and found.pages <= 1.2 * found.causes
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
