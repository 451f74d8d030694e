"""The periods before a report's own in figures: what the picture of the first page is drawn of."""

from sla_engine.domain.report import PeriodReport
from sla_engine.domain.trend import PeriodTotals
from sla_engine.reports.columns import priced
from sla_engine.reports.drawings import is_monthly, trend_title
from sla_engine.reports.grids import Grid
from sla_engine.reports.language import Language, language, marked
from uptime_common.humanize import NOTHING
from uptime_common.tables import compact

_HEAD = (
    marked("Period"),
    marked("Objectives met"),
    marked("Outages"),
    marked("Unplanned"),
    marked("Planned"),
    marked("Coverage"),
    marked("Cost"),
    marked("Due"),
)


def title(report: PeriodReport) -> str:
    """Return how many months there are, or weeks."""
    monthly = is_monthly(report)
    text = marked("The last {n} months") if monthly else marked("The last {n} weeks")
    return language(report).phrase(text, n=len(report.trend))


def months(report: PeriodReport) -> Grid:
    """Return a line of each month, or week, the oldest first; columns without a figure are out."""
    say = language(report)
    rows = [_row(one, say) for one in report.trend]
    head, body = compact(_HEAD, rows, "")
    said = [
        say.phrase(
            "Downtime of all services, {period}, and objectives met of those judged.",
            period=trend_title(report),
        )
    ]
    if priced(report):
        said.append(
            say.phrase(
                "Cost is that of unplanned downtime, in {currency}.", currency=report.currency
            )
        )
    kinds = ["", *("n" for _ in head[1:])]
    return Grid(
        "months", title(report), [say.phrase(name) for name in head], kinds, body, " ".join(said)
    )


def _row(one: PeriodTotals, say: Language) -> tuple[str, ...]:
    judged = {"n": say.number(one.met), "total": say.number(one.judged)}
    blank = not (one.coverage or one.outages)  # nothing is known of it, not even that all was well
    return (
        say.title(one.span),
        say.phrase("{n} of {total}", **judged) if one.judged else NOTHING,
        NOTHING if blank else say.number(one.outages),
        NOTHING if blank else say.service_time(one.unplanned),
        NOTHING if blank else say.service_time(one.planned),
        NOTHING if one.coverage is None else say.share(one.coverage),
        NOTHING if blank or one.cost is None else say.number(one.cost),
        " + ".join(say.amount(due, of) for of, due in one.owed.items() if due) or NOTHING,
    )
