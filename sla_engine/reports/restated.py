"""A restatement in words: a figure as it was reported, and the same figure as it is now."""

from collections.abc import Callable, Iterator

from sla_engine.domain.report import Changed, PeriodReport, Restatement
from sla_engine.reports.language import Language, marked
from uptime_common.humanize import AVAILABILITY_DIGITS, NOTHING

_FINEST = 9
"""To how many digits two shares are told apart."""
_TIMES = {
    "unplanned": marked("unplanned"),
    "planned": marked("planned"),
    "excluded": marked("excluded"),
    "agreed": marked("agreed"),
    "unknown": marked("unknown"),
}


def restated(one: Restatement, report: PeriodReport, say: Language) -> tuple[str, str]:
    """Return what was reported and what it is now, so that a reader sees what differs.

    What is due to a customer, else the availability, to as many digits as that takes; else the
    first other figure that differs as it is printed.
    """
    told = [*_due(one, say), _shares(one.before, one.after, say)]
    told += (_told(changed, report, say) for changed in one.others)
    for before, after in told:
        if before != after:
            return before, after
    return told[0][0], say.phrase("the same; the outages or windows behind it are others")


def _due(one: Restatement, say: Language) -> Iterator[tuple[str, str]]:
    if one.money is not None:
        before, after, currency = one.money

        def amount(due: float | None) -> str:
            return NOTHING if due is None else say.amount(due, currency)

        yield amount(before), amount(after)


def _shares(before: float | None, after: float | None, say: Language) -> tuple[str, str]:
    """Return two ratios to as many digits as tell them apart."""
    told = say.percent(before), say.percent(after)
    for digits in range(AVAILABILITY_DIGITS, _FINEST + 1):
        finer = say.percent(before, digits), say.percent(after, digits)
        if finer[0] != finer[1]:
            return finer
    return told


def _told(one: Changed, report: PeriodReport, say: Language) -> tuple[str, str]:
    """Return another figure, before and after, each with its name."""
    if one.figure == "availability":
        return _shares(one.before, one.after, say)
    if one.figure == "coverage":
        before, after = _shares(one.before, one.after, say)
        name = say.phrase("Coverage")
        return f"{name} {before}", f"{name} {after}"
    word = _word(one.figure, report, say)
    return word(one.before), word(one.after)


def _word(figure: str, report: PeriodReport, say: Language) -> Callable[[float | None], str]:
    if figure in _TIMES:
        return lambda value: f"{say.phrase(_TIMES[figure])} {say.service_time(value)}"
    match figure:
        case "met":
            return lambda value: say.phrase(_VERDICTS[None if value is None else bool(value)])
        case "outages":
            return lambda value: say.counted(round(value or 0), "outage")
        case "objective":
            return lambda value: say.phrase("objective {goal}", goal=say.agreed(value))
        case "cost":
            return lambda value: f"{say.phrase('Cost')} {_money(value, report.currency, say)}"
        case _:
            return lambda value: f"{say.phrase('Credit')} {_percent(value, say)}"


_VERDICTS = {True: marked("met"), False: marked("missed"), None: marked("not judged")}


def _money(value: float | None, currency: str, say: Language) -> str:
    return NOTHING if value is None else say.amount(value, currency)


def _percent(value: float | None, say: Language) -> str:
    return NOTHING if value is None else say.agreed(value / 100)
