"""Whose report it is, and what came of what they were promised: of all, or of one customer."""

from sla_engine.domain.agreement import AgreementReport
from sla_engine.domain.report import PeriodReport
from sla_engine.domain.summary import summarize
from sla_engine.reports.columns import spoken, title_in
from sla_engine.reports.language import Language, Word, language, marked

_UNFINISHED = {
    "running": marked("{title} (running)"),
    "not_begun": marked("{title} (not begun)"),
}


def title(report: PeriodReport) -> str:
    """Return the title of a report: of the organisation, or for the customer whose it is."""
    say = language(report)
    period = say.title(report.period)
    if report.customer:
        text = marked("Service levels for {customer}, {period}")
        return say.phrase(text, customer=report.customer, period=period)
    text = marked("Service levels of {organization}, {period}")
    return say.phrase(text, organization=report.organization, period=period)


def subject(report: PeriodReport, headline: str) -> str:
    """Return the title of a message or a mail: a customer's has the verdict, others a sentence."""
    say = language(report)
    told = title(report) if report.customer else say.title(report.period)
    if report.status in _UNFINISHED:
        told = say.phrase(_UNFINISHED[report.status], title=told)
    if not report.customer:
        return f"{told}{say.thus}{headline}"
    if report.status == "not_begun":
        return told
    of = _other_window(report, say)
    return f"{told}{say.thus}{verdict(report, say)}{f' ({of})' if of else ''}"


def foot(report: PeriodReport) -> str:
    """Return what stands at the foot of each sheet of paper: who reports to whom, and of what."""
    period = language(report).title(report.period)
    return ", ".join(filter(None, (report.organization, report.customer, period)))


def verdict(report: PeriodReport, say: Language) -> Word:
    """Return the verdict of a customer's agreement, or how its window does that runs."""
    one = _agreement(report)
    if one is None:
        return spoken(None, None, say)
    return spoken(one.met, None if one.running is None else one.running.state, say)


def is_bad(report: PeriodReport) -> bool:
    """Say whether the customer's agreement was missed, or its budget is gone."""
    one = _agreement(report)
    lost = one is not None and one.running is not None and one.running.state == "lost"
    return one is not None and (one.met is False or (one.met is None and lost))


def is_good(report: PeriodReport) -> bool:
    """Say whether the customer's agreement was met, or is on course to be."""
    one = _agreement(report)
    course = one is not None and one.running is not None and one.running.state == "on_course"
    return one is not None and (one.met is True or (one.met is None and course))


def figure(report: PeriodReport, say: Language) -> tuple[str, ...]:
    """Return the one figure of a customer's agreement, and its objective; nothing of none."""
    one = _agreement(report)
    if one is None:
        return ()
    windows = one.closed or (() if one.running is None else (one.running,))
    known = [window.availability for window in windows if window.availability is not None]
    if one.rule == "each" or one.objective is None or not known:
        return ()
    goal = say.phrase("objective {goal}", goal=say.agreed(one.objective))
    return say.percent(min(known)), goal


def told(report: PeriodReport, say: Language) -> str:
    """Return the sentence that a customer's report begins with."""
    who = ", ".join(filter(None, (report.customer, _other_window(report, say))))
    what = {"customer": who, "verdict": verdict(report, say)}
    said = say.phrase("Agreement with {customer}: {verdict}", **what)
    if report.status == "not_begun":
        said = say.phrase("Agreement with {customer}: the period has not begun", **what)
    known = figure(report, say)
    return f"{said}, {known[0]} ({known[1]})." if known else f"{said}."


def kept_by(report: PeriodReport, say: Language) -> str:
    """Return how many services kept what was promised of each; nothing where none was judged."""
    summary = summarize(report.services)
    judged = len(summary.met) + len(summary.missed)
    if not judged:
        return ""
    return say.plural(
        "{met} of {n} service met the objective",
        "{met} of {n} services met the objective",
        judged,
        met=say.number(len(summary.met)),
    )


def _other_window(report: PeriodReport, say: Language) -> str:
    """Return what the window is called that the verdict is of, where that is not the period."""
    one = _agreement(report)
    if one is None:
        return ""
    runs = () if one.running is None or one.met is not None else (one.running,)
    spans = {window.span for window in one.closed or runs}
    if len(spans) != 1 or report.period in spans:
        return ""
    return title_in(spans.pop(), one.zone, say)


def _agreement(report: PeriodReport) -> AgreementReport | None:
    return report.agreements[0] if report.agreements else None
