"""The planned work that is to come, in words: a sentence, and a line of each occurrence."""

from sla_engine.domain.report import Coming, PeriodReport, Planned
from sla_engine.reports.approval import approval, is_named
from sla_engine.reports.language import Language, language, marked

_HEAD = (marked("Work"), marked("Services"), marked("Begins"), marked("Length"))
_NAMED = (marked("State"), marked("Asked for by"), marked("Approved by"))
_UNNAMED = (marked("State"),)
NUMBERS = ("Length",)
"""The columns of numbers among them."""


def head(report: PeriodReport) -> tuple[str, ...]:
    """Return the head of `rows`: a customer's has no column of people."""
    works = () if report.coming is None else report.coming.works
    return (*_HEAD, *(_NAMED if all(map(is_named, works)) else _UNNAMED))


def title(coming: Coming, say: Language) -> str:
    """Return whose planned work it is: of the month that comes."""
    return say.phrase("Planned work to come, {period}", period=say.title(coming.span))


def caption(coming: Coming, say: Language) -> str:
    """Return what is listed, and as of when."""
    return say.phrase(
        "Windows that begin in {period}, as known on {when}; only what is approved will count as "
        "planned.",
        period=say.title(coming.span),
        when=say.moment(coming.known),
    )


def sentence(report: PeriodReport) -> str:
    """Return in one sentence what work is to come; nothing where nobody looked."""
    coming, say = report.coming, language(report)
    if coming is None:
        return ""
    named = title(coming, say)
    if not coming.works:
        return say.phrase("{title}: none.", title=named)
    first = coming.works[0]
    told = say.plural(
        "{title}: {n} window, {work} ({services}), {when}",
        "{title}: {n} windows, the first {work} ({services}), {when}",
        len(coming.works),
        title=named,
        work=first.title,
        services=say.listed(first.services, 3),
        when=say.stretch(*first.span),
    )
    waiting = sum(one.approver is None for one in coming.works)
    if waiting:
        told += say.also + say.plural("{n} not approved yet", "{n} not approved yet", waiting)
    return f"{told}."


def rows(report: PeriodReport) -> list[tuple[str, ...]]:
    """Return a line of each window that is to come: what, whose, when, how long, who."""
    say = language(report)
    works = () if report.coming is None else report.coming.works
    return [_row(one, say) for one in works]


def _row(one: Planned, say: Language) -> tuple[str, ...]:
    work = (
        one.title,
        say.listed(one.services, 5),
        say.moment(one.span.start),
        say.duration(one.span.length),
    )
    if not is_named(one):
        return (*work, approval(one, say))
    state = marked("requested") if one.approver is None else marked("approved")
    who = one.approver or say.phrase("nobody yet")
    return (*work, say.phrase(state), one.requester, who)
