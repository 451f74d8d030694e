"""What a period cost is held against the period before, whatever the trend has beside it."""

from dataclasses import replace

import pytest

from sla_engine.domain.interval import Interval
from sla_engine.domain.period import parse_period, shifted
from sla_engine.domain.report import PeriodReport
from sla_engine.domain.trend import Entry, totals
from sla_engine.reports.view import business
from tests.reports.sample import BERLIN, REPORT

FIGURES = REPORT.services[0].figures


def of(name: str, costs: dict[str, float | None]) -> PeriodReport:
    """Return a report of a period, with a trend of periods that cost so much."""
    period = parse_period(name, BERLIN, 0)
    spans = {one: parse_period(one, BERLIN, 0) for one in costs}
    trend = tuple(
        totals(
            Interval(spans[one].start, spans[one].end), [Entry("a", None, None, FIGURES, cost)], {}
        )
        for one, cost in costs.items()
    )
    before = shifted(period, -1)
    return replace(
        REPORT,
        period=Interval(period.start, period.end),
        previous=Interval(before.start, before.end),
        trend=tuple(trend),
    )


@pytest.mark.parametrize(
    ("report", "words"),
    [
        (of("2026-10", {"2026-09": 12, "2026-10": 5}), "12 EUR in September 2026; "),
        # Week 53 has not begun: the trend ends with the week that runs.
        (of("2026-W53", {"2026-W46": 3, "2026-W47": 7, "2026-W48": 1}), ""),
        (of("2026-W53", {"2026-W52": 3, "2026-W53": 7}), "3 EUR in week 52 of 2026; "),
        # A quarter's trend is of months.
        (
            of("2026-Q4", {f"2026-{month:02}": float(month) for month in range(6, 13)}),
            "24 EUR in quarter 3 of 2026; ",
        ),
        (of("2026-Q4", {"2026-08": 8, "2026-09": 9, "2026-10": 10}), ""),
        (of("2026-Q4", {"2026-07": 7, "2026-08": None, "2026-09": 9, "2026-10": 1}), ""),
    ],
)
def test_the_cost_is_held_against_the_period_before(report: PeriodReport, words: str) -> None:
    [tile] = [tile for tile in business(report) if tile.label == "Business impact"]
    assert tile.note.startswith(f"{words}of ")
