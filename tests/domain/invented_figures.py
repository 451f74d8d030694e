"""Figures for tests that look at little of them."""

from sla_engine.domain.availability import Figures


def figures_with(left: float | None, *, met: bool | None = None) -> Figures:
    """Return figures with so much of an error budget left, and a verdict."""
    known = None if left is None else 1 - (1 - left) * 0.001
    return Figures(
        agreed=1000, excluded=0, planned=0, unplanned=0, unknown=0, availability=known,
        coverage=1.0, budget=1.0, budget_remaining=left, met=met, shares=(), short=(),
        mtbf=None, mtrs=None, longest=None,
    )  # fmt: skip
