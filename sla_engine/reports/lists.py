"""The lists of a report, line by line: outages, corrections, planned work, hosts."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from sla_engine.domain.aftermath import aftermath
from sla_engine.domain.agreement import AgreementReport, AgreementWindow
from sla_engine.domain.availability import Share
from sla_engine.domain.contract_window import DAY, ClosedWindow, RunningWindow
from sla_engine.domain.interval import Interval
from sla_engine.domain.report import Latency, PeriodReport, Restatement, ServiceReport, Work
from sla_engine.reports.columns import spoken, title_in, window_title
from sla_engine.reports.language import Language, language
from uptime_common import humanize


@dataclass(frozen=True, slots=True)
class OutageRow:
    """A line of the outage list; ``lost`` is the unplanned downtime in milliseconds."""

    id: str
    service: str
    began: str
    ended: str
    when: str
    lasted: str
    planned: str
    unplanned: str
    unknown: str
    kind: str
    cause: str
    ticket: str
    note: str
    lost: int


Key = tuple[str, int]
"""An outage by its service and start."""
_SHORT = 20
"""More outages that are too short to count are summed up, service by service."""


def outages(report: PeriodReport, kept: Collection[Key] | None = None) -> Iterator[OutageRow]:
    """Yield the outage list, service by service: all, or of those that count the ``kept``."""
    summed = sum(len(service.figures.short) for service in report.services) > _SHORT
    for service in report.services:
        for share in service.figures.shares:
            if kept is None or (service.id, share.outage.start) in kept:
                yield _outage(service, share, report, counted=True)
        if summed and len(service.figures.short) > 1:
            yield _summed(service, language(report))
            continue
        for share in service.figures.short:
            yield _outage(service, share, report, counted=False)


def longest(report: PeriodReport, most: int) -> tuple[set[Key] | None, int]:
    """Return the outages with the most unplanned downtime, and how much of it the others have (ms).

    None where there are no more than so many.
    """
    every = [(s.unplanned, one.id, s.outage.start) for one in report.services
             for s in one.figures.shares]  # fmt: skip
    if len(every) <= most:
        return None, 0
    every.sort(key=lambda one: -one[0])
    kept = {(service, start) for _, service, start in every[:most]}
    return kept, sum(lost for lost, _, _ in every[most:])


def _summed(service: ServiceReport, say: Language) -> OutageRow:
    """Return the line of all outages of a service that are too short to count."""
    short = service.figures.short
    unplanned = sum(share.unplanned for share in short)
    return OutageRow(
        id="-",
        service=service.name,
        began="-",
        ended="-",
        when="-",
        lasted="-",
        planned=say.service_time(sum(share.planned for share in short)),
        unplanned=say.service_time(unplanned),
        unknown=say.service_time(sum(share.unknown for share in short)),
        kind=f"{say.number(len(short))} together",
        cause="",
        ticket="",
        note="too short to count",
        lost=unplanned,
    )


def during(service: ServiceReport, share: Share) -> str:
    """Return during whose outage one began, of what the service depends on; or nothing."""
    names = service.during.get(share.outage.id, ())
    return f"during the outage of {humanize.listed(names, 3)}" if names else ""


def _outage(
    service: ServiceReport, share: Share, report: PeriodReport, *, counted: bool
) -> OutageRow:
    outage, say = share.outage, language(report)
    notes = [outage.note or "", during(service, share), "" if counted else "too short to count"]
    return OutageRow(
        id=outage.id,
        service=service.name,
        began=say.moment(outage.start),
        ended="still open" if outage.end is None else say.moment(outage.end),
        when=f"since {say.moment(outage.start)}"
        if outage.end is None
        else say.stretch(outage.start, outage.end),
        lasted=say.duration(outage.until(report.generated_at).length),
        planned=say.service_time(share.planned),
        unplanned=say.service_time(share.unplanned),
        unknown=say.service_time(share.unknown),
        kind=share.kind,
        cause=outage.cause or report.why.get(outage.id, ""),
        ticket=outage.ticket or "",
        note="; ".join(note for note in notes if note),
        lost=share.unplanned,
    )


WINDOW_HEAD = ("Service", "Window", "Verdict", "Actual", "Budget used", "Credit", "Note")


def contract_windows(report: PeriodReport) -> list[tuple[str, ...]]:
    """Return the windows of contracts, each once; none where the period is every contract's window.

    A line is as `WINDOW_HEAD`.
    """
    found = [row for service in report.services for row in _windows(service, report)]
    others = any(_is_other(service, report.period) for service in report.services)
    return found if others else []


def _is_other(service: ServiceReport, period: Interval) -> bool:
    """Say whether a contract has a window that is another than the period."""
    contract = service.contract
    if contract is None or service.objective is None:
        return False
    spans = [one.span for one in contract.closed]
    spans += [] if contract.running is None else [contract.running.span]
    return any(span != period for span in spans)


def _windows(service: ServiceReport, report: PeriodReport) -> Iterator[tuple[str, ...]]:
    contract, say = service.contract, language(report)
    if contract is None or service.objective is None:
        return
    for one in contract.closed:
        credit = "-" if one.credit is None else say.agreed(one.credit / 100)
        said = spoken(one.figures.met)
        yield (*_window(service, one, say), said, *_used(one, say), credit, _entered(one, say))
    if (run := contract.running) is not None:
        notes = [_entered(run, say)]
        if run.exhausted is not None:
            notes.append(f"at today's burn its budget is gone on {say.day(run.exhausted)}")
        note = "; ".join(filter(None, notes))
        yield (*_window(service, run, say), spoken(None, run.state), *_used(run, say), "-", note)


def _window(
    service: ServiceReport, one: ClosedWindow | RunningWindow, say: Language
) -> tuple[str, str]:
    return service.name, window_title(service, one.span, say)


def _used(one: ClosedWindow | RunningWindow, say: Language) -> tuple[str, str]:
    left = one.figures.budget_remaining
    used = "-" if left is None else say.share(1 - left)
    return say.percent(one.figures.availability), used


def _entered(one: ClosedWindow | RunningWindow, say: Language) -> str:
    return "" if one.entered is None else f"owed from {say.day(one.entered)} on: scaled budget"


AGREEMENT_HEAD = (
    "Agreement", "Rule", "Window", "Verdict", "Actual", "Credit", "Due", "Why",
)  # fmt: skip


def agreements(report: PeriodReport) -> list[tuple[str, ...]]:
    """Return what was kept of agreements, a line for each window, as `AGREEMENT_HEAD`."""
    return [row for one in report.agreements for row in _agreement(one, language(report))]


def _agreement(one: AgreementReport, say: Language) -> Iterator[tuple[str, ...]]:
    for window in (*one.closed, *(() if one.running is None else (one.running,))):
        known = one.rule != "each" and window.availability is not None
        due = None if window.credit is None else say.agreed(window.credit / 100)
        yield (
            one.customer,
            one.rule,
            title_in(window.span, one.zone, say),
            spoken(window.met, window.state),
            say.percent(window.availability) if known else "-",
            due or "-",
            "-" if window.money is None else say.amount(window.money, one.currency),
            _reasons(window, say) or "-",
        )


def restated(one: Restatement, say: Language) -> tuple[str, str]:
    """Return what was reported and what it is now: a share, or what is due to a customer."""
    if one.money is None:
        return say.percent(one.before), say.percent(one.after)
    before, after, currency = one.money
    told = ["-" if due is None else say.amount(due, currency) for due in (before, after)]
    return told[0], told[1]


def _reasons(window: AgreementWindow, say: Language) -> str:
    """Return the services that missed what was promised, with what was down of each."""
    missed = [part for part in window.parts if part.met is False]
    told = [
        f"{part.service} {say.percent(part.availability)}, {say.service_time(part.unplanned)}"
        for part in missed
    ]
    if window.exhausted is not None:
        told.append(f"at today's burn the budget is gone on {say.day(window.exhausted)}")
    return "; ".join(told)


def outage_count(report: PeriodReport) -> str:
    """Return how many outages there are, and how many of them are too short to count."""
    say = language(report)
    short = sum(len(s.figures.short) for s in report.services)
    counted = say.counted(sum(len(s.figures.shares) for s in report.services), "outage")
    return f"{counted} and {say.number(short)} too short to count" if short else counted


def corrections(report: PeriodReport) -> list[tuple[str, str, str, str, str]]:
    """Return who corrected what and why: time, author, outage, what, reason."""
    say = language(report)
    return [
        (
            say.moment(c.time),
            c.author,
            f"{service.name}, {share.outage.id}",
            f"{c.field}: {c.before or 'nothing'} to {c.after or 'nothing'}",
            c.reason,
        )
        for service in report.services
        for share in (*service.figures.shares, *service.figures.short)
        for c in share.outage.corrections
    ]


def work(one: Work, say: Language) -> tuple[str, ...]:
    """Return a maintenance window's line: title, time, services, who, downtime used."""
    approved = (
        f"{one.requester}, approved by {one.approver}"
        if one.approver
        else (f"{one.requester}, not approved")
    )
    times = f"{len(one.services)} \N{MULTIPLICATION SIGN} " if len(one.services) > 1 else ""
    late = " (afterwards)" if one.retroactive else ""
    return (
        one.title,
        say.stretch(*one.span),
        humanize.listed(one.services, 5),
        approved + late,
        f"{say.duration(one.used)} of {times}{say.duration(one.span.length)}",
    )


def terms(report: PeriodReport) -> list[tuple[str, str, str, str]]:
    """Return the terms in force: services, when in the period, what, and since when known."""
    say = language(report)
    found = []
    for one in report.terms:
        whole = one.span == report.period
        when = "the whole period" if whole else say.stretch(*one.span)
        known = f"{say.moment(one.seen)}{' (the upgrade)' if one.upgrade else ''}"
        file = f", SHA-256 {one.digest[:12]}" if one.digest else ""
        told = "; ".join(f"{key} {value}" for key, value in one.values)
        found.append((humanize.listed(one.services, 20), when, told, known + file))
    return found


def afterwards(report: PeriodReport) -> list[str]:
    """Return what was said of the period's terms after the fact."""
    say = language(report)
    return [
        f"{one.service}: {one.field} {one.before} -> {one.after} for {say.stretch(*one.span)}, "
        f"afterwards: first said on {say.moment(one.seen)}"
        for one in report.afterwards
    ]


CAPACITY_HEAD = (
    "Server", "CPU p95", "Memory p95", "Fullest disk", "Used", "First to be full", "Full on",
)  # fmt: skip
UPDATES_HEAD = (
    "Server", "System", "Support ends", "Updates", "Security", "Lists fetched", "Packages changed",
    "Newer kernel", "Reboot",
)  # fmt: skip
AFTERMATH_HEAD = ("When", "Server", "What", "Outages that began within a day")
PERFORMANCE_HEAD = (
    "Service", "p95", "Period before", "Change", "Target", "Runs within", "Wanted", "Verdict",
)  # fmt: skip
_FAST = {True: "met", False: "missed", None: "not judged"}
_TOLD = 5


def capacity(report: PeriodReport) -> list[tuple[str, ...]]:
    """Return how full servers are, and the day on which the first of their disks is full."""
    say, end = language(report), report.period.end
    hosts = report.capacity.hosts if report.capacity else ()
    return [
        (
            one.name,
            _ratio(say, one.cpu_p95),
            _ratio(say, one.memory_p95),
            one.mount or "-",
            _ratio(say, one.used),
            "-" if one.full_in is None else one.filling or one.mount or "-",
            _full(say, end, one.full_in),
        )
        for one in hosts
    ]


def updates(report: PeriodReport) -> list[tuple[str, ...]]:
    """Return what waits to be installed on servers, and how old they are."""
    say, end = language(report), report.period.end
    hosts = report.capacity.hosts if report.capacity else ()
    return [
        (
            one.name,
            one.system or "-",
            "-" if one.support_end is None else say.day(one.support_end),
            "-" if one.updates is None else say.number(one.updates),
            "-" if one.security is None else say.number(one.security),
            _ago(say, end, one.listed),
            _ago(say, end, one.applied),
            _WORDS[one.outdated],
            {True: "due", False: "no", None: "-"}[one.reboot],
        )
        for one in hosts
    ]


_WORDS = {True: "yes", False: "no", None: "-"}
_SOON = 90


def _full(say: Language, end: int, days: float | None) -> str:
    if days is None:
        return "not foreseen"
    if days > _SOON:
        return "in more than 90 days"
    return say.day(end + round(days * DAY))


def _ago(say: Language, end: int, moment: int | None) -> str:
    """Return a day, and how many days before the period's end that was."""
    if moment is None:
        return "-"
    return f"{say.day(moment)} ({say.number(max(0, end - moment) // DAY)} d)"


def followed(report: PeriodReport) -> list[tuple[str, ...]]:
    """Return what was done to servers, and the outages that began within a day."""
    say = language(report)
    return [
        (
            say.moment(one.event.time)
            if one.until == one.event.time
            else say.stretch(one.event.time, one.until),
            one.event.host,
            "reboot" if one.event.kind == "reboot" else f"packages {one.event.kind}",
            humanize.listed([f"{name} ({say.moment(o.start)})" for name, o in one.outages], _TOLD)
            or "none",
        )
        for one in aftermath(report)
    ]


def performance(report: PeriodReport) -> list[tuple[str, ...]]:
    """Return how fast services were, against what was agreed and the period before."""
    say = language(report)
    return [
        (
            one.name,
            _seconds(say, found.p95),
            _seconds(say, found.before),
            _moved(say, found),
            _seconds(say, found.below),
            say.share(found.kept) if found.below is not None else "-",
            say.agreed(found.share),
            _FAST[found.met] if found.below is not None else "-",
        )
        for one in measured(report)
        if (found := one.latency) is not None
    ]


def measured(report: PeriodReport) -> list[ServiceReport]:
    """Return the services of which it is known how fast they were, or meant to be."""
    return [one for one in report.services if one.latency is not None]


def _seconds(say: Language, seconds: float | None) -> str:
    if seconds is None:
        return "-"
    digits = 0 if seconds >= 0.01 else 1  # noqa: PLR2004 - ten milliseconds
    return f"{say.number(seconds * 1000, digits)} ms"


def _moved(say: Language, found: Latency) -> str:
    """Return by how much the latency changed since the period before."""
    if not found.p95 or not found.before:
        return "-"
    part = found.p95 / found.before - 1
    return f"{'+' if part > 0 else ''}{say.number(part * 100)} %"


def _ratio(say: Language, value: float | None) -> str:
    return "-" if value is None else say.percent(value, 0)
