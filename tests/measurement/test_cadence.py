"""A cadence that changed: every time is judged by its own, in whatever pieces it is derived."""

import random
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from service_catalogue import Catalogue
from sla_engine.domain.interval import Interval
from sla_engine.domain.outage import OutageSpan
from sla_engine.ledger import Books, Ledger
from sla_engine.measurement.backfill import backfill
from sla_engine.measurement.ingest import ingest, tick_periods
from sla_engine.measurement.late import LateSamples
from sla_engine.measurement.recompute import recompute
from sla_engine.prometheus import Client
from tests.catalogues import catalogue
from tests.measurement.test_increments import facts
from tests.past import Pair, write_openmetrics
from tests.programs.prometheus import create_blocks, running_prometheus

pytestmark = pytest.mark.integration

SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000
START = 1_790_812_800_000
PERIOD = Interval(START, START + 24 * HOUR)
CHANGE = START + 14 * HOUR + 25 * MINUTE
HOLE = Interval(START + 9 * HOUR, START + 9 * HOUR + 5 * MINUTE)
SHORT = Interval(CHANGE - 40 * MINUTE, CHANGE - 40 * MINUTE + 2 * MINUTE)  # five samples of 15 s
DOWN = OutageSpan(START + 11 * HOUR, START + 11 * HOUR + 3 * MINUTE)
CHANGED = {"slower": (15, 60), "faster": (60, 15), "much-slower": (15, 120), "steady": (15, 15)}
SAID = ("15s", "60s", None)


def _past(before: int, after: int) -> list[Pair]:
    times = [
        *range(START - HOUR, CHANGE, before * SECOND),
        *range(CHANGE, PERIOD.end + HOUR, after * SECOND),
    ]
    lost = (HOLE, SHORT)
    return [
        (t, int(not DOWN.start <= t < (DOWN.end or 0)))
        for t in times
        if not any(hole.start < t < hole.end for hole in lost)
    ]


def _service(name: str, said: str | None) -> dict[str, Any]:
    interval = {} if said is None else {"scrape_interval": said}
    return {"id": f"{name}-{said or 'unsaid'}".lower(), **interval}


SERVICES: list[dict[str, Any]] = [_service(name, said) for name in CHANGED for said in SAID]
HISTORY: list[dict[str, Any]] = [
    {
        "id": "told",
        "scrape_interval": "15s",
        "history": [{"until": "2026-10-01T14:25:00Z", "scrape_interval": "60s"}],
    },
    {
        "id": "told-expression",
        "sli": {"promql": 'min(service_up{service="told"})'},
        "history": [{"until": "2026-10-01T14:25:00Z", "scrape_interval": "60s"}],
    },
    {"id": "all", "components": [s["id"] for s in SERVICES]},
]


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    folder = tmp_path_factory.mktemp("prometheus")
    series = {
        f'service_up{{service="{_service(name, said)["id"]}"}}': _past(*steps)
        for name, steps in CHANGED.items()
        for said in SAID
    }
    series['service_up{service="told"}'] = _past(60, 15)
    with (folder / "past.om").open("w", encoding="utf-8") as out:
        write_openmetrics(out, series)
    create_blocks(folder, folder / "past.om", block="100h")
    with running_prometheus(folder) as prometheus:
        yield catalogue(
            *SERVICES, *HISTORY, url=prometheus.url, prometheus={"scrape_interval": None}
        )


def _check(ledger: Ledger) -> None:
    """Compare with what follows from the samples by hand."""
    for name, history in ledger.histories(PERIOD).items():
        if name in {"told-expression", "all"}:
            continue
        before = 60 if name == "told" else CHANGED[name.rsplit("-", 1)[0]][0]
        times = [t for t, _ in _past(before, before)]
        holes = [HOLE] if before == 60 else [HOLE, SHORT]  # two minutes are no hole of 60 s
        wanted = tuple(
            Interval(
                max(t for t in times if t <= hole.start) + before * SECOND,
                min(t for t in times if t >= hole.end),
            )
            for hole in holes
        )
        assert history.gaps == wanted, name
        assert [o.end is not None for o in history.outages] == [True], name
        assert history.outages[0].start == min(t for t in times if t >= DOWN.start), name


def _chunks(chance: random.Random) -> list[Interval]:
    cuts = [chance.randrange(PERIOD.start + 1, PERIOD.end) for _ in range(chance.randrange(2, 9))]
    near = [CHANGE + chance.randrange(-20 * MINUTE, 20 * MINUTE) for _ in range(2)]
    edges = sorted({PERIOD.start, *cuts, *near, PERIOD.end})
    found = [Interval(*edge) for edge in pairwise(edges)]
    chance.shuffle(found)
    return found


def test_any_pieces_give_what_one_backfill_gives_across_changes_of_cadence(
    tmp_path: Path, book: Catalogue
) -> None:
    now = PERIOD.end
    with (
        Client(book.prometheus) as client,
        closing(Ledger.open(f"sqlite:///{tmp_path}/once.db")) as once,
    ):
        backfill(Books(book, once), client, PERIOD, now)
        _check(once)
        for seed in range(2):
            chance = random.Random(seed)
            with closing(Ledger.open(f"sqlite:///{tmp_path}/{seed}.db")) as pieces:
                for chunk in _chunks(chance):
                    backfill(Books(book, pieces), client, chunk, now)
                assert facts(pieces) == facts(once)
        assert recompute(Books(book, once), client, PERIOD, now).changes == ()
        _check(once)
        assert once.verify() == []


def test_ticks_give_what_one_backfill_gives_across_changes_of_cadence(
    tmp_path: Path, book: Catalogue
) -> None:
    begin, end = CHANGE - HOUR, CHANGE + 3 * HOUR
    chance, at, late = random.Random(5), begin, LateSamples()
    nows: list[int] = []
    while (at := at + chance.choice((200_000, 600_000, 1_000_000))) < end:
        nows.append(at)
    with (
        Client(book.prometheus) as client,
        closing(Ledger.open(f"sqlite:///{tmp_path}/ticks.db")) as ticks,
        closing(Ledger.open(f"sqlite:///{tmp_path}/once.db")) as once,
    ):
        backfill(Books(book, ticks), client, Interval(START, begin), begin)
        for now in [*nows, end]:
            for period in tick_periods(Books(book, ticks), now):
                ingest(Books(book, ticks), client, period, now)
            late.find(Books(book, ticks), client, now, _nobody)
        backfill(Books(book, once), client, Interval(START, end), end)
        assert facts(ticks) == facts(once)


def _nobody(_: Sequence[object]) -> tuple[()]:
    return ()


@pytest.mark.parametrize("edited", ["60s", "5m"])
def test_a_scrape_interval_that_is_edited_rewrites_no_past(
    tmp_path: Path, book: Catalogue, edited: str | None
) -> None:
    names = [s["id"] for s in SERVICES if s["id"].endswith("-unsaid")]
    url, now = book.prometheus.url, PERIOD.end
    later = catalogue(*names, url=url, prometheus={"scrape_interval": edited})
    with (
        Client(book.prometheus) as client,
        closing(Ledger.open(f"sqlite:///{tmp_path}/l.db")) as ledger,
        closing(Ledger.open(f"sqlite:///{tmp_path}/anew.db")) as anew,
    ):
        backfill(Books(book, ledger), client, PERIOD, now, services=_named(book, names))
        before = facts(ledger)
        assert recompute(Books(later, ledger), client, PERIOD, now).changes == ()
        assert facts(ledger) == before
        backfill(Books(later, anew), client, PERIOD, now)
        assert facts(anew) == before


def _named(book: Catalogue, names: Sequence[str]) -> list[Any]:
    return [book.service(name) for name in names]
