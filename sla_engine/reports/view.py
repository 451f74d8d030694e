"""A report in words and rounded figures, for formats that people look at."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sla_engine.domain.availability import Figures
from sla_engine.domain.report import PeriodReport, ServiceReport
from sla_engine.domain.summary import Summary, counted, is_thin, summarize
from sla_engine.reports.columns import credit, objective
from sla_engine.reports.language import Language, language
from uptime_common import humanize

WORDS = (
    ("agreed", "the period inside the service's hours, from its first day on: when it is owed"),
    ("excluded", ("agreed time that does not count: planned downtime and unknown time, where the "
     "service's policy excludes them")),
    ("planned", "downtime that an approved maintenance window covers"),
    ("unplanned", "all other downtime; an outage that goes on after its window is an overrun"),
    ("unknown", "time of which no sample tells; coverage is the known share of the agreed time"),
    ("error budget", "the downtime, or the failed events, that the objective allows in a window"),
    ("window", "the time that a contract is judged by, such as a month or a quarter"),
    ("met, missed", "the verdict of a window that closed"),
    ("on course, at risk, lost", ("how a window does that still runs: its budget lasts, is used up "
     "before its end at the last day's pace, or is gone")),
    ("credit", "the part of a window's fee that is due back"),
    ("p95", "what 95 of 100 measurements do not exceed"),
    ("MTBF, MTRS, MTBSI", ("uptime per unplanned outage, mean time to restore service, and their "
     "sum (ITIL)")),
    ("correction", "what somebody wrote of an outage afterwards; the ledger keeps who and why"),
    ("restatement", "a figure of a reported period that is another one now, with what made it so"),
    ("ledger head", "number and hash of the audit chain's last link: what proves the ledger"),
)  # fmt: skip
"""What the words of a report mean."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure of the front page; ``note`` compares it or explains it."""

    label: str
    value: str
    note: str = ""
    alarming: bool = False


def header(report: PeriodReport) -> list[tuple[str, str]]:
    """Return what every report says of itself."""
    say = language(report)
    found = [
        ("Period", f"{say.stretch(*report.period)}, end excluded"),
        ("Time zone", report.timezone),
        ("Generated", say.moment(report.generated_at)),
        *_data_until(report),
        ("Source", report.source),
        ("Accounting policy", f"version {report.policy_version}"),
        ("Coverage", say.share(summarize(report.services).coverage)),
    ]
    if report.generated_at < report.period.end:
        found.append(("So far", "the period is not over; figures are up to the time of generation"))
    if report.late is not None:
        found.append(("Late", f"made {humanize.duration(report.late)} after it was due"))
    if report.evidence is not None:
        found.append(("Ledger head", report.evidence.head))
        found.append(("Sealed by", report.evidence.key))
        found.append(("Signature of the head", report.evidence.signature))
    elif report.ledger_head:
        found.append(("Ledger head", report.ledger_head))
    return found


def about(report: PeriodReport) -> str:
    """Return in one line what stands over every figure: period, zone, until when, how much."""
    say = language(report)
    found = [f"{say.stretch(*report.period)} ({report.timezone}, end excluded)"]
    if report.data_until is not None:
        found.append(f"data until {say.moment(report.data_until)}")
    found.append(f"{say.share(summarize(report.services).coverage)} of the agreed time is known")
    return "; ".join(found)


def _data_until(report: PeriodReport) -> list[tuple[str, str]]:
    until = report.data_until
    return [] if until is None else [("Data until", language(report).moment(until))]


def headline(report: PeriodReport) -> str:
    """Return the one or two sentences that a senior reads."""
    summary, say = summarize(report.services), language(report)
    judged = len(summary.met) + len(summary.missed)
    said = []
    if judged and not summary.missed:
        said.append(f"All {say.counted(judged, 'service')} met the objective.")
    elif judged:
        names = humanize.listed([s.name for s in summary.missed], 5)
        met = f"{say.number(len(summary.met))} of {say.counted(judged, 'service')}"
        said.append(f"{met} met the objective; {names} did not.")
    if summary.running:
        said.append(running(summary, say))
    if broken := [one.customer for one in report.agreements if one.met is False]:
        said.append(f"Agreements missed: {humanize.listed(broken, 3)}.")
    return " ".join(said) or (
        "No service could be judged: nothing is known, or nothing was agreed."
    )


def running(summary: Summary, say: Language) -> str:
    """Return how the services do whose contract's window is not over."""
    course, count = len(summary.on_course), len(summary.running)
    if course == count == 1:
        return "The one service with a running window is on course."
    if course == count:
        return f"All {say.counted(count, 'service')} with a running window are on course."
    text = f"{say.number(course)} of {say.counted(count, 'service')} on course"
    if summary.at_risk:
        text += f"; at risk: {humanize.listed([s.name for s in summary.at_risk], 5)}"
    if summary.lost:
        text += f"; lost: {humanize.listed([s.name for s in summary.lost], 5)}"
    return f"{text}."


def tiles(report: PeriodReport) -> list[Tile]:
    """Return the figures of the front page."""
    summary, say = summarize(report.services), language(report)
    found = [
        *_verdicts(report, say),
        Tile(
            "Unplanned downtime",
            say.service_time(summary.unplanned),
            _trend(report, say, lambda figures: figures.unplanned),
        ),
        Tile(
            "Planned downtime",
            say.service_time(summary.planned),
            _trend(report, say, lambda figures: figures.planned),
        ),
        Tile("Outages", say.number(summary.outages), _longest(report, say)),
    ]
    return [*found, *business(report)]


def _verdicts(report: PeriodReport, say: Language) -> Iterator[Tile]:
    """Yield how many objectives were met, and how many running windows are on course."""
    summary = summarize(report.services)
    judged = len(summary.met) + len(summary.missed)
    if judged or not summary.running:
        value = f"{say.number(len(summary.met))} of {say.number(judged)}"
        note = _objectives(report, say)
        yield Tile("Objectives met", value, note, alarming=bool(summary.missed))
    if summary.running:
        value = f"{say.number(len(summary.on_course))} of {say.number(len(summary.running))}"
        notes = [
            f"{say.number(len(of))} {word}"
            for word, of in (("at risk", summary.at_risk), ("lost", summary.lost))
            if of
        ]
        yield Tile("On course", value, ", ".join(notes), alarming=bool(summary.lost))


def _objectives(report: PeriodReport, say: Language) -> str:
    """Return how many objectives were met before, and how many services nobody can judge."""
    notes = []
    own = counted(report.services)
    before = [s.previous_met for s in own if s.previous_met is not None]
    if before:
        met = f"{say.number(sum(before))} of {say.number(len(before))}"
        notes.append(f"{met} in {_before(report, say)}")
    unjudged = len(summarize(report.services).unjudged)
    if unjudged:
        notes.append(f"{say.number(unjudged)} not judged")
    parts = sum(s.figures.met is False for s in report.services) - sum(
        s.figures.met is False for s in own
    )
    if parts:
        notes.append(f"{say.counted(parts, 'component')} under an objective of their own")
    return "; ".join(notes)


def _trend(report: PeriodReport, say: Language, of: Callable[[Figures], int]) -> str:
    """Return how a sum compares with that of the period before."""
    own = counted(report.services)
    known = [s.previous for s in own if s.previous is not None]
    if not known:
        return ""
    now, before = sum(of(s.figures) for s in own), sum(map(of, known))
    if not before:
        return f"none in {_before(report, say)}"
    moved = "as" if now == before else "up from" if now > before else "down from"
    return f"{moved} {say.service_time(before)} in {_before(report, say)}"


def _before(report: PeriodReport, say: Language) -> str:
    return "the period before" if report.previous is None else say.title(report.previous)


def business(report: PeriodReport) -> Iterator[Tile]:
    """Yield what the period cost, where that is known."""
    say = language(report)
    costs = [s.impact for s in _paying(report) if s.impact is not None]
    if costs:
        note = f"of {say.counted(len(costs), 'service')} with a known cost"
        before = report.trend[-2] if len(report.trend) > 1 else None
        if before is not None and before.cost is not None:
            note = f"{say.money(before.cost, report.currency)} in {say.title(before.span)}; {note}"
        yield Tile("Business impact", say.money(sum(costs), report.currency), note)
    due = [s for s in report.services if s.credit]
    if due:
        names = humanize.listed([f"{s.name} {credit(s, say)}" for s in due], 3)
        yield Tile("Credits due", say.counted(len(due), "service"), names, alarming=True)
    owed: dict[str, float] = {}
    for one in report.agreements:
        if one.money:
            owed[one.currency] = owed.get(one.currency, 0.0) + one.money
    if owed:
        sums = " + ".join(say.amount(amount, currency) for currency, amount in owed.items())
        customers = humanize.listed([one.customer for one in report.agreements if one.money], 3)
        yield Tile("Due to customers", sums, customers, alarming=True)


def _paying(report: PeriodReport) -> list[ServiceReport]:
    """Return the services whose loss is money: once where a composite has a price, too."""
    priced = {s.id for s in report.services if s.impact is not None}
    return [s for s in report.services if s.part_of not in priced]


def _longest(report: PeriodReport, say: Language) -> str:
    longest = max((s.figures.longest or 0 for s in counted(report.services)), default=0)
    return f"longest {say.duration(longest)}" if longest else ""


def warnings(report: PeriodReport) -> list[str]:
    """Return what a reader must know before trusting a figure."""
    summary = summarize(report.services)
    say = language(report)
    found = list(_stale(report, say))
    if report.evidence is not None and report.evidence.findings:
        differ = say.counted(report.evidence.findings, "row")
        found.append(
            f"The ledger is not as it was written: {differ} not as its audit chain says "
            "(sla-engine verify)."
        )
    if summary.thin:
        names = humanize.listed(
            [f"{s.name} ({say.share(s.figures.coverage)})" for s in summary.thin], 5
        )
        found.append(f"Under 99 % of the agreed time is known of {names}.")
    new = [s for s in report.services if s.began is not None]
    if new:
        names = humanize.listed([f"{s.name} ({say.day(s.began or 0)})" for s in new], 5)
        found.append(f"First seen inside the period, and owed from then on: {names}.")
    if report.late is not None:
        found.append(f"This report is {humanize.duration(report.late)} late.")
    return found


def notes(report: PeriodReport) -> list[tuple[str, str]]:
    """Return what the warnings name only in part, service by service: name, what is to be known."""
    say = language(report)
    found = []
    for one in report.services:
        said = []
        if one.is_stale and one.data_until is not None:
            said.append(f"the data end on {say.moment(one.data_until)}")
        if is_thin(one):
            said.append(f"{say.share(one.figures.coverage)} of the agreed time is known")
        if one.began is not None:
            said.append(f"first seen on {say.moment(one.began)}, owed from then on")
        if said:
            found.append((one.name, "; ".join(said)))
    return found


def _stale(report: PeriodReport, say: Language) -> Iterator[str]:
    """Yield whose data end too early: what came after is unknown, not good."""
    stale = [s for s in report.services if s.is_stale and s.data_until is not None]
    if stale:
        oldest_first = sorted(stale, key=lambda s: s.data_until or 0)
        names = humanize.listed(
            [f"{s.name} ({say.moment(s.data_until or 0)})" for s in oldest_first], 5
        )
        yield f"Figures are stale: the data end early of {names}."


def period_title(report: PeriodReport) -> str:
    """Return what people call the period."""
    return language(report).title(report.period)


def score(service: ServiceReport, say: Language) -> str:
    """Return the availability, and what it is held against."""
    goal = objective(service, say)
    against = "" if service.objective is None else f" (objective {goal})"
    return f"{say.percent(service.figures.availability)}{against}"


def loss(service: ServiceReport, say: Language) -> str:
    """Return what was lost: events or slices of time where these are judged, else time."""
    if service.figures.events is not None or service.figures.slices is not None:
        return f"{lost(service, say)} {'lost' if service.figures.slices is not None else 'failed'}"
    return f"{lost(service, say)} unplanned"


def lost(service: ServiceReport, say: Language) -> str:
    """Return how much was lost: ``2 of 288 slices of 5m``, ``3 of 900 events``, ``1h 5m``."""
    figures = service.figures
    if figures.slices is not None:
        sliced = figures.slices
        bad = say.number(sliced.total - sliced.good, 0 if sliced.slicing.target else 1)
        length = humanize.duration(sliced.slicing.length)
        return f"{bad} of {say.counted(sliced.total, 'slice')} of {length}"
    if figures.events is not None:
        total = say.counted(round(figures.events.total), "event")
        return f"{say.number(figures.events.failed)} of {total}"
    return say.service_time(figures.unplanned)


def budget_words(service: ServiceReport, say: Language) -> str:
    """Return what is left of the error budget, or by how much it was exceeded, in words."""
    if not service.has_budget:
        return "no error budget"
    left = service.budget_remaining
    if left is None:
        return f"error budget {say.share(left)}"
    if left < 0:
        return f"error budget exceeded by {say.share(-left)}"
    return f"{say.share(left)} of the error budget left"
