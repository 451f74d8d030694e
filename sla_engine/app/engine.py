"""The running engine: what a tick does, and what it leaves for metrics and pages."""

import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from types import MappingProxyType
from typing import NamedTuple

import structlog
from sqlalchemy.exc import SQLAlchemyError

from service_catalogue import Catalogue
from sla_engine.accounting.newest_outages import newest_outages
from sla_engine.accounting.past import unwatched
from sla_engine.accounting.promises import PromiseWatch
from sla_engine.accounting.service_levels import (
    Entry,
    Levels,
    account_fault,
    entries,
    reach,
    service_levels,
    window_figures,
    window_period,
)
from sla_engine.accounting.terms import longest_gap
from sla_engine.app.context import Context, now
from sla_engine.app.faults import FaultWatch
from sla_engine.app.notifications import Notifications
from sla_engine.app.time_watch import TimeWatch
from sla_engine.domain.interval import Interval
from sla_engine.domain.isolation import Fault, Isolation, one_line
from sla_engine.domain.outage_changes import Change
from sla_engine.domain.outage_list import DEFAULT_BOUNDS, ListBounds, NewestOutages
from sla_engine.domain.promises import Promises
from sla_engine.domain.service_level import REFRESH, ServiceLevel, is_current
from sla_engine.ledger import Books, Decided, LedgerError, snapshot
from sla_engine.ledger.leader import leadership
from sla_engine.measurement.failing import FailingServices
from sla_engine.measurement.ingest import Ingested, Notify
from sla_engine.measurement.late import WINDOW as LATE_WINDOW
from sla_engine.measurement.late import LateSamples
from sla_engine.metrics import (
    EngineMetrics,
    Exposition,
    TickFailure,
    outages_text,
    promises_text,
)
from sla_engine.notices.outages import outage_notices
from sla_engine.prometheus import PrometheusError
from uptime_common import humanize
from uptime_common.exposition import Style

_PATIENCE_SECONDS = 1.0
_LOOKING_BACK_SECONDS = 0.5
_LONGEST_WAIT = 120_000  # ms for which we stay blind because Prometheus asked for it

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
        self,
        context: Context,
        metrics: EngineMetrics,
        listed: ListBounds = DEFAULT_BOUNDS,
        late_window: int = LATE_WINDOW,
        windows: Collection[str] = (),
    ) -> None:
        self.published = Published(context)
        self.metrics = metrics
        self._writer = Exposition()
        self._entries: tuple[Catalogue, Mapping[str, Entry]] | None = None
        self._exposition = b""
        self._listed, self._windows = listed, windows
        self._newest: NewestOutages | None = None
        self._corrected = 0
        self._outages = outages_text(NewestOutages())
        self._watch = PromiseWatch()
        self._promised = Promises()
        self._promises = promises_text(self._promised)
        self._figures: Levels = {}
        self._figures_at = 0
        self._figures_until: dict[str, int] = {}
        self._blinded = False
        self._decided: tuple[int, int] | None = None
        self._known = Decided()
        self._rendering = threading.Lock()
        self._failing = FailingServices()
        self._uncounted: Mapping[str, Fault] = {}
        self._faults = FaultWatch(metrics)
        self._derived_until: int | None = None
        self._leading = False
        self._noted = self._written = False
        self._asks_again_at = 0.0
        self._busy = threading.Lock()
        self._sending = threading.Lock()
        self._leadership = leadership(context.ledger.engine)
        self._notifications = Notifications(context, metrics)
        self._late = LateSamples(late_window)
        self._time = TimeWatch(metrics)
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
                self._watch, self._known = PromiseWatch(), Decided()
                self._failing, self._uncounted = FailingServices(), {}
                self._noted = self._written = False
                self._asks_again_at = 0.0
                self._show(context, (level for level in levels if level.service in known))
        before.client.close()

    def _show(self, context: Context, levels: Iterable[ServiceLevel]) -> None:
        failing = {service: one.fault for service, one in self._failing.known.items()}
        faults = {**self._late.tampered, **self._uncounted, **failing}
        self._faults.tell(faults)
        self.published = Published(context, tuple(levels), faults)
        self._write(now())

    def _write(self, at: int) -> None:
        """Write what /metrics shows, which holds until a state becomes too old to know."""
        with self._rendering:
            self._exposition = self._writer.render(self.levels, at)

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
        until, at, catalogue = self._derived_until, now(), self.context.catalogue
        if not catalogue.services:
            return None
        if until is None:
            return "no tick has succeeded yet"
        gap = max(longest_gap(catalogue, service) for service in catalogue.services)
        if is_current(until, gap, at):
            return None
        return f"the data reach {humanize.moment(until, catalogue.timezone)}"

    def exposition(self, style: Style = "text") -> bytes:
        """Return what /metrics shows, without the EOF of OpenMetrics."""
        if (at := now()) > self._writer.holds_until:
            self._write(at)
        return self.metrics.render(style) + self._exposition + self._outages + self._promises

    def tick(self) -> None:
        """Bring the ledger up to now; a failure of any kind is told and the next tick catches up.

        Where another engine leads, it only shows what that one wrote. While Prometheus wants to be
        left alone (Retry-After), nothing is asked.
        """
        with self._busy, self.metrics.tick_duration.time():
            try:
                leads = self._leads()
                if leads and time.monotonic() < self._asks_again_at:
                    self._show_age()
                    return
                done = self._ingest() if leads else self._follow()
                self._refresh(done.period.end, done.changes)
            except PrometheusError as error:
                self._failed(error)
                self._show_age()
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
    def newest(self) -> NewestOutages | None:
        """Return the newest outages of the ledger; None before the first tick listed them."""
        return self._newest

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

    def _ingest(self) -> Ingested:
        """Derive all that is due, of no clock's future; what is done before a failure stays."""
        try:
            server = self._time.heard(self.context)
        except PrometheusError:
            self._note_terms(now(), heard=False)
            raise
        ours = now()
        at = ours if server is None else min(ours, server)
        self._note_terms(at)
        context = self.context
        with snapshot(context.ledger, self._known) as ledger:
            books = context.books._replace(ledger=ledger)
            notify, told_late = (outage_notices(books, at, late=late) for late in (False, True))
        changes = list(self._time.cut(context, max(ours, server or 0), notify))
        changes += self._failing.catch_up(context.books, context.client, at, notify)
        changes += self._find_late(at, told_late)
        self._derived_until = at
        self.metrics.last_tick.set(at / 1000)
        self.metrics.ticks.labels("ok").inc()
        for change in changes:
            log.info("outage", change=change.kind, service=change.service)
        return Ingested(Interval(at, at), tuple(changes))

    def _note_terms(self, at: int, *, heard: bool = True) -> None:
        """Write down what the catalogue in force says, once: the ledger has it from ``at`` on.

        An outage of what left is closed only once Prometheus was ``heard``, whose clock bears it
        out.
        """
        if self._noted or (self._written and not heard):
            return
        try:
            context = self.context.noted(at)
            self.published = self.published._replace(context=context)
            self._notifications.know(context)
            self._written = True
            if not heard:
                return
            for moment, gone in unwatched(context.books, at).items():
                context.ledger.unwatch(gone, moment, outage_notices(context.books, at))
                log.info("no longer watched", services=gone)
            self._noted = True
        except (LedgerError, SQLAlchemyError, OSError):
            raise
        except Exception:  # measuring goes on; the next tick tries again
            self.metrics.tick_failures.labels("internal").inc()
            log.exception("terms not written down: a fault of sla-engine")

    def _find_late(self, at: int, notify: Notify) -> tuple[Change, ...]:
        """Derive anew where samples came late; what fails of it makes no tick fail."""
        context = self.context
        try:
            failing = self._failing.known
            return self._late.find(context.books, context.client, at, notify, failing)
        except PrometheusError as error:
            self.metrics.prometheus_errors.inc()
            log.warning("late samples could not be asked for", error=str(error))
            return ()

    def _failed(self, error: Exception) -> None:
        """Count and log why a tick failed: by Prometheus, by the ledger, or by a fault of ours."""
        self.metrics.ticks.labels("failed").inc()
        kind: TickFailure = "internal"
        if isinstance(error, PrometheusError):
            kind = "prometheus"
            self.metrics.prometheus_errors.inc()
            wait = min(error.wait or 0, _LONGEST_WAIT) / 1000
            self._asks_again_at = time.monotonic() + wait
        elif isinstance(error, LedgerError | SQLAlchemyError | OSError):
            kind = "ledger"
            self.metrics.ledger_errors.inc()
        self.metrics.tick_failures.labels(kind).inc()
        log.error("tick failed", kind=kind, error=one_line(error), exc_info=kind == "internal")

    def refresh_decided(self) -> None:
        """Show at once what people decided since the last look, here or in another process."""
        if not self._busy.acquire(timeout=_PATIENCE_SECONDS):
            return  # a tick is under way, and shows it
        try:
            if self._decided not in (None, self.context.ledger.decisions()):
                self._figures_at = 0
                self._refresh(now(), ())
        except (LedgerError, SQLAlchemyError) as error:
            self.metrics.ledger_errors.inc()
            log.error("decisions not looked at", error=str(error))  # noqa: TRY400 - one line says it
        finally:
            self._busy.release()

    def _show_age(self) -> None:
        """Show what is still known after a tick that failed: our blindness warns of no budget."""
        self._blinded = True
        try:
            self._work_out(now(), ())
        except (LedgerError, SQLAlchemyError) as error:
            self.metrics.ledger_errors.inc()
            log.error("figures not worked out", error=str(error))  # noqa: TRY400 - one line says it

    def _refresh(self, at: int, changes: Iterable[Change]) -> None:
        """Work out figures; those of a time that a tick made up for are worked out anew."""
        if self._blinded:
            self._figures_at, self._blinded = 0, False
        self._work_out(at, changes)
        self._notifications.judge(self.levels, at)

    def _work_out(self, at: int, changes: Iterable[Change]) -> None:
        """Work out the figures of what changed, now and then and in a new month of everything."""
        month = window_period("month", self.context.catalogue.timezone, at)  # so begins any period
        if self._figures_at < month.start or not 0 <= at - self._figures_at < REFRESH:
            self._figures, self._figures_until = {}, {}
            self._figures_at, self._newest = at, None
        with snapshot(self.context.ledger, self._known) as ledger:
            self._work_out_of(self.context.books._replace(ledger=ledger), at, changes)

    def _work_out_of(self, books: Books, at: int, changes: Iterable[Change]) -> None:
        self._decided = books.ledger.decisions()
        isolation = Isolation(account_fault)
        newest, corrected = self._corrected, set[str]()
        if self._decided[0] > newest:
            newest, corrected = books.ledger.corrections.services_after(newest)
        changed = {change.service for change in changes}
        due = {*changed, *corrected, *books.ledger.open_outages()}
        fresh = self._account(books, at, due, isolation)
        reached = reach(books, at)
        self._figures |= fresh
        self._figures_until |= {name: reached[name].until for name in fresh if name in reached}
        levels = service_levels(
            books,
            at,
            self._figures,
            self._figures_until,
            isolation,
            reached=reached,
            known=self._entries_of(books.catalogue),
        )
        self._uncounted = isolation.faults
        self._show(self.context, levels)
        self._list(books, at, due)
        self._look_back(books, at)
        self._corrected = newest

    def _list(self, books: Books, at: int, due: set[str]) -> None:
        """List the newest outages, where these may be others than before."""
        known = self._newest
        if known is None or known.since is None or due or any(o.end is None for o in known.outages):
            self._newest = newest_outages(books, at, self._listed, known, due)
            self._outages = outages_text(self._newest)

    def _look_back(self, books: Books, at: int) -> None:
        """Work on what was promised and kept, for a part of a tick."""
        until = time.monotonic() + _LOOKING_BACK_SECONDS
        before = dict(self._watch.faults)
        found = self._watch.step(books, at, lambda: time.monotonic() < until)
        for name, fault in self._watch.faults.items() - before.items():
            log.error("nothing is published of what was kept", of=name, error=fault.text)
        if found != self._promised:
            self._promised, self._promises = found, promises_text(found)

    def _account(self, books: Books, at: int, due: set[str], isolation: Isolation) -> Levels:
        """Return the figures of what is due, or was not known of before."""
        services = [s for s in books.catalogue.services if s.id in due or self._blind(s.id)]
        work = partial(window_figures, books, at, others=self._windows)
        found: Levels = {}
        for part in isolation.divided(services, lambda service: service.id, work):
            found |= part
        for failed in isolation.faults:
            self._figures.pop(failed, None)  # what was worked out before is not of now
        return found

    def _entries_of(self, catalogue: Catalogue) -> Mapping[str, Entry]:
        """Return what the catalogue says of each service, worked out once."""
        if self._entries is None or self._entries[0] is not catalogue:
            self._entries = catalogue, entries(catalogue)
        return self._entries[1]

    def _blind(self, service: str) -> bool:
        for figures in self._figures.get(service, {}).values():  # of each service, at each tick
            if figures.availability is not None:
                return False
        return True

    def _lag(self) -> float:
        return float("nan") if self._derived_until is None else (now() - self._derived_until) / 1000
