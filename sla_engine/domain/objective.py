"""What is owed: objective, error budget, burn rate."""

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Literal

from sla_engine.domain.interval import Interval

_EARLY = 0.1

Policy = Literal["exclude", "count_up", "count_down"]


@dataclass(frozen=True, slots=True)
class Accounting:
    """What planned downtime and unknown time do to the availability (rule 5)."""

    maintenance: Policy = "exclude"
    unknown: Policy = "exclude"


@lru_cache
def ratio(percent: float) -> Fraction:
    """Return the exact ratio of a percentage as it was written: 99.9 is 999/1000, to the bit."""
    return Fraction(str(percent)) / 100


def leaves_budget(objective: float | None) -> bool:
    """Say whether an objective (a ratio) lets anything be lost: 100 % has no error budget."""
    return objective is not None and objective < 1


def burn_rate(objective: Fraction, availability: float) -> float:
    """Return how many times faster than allowed the budget burns: 1 spends it exactly.

    Source: The Site Reliability Workbook, chapter 5.
    """
    return (1 - availability) / float(1 - objective)


def exhausted_at(left: float, period: Interval, now: int) -> int | None:
    """Return when the rest of an error budget is used up at the period's pace so far (ms UTC).

    None where that is not inside the period, where nothing was used or all is, and in the first
    tenth of the period, which says too little.
    """
    gone = min(now, period.end) - period.start
    if not 0 < left < 1 or gone < _EARLY * period.length:
        return None
    moment = period.start + round(gone / (1 - left))
    return moment if moment < period.end else None
