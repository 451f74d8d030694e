"""Ticks at any times, crashes and late samples give the ledger that one backfill gives."""

import random
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from service_catalogue import Catalogue
from sla_engine.domain.cadence import CadenceTerms
from sla_engine.domain.interval import Interval
from sla_engine.domain.notice import Notice
from sla_engine.domain.outage_changes import Change
from sla_engine.domain.timeline import first_known
from sla_engine.ledger import Books, Derived, Ledger
from sla_engine.measurement.backfill import backfill
from sla_engine.measurement.derive import derive, paced
from sla_engine.measurement.ingest import TRAIL, ingest, tick_periods
from sla_engine.prometheus import Client, Series
from tests.catalogues import catalogue
from tests.past import Pair, Past, past, write_openmetrics
from tests.programs.prometheus import create_blocks, running_prometheus

STEP = 15_000
CADENCE = (CadenceTerms(STEP),)
HOUR = 3_600_000
START = 1_790_812_800_000
PERIOD = Interval(START, START + 3 * HOUR)
FACTS = tuple(
    f'"table":"{name}"'.encode()
    for name in ("coverage", "event_hour", "gap", "outage", "service_state")
)


def facts(ledger: Ledger) -> list[bytes]:
    """Return the exported rows of what was measured."""
    return [
        line for line in ledger.export() if line.rstrip().endswith(tuple(f + b"}" for f in FACTS))
    ]


KINDS = ("steady", "outages", "flapping", "gaps", "both")


class _KilledError(Exception):
    pass


def _killed(_changes: Sequence[Change]) -> Iterable[Notice]:
    raise _KilledError


def _derived(found: Past, period: Interval, now: int, delays: Sequence[int]) -> Derived:
    """Derive from the samples that have arrived by ``now``."""
    pairs = zip(found.samples, delays, strict=True)
    seen = [sample for sample, delay in pairs if sample[0] + delay < now]
    times = np.array([t for t, _ in seen], dtype=np.int64)
    values = np.array([v for _, v in seen], dtype=np.float64)
    book = catalogue("shop").services[0]
    line = derive(book, paced([Series({}, times, values)], CADENCE), period, now)
    return Derived("shop", line, first_known(line))


@pytest.mark.parametrize("seed", range(20))
def test_increments_give_what_one_backfill_gives(seed: int) -> None:
    chance = random.Random(seed)
    found = past(PERIOD, STEP, chance.choice(KINDS), seed, jitter=chance.choice((0, 900)))
    delays = [chance.choice((0, 0, 0, chance.randrange(TRAIL - 60_000))) for _ in found.samples]
    nows = sorted(
        chance.randrange(START + TRAIL, PERIOD.end) for _ in range(chance.randrange(1, 40))
    )
    with (
        closing(Ledger.open("sqlite://")) as ticks,
        closing(Ledger.open("sqlite://")) as once,
    ):
        end = PERIOD.end + TRAIL
        for now in [START + TRAIL, *nows, end]:
            for period in tick_periods(Books(catalogue("shop"), ticks), now):
                item = _derived(found, period, now, delays)
                if now in nows and chance.random() < 0.2:
                    try:
                        ticks.apply([item], _killed)
                    except _KilledError:
                        continue
                ticks.apply([item])
        first = ticks.histories(PERIOD)["shop"].covered[0].start
        item = _derived(found, Interval(first, end), end, delays)
        once.apply([item])
        assert facts(ticks) == facts(once)
        assert ticks.verify() == []


PASTS = {f"s{i}": past(PERIOD, STEP, KINDS[i % 5], i, jitter=i * 100) for i in range(20)}


OTHERS: tuple[dict[str, Any], ...] = (
    {"id": "pair", "components": ["s1", "s2"], "need": 1},
    {"id": "selected", "sli": {"promql": 'service_up{service="s6"}'}},
    {"id": "expressed", "sli": {"promql": 'min(service_up{service="s4"})'}},
    {"id": "counted", "objective": 90, "sli": {"good": "good_total", "total": "all_total"}},
)


def _counters(samples: Sequence[Pair]) -> Iterator[str]:
    """Yield counters that rise by ten events a sample, all good or none, and begin anew once."""
    for name in ("good", "all"):
        yield f"# TYPE {name} counter\n"
        count = 0
        for number, (time, up) in enumerate(samples):
            count = 0 if number == len(samples) // 2 else count + 10 * (up or name == "all")
            yield f"{name}_total {count} {time / 1000:.3f}\n"


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    folder = tmp_path_factory.mktemp("prometheus")
    series = {f'service_up{{service="{name}"}}': p.samples for name, p in PASTS.items()}
    with (folder / "past.om").open("w", encoding="utf-8") as out:
        write_openmetrics(out, series)
    text = (folder / "past.om").read_text(encoding="utf-8").removesuffix("# EOF\n")
    text += "".join(_counters(PASTS["s2"].samples)) + "# EOF\n"
    (folder / "past.om").write_text(text, encoding="utf-8")
    create_blocks(folder, folder / "past.om")
    with running_prometheus(folder) as prometheus:
        yield catalogue(*PASTS, *OTHERS, url=prometheus.url)


@pytest.mark.integration
@pytest.mark.parametrize("seed", range(3))
def test_ticks_against_prometheus_give_what_one_backfill_gives(
    tmp_path: Path, book: Catalogue, seed: int
) -> None:
    chance = random.Random(seed)
    first = START + TRAIL
    nows = [first, *sorted(chance.randrange(first, PERIOD.end) for _ in range(25)), PERIOD.end]
    with (
        Client(book.prometheus) as client,
        closing(Ledger.open(f"sqlite:///{tmp_path}/ticks.db")) as ticks,
        closing(Ledger.open(f"sqlite:///{tmp_path}/once.db")) as once,
    ):
        for now in nows:
            for period in tick_periods(Books(book, ticks), now):
                # A crash before the commit; without a change of an outage there is none.
                if now < PERIOD.end and chance.random() < 0.3:
                    with suppress(_KilledError):
                        ingest(Books(book, ticks), client, period, now, notify=_killed)
                        continue
                    if chance.random() < 0.5:
                        break  # the next tick makes up for it
                ingest(Books(book, ticks), client, period, now)
        backfill(Books(book, once), client, PERIOD, PERIOD.end)
        assert facts(ticks) == facts(once)
        assert ticks.verify() == once.verify() == []
        assert once.events(PERIOD)["counted"]
        assert all(once.histories(PERIOD)[other["id"]].outages for other in OTHERS[1:])
        histories = once.histories(PERIOD)
        for name, expected in PASTS.items():
            assert histories[name].outages == expected.outages
            assert all(a.end < b.start for a, b in pairwise(histories[name].gaps))
