"""What a report says, before any format: values in milliseconds, ratios unrounded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from sla_engine.domain.agreement import AgreementReport, Stake
from sla_engine.domain.availability import Figures
from sla_engine.domain.contract_window import ClosedWindow, Contract, WindowState
from sla_engine.domain.interval import Interval
from sla_engine.domain.objective import Accounting, leaves_budget
from sla_engine.domain.trend import PeriodTotals

POLICY_VERSION = "2"
"""The version of the accounting policy; it changes when a figure's meaning does."""


USUAL_PERCENTILE = 95.0
"""Which percentile says how fast a service was, where none is promised."""


class Day(NamedTuple):
    """A local day of a service; ``availability`` is None where nothing was owed or known."""

    span: Interval
    agreed: int
    availability: float | None
    planned: int
    unplanned: int
    unknown: int


@dataclass(frozen=True, slots=True)
class Latency:
    """How fast a service's probes were answered, seconds; None where nothing is known.

    ``value`` is their 95th ``percentile``, or the one that was promised, ``before`` that of the
    period before, ``days`` that of each of the period's parts. ``below`` and ``share`` are what was
    agreed, ``kept`` the share of runs as fast as that, or of requests (``of_requests``).
    """

    value: float | None = None
    before: float | None = None
    days: tuple[float | None, ...] = ()
    below: float | None = None
    share: float | None = None
    kept: float | None = None
    of_requests: bool = False
    percentile: float = USUAL_PERCENTILE

    @property
    def p95(self) -> float | None:
        """Return the 95th percentile; None where another was promised, and asked for."""
        return self.value if self.percentile == USUAL_PERCENTILE else None

    @property
    def met(self) -> bool | None:
        """Say whether it was as fast as agreed; None where nothing was, or nothing is known."""
        return None if self.kept is None or self.share is None else self.kept >= self.share


@dataclass(frozen=True, slots=True)
class ServiceReport:
    """One service in one period: its figures and their context.

    ``previous`` are the figures of the period before, ``days`` the days up to the period's end,
    ``windows`` the approved maintenance in its agreed time and ``windows_used`` the downtime inside
    it (ms), ``impact`` the cost of unplanned downtime, ``credit`` the percent of the fee that is
    due, ``latency_p95`` seconds (``latency`` has more), ``began`` when it was first seen if that
    was inside the period, ``burn_rate`` how many times faster than allowed the budget burns,
    ``exhausted`` when it is used up at that pace, if inside the period (ms UTC), ``data_until``
    until when its data reach in the period (ms UTC), ``is_stale`` that this is too early for
    figures of the period, and ``part_of`` the id of the composite that it is reported under.
    ``figures`` are of the period, ``contract`` of the contract's windows: verdict, credit and
    budget are theirs.
    ``during`` names, by outage id, the services it depends on that were down when it began;
    ``impact`` is the downtime at ``cost_per_hour``; ``stake`` is what may fall due next by credits
    of its own.
    """

    id: str
    name: str
    owner: str
    tier: str
    objective: float | None
    figures: Figures
    previous: Figures | None = None
    days: tuple[Day, ...] = ()
    windows: int = 0
    windows_used: int = 0
    impact: float | None = None
    credit: float | None = None
    latency_p95: float | None = None
    latency: Latency | None = None
    began: int | None = None
    burn_rate: float | None = None
    exhausted: int | None = None
    accounting: Accounting = field(default_factory=Accounting)
    course: tuple[tuple[int, float], ...] = ()
    data_until: int | None = None
    is_stale: bool = False
    part_of: str | None = None
    contract: Contract | None = None
    during: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    cost_per_hour: float | None = None
    stake: Stake | None = None

    @property
    def met(self) -> bool | None:
        """Say whether every window of the contract that closed was met; None where none could be.

        Without a contract the period is its window.
        """
        return self.figures.met if self.contract is None else self.contract.met

    @property
    def previous_met(self) -> bool | None:
        """Say `met` of the period before."""
        if self.contract is None:
            return None if self.previous is None else self.previous.met
        return self.contract.previous_met

    @property
    def state(self) -> WindowState | None:
        """Return how the contract's running window is doing, where none closed with a verdict."""
        return None if self.contract is None else self.contract.state

    @property
    def budget_remaining(self) -> float | None:
        """Return what is left of the budget of the contract's window, of 1."""
        if self.contract is None:
            return self.figures.budget_remaining
        return self.contract.budget_remaining

    def other_window(self, period: Interval) -> ClosedWindow | None:
        """Return the closed window that verdict and budget are of, where that is not of a period.

        It began before the period, or closes by the clocks of another zone.
        """
        found = None if self.contract is None else self.contract.judged
        if not isinstance(found, ClosedWindow):
            return None
        inside = period.start <= found.span.start and found.span.end <= period.end
        return None if inside else found

    @property
    def has_budget(self) -> bool:
        """Say whether there is an error budget."""
        return leaves_budget(self.objective)


@dataclass(frozen=True, slots=True)
class Work:
    """An occurrence of a maintenance window; ``used`` is the downtime inside it (ms).

    ``approver`` is None where nobody approved it, ``approved`` is when that was (ms UTC) if it is
    known, ``by_two`` that the approver is another than the ``requester``. A customer reads no
    names: both are empty.
    """

    id: str
    title: str
    span: Interval
    services: tuple[str, ...]
    requester: str
    approver: str | None
    used: int
    retroactive: bool = False
    approved: int | None = None
    by_two: bool = False


class Planned(NamedTuple):
    """An occurrence of a maintenance window that is to come, approved or only asked for.

    ``ids`` and ``services`` are the ids and the names of the services that it is of; who asked and
    approved is as in `Work`.
    """

    id: str
    title: str
    span: Interval
    ids: tuple[str, ...]
    services: tuple[str, ...]
    requester: str
    approver: str | None
    approved: int | None = None
    by_two: bool = False


class Coming(NamedTuple):
    """The planned work that begins in ``span``, after a report's period, as known at ``known``."""

    span: Interval
    known: int
    works: tuple[Planned, ...] = ()


Status = Literal["not_begun", "running", "preliminary", "final", "recomputed"]
CauseKind = Literal["terms", "window", "correction", "samples", "program"]


class Cause(NamedTuple):
    """What changed a figure that had been reported: who did what; ``time`` in ms UTC if known.

    ``told`` is what a customer reads in place of the reason, where that says what is ours, too;
    empty where nothing else is said.
    """

    kind: CauseKind
    author: str
    reason: str
    time: int | None = None
    told: str | None = None


ChangedFigure = Literal[
    "availability", "met", "unplanned", "planned", "excluded", "agreed", "unknown", "outages",
    "coverage", "objective", "cost", "credit",
]  # fmt: skip


class Changed(NamedTuple):
    """A figure that was frozen and is another one now; None where there is none."""

    figure: ChangedFigure
    before: float | None
    after: float | None


@dataclass(frozen=True, slots=True)
class Restatement:
    """What changed of a period after its report was made; availability ratios.

    ``author`` and ``reason`` are those of all ``causes``. Of an agreement, ``money`` is what was
    due, before and after, and its currency; ``service`` is the customer then. ``others`` are the
    figures beside these that differ, in the order in which a reader asks for them.
    """

    service: str
    before: float | None
    after: float | None
    author: str
    reason: str
    causes: tuple[Cause, ...] = ()
    money: tuple[float | None, float | None, str] | None = None
    others: tuple[Changed, ...] = ()


@dataclass(frozen=True, slots=True)
class TermsInForce:
    """What was agreed for some services in a part of a period, as key and value.

    ``seen`` is when it was first seen (ms UTC), ``digest`` the SHA-256 of the file; ``upgrade``
    says that it may be older: the ledger knows it since its upgrade. ``agreement`` is the id of the
    one that it is of, and the customer; of services then nothing is said.
    """

    services: tuple[str, ...]
    span: Interval
    values: tuple[tuple[str, str], ...]
    seen: int
    digest: str
    upgrade: bool = False
    agreement: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class SaidAfterwards:
    """What ``history`` says of a time against what was in force then; ``seen`` is when it did."""

    service: str
    field: str
    span: Interval
    before: str
    after: str
    seen: int


@dataclass(frozen=True, slots=True)
class Host:
    """A server's health; ratios from 0 to 1, None where nothing is known.

    ``full_in`` is the days until the first of its filesystems is full at the present pace,
    ``filling`` which that is, ``mount`` the fullest. ``updates`` wait, ``security`` of them for
    safety's sake; ``listed`` is when the lists of packages were fetched, ``applied`` when packages
    were changed, ``support_end`` when the distribution's support ends (ms UTC). ``outdated``: a
    newer kernel is installed than the one that runs.
    """

    name: str
    cpu_p95: float | None = None
    memory_p95: float | None = None
    mount: str | None = None
    used: float | None = None
    full_in: float | None = None
    updates: int | None = None
    reboot: bool | None = None
    filling: str | None = None
    security: int | None = None
    listed: int | None = None
    applied: int | None = None
    outdated: bool | None = None
    system: str | None = None
    support_end: int | None = None


HostEventKind = Literal["reboot", "installed", "upgraded", "removed"]


class HostEvent(NamedTuple):
    """What was done to a server, and when (ms UTC)."""

    host: str
    kind: HostEventKind
    time: int


@dataclass(frozen=True, slots=True)
class Certificate:
    """A TLS certificate and when it expires (ms UTC)."""

    name: str
    expires: int


@dataclass(frozen=True, slots=True)
class Capacity:
    """Server health; ``problem`` says why there is none, ``unanswered`` what Prometheus said then.

    ``events`` are what was done to the servers in the period, oldest first.
    """

    hosts: tuple[Host, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    events: tuple[HostEvent, ...] = ()
    problem: str | None = None
    unanswered: str | None = None


@dataclass(frozen=True, slots=True)
class NotComputed:
    """A service whose figures could not be computed, and why in one line."""

    id: str
    name: str
    reason: str


class Evidence(NamedTuple):
    """What a sealed report proves: the head of the ledger's audit chain, who signed it, and that.

    As text, so that paper proves it, too; the seal over the document's bytes is not in it.
    ``findings`` is how many rows of the ledger were not as its audit chain has them.
    """

    head: str
    key: str
    signature: str
    findings: int = 0


@dataclass(frozen=True, slots=True)
class PeriodReport:
    """All services in one period; ``source`` names the server that the samples came from.

    ``late`` says how long after its schedule a scheduled report is made (ms). ``language`` is that
    of its dates and numbers, such as ``de``; ``en`` is this project's own way; ``paper`` is
    what it is printed on.
    ``not_computed`` are the services that are missing from ``services``. ``frozen``: what it says
    is kept; ``unsettled`` are the services that are not known to the period's end, which hinders.
    ``evidence`` is there where the report is sealed. ``why`` outages began, in words, by id, and
    ``why_told`` in those of its language.
    ``trend`` are this period and those before it, ``year`` the months of the year up to its end;
    ``external_url`` is where people reach the engine's pages, ``named`` the ids of the services
    that it was asked for, where these are not all; ``ledger_head`` is the last link of the ledger's
    audit chain when it was made. ``coming`` is the planned work of the time after the period; None
    where nobody looked. ``customer`` is who it is for, where it is of one agreement: its services
    are then judged by that. ``frozen_at`` is when the figures of the period were frozen before this
    report was made, ``kept_at`` when the first document of it was kept (ms UTC).
    """

    organization: str
    currency: str
    source: str
    generated_at: int
    period: Interval
    timezone: str
    services: Sequence[ServiceReport]
    policy_version: str = POLICY_VERSION
    previous: Interval | None = None
    works: tuple[Work, ...] = ()
    restatements: tuple[Restatement, ...] = ()
    terms: tuple[TermsInForce, ...] = ()
    afterwards: tuple[SaidAfterwards, ...] = ()
    capacity: Capacity | None = None
    late: int | None = None
    language: str = "en"
    paper: str = "A4"
    frozen: bool = False
    unsettled: tuple[str, ...] = ()
    not_computed: tuple[NotComputed, ...] = ()
    evidence: Evidence | None = None
    why: Mapping[str, str] = field(default_factory=dict)
    why_told: Mapping[str, str] = field(default_factory=dict)
    agreements: tuple[AgreementReport, ...] = ()
    trend: tuple[PeriodTotals, ...] = ()
    year: PeriodTotals | None = None
    external_url: str | None = None
    named: tuple[str, ...] = ()
    ledger_head: str = ""
    coming: Coming | None = None
    customer: str = ""
    frozen_at: int | None = None
    kept_at: int | None = None

    @property
    def status(self) -> Status:
        """Return whether figures are final; *recomputed*: worked out anew after a freeze."""
        if self.generated_at < self.period.start:
            return "not_begun"
        if self.generated_at < self.period.end:
            return "running"
        if self.frozen:
            return "final"
        return "preliminary" if self.frozen_at is None or self.unsettled else "recomputed"

    @property
    def data_until(self) -> int | None:
        """Return until when the data reach of all services but the stale ones, ms UTC."""
        known = [s for s in self.services if s.data_until is not None]
        current = [s for s in known if not s.is_stale]
        return min((s.data_until for s in current or known if s.data_until), default=None)
