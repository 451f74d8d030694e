"""What downtime costs and what is owed for it."""

from collections.abc import Iterable
from fractions import Fraction

from sla_engine.domain.availability import Figures

_HOUR = 3_600_000


def impact(figures: Figures, cost_per_hour: float | None) -> float | None:
    """Return the cost of the unplanned downtime, in the catalogue's currency.

    Of a service that counts events it is that of its lost events: each minute costs the part of it
    that failed.
    """
    lost = figures.unplanned if figures.lost is None else figures.lost
    return None if cost_per_hour is None else lost / _HOUR * cost_per_hour


def credit(figures: Figures, steps: Iterable[tuple[Fraction, float]]) -> float | None:
    """Return the part of the fee (percent) to credit: the highest step that was fallen short of.

    Args:
        figures: of the period that the fee is for.
        steps: availability (ratio) under which so many percent are due.

    Returns:
        0 where no step was reached, None where there are no steps or nothing is known.
    """
    ladder = tuple(steps)
    if not ladder or figures.availability is None:
        return None
    # The nearest binary fraction of 99.9 % is a little less: both sides have to be rounded alike.
    return max((due for below, due in ladder if figures.availability < float(below)), default=0.0)
