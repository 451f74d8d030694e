"""What is owed: objective, error budget, burn rate."""

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Literal

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


def burn_rate(objective: Fraction, availability: float) -> float:
    """Return how many times faster than allowed the budget burns: 1 spends it exactly.

    Source: The Site Reliability Workbook, chapter 5.
    """
    return (1 - availability) / float(1 - objective)
