"""Every way in which samples were seen to mislead others, in one real Prometheus."""

import random
from collections.abc import Iterator, Sequence

import pytest

from sla_engine.domain.history import History
from sla_engine.domain.interval import Interval
from sla_engine.domain.outage import Stretch
from sla_engine.jobs.backfill import backfill
from sla_engine.ledger import Ledger
from sla_engine.prometheus import Client
from tests.catalogues import catalogue
from tests.past import Pair, gaps_of, outages_of, write_openmetrics
from tests.programs.prometheus import create_blocks, running_prometheus

pytestmark = pytest.mark.integration

HOUR = 3_600_000
STEP = 15_000
START = 1_790_812_800_000  # 2026-10-01, a full hour
PERIOD = Interval(START, START + 8 * HOUR)
CLEAN = tuple((t, 1) for t in range(START - 2 * HOUR + 7_000, PERIOD.end + 2 * HOUR, STEP))


def without(samples: Sequence[Pair], *holes: tuple[int, int]) -> tuple[Pair, ...]:
    return tuple(s for s in samples if not any(a <= s[0] - START < b for a, b in holes))


def down(samples: Sequence[Pair], *stretches: tuple[int, int]) -> tuple[Pair, ...]:
    return tuple((t, 0 if any(a <= t - START < b for a, b in stretches) else v) for t, v in samples)


def jittered(samples: Sequence[Pair], most: int, seed: int) -> tuple[Pair, ...]:
    chance = random.Random(seed)
    return tuple((t + chance.randrange(-most, most), v) for t, v in samples)


H, M = HOUR, 60_000
CASES = {
    "clean": CLEAN,
    "one-failed-sample": down(CLEAN, (2 * H + 7_000, 2 * H + 8_000)),
    "down-over-an-hour-s-edge": down(CLEAN, (3 * H - M, 3 * H + M)),
    "down-until-an-hour-s-edge": down(CLEAN, (2 * H + M, 3 * H)),
    "down-from-an-hour-s-edge": down(CLEAN, (3 * H, 3 * H + M)),
    "down-at-the-start": down(CLEAN, (-M, M)),
    "down-before-the-start": down(CLEAN, (-M, 0)),
    "down-at-the-end": down(CLEAN, (8 * H - M, 9 * H)),
    "gap-over-an-hour-s-edge": without(CLEAN, (3 * H - M, 3 * H + M)),
    "gap-from-an-hour-s-edge": without(CLEAN, (3 * H, 3 * H + M)),
    "gap-until-an-hour-s-edge": without(CLEAN, (3 * H - M, 3 * H)),
    "gap-of-whole-hours": without(CLEAN, (3 * H, 6 * H)),
    "gap-of-three-hours": without(CLEAN, (3 * H - 5 * M, 6 * H + 5 * M)),
    "gap-at-the-start": without(CLEAN, (-M, M)),
    "gap-at-the-end": without(CLEAN, (8 * H - M, 8 * H + M)),
    "one-sample-missing": without(CLEAN, (2 * H + 7_000, 2 * H + 8_000)),
    "missing-and-extra": tuple(
        sorted((*without(CLEAN, (2 * H + 7_000, 2 * H + 8_000)), (START + 2 * H + 30 * M, 1)))
    ),
    "extra-sample": tuple(sorted((*CLEAN, (START + 2 * H + 30 * M, 1)))),
    "begins": without(CLEAN, (-2 * H, 3 * H + 20 * M)),
    "ends": without(CLEAN, (5 * H + 20 * M, 11 * H)),
    "on-the-edges": tuple((t - 7_000, v) for t, v in down(CLEAN, (2 * H, 2 * H + M))),
    "down-then-gone": without(down(CLEAN, (2 * H, 3 * H)), (2 * H + 30 * M, 3 * H + M)),
    "back-down-after-a-gap": without(down(CLEAN, (2 * H, 3 * H)), (H + 50 * M, 2 * H + 10 * M)),
    "flapping": tuple((t, int(i % 7 != 0)) for i, (t, _) in enumerate(CLEAN)),
    "jitter": jittered(down(CLEAN, (4 * H - 90_000, 4 * H + 30_000)), 400, 1),
    "much-jitter": jittered(down(CLEAN, (2 * H, 2 * H + 20_000), (5 * H, 5 * H + M)), 3_000, 2),
    "jitter-and-gaps": jittered(without(CLEAN, (2 * H, 2 * H + 80_000), (5 * H, 6 * H)), 2_000, 3),
}


@pytest.fixture(scope="module", params=[None, "15s"], ids=["measured", "set"])
def histories(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, History]]:
    folder = tmp_path_factory.mktemp("traps")
    series = {f'service_up{{service="{name}"}}': samples for name, samples in CASES.items()}
    with (folder / "past.om").open("w", encoding="utf-8") as out:
        write_openmetrics(out, series)
    create_blocks(folder, folder / "past.om")
    with (
        running_prometheus(folder) as prometheus,
        Ledger.open(f"sqlite:///{folder}/ledger.db") as ledger,
    ):
        known = catalogue(*CASES, url=prometheus.url, prometheus={"scrape_interval": request.param})
        with Client(known.prometheus) as client:
            backfill(known, client, ledger, PERIOD, PERIOD.end + HOUR)
        yield dict(ledger.histories(PERIOD))


@pytest.mark.parametrize("name", CASES)
def test_the_ledger_is_what_all_samples_say(histories: dict[str, History], name: str) -> None:
    samples, found = CASES[name], histories[name]
    wide = Interval(START - 2 * HOUR, PERIOD.end + 2 * HOUR)
    expected = [o for o in outages_of(samples) if _inside(o)]
    assert list(found.outages) == [_cut(o) for o in expected]
    holes = (
        Interval(max(g.start, START), min(g.end, PERIOD.end)) for g in gaps_of(samples, wide, STEP)
    )
    assert list(found.gaps) == [g for g in holes if g.length]


def _inside(outage: Stretch) -> bool:
    return outage.start < PERIOD.end and (outage.end is None or outage.end > START)


def _cut(outage: Stretch) -> Stretch:
    end = None if outage.end is None or outage.end >= PERIOD.end else outage.end
    return Stretch(max(outage.start, START), end)
