"""The lists of a report, line by line: outages, corrections, planned work, hosts."""

from collections.abc import Iterator
from dataclasses import dataclass

from sla_engine.domain.agreement import AgreementReport, AgreementWindow
from sla_engine.domain.availability import Share
from sla_engine.domain.contract_window import ClosedWindow, RunningWindow
from sla_engine.domain.interval import Interval
from sla_engine.domain.report import Host, PeriodReport, ServiceReport, Work
from sla_engine.reports.columns import spoken
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


def outages(report: PeriodReport) -> Iterator[OutageRow]:
    """Yield the outage list, service by service."""
    for service in report.services:
        for share in service.figures.shares:
            yield _outage(service, share, report, counted=True)
        for share in service.figures.short:
            yield _outage(service, share, report, counted=False)


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
    return service.name, say.title(one.span)


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
            say.title(window.span),
            spoken(window.met, window.state),
            say.percent(window.availability) if known else "-",
            due or "-",
            "-" if window.money is None else say.amount(window.money, one.currency),
            _reasons(window, say) or "-",
        )


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


def host(one: Host, say: Language) -> list[tuple[str, bool]]:
    """Return the cells of a host's line, each with whether it is a number."""
    reboot = {True: "due", False: "no", None: "-"}[one.reboot]
    return [
        (_ratio(say, one.cpu_p95), True),
        (_ratio(say, one.memory_p95), True),
        (one.mount or "-", False),
        (_ratio(say, one.used), True),
        (_full(say, one.full_in), False),
        ("-" if one.updates is None else say.number(one.updates), True),
        (reboot, False),
    ]


def wants(one: Host, say: Language) -> str:
    """Return what a server wants soon; nothing where all is well."""
    found = []
    if one.full_in is not None and one.full_in <= 90:  # noqa: PLR2004 - the horizon
        found.append(f"{one.mount or 'a disk'} is full {_full(say, one.full_in)}")
    if one.reboot:
        found.append("a reboot is due")
    return f"{one.name}: {', '.join(found)}" if found else ""


def _ratio(say: Language, value: float | None) -> str:
    return "-" if value is None else say.percent(value, 0)


def _full(say: Language, days: float | None) -> str:
    if days is None:
        return "not foreseen"
    soon = "within 30 days" if days <= 30 else "within 90 days" if days <= 90 else "later"  # noqa: PLR2004 - the horizons
    return f"{soon} ({say.number(days)} d)" if soon != "later" else soon
