"""The lists of a report, line by line: outages, corrections, planned work, hosts."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from sla_engine.domain.aftermath import aftermath
from sla_engine.domain.availability import Share
from sla_engine.domain.contract_window import DAY, ClosedWindow, RunningWindow
from sla_engine.domain.interval import Interval
from sla_engine.domain.report import (
    USUAL_PERCENTILE,
    Capacity,
    Latency,
    PeriodReport,
    ServiceReport,
    Work,
)
from sla_engine.domain.summary import counted
from sla_engine.reports.approval import approval, is_named
from sla_engine.reports.columns import budget_gone, other_percentiles, spoken, window_title
from sla_engine.reports.language import FIELDS, Language, language, marked


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
        kind=say.phrase("{n} together", n=say.number(len(short))),
        cause="",
        ticket="",
        note=say.phrase("too short to count"),
        lost=unplanned,
    )


def during(service: ServiceReport, share: Share, say: Language) -> str:
    """Return during whose outage one began, of what the service depends on; or nothing."""
    names = service.during.get(share.outage.id, ())
    if not names:
        return ""
    return say.phrase("during the outage of {names}", names=say.listed(names, 3))


def _outage(
    service: ServiceReport, share: Share, report: PeriodReport, *, counted: bool
) -> OutageRow:
    outage, say = share.outage, language(report)
    short = "" if counted else say.phrase("too short to count")
    notes = [outage.note or "", during(service, share, say), short]
    return OutageRow(
        id=outage.id,
        service=service.name,
        began=say.moment(outage.start),
        ended=say.phrase("still open") if outage.end is None else say.moment(outage.end),
        when=say.phrase("since {when}", when=say.moment(outage.start))
        if outage.end is None
        else say.stretch(outage.start, outage.end),
        lasted=say.duration(outage.until(report.generated_at).length),
        planned=say.service_time(share.planned),
        unplanned=say.service_time(share.unplanned),
        unknown=say.service_time(share.unknown),
        kind=say.phrase(_KINDS[share.kind]),
        cause=outage.cause or report.why_told.get(outage.id) or report.why.get(outage.id, ""),
        ticket=outage.ticket or "",
        note="; ".join(note for note in notes if note),
        lost=share.unplanned,
    )


WINDOW_HEAD = (
    marked("Service"),
    marked("Window"),
    marked("Verdict"),
    marked("Actual"),
    marked("Budget used"),
    marked("Credit"),
    marked("Note"),
)


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
        said = spoken(one.figures.met, None, say)
        yield (*_window(service, one, say), said, *_used(one, say), credit, _entered(one, say))
    if (run := contract.running) is not None:
        notes = [_entered(run, say)]
        if run.exhausted is not None:
            notes.append(budget_gone(run.exhausted, say))
        note = "; ".join(filter(None, notes))
        yield (
            *_window(service, run, say),
            spoken(None, run.state, say),
            *_used(run, say),
            "-",
            note,
        )


def _window(
    service: ServiceReport, one: ClosedWindow | RunningWindow, say: Language
) -> tuple[str, str]:
    return service.name, window_title(service, one.span, say)


def _used(one: ClosedWindow | RunningWindow, say: Language) -> tuple[str, str]:
    left = one.figures.budget_remaining
    used = "-" if left is None else say.share(1 - left)
    return say.percent(one.figures.availability), used


def _entered(one: ClosedWindow | RunningWindow, say: Language) -> str:
    if one.entered is None:
        return ""
    return say.phrase("owed from {day} on: scaled budget", day=say.day(one.entered))


def outage_count(report: PeriodReport) -> str:
    """Return how many outages are listed: those of components, and too short to count, besides."""
    say = language(report)
    short = sum(len(s.figures.short) for s in report.services)
    listed = sum(len(s.figures.shares) for s in report.services)
    told = say.counted(listed, "outage")
    if short:
        told = say.phrase("{outages} and {n} too short to count", outages=told, n=say.number(short))
    parts = listed - sum(len(s.figures.shares) for s in counted(report.services))
    if parts:
        told += say.also + say.plural(
            "{n} is of a component and not in the sums of the first page",
            "{n} are of components and not in the sums of the first page",
            parts,
        )
    return told


def corrections(report: PeriodReport) -> list[tuple[str, str, str, str, str]]:
    """Return who corrected what and why: time, author, outage, what, reason."""
    say = language(report)
    return [
        (
            say.moment(c.time),
            c.author,
            f"{service.name}, {share.outage.id}",
            say.phrase(
                "{field}: {before} to {after}",
                field=say.phrase(FIELDS.get(c.field, c.field)),
                before=c.before or say.phrase("nothing"),
                after=c.after or say.phrase("nothing"),
            ),
            c.reason,
        )
        for service in report.services
        for share in (*service.figures.shares, *service.figures.short)
        for c in share.outage.corrections
    ]


def work(one: Work, say: Language) -> tuple[str, ...]:
    """Return a maintenance window's line: title, time, services, who, downtime used."""
    if not is_named(one):
        approved = approval(one, say)
    elif one.approver:
        told = {"who": one.requester, "approver": one.approver}
        approved = say.phrase("{who}, approved by {approver}", **told)
    else:
        approved = say.phrase("{who}, not approved", who=one.requester)
    times = f"{len(one.services)} \N{MULTIPLICATION SIGN} " if len(one.services) > 1 else ""
    long = say.duration(one.span.length)
    late = f" ({say.phrase('afterwards')})" if one.retroactive else ""
    return (
        one.title,
        say.stretch(*one.span),
        say.listed(one.services, 5),
        approved + late,
        say.phrase("{n} of {total}", n=say.duration(one.used), total=f"{times}{long}"),
    )


def terms(report: PeriodReport) -> list[tuple[str, str, str, str]]:
    """Return the terms in force: services, when in the period, what, and since when known."""
    say = language(report)
    found = []
    for one in report.terms:
        whole = one.span == report.period
        when = say.phrase("the whole period") if whole else say.stretch(*one.span)
        known = say.moment(one.seen)
        if one.upgrade:
            known += f", {say.phrase('the upgrade')}"
        file = f", SHA-256 {one.digest[:12]}" if one.digest else ""
        told = say.also.join(f"{key} {value}" for key, value in one.values)
        whose = say.listed(one.services, 20)
        if one.agreement is not None:
            whose = "{1} ({0})".format(*one.agreement)
        found.append((whose, when, told, known + file))
    return found


def afterwards(report: PeriodReport) -> list[str]:
    """Return what was said of the period's terms after the fact."""
    say = language(report)
    return [
        say.phrase(
            "{service}: {field} {before} -> {after} for {span}, afterwards: first said on {when}",
            service=one.service,
            field=one.field,
            before=one.before,
            after=one.after,
            span=say.stretch(*one.span),
            when=say.moment(one.seen),
        )
        for one in report.afterwards
    ]


CAPACITY_HEAD = (
    marked("Server"),
    marked("CPU p95"),
    marked("Memory p95"),
    marked("Fullest disk"),
    marked("Used"),
    marked("First to be full"),
    marked("Full on"),
)
UPDATES_HEAD = (
    marked("Server"),
    marked("System"),
    marked("Support ends"),
    marked("Updates"),
    marked("Security"),
    marked("Lists fetched"),
    marked("Packages changed"),
    marked("Newer kernel"),
    marked("Reboot"),
)
AFTERMATH_HEAD = (
    marked("When"),
    marked("Server"),
    marked("What"),
    marked("Outages that began within a day"),
)
_PERFORMANCE_HEAD = (
    marked("Period before"),
    marked("Change"),
    marked("Target"),
    marked("Runs within"),
    marked("Wanted"),
    marked("Verdict"),
)
_TOLD = 5
_DONE = {
    "reboot": marked("reboot"), "installed": marked("packages installed"),
    "upgraded": marked("packages upgraded"), "removed": marked("packages removed"),
}  # fmt: skip
_KINDS = {
    "planned": marked("planned"), "unplanned": marked("unplanned"),
    "overrun": marked("overrun"),
}  # fmt: skip


def without_health(found: Capacity, say: Language) -> str:
    """Return why a report has no server health."""
    if found.unanswered is None:
        return say.phrase("Server health is missing: no host publishes any.")
    return say.phrase("Server health is missing: {reason}", reason=found.unanswered)


def capacity(report: PeriodReport) -> list[tuple[str, ...]]:
    """Return how full servers are, and the day on which the first of their disks is full."""
    say, end = language(report), min(report.period.end, report.generated_at)
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
    say, end = language(report), min(report.period.end, report.generated_at)
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
            say.phrase(_WORDS[one.outdated]),
            say.phrase(_DUE[one.reboot]),
        )
        for one in hosts
    ]


_WORDS = {True: marked("yes"), False: marked("no"), None: "-"}
_DUE = {True: marked("due"), False: marked("no"), None: "-"}
_SOON = 90


def _full(say: Language, end: int, days: float | None) -> str:
    if days is None:
        return say.phrase("not foreseen")
    if days > _SOON:
        return say.phrase("in more than 90 days")
    return say.day(end + round(days * DAY))


def _ago(say: Language, end: int, moment: int | None) -> str:
    """Return a day, and how many days before the period's end, or now, that was."""
    if moment is None:
        return "-"
    days = say.number(max(0, end - moment) // DAY)
    return say.phrase("{day} ({n} d)", day=say.day(moment), n=days)


def followed(report: PeriodReport) -> list[tuple[str, ...]]:
    """Return what was done to servers, and the outages that began within a day."""
    say = language(report)
    return [
        (
            say.moment(one.event.time)
            if one.until == one.event.time
            else say.stretch(one.event.time, one.until),
            one.event.host,
            say.phrase(_DONE[one.event.kind]),
            say.listed([f"{name} ({say.moment(o.start)})" for name, o in one.outages], _TOLD)
            or say.phrase("none"),
        )
        for one in aftermath(report)
    ]


def performance_head(report: PeriodReport) -> tuple[str, ...]:
    """Return the head of `performance`, which speaks of p95 only where all rows do."""
    figure = marked("Latency") if other_percentiles(report) else marked("p95")
    return (marked("Service"), figure, *_PERFORMANCE_HEAD)


def performance(report: PeriodReport) -> list[tuple[str, ...]]:
    """Return how fast services were, against what was agreed and the period before."""
    say, named = language(report), other_percentiles(report)
    return [
        (
            one.name,
            f"p{found.percentile:g}: {told}" if named else told,
            _seconds(say, found.before),
            _moved(say, found),
            _seconds(say, found.below),
            say.share(found.kept) if found.below is not None else "-",
            say.agreed(found.share),
            spoken(found.met, None, say) if found.below is not None else "-",
        )
        for one in measured(report)
        if (found := one.latency) is not None
        for told in (_seconds(say, found.value),)
    ]


def promised_percentile(one: ServiceReport) -> bool:
    """Say whether another percentile than p95 was promised of a service, and is shown."""
    return one.latency is not None and one.latency.percentile != USUAL_PERCENTILE


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
    if not found.value or not found.before:
        return "-"
    part = found.value / found.before - 1
    return f"{'+' if part > 0 else ''}{say.number(part * 100)} %"


def _ratio(say: Language, value: float | None) -> str:
    return "-" if value is None else say.percent(value, 0)
