"""What a board reads on one page of a report: verdicts, money, what is done, what is at risk."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from heapq import nsmallest
from typing import Literal, NamedTuple

from sla_engine.domain.agreement import (
    AgreementReport,
    AgreementWindow,
    Budget,
    NoBudget,
    Stake,
)
from sla_engine.domain.availability import Share
from sla_engine.domain.contract_window import DAY, WindowState
from sla_engine.domain.events import Weighed
from sla_engine.domain.interval import Interval, clip
from sla_engine.domain.outage import Outage
from sla_engine.domain.report import PeriodReport, ServiceReport
from sla_engine.domain.summary import counted, summarize

_HURT = 3
_DONE = 5
_NEARLY = 0.2
"""Who has no more than this left of an error budget is at risk if the next window is like it."""
_AHEAD = 31 * DAY

_FARTHEST = 92 * DAY

RiskKind = Literal["window", "pace", "certificate", "disk", "support"]
VerdictKind = Literal["agreement", "service"]
_Nearness = tuple[int, float, str]


class Verdict(NamedTuple):
    """What came of an agreement or a service; ratios, None where there is no such figure.

    ``unplanned`` is in milliseconds, of an agreement that of its services in all windows.
    ``window`` is the one that all is of, where that is not of the report's period. ``budget``, or
    why there is none, is that of an agreement's window that runs, where none closed with a verdict.
    ``events`` are those of an agreement's services that count them, and ``by_time`` the unplanned
    downtime of those that do not (ms; None where all do).
    """

    kind: VerdictKind
    id: str
    name: str
    met: bool | None
    state: WindowState | None
    availability: float | None
    objective: float | None
    budget_remaining: float | None
    unplanned: int
    window: Interval | None = None
    budget: Budget | None = None
    no_budget: NoBudget | None = None
    events: Weighed | None = None
    by_time: int | None = None

    @property
    def is_bad(self) -> bool:
        """Say whether it was missed or is going to be."""
        return self.met is False or self.state in {"lost", "at_risk"}


class Reason(NamedTuple):
    """What made a credit due: a service, its unplanned downtime (ms), and when it was down.

    ``events`` are those of a service that is judged by them.
    """

    service: str
    unplanned: int
    spans: tuple[Interval, ...]
    events: Weighed | None = None


class Owed(NamedTuple):
    """A credit for a window: a percent of its fee, and the amount where that is known.

    ``name`` is the customer, or the service whose own ladder of credits it is; ``why`` are the
    services of an agreement that were down, most first, ``zone`` the one of the window's clocks.
    """

    kind: VerdictKind
    id: str
    name: str
    window: Interval
    percent: float
    fee: float | None
    amount: float | None
    currency: str
    why: tuple[Reason, ...] = ()
    zone: tzinfo | None = None


class Lost(NamedTuple):
    """What a service's unplanned downtime cost: ``time`` (ms) times ``cost_per_hour``."""

    id: str
    name: str
    time: float
    cost_per_hour: float
    amount: float


class Done(NamedTuple):
    """An outage and what people wrote of it: ``unplanned`` in ms, ``lost`` in the currency.

    ``why`` is what was measured when it began, in its language, ``is_open`` that it goes on.
    What the outage of a service that counts events cost is not known: its events cost.
    """

    id: str
    name: str
    outage: str
    start: int
    unplanned: int
    lost: float | None
    cause: str | None
    ticket: str | None
    owner: str | None
    note: str | None
    why: str | None = None
    is_open: bool = False

    @property
    def is_told(self) -> bool:
        """Say whether anybody wrote anything of it."""
        return _is_told(self)


class Risk(NamedTuple):
    """What may go wrong next: at a time (ms UTC) where that is foreseen.

    ``window``: the budget of a window that runs is lost, or will be at today's burn. ``pace``: so
    much of the last window's budget was used (``used``, of 1) that another like it may be missed.
    ``lost`` says of a window that its budget is gone for sure.
    """

    kind: RiskKind
    name: str
    at: int | None = None
    used: float | None = None
    place: str = ""
    lost: bool = False


class Staked(NamedTuple):
    """What a miss would cost; ``zone`` is the one of the windows' clocks."""

    kind: VerdictKind
    id: str
    name: str
    stake: Stake
    zone: tzinfo | None


@dataclass(frozen=True, slots=True)
class Board:
    """The first page in figures.

    ``verdicts`` are the agreements, then the services with an objective, the worst first.
    ``by_money`` and ``by_budget`` are the services that hurt most; ``silent`` is how many unplanned
    outages nobody wrote anything of; ``ahead`` is the time that ``risks`` are of; ``stakes`` are
    what agreements and services with credits would cost, those nearest to it first.
    """

    verdicts: tuple[Verdict, ...]
    planned: int
    unplanned: int
    owed: tuple[Owed, ...]
    lost: tuple[Lost, ...]
    by_money: tuple[ServiceReport, ...]
    by_budget: tuple[ServiceReport, ...]
    done: tuple[Done, ...]
    silent: int
    risks: tuple[Risk, ...]
    ahead: Interval
    stakes: tuple[Staked, ...] = ()

    @property
    def loss(self) -> float | None:
        """Return what all unplanned downtime cost; None where nothing has a price."""
        return sum(one.amount for one in self.lost) if self.lost else None

    @property
    def debts(self) -> dict[str, float]:
        """Return what is owed in all, by currency."""
        found: dict[str, float] = {}
        for one in self.owed:
            if one.amount is not None:
                found[one.currency] = found.get(one.currency, 0.0) + one.amount
        return found


def board(report: PeriodReport) -> Board:
    """Return the first page of a report."""
    summary = summarize(report.services)
    lost = tuple(sorted(_lost(report.services), key=lambda one: (-one.amount, one.name)))
    hurt = list(_hurting(report))
    ahead = _ahead(report)
    return Board(
        verdicts=tuple(_verdicts(report)),
        planned=summary.planned,
        unplanned=summary.unplanned,
        owed=tuple(_owed(report)),
        lost=lost,
        by_money=_by_money(report.services, lost),
        by_budget=summary.worst,
        done=tuple(_done(*one, report) for one in nsmallest(_DONE, hurt, key=_dearest)),
        silent=sum(not _is_told(share.outage) for _, share in hurt),
        risks=tuple(sorted(_risks(report, ahead), key=_soonest)),
        ahead=ahead,
        stakes=tuple(one for _, one in sorted(_stakes(report), key=lambda found: found[0])),
    )


def _stakes(report: PeriodReport) -> Iterator[tuple[_Nearness, Staked]]:
    """Yield what each miss would cost, with what it is ordered by; a fee of nothing costs none."""
    for agreement in report.agreements:
        stake, run = agreement.stake, agreement.running
        if stake is not None and stake.fee != 0:
            left = None if run is None or run.budget is None else run.budget.left_ratio
            name, state = agreement.customer, None if run is None else run.state
            near = _nearness(state, left, agreement.met, name)
            yield near, Staked("agreement", agreement.id, name, stake, agreement.zone)
    for service in counted(report.services):
        if service.stake is not None:
            contract, state = service.contract, service.stake.state
            left = None if state is None else service.budget_remaining
            zone = None if contract is None else contract.zone
            near = _nearness(state, left, service.met, service.name)
            yield near, Staked("service", service.id, service.name, service.stake, zone)


def _nearness(
    state: WindowState | None, left: float | None, met: bool | None, name: str
) -> _Nearness:
    """Order by the state of the window that runs, then by what is left of it; then what comes."""
    rank = {"at_risk": 0, "lost": 1, "on_course": 2}.get(state or "", 3)
    return rank, (0.0 if met is False else 1.0) if left is None else left, name


def _verdicts(report: PeriodReport) -> Iterator[Verdict]:
    promised = [_of_agreement(one) for one in report.agreements]
    yield from sorted(promised, key=lambda one: (not one.is_bad, one.name))
    own = [s for s in counted(report.services) if s.objective is not None]
    yield from (_of_service(one, report.period) for one in sorted(own, key=_rank))


def _of_agreement(one: AgreementReport) -> Verdict:
    windows = (*one.closed, *(() if one.running is None else (one.running,)))
    known = [w.availability for w in windows if w.availability is not None]
    running = None if one.met is not None else one.running
    budget = None if running is None else running.budget
    parts = [part for window in windows for part in window.parts]
    timed = [part.unplanned for part in parts if part.events is None]
    return Verdict(
        "agreement",
        one.id,
        one.customer,
        one.met,
        None if running is None else running.state,
        min(known, default=None),
        one.objective,
        None if budget is None else budget.left_ratio,
        sum(part.unplanned for part in parts),
        budget=budget,
        no_budget=None if running is None else running.no_budget,
        events=_together([part.events for part in parts if part.events is not None]),
        by_time=sum(timed) if timed or not parts else None,
    )


def _together(events: Sequence[Weighed]) -> Weighed | None:
    """Return the events of several services and windows; None where there are none."""
    if not events:
        return None
    return Weighed(sum(one.good for one in events), sum(one.total for one in events))


def _of_service(one: ServiceReport, period: Interval) -> Verdict:
    other = one.other_window(period)
    figures = one.figures if other is None else other.figures
    return Verdict(
        "service",
        one.id,
        one.name,
        one.met,
        one.state,
        figures.availability,
        one.objective,
        one.budget_remaining,
        figures.unplanned,
        None if other is None else other.span,
    )


def _rank(one: ServiceReport) -> tuple[bool, float, float, str]:
    """Order by verdict, then by what an hour costs: what matters is at the top."""
    bad = one.met is False or one.state in {"lost", "at_risk"}
    left = one.budget_remaining
    return not bad, -(one.cost_per_hour or 0.0), 1.0 if left is None else left, one.name


def _owed(report: PeriodReport) -> Iterator[Owed]:
    for one in report.agreements:
        for window in one.closed:
            if window.credit and window.money != 0:  # a part of a fee of nothing is nothing
                yield Owed(
                    "agreement",
                    one.id,
                    one.customer,
                    window.span,
                    window.credit,
                    one.fee if window.fee is None else window.fee,
                    window.money,
                    one.paid_in(window),
                    tuple(_why(window)),
                    one.zone,
                )
    for service in report.services:
        for span, percent in _credits(service, report.period):
            if percent:
                whose = service.id, service.name, span, percent
                zone = None if service.contract is None else service.contract.zone
                yield Owed("service", *whose, None, None, report.currency, zone=zone)


def _why(window: AgreementWindow) -> Iterator[Reason]:
    """Yield what was down in a window of those that missed, or of all where one figure counts."""
    bad = [part for part in window.parts if part.met is not True]
    missed = [one for one in bad if one.unplanned or (one.met is False and one.failed)]
    every = missed or [one for one in window.parts if one.unplanned or one.failed]
    for part in sorted(every, key=lambda part: (-part.unplanned, -part.failed)):
        yield Reason(part.service, part.unplanned, clip(part.down, window.span), part.events)


def _credits(service: ServiceReport, period: Interval) -> list[tuple[Interval, float | None]]:
    """Return the credit of each window that closed; without a contract the period is one."""
    if service.contract is None:
        return [(period, service.credit)]
    return [(one.span, one.credit) for one in service.contract.closed]


def _lost(services: Sequence[ServiceReport]) -> Iterator[Lost]:
    """Yield the parts of what was lost: once where a composite has a price, too."""
    priced = {one.id for one in services if one.impact is not None}
    for one in services:
        if one.impact and one.cost_per_hour is not None and one.part_of not in priced:
            figures = one.figures
            time = figures.unplanned if figures.lost is None else figures.lost
            yield Lost(one.id, one.name, time, one.cost_per_hour, one.impact)


def _by_money(services: Sequence[ServiceReport], lost: Sequence[Lost]) -> tuple[ServiceReport, ...]:
    known = {one.id: one for one in services}
    return tuple(known[one.id] for one in lost[:_HURT])


def _hurting(report: PeriodReport) -> Iterator[tuple[ServiceReport, Share]]:
    for service in counted(report.services):
        for share in service.figures.shares:
            if share.unplanned:
                yield service, share


def _dearest(one: tuple[ServiceReport, Share]) -> tuple[float, int, int]:
    """Order by money lost, then by time, then by when it began."""
    service, share = one
    return -(_lost_by(service, share) or 0.0), -share.unplanned, share.outage.start


def _lost_by(service: ServiceReport, share: Share) -> float | None:
    hourly, by_time = service.cost_per_hour, service.figures.lost is None  # else events cost
    return share.unplanned / 3_600_000 * hourly if by_time and hourly is not None else None


def _is_told(outage: Outage | Done) -> bool:
    return any((outage.cause, outage.ticket, outage.owner, outage.note))


def _done(service: ServiceReport, share: Share, report: PeriodReport) -> Done:
    outage = share.outage
    return Done(
        service.id,
        service.name,
        outage.id,
        outage.start,
        share.unplanned,
        _lost_by(service, share),
        outage.cause,
        outage.ticket,
        outage.owner,
        outage.note,
        report.why_told.get(outage.id, report.why.get(outage.id)),
        outage.end is None,
    )


def _ahead(report: PeriodReport) -> Interval:
    """Return the time that a reader has to prepare for: as long as the period, a month at least."""
    length = min(max(report.period.length, _AHEAD), _FARTHEST)
    return Interval(report.period.end, report.period.end + length)


def _soonest(one: Risk) -> tuple[bool, int, float, str]:
    """Order by time; what has none after it, the budget most used first."""
    return one.at is None, one.at or 0, -(one.used or 0.0), one.name


def _risks(report: PeriodReport, ahead: Interval) -> Iterator[Risk]:
    for agreement in report.agreements:
        if (run := agreement.running) is not None and run.state in {"at_risk", "lost"}:
            gone = run.state == "lost"
            yield Risk("window", agreement.customer, run.exhausted, lost=gone)
    for service in counted(report.services):
        yield from _of_budget(service)
    yield from _of_servers(report, ahead)


def _of_budget(service: ServiceReport) -> Iterator[Risk]:
    contract = service.contract
    run = None if contract is None else contract.running
    if run is not None:
        if run.state in {"at_risk", "lost"}:
            left = run.figures.budget_remaining
            used = None if left is None else 1 - left
            gone = run.state == "lost"
            yield Risk("window", service.name, run.exhausted, used, lost=gone)
        return
    left = service.budget_remaining
    if left is not None and left <= _NEARLY:
        yield Risk("pace", service.name, used=1 - left)


def _of_servers(report: PeriodReport, ahead: Interval) -> Iterator[Risk]:
    capacity = report.capacity
    if capacity is None:
        return
    for one in capacity.certificates:
        if one.expires < ahead.end:
            yield Risk("certificate", one.name, one.expires)
    for host in capacity.hosts:
        if host.support_end is not None and host.support_end < ahead.end:
            yield Risk("support", host.name, host.support_end, place=host.system or "")
        if (
            host.full_in is not None
            and (full := ahead.start + round(host.full_in * DAY)) < ahead.end
        ):
            yield Risk("disk", host.name, full, host.used, host.filling or host.mount or "")
