"""Agreements in a report, line by line: what was promised, what came of it, what is left."""

from collections.abc import Iterator

from sla_engine.domain.agreement import (
    AgreementReport,
    AgreementWindow,
    Budget,
    NoBudget,
)
from sla_engine.domain.report import PeriodReport
from sla_engine.reports.columns import budget_gone, lost_of, spoken, title_in
from sla_engine.reports.language import Language, language, marked

_RULES = {
    "each": marked("each"), "worst": marked("worst"),
    "weighted": marked("weighted"), "all": marked("all"),
}  # fmt: skip
_WITHOUT: dict[NoBudget, str] = {
    "nothing_promised": marked("no budget: no objective is promised"),
    "nothing_known": marked("no budget yet: nothing is known"),
}
AGREEMENT_HEAD = (
    marked("Agreement"),
    marked("Rule"),
    marked("Window"),
    marked("Verdict"),
    marked("Actual"),
    marked("Credit"),
    marked("Due"),
    marked("Why"),
)


def agreements(report: PeriodReport) -> list[tuple[str, ...]]:
    """Return what was kept of agreements, a line for each window, as `AGREEMENT_HEAD`."""
    return [row for one in report.agreements for row in _lines_of(one, language(report))]


def _lines_of(one: AgreementReport, say: Language) -> Iterator[tuple[str, ...]]:
    for window in (*one.closed, *(() if one.running is None else (one.running,))):
        known = one.rule != "each" and window.availability is not None
        due = None if window.credit is None else say.agreed(window.credit / 100)
        yield (
            one.customer,
            say.phrase(_RULES[one.rule]),
            title_in(window.span, one.zone, say),
            spoken(window.met, window.state, say),
            say.percent(window.availability) if known else "-",
            due or "-",
            "-" if window.money is None else say.amount(window.money, one.paid_in(window)),
            _reasons(window, say) or "-",
        )


def _reasons(window: AgreementWindow, say: Language) -> str:
    """Return what was down of the services that missed, and the budget of a window that runs."""
    missed = [part for part in window.parts if part.met is False]
    told = [
        f"{part.service} {say.percent(part.availability)}, "
        f"{lost_of(part.unplanned, part.events, say)}"
        for part in missed
    ]
    if left := budget_left(window.budget, window.no_budget, say):
        told.append(left)
    if window.exhausted is not None:
        told.append(budget_gone(window.exhausted, say))
    return say.also.join(told)


def budget_left(budget: Budget | None, why: NoBudget | None, say: Language) -> str:
    """Return what is left of an agreement's budget, or why it has none; nothing of neither.

    ``23m of 43m of its budget left``, with the service whose it is where each has its own.
    """
    if budget is None:
        return "" if why is None else say.phrase(_WITHOUT[why])
    told = {"allowed": _amount(budget, budget.allowed, say)}
    if budget.left < 0:
        over = _amount(budget, -budget.left, say)
        said = say.phrase("budget of {allowed} exceeded by {over}", over=over, **told)
    else:
        left = _amount(budget, budget.left, say)
        said = say.phrase("{left} of a budget of {allowed} left", left=left, **told)
    if budget.service is None:
        return said
    return say.phrase("{said} ({service} has least)", said=said, service=budget.service)


def _amount(budget: Budget, value: float, say: Language) -> str:
    if budget.unit == "time":
        return say.service_time(value)
    return say.counted(round(value), "event" if budget.unit == "events" else "slice")
