"""Series of eight hours, each of which was seen to mislead somebody."""

import random
from collections.abc import Sequence

from sla_engine.domain.interval import Interval
from tests.past import Pair

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
