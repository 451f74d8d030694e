"""The running engine: what a tick does, and what it leaves for metrics and pages."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from types import MappingProxyType
from typing import NamedTuple

import structlog
from sqlalchemy.exc import SQLAlchemyError

from sla_engine.accounting.newest_outages import newest_outages
from sla_engine.accounting.service_levels import (
    Levels,
    account_fault,
    service_levels,
    window_figures,
    window_period,
)
from sla_engine.app.context import Context, now
from sla_engine.app.faults import FaultWatch
from sla_engine.app.notifications import Notifications
from sla_engine.domain.interval import Interval
from sla_engine.domain.isolation import Fault, Isolation, one_line
from sla_engine.domain.outage_list import DEFAULT_BOUNDS, ListBounds, NewestOutages
from sla_engine.domain.service_level import ServiceLevel
from sla_engine.ledger import LedgerError
from sla_engine.ledger.leader import leadership
from sla_engine.measurement.failing import FailingServices
from sla_engine.measurement.ingest import Ingested
from sla_engine.metrics import EngineMetrics, Exposition, TickFailure, outages_text
from sla_engine.notices.outages import outage_notices
from sla_engine.prometheus import PrometheusError
from uptime_common.exposition import Style

_FIGURES_EVERY = 300_000
_PATIENCE_SECONDS = 1.0

log = structlog.get_logger("engine")


class Published(NamedTuple):
    """What belongs together: a catalogue in force, the levels and the faults of its services."""

    context: Context
    levels: tuple[ServiceLevel, ...] = ()
    faults: Mapping[str, Fault] = MappingProxyType({})


class Engine:
    """State between ticks; everything that matters is in the ledger.

    ``published`` is replaced as a whole: who needs two parts of it reads it once.
    """

    def __init__(
        self, context: Context, metrics: EngineMetrics, listed: ListBounds = DEFAULT_BOUNDS
    ) -> None:
        self.published = Published(context)
        self.metrics = metrics
        self._writer = Exposition()
        self._exposition = b""
        self._listed = listed
        self._newest: NewestOutages | None = None
        self._corrected = 0
        self._outages = outages_text(NewestOutages())
        self._figures: Levels = {}
        self._figures_at = 0
        self._failing = FailingServices()
        self._uncounted: Mapping[str, Fault] = {}
        self._faults = FaultWatch(metrics)
        self._derived_until: int | None = None
        self._leading = False
        self._busy = threading.Lock()
        self._sending = threading.Lock()
        self._leadership = leadership(context.ledger.engine)
        self._notifications = Notifications(context, metrics)
        metrics.lag.set_function(self._lag)

    @property
    def context(self) -> Context:
        """Return the catalogue in force with what it stands on."""
        return self.published.context

    @property
    def levels(self) -> tuple[ServiceLevel, ...]:
        """Return the service levels of the last tick."""
        return self.published.levels

    def adopt(self, context: Context) -> None:
        """Go on with another catalogue, from the next tick and the next notice on.

        Raises:
            JobError: its notices cannot be sent; everything stays as it was.
        """
        notifications = Notifications(context, self.metrics)
        known = {service.id for service in context.catalogue.services}
        with self._sending:
            self._notifications.idle()  # before the ledger's lock, so that no tick waits for Slack
            with self._busy:
                before, levels, _ = self.published
                notifications.succeed(self._notifications)
                self._notifications = notifications
                self._figures, self._figures_at, self._newest = {}, 0, None
                self._failing, self._uncounted = FailingServices(), {}
                self._show(context, (level for level in levels if level.service in known))
        before.client.close()

    def _show(self, context: Context, levels: Iterable[ServiceLevel]) -> None:
        faults = {**self._uncounted, **{s: one.fault for s, one in self._failing.known.items()}}
        self._faults.tell(faults)
        self.published = Published(context, tuple(levels), faults)
        self._exposition = self._writer.render(self.levels)

    def idle(self, seconds: float) -> bool:
        """Say whether no job runs, after waiting for those that do."""
        deadline = time.monotonic() + seconds
        for lock in (self._busy, self._sending):
            if not lock.acquire(timeout=max(0, deadline - time.monotonic())):
                return False
            lock.release()
        return self._notifications.idle(max(0, deadline - time.monotonic()))

    def unready(self) -> str | None:
        """Return why the engine cannot answer yet."""
        return None if self._derived_until is not None else "no tick has succeeded yet"

    def exposition(self, style: Style = "text") -> bytes:
        """Return what /metrics shows, without the EOF of OpenMetrics."""
        return self.metrics.render(style) + self._exposition + self._outages

    def tick(self) -> None:
        """Bring the ledger up to now; a failure of any kind is told and the next tick catches up.

        Where another engine leads, it only shows what that one wrote.
        """
        with self._busy, self.metrics.tick_duration.time():
            try:
                done = self._ingest(now()) if self._leads() else self._follow()
                self._refresh(done)
            except Exception as error:  # noqa: BLE001 - counted and logged by kind
                self._failed(error)

    def send(self) -> None:
        """Deliver the notices that are due, if this engine leads."""
        with self._sending:
            if not self._leading:  # what waits the leader shows
                self.metrics.outbox_pending.set(0)
                self.metrics.outbox_oldest.set(0)
                return
            # What is foreseen from the ledger must not be overtaken by what a tick writes: an
            # outage that ends meanwhile would be told of as down for ever. It waits, sending not.
            if self._busy.acquire(timeout=_PATIENCE_SECONDS):
                try:
                    self._notifications.foresee()
                finally:
                    self._busy.release()
            self._notifications.send()

    @property
    def leading(self) -> bool:
        """Say whether this engine writes the ledger."""
        return self._leading

    def while_leading(self, job: Callable[[], None]) -> Callable[[], None]:
        """Return a job that does nothing where another engine leads."""

        def guarded() -> None:
            if self._leading:
                job()

        return guarded

    def _leads(self) -> bool:
        """Say whether this engine leads; a new leader tries again what was given up."""
        before, leads = self._leading, False
        try:
            leads = self._leadership.held()
        finally:
            self._leading = leads
            self.metrics.leader.set(leads)
        if leads and not before:
            log.info("leading")
            self._notifications.start()
        return leads

    def _follow(self) -> Ingested:
        """Return what another engine did as if it were ours: nothing is known of its changes."""
        self._derived_until = self.context.ledger.derived_until()
        at = now()
        return Ingested(Interval(at, at), ())

    def _ingest(self, at: int) -> Ingested:
        """Derive all that is due; what is done before a failure stays."""
        context = self.context
        notify = partial(outage_notices, context.books, at)
        changes = list(self._failing.catch_up(context.books, context.client, at, notify))
        self._derived_until = at
        self.metrics.last_tick.set(at / 1000)
        self.metrics.ticks.labels("ok").inc()
        for change in changes:
            log.info("outage", change=change.kind, service=change.service)
        return Ingested(Interval(at, at), tuple(changes))

    def _failed(self, error: Exception) -> None:
        """Count and log why a tick failed: by Prometheus, by the ledger, or by a fault of ours."""
        self.metrics.ticks.labels("failed").inc()
        kind: TickFailure = "internal"
        if isinstance(error, PrometheusError):
            kind = "prometheus"
            self.metrics.prometheus_errors.inc()
        elif isinstance(error, LedgerError | SQLAlchemyError | OSError):
            kind = "ledger"
            self.metrics.ledger_errors.inc()
        self.metrics.tick_failures.labels(kind).inc()
        log.error("tick failed", kind=kind, error=one_line(error), exc_info=kind == "internal")

    def _refresh(self, done: Ingested) -> None:
        """Work out the figures of what changed, now and then and in a new month of everything."""
        at = done.period.end
        month = window_period("month", self.context.catalogue.timezone, at)  # so begins any period
        if self._figures_at < month.start or not 0 <= at - self._figures_at < _FIGURES_EVERY:
            self._figures = {}
            self._figures_at, self._newest = at, None
        changed = {change.service for change in done.changes}
        context, isolation = self.context, Isolation(account_fault)
        newest, corrected = context.ledger.corrections.services_after(self._corrected)
        due = {*changed, *corrected, *context.ledger.open_outages()}
        self._figures |= self._account(at, due, isolation)
        levels = service_levels(context.books, at, self._figures, isolation)
        self._uncounted = isolation.faults
        self._show(context, levels)
        self._notifications.judge(self.levels, at)
        self._list(at, due)
        self._corrected = newest

    def _list(self, at: int, due: set[str]) -> None:
        """List the newest outages, where these may be others than before."""
        known = self._newest
        if known is None or known.since is None or due or any(o.end is None for o in known.outages):
            self._newest = newest_outages(self.context.books, at, self._listed, known, due)
            self._outages = outages_text(self._newest)

    def _account(self, at: int, due: set[str], isolation: Isolation) -> Levels:
        """Return the figures of what is due, or was not known of before."""
        context = self.context
        services = [s for s in context.catalogue.services if s.id in due or self._blind(s.id)]
        work = partial(window_figures, context.books, at)
        found: Levels = {}
        for part in isolation.divided(services, lambda service: service.id, work):
            found |= part
        for failed in isolation.faults:
            self._figures.pop(failed, None)  # what was worked out before is not of now
        return found

    def _blind(self, service: str) -> bool:
        windows = self._figures.get(service, {}).values()
        return all(figures.availability is None for figures in windows)

    def _lag(self) -> float:
        return float("nan") if self._derived_until is None else (now() - self._derived_until) / 1000
