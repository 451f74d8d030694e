"""Samples that come long after the fact count without anybody's doing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from service_catalogue import Catalogue
from sla_engine.domain.history import History
from sla_engine.domain.interval import Interval
from sla_engine.domain.notice import Notice
from sla_engine.domain.outage import OutageSpan
from sla_engine.domain.outage_changes import Change
from sla_engine.ledger import Books, Ledger
from sla_engine.measurement.backfill import backfill
from sla_engine.measurement.ingest import ingest, tick_periods
from sla_engine.measurement.late import EVERY, LateSamples
from sla_engine.notices.outages import outage_notices
from sla_engine.prometheus import Client
from sla_engine.prometheus.series import QueryResult
from tests.catalogues import catalogue
from tests.past import write_openmetrics
from tests.programs.ports import free_port
from tests.programs.prometheus import create_blocks, running_prometheus

pytestmark = pytest.mark.integration

MINUTE = 60_000
HOUR = 60 * MINUTE
START = 1_790_812_800_000
NOW = START + 3 * HOUR
LATE = Interval(START + 2 * HOUR, START + 2 * HOUR + 15 * MINUTE)  # these samples come late
DOWN = OutageSpan(START + 2 * HOUR + 5 * MINUTE, START + 2 * HOUR + 10 * MINUTE)
TIMES = range(START, NOW + HOUR, 15_000)
HELD = [t for t in TIMES if LATE.start < t < LATE.end]
NAMES = ("shop", "mail", "steady")
SERVICES = (
    *NAMES,
    {"id": "both", "components": ["shop", "steady"]},
    {"id": "expressed", "sli": {"promql": 'min by (a) (service_up{service="shop"})'}},
    {
        "id": "counted",
        "objective": 90,
        "sli": {"good": 'made{kind="good"}', "total": 'made{kind="all"}'},
    },
)


class Counting(Client):
    """A client that counts its questions."""

    asked = 0

    def instant(self, promql: str, at: int, *, samples: bool = False) -> QueryResult:
        self.asked += 1
        return super().instant(promql, at, samples=samples)

    def range(
        self, promql: str, start: int, end: int, step: int, *, lookback: int | None = None
    ) -> QueryResult:
        self.asked += 1
        return super().range(promql, start, end, step, lookback=lookback)


@dataclass
class World:
    """A ledger by ticks, and a Prometheus that gets what was held back when it starts anew."""

    folder: Path
    book: Catalogue
    ledger: Ledger

    @property
    def books(self) -> Books:
        return Books(self.book, self.ledger)

    @property
    def known(self) -> dict[str, History]:
        return dict(self.ledger.histories(Interval(START, NOW)))

    def write(self, times: Sequence[int], names: Sequence[str]) -> None:
        with (self.folder / "past.om").open("w", encoding="utf-8") as out:
            series = {
                f'service_up{{service="{name}"}}': [
                    (t, int(name == "steady" or not DOWN.start <= t < (DOWN.end or 0)))
                    for t in times
                ]
                for name in names
            }
            series |= {f'made{{kind="{kind}"}}': _made(kind, times) for kind in ("good", "all")}
            write_openmetrics(out, series)
        create_blocks(self.folder, self.folder / "past.om")

    def tick(self, client: Client, now: int) -> None:
        for period in tick_periods(self.books, now):
            ingest(self.books, client, period, now)


def _made(kind: str, times: Sequence[int]) -> list[tuple[int, int]]:
    """Return a counter of ten events a sample, of which none is good while it is down."""
    bad = [t for t in TIMES if DOWN.start <= t < (DOWN.end or 0)]
    return [
        (t, (t - START) // 1500 - (10 * sum(b <= t for b in bad) if kind == "good" else 0))
        for t in times
    ]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Return a world in which all lack some samples, 45 minutes after the last of them."""
    port = free_port()
    book = catalogue(*SERVICES, url=f"http://127.0.0.1:{port}")
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        world = World(tmp_path, book, ledger)
        world.write([t for t in TIMES if t not in set(HELD)], NAMES)
        with running_prometheus(tmp_path, port=port), Client(book.prometheus) as client:
            backfill(world.books, client, Interval(START, NOW - HOUR // 2), NOW - HOUR // 2)
            world.tick(client, NOW)
        yield world


def _port(world: World) -> int:
    return int(world.book.prometheus.url.rsplit(":", 1)[1])


def test_an_outage_in_samples_that_come_40_minutes_late_is_found(world: World) -> None:
    before = world.known
    assert all(not h.outages and h.gaps for h in before.values())
    told: list[Notice] = []

    def notify(changes: Sequence[Change]) -> list[Notice]:
        found = [*outage_notices(world.books, NOW, late=True)(changes)]
        told.extend(found)
        return found

    late = LateSamples()
    with running_prometheus(world.folder, port=_port(world)), Client(world.book.prometheus) as c:
        assert late.find(world.books, c, NOW, notify) == ()
    assert world.known == before
    world.write(HELD, NAMES)
    with (
        running_prometheus(world.folder, port=_port(world)),
        Client(world.book.prometheus) as client,
        Ledger.open(f"sqlite:///{world.folder}/once.db") as once,
    ):
        assert late.find(world.books, client, NOW + EVERY - 1, notify) == ()  # not yet due
        for shorter in (0, HOUR // 2):  # than the gaps are old
            assert LateSamples(shorter).find(world.books, client, NOW + EVERY, notify) == ()
        assert late.find(world.books, client, NOW + EVERY, notify)
        backfill(Books(world.book, once), client, Interval(START, NOW), NOW)
        assert world.known == dict(once.histories(Interval(START, NOW)))
        assert world.ledger.events(Interval(START, NOW)) == once.events(Interval(START, NOW))
    found = world.known
    for name in ("shop", "mail", "both"):
        assert (found[name].outages, found[name].gaps) == ((DOWN,), ())
    assert found["steady"].outages == ()
    assert found["expressed"].outages
    assert found["counted"].outages
    assert told
    assert all(row.facts["late"] for row in told)
    assert world.ledger.verify() == []


def test_a_look_costs_a_question_for_a_gap_and_nothing_is_derived_twice(world: World) -> None:
    world.write(HELD, ["shop"])
    late = LateSamples()
    with (
        running_prometheus(world.folder, port=_port(world)),
        Counting(world.book.prometheus) as client,
    ):
        assert client.closed_ranges in {True, False}
        late.find(world.books, client, NOW, _nothing)
        client.asked = 0
        assert late.find(world.books, client, NOW + EVERY, _nothing) == ()
        assert client.asked <= 3  # the probed ones that still have the gap share a question


def test_a_query_that_fails_hides_no_late_samples_of_others(world: World) -> None:
    broken = {"id": "expressed", "sli": {"promql": 'sum(up{job="x"'}}
    services = [broken if isinstance(s, dict) and s["id"] == "expressed" else s for s in SERVICES]
    book = catalogue(*services, url=world.book.prometheus.url)
    world.write(HELD, NAMES)
    with running_prometheus(world.folder, port=_port(world)), Client(book.prometheus) as client:
        found = LateSamples().find(Books(book, world.ledger), client, NOW, _nothing)
    assert {"shop", "mail", "both"} <= {change.service for change in found}
    assert not world.known["expressed"].outages


def _nothing(_: Sequence[Change]) -> tuple[()]:
    """Make no notice."""
    return ()
