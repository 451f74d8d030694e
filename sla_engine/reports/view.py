"""A report in words and rounded figures, for formats that people look at."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sla_engine.domain.report import PeriodReport, ServiceReport
from sla_engine.domain.summary import Downtime, Summary, counted, down_before, is_thin, summarize
from sla_engine.reports import finality, whose
from sla_engine.reports.columns import credit, events_lost, objective
from sla_engine.reports.language import Language, language, marked
from uptime_common import __version__

WORDS = (
    (
        marked("agreed"),
        marked("the period inside the service's hours, from its first day on: when it is owed"),
    ),
    (
        marked("excluded"),
        marked(
            "agreed time that does not count: planned downtime and unknown time, where the "
            "service's policy excludes them"
        ),
    ),
    (marked("planned"), marked("downtime that an approved maintenance window covers")),
    (
        marked("unplanned"),
        marked("all other downtime; an outage that goes on after its window is an overrun"),
    ),
    (
        marked("unknown"),
        marked("time of which no sample tells; coverage is the known share of the agreed time"),
    ),
    (
        marked("error budget"),
        marked("the downtime, or the failed events, that the objective allows in a window"),
    ),
    (
        marked("window"),
        marked("the time that a contract is judged by, such as a month or a quarter"),
    ),
    (marked("met, missed"), marked("the verdict of a window that closed")),
    (
        marked("on course, at risk, lost"),
        marked(
            "how a window does that still runs: its budget lasts, is used up before its end at "
            "the last day's pace, or is gone"
        ),
    ),
    (
        marked("rule"),
        marked(
            "what makes one figure of an agreement's services: none, each is judged for itself; "
            "the worst; their mean by weight; or the time in which all were up"
        ),
    ),
    (marked("credit"), marked("the part of a window's fee that is due back")),
    (marked("p95"), marked("what 95 of 100 measurements do not exceed")),
    (
        marked("MTBF, MTRS, MTBSI"),
        marked("uptime per unplanned outage, mean time to restore service, and their sum (ITIL)"),
    ),
    (
        marked("correction"),
        marked("what somebody wrote of an outage afterwards; the ledger keeps who and why"),
    ),
    (
        marked("restatement"),
        marked("a figure of a reported period that is another one now, with what made it so"),
    ),
    (
        marked("ledger head"),
        marked("number and hash of the audit chain's last link: what proves the ledger"),
    ),
)
"""What the words of a report mean."""
_NOTHING_AGREED = marked("no time was agreed")


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
    found = [(say.phrase("Reported by"), report.organization)] if report.customer else []
    found += [
        (
            say.phrase("Period"),
            say.phrase("{span}, end excluded", span=say.stretch(*report.period)),
        ),
        (say.phrase("Time zone"), report.timezone),
        (say.phrase("Generated"), say.moment(report.generated_at)),
        *_data_until(report),
        *([(say.phrase("Source"), report.source)] if report.source else []),
        (say.phrase("Accounting policy"), say.phrase("version {n}", n=report.policy_version)),
        (say.phrase("Program"), f"sla-engine {__version__}"),
        (say.phrase("Coverage"), _coverage(report, say)),
    ]
    found.append((say.phrase("Status"), finality.status(report, say)))
    if report.late is not None:
        text = say.phrase("made {length} after it was due", length=say.duration(report.late))
        found.append((say.phrase("Late"), text))
    if report.evidence is not None:
        found.append((say.phrase("Ledger head"), report.evidence.head))
        found.append((say.phrase("Sealed by"), report.evidence.key))
        found.append((say.phrase("Signature of the head"), report.evidence.signature))
    elif report.ledger_head:
        found.append((say.phrase("Ledger head"), report.ledger_head))
    return found


def about(report: PeriodReport) -> str:
    """Return in one line what stands over every figure: period, zone, until when, how much."""
    say = language(report)
    span = say.stretch(*report.period)
    found = [say.phrase("{span} ({zone}, end excluded)", span=span, zone=report.timezone)]
    found.append(finality.standing(report, say))
    if report.data_until is not None:
        found.append(say.phrase("data until {when}", when=say.moment(report.data_until)))
    return say.also.join([*found, known(report, say)])


def known(report: PeriodReport, say: Language) -> str:
    """Return how much of the agreed time is known, where any was agreed."""
    coverage = summarize(report.services).coverage
    if coverage is None:
        return say.phrase(_NOTHING_AGREED)
    return say.phrase("{share} of the agreed time is known", share=say.share(coverage))


def _coverage(report: PeriodReport, say: Language) -> str:
    coverage = summarize(report.services).coverage
    return say.phrase(_NOTHING_AGREED) if coverage is None else say.share(coverage)


def _data_until(report: PeriodReport) -> list[tuple[str, str]]:
    until, say = report.data_until, language(report)
    return [] if until is None else [(say.phrase("Data until"), say.moment(until))]


def headline(report: PeriodReport) -> str:
    """Return the one or two sentences that a senior reads."""
    summary, say = summarize(report.services), language(report)
    judged = len(summary.met) + len(summary.missed)
    said = [whose.told(report, say)] if report.customer else []
    if judged and not summary.missed:
        said.append(
            say.plural(
                "All {n} service met the objective.",
                "All {n} services met the objective.",
                judged,
            )
        )
    elif judged:
        said.append(
            say.plural(
                "{met} of {n} service met the objective; {names} did not.",
                "{met} of {n} services met the objective; {names} did not.",
                judged,
                met=say.number(len(summary.met)),
                names=say.listed([s.name for s in summary.missed], 5),
            )
        )
    if summary.running:
        said.append(running(summary, say))
    broken = [one.customer for one in report.agreements if one.met is False]
    if broken and not report.customer:
        said.append(say.phrase("Agreements missed: {names}.", names=say.listed(broken, 3)))
    return " ".join(said) or unjudged(report, say)


def judged_together(report: PeriodReport) -> str:
    """Return why a customer's services have no verdict, where one figure of all has it."""
    if not report.customer or any(one.objective is not None for one in report.services):
        return ""
    return language(report).phrase(
        "No objective was promised of a single service: the agreement is judged as a whole."
    )


def unjudged(report: PeriodReport, say: Language) -> str:
    """Return why there is no verdict at all."""
    if report.status == "not_begun":
        return say.phrase("The period has not begun.")
    if report.services and all(one.objective is None for one in report.services):
        return say.phrase("No service has an objective: these are figures without a verdict.")
    return say.phrase("No service could be judged: nothing is known, or nothing was agreed.")


def running(summary: Summary, say: Language) -> str:
    """Return how the services do whose contract's window is not over."""
    course, count = len(summary.on_course), len(summary.running)
    if course == count == 1:
        return say.phrase("The one service with a running window is on course.")
    if course == count:
        return say.phrase(
            "All {n} services with a running window are on course.", n=say.number(count)
        )
    text = say.plural(
        "{good} of {n} service on course",
        "{good} of {n} services on course",
        count,
        good=say.number(course),
    )
    for word, some in ((marked("at risk"), summary.at_risk), (marked("lost"), summary.lost)):
        if some:
            text += f"{say.also}{say.phrase(word)}{say.thus}{say.listed([s.name for s in some], 5)}"
    return f"{text}."


def tiles(report: PeriodReport) -> list[Tile]:
    """Return the figures of the front page."""
    summary, say = summarize(report.services), language(report)
    found = [
        *_verdicts(report, say),
        Tile(
            say.phrase("Unplanned downtime"),
            say.service_time(summary.unplanned),
            _trend(report, say, lambda down: down.unplanned),
        ),
        Tile(
            say.phrase("Planned downtime"),
            say.service_time(summary.planned),
            _trend(report, say, lambda down: down.planned),
        ),
        Tile(say.phrase("Outages"), say.number(summary.outages), _longest(report, say)),
    ]
    return [*found, *business(report)]


def _verdicts(report: PeriodReport, say: Language) -> Iterator[Tile]:
    """Yield how many objectives were met, and how many running windows are on course.

    In a customer's report the agreement's verdict is the one that counts.
    """
    if report.customer:
        note = ", ".join(whose.figure(report, say)) or whose.kept_by(report, say)
        came = whose.verdict(report, say)
        yield Tile(say.phrase("Agreement"), came, note, alarming=whose.is_bad(report))
        return
    summary = summarize(report.services)
    judged = len(summary.met) + len(summary.missed)
    if judged or not summary.running:
        value = _of(len(summary.met), judged, say)
        note = _objectives(report, say)
        yield Tile(say.phrase("Objectives met"), value, note, alarming=bool(summary.missed))
    if summary.running:
        value = _of(len(summary.on_course), len(summary.running), say)
        notes = [
            f"{say.number(len(of))} {say.phrase(word)}"
            for word, of in ((marked("at risk"), summary.at_risk), (marked("lost"), summary.lost))
            if of
        ]
        yield Tile(say.phrase("On course"), value, ", ".join(notes), alarming=bool(summary.lost))


def _of(some: int, every: int, say: Language) -> str:
    return say.phrase("{n} of {total}", n=say.number(some), total=say.number(every))


def _objectives(report: PeriodReport, say: Language) -> str:
    """Return how many objectives were met before, and how many services nobody can judge."""
    notes = []
    own = counted(report.services)
    before = [s.previous_met for s in own if s.previous_met is not None]
    if before:
        met = _of(sum(before), len(before), say)
        notes.append(say.phrase("{what} in {period}", what=met, period=_before(report, say)))
    unjudged = len(summarize(report.services).unjudged)
    if unjudged:
        notes.append(f"{say.number(unjudged)} {say.phrase(marked('not judged'))}")
    parts = sum(s.figures.met is False for s in report.services) - sum(
        s.figures.met is False for s in own
    )
    if parts:
        notes.append(
            say.plural(
                "{n} component under an objective of their own",
                "{n} components under an objective of their own",
                parts,
            )
        )
    return language(report).also.join(notes)


def _trend(report: PeriodReport, say: Language, of: Callable[[Downtime], int]) -> str:
    """Return how a sum compares with that of the period before."""
    summary, was = summarize(report.services), down_before(report)
    if was is None:
        return ""
    now, before = of(Downtime(summary.unplanned, summary.planned)), of(was)
    if not before:
        return say.phrase("none in {period}", period=_before(report, say))
    when = {"was": say.service_time(before), "period": _before(report, say)}
    if now == before:
        return say.phrase("as {was} in {period}", **when)
    if now > before:
        return say.phrase("up from {was} in {period}", **when)
    return say.phrase("down from {was} in {period}", **when)


def _before(report: PeriodReport, say: Language) -> str:
    return (
        say.phrase("the period before") if report.previous is None else say.title(report.previous)
    )


def business(report: PeriodReport) -> Iterator[Tile]:
    """Yield what the period cost, where that is known."""
    say = language(report)
    costs = [s.impact for s in _paying(report) if s.impact is not None]
    if costs:
        note = say.plural(
            "of {n} service with a known cost", "of {n} services with a known cost", len(costs)
        )
        before = _cost_before(report)
        if before is not None:
            cost, when = say.money(before, report.currency), _before(report, say)
            note = f"{say.phrase('{what} in {period}', what=cost, period=when)}{say.also}{note}"
        yield Tile(say.phrase("Business impact"), say.money(sum(costs), report.currency), note)
    due = [s for s in report.services if s.credit]
    if due:
        names = say.listed([f"{s.name} {credit(s, say)}" for s in due], 3)
        yield Tile(
            say.phrase("Credits due"), say.counted(len(due), "service"), names, alarming=True
        )
    owed: dict[str, float] = {}
    for one in report.agreements:
        for currency, amount in one.due.items():
            if amount:
                owed[currency] = owed.get(currency, 0.0) + amount
    if owed:
        sums = " + ".join(say.amount(amount, currency) for currency, amount in owed.items())
        whom = [one.customer for one in report.agreements if any(one.due.values())]
        customers = say.listed(whom, 3)
        label = say.phrase("Credit due") if report.customer else say.phrase("Due to customers")
        yield Tile(label, sums, customers, alarming=True)


def _cost_before(report: PeriodReport) -> float | None:
    """Return what the period before cost, where the trend has it, whole or in its months."""
    before = report.previous
    if before is None:
        return None
    parts = [one for one in report.trend if before.start <= one.span.start < before.end]
    costs = [one.cost for one in parts if one.cost is not None]
    whole = bool(parts) and (parts[0].span.start, parts[-1].span.end) == before
    return sum(costs) if whole and len(costs) == len(parts) else None


def _paying(report: PeriodReport) -> list[ServiceReport]:
    """Return the services whose loss is money: once where a composite has a price, too."""
    priced = {s.id for s in report.services if s.impact is not None}
    return [s for s in report.services if s.part_of not in priced]


def _longest(report: PeriodReport, say: Language) -> str:
    longest = max((s.figures.longest or 0 for s in counted(report.services)), default=0)
    return say.phrase("longest {length}", length=say.duration(longest)) if longest else ""


def warnings(report: PeriodReport) -> list[str]:
    """Return what a reader must know before trusting a figure."""
    summary = summarize(report.services)
    say = language(report)
    found = list(_stale(report, say))
    if report.evidence is not None and report.evidence.findings:
        differ = say.counted(report.evidence.findings, "row")
        found.append(
            say.phrase(
                "The ledger is not as it was written: {rows} not as its audit chain says "
                "(sla-engine verify).",
                rows=differ,
            )
        )
    if summary.thin:
        names = say.listed([f"{s.name} ({say.share(s.figures.coverage)})" for s in summary.thin], 5)
        found.append(say.phrase("Under 99 % of the agreed time is known of {names}.", names=names))
    new = [s for s in report.services if s.began is not None]
    if new:
        names = say.listed([f"{s.name} ({say.day(s.began or 0)})" for s in new], 5)
        found.append(
            say.phrase("First seen inside the period, and owed from then on: {names}.", names=names)
        )
    if report.late is not None:
        found.append(say.phrase("This report is {length} late.", length=say.duration(report.late)))
    return found


def notes(report: PeriodReport) -> list[tuple[str, str]]:
    """Return what the warnings name only in part, service by service: name, what is to be known."""
    say = language(report)
    found = []
    for one in report.services:
        said = []
        if one.is_stale and one.data_until is not None:
            said.append(say.phrase("the data end on {when}", when=say.moment(one.data_until)))
        if is_thin(one):
            share = say.share(one.figures.coverage)
            said.append(say.phrase("{share} of the agreed time is known", share=share))
        if one.began is not None:
            when = say.moment(one.began)
            said.append(say.phrase("first seen on {when}, owed from then on", when=when))
        if said:
            found.append((one.name, say.also.join(said)))
    return found


def not_computed(report: PeriodReport) -> list[str]:
    """Return which services are missing, and why; to a customer the fault is ours."""
    say = language(report)
    return [
        say.phrase("{name} could not be computed: {reason}", name=one.name, reason=one.reason)
        if one.reason
        else say.phrase("{name} could not be computed: an error of our own", name=one.name)
        for one in report.not_computed
    ]


def _stale(report: PeriodReport, say: Language) -> Iterator[str]:
    """Yield whose data end too early: what came after is unknown, not good."""
    stale = [s for s in report.services if s.is_stale and s.data_until is not None]
    if stale:
        oldest_first = sorted(stale, key=lambda s: s.data_until or 0)
        names = say.listed([f"{s.name} ({say.moment(s.data_until or 0)})" for s in oldest_first], 5)
        yield say.phrase("Figures are stale: the data end early of {names}.", names=names)


def period_title(report: PeriodReport) -> str:
    """Return what people call the period."""
    return language(report).title(report.period)


def score(service: ServiceReport, say: Language) -> str:
    """Return the availability, and what it is held against."""
    goal = objective(service, say)
    against = "" if service.objective is None else f" ({say.phrase('objective {goal}', goal=goal)})"
    return f"{say.percent(service.figures.availability)}{against}"


def loss(service: ServiceReport, say: Language) -> str:
    """Return what was lost: events or slices of time where these are judged, else time."""
    if service.figures.events is not None or service.figures.slices is not None:
        if service.figures.slices is not None:
            return say.phrase("{what} lost", what=lost(service, say))
        return say.phrase("{what} failed", what=lost(service, say))
    return say.phrase("{what} unplanned", what=lost(service, say))


def lost(service: ServiceReport, say: Language) -> str:
    """Return how much was lost: ``2 of 288 slices of 5m``, ``3 of 900 events``, ``1h 5m``."""
    figures = service.figures
    if figures.slices is not None:
        sliced = figures.slices
        bad = say.number(sliced.total - sliced.good, 0 if sliced.slicing.target else 1)
        return say.plural(
            "{bad} of {n} slice of {length}",
            "{bad} of {n} slices of {length}",
            sliced.total,
            bad=bad,
            length=say.duration(sliced.slicing.length),
        )
    if figures.events is not None:
        return events_lost(figures.events, say)
    return say.service_time(figures.unplanned)


def budget_words(service: ServiceReport, say: Language) -> str:
    """Return what is left of the error budget, or by how much it was exceeded, in words."""
    if not service.has_budget:
        return say.phrase("no error budget")
    left = service.budget_remaining
    if left is None:
        return say.phrase("error budget {share}", share=say.share(left))
    if left < 0:
        return say.phrase("error budget exceeded by {share}", share=say.share(-left))
    return say.phrase("{share} of the error budget left", share=say.share(left))
