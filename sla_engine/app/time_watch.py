"""What a tick does about time: whose clock to go by, and what lies in the ledger's future."""

import time
from collections.abc import Iterable

import structlog

from sla_engine.app.clock import CLOCK, TOLERANCE
from sla_engine.app.context import Context
from sla_engine.domain.outage_changes import Change
from sla_engine.measurement.ingest import Notify
from sla_engine.metrics import EngineMetrics

log = structlog.get_logger("engine")


class TimeWatch:
    """Compares the clocks at every tick; what is wrong is told once. Not for several threads."""

    def __init__(self, metrics: EngineMetrics) -> None:
        self._metrics = metrics
        self._told_skew = self._told_ahead = False

    def heard(self, context: Context) -> int | None:
        """Return Prometheus' own time (ms UTC), None where it does not say.

        Raises:
            PrometheusError: it does not answer.
        """
        begun = time.monotonic()
        server = context.client.now()
        if server is None:
            self._metrics.clock_skew.set(float("nan"))
            return None
        ahead = CLOCK.hear(server, round((time.monotonic() - begun) * 1000))
        self._metrics.clock_skew.set(ahead / 1000)
        wrong = abs(ahead) > TOLERANCE
        if wrong and not self._told_skew:
            log.error(
                "this clock and Prometheus' own differ; nothing is derived of the future of either",
                ahead_seconds=round(ahead / 1000, 3),
            )
        elif self._told_skew and not wrong:
            log.info("this clock and Prometheus' own agree again")
        self._told_skew = wrong
        return server

    def cut(self, context: Context, end: int, notify: Notify) -> Iterable[Change]:
        """Let go what the ledger holds over a minute beyond ``end`` (ms UTC)."""
        until = context.ledger.derived_until()
        ahead = 0 if until is None else until - end
        if ahead <= TOLERANCE:
            self._metrics.ledger_ahead.set(0)
            self._told_ahead = False
            return ()
        alive = {service.id for service in context.catalogue.services}
        done = context.ledger.cut(end, alive, notify)
        if done.services:
            log.warning(
                "the ledger reached beyond now and is cut; a clock was wrong",
                by_seconds=round(ahead / 1000, 3),
                services=len(done.services),
            )
        self._metrics.ledger_ahead.set(ahead / 1000 if done.refused else 0)
        if done.refused and not self._told_ahead:
            log.error(
                "the ledger knows more than a day that has not come: this clock is behind, "
                "or was ahead for long",
                services=len(done.refused),
                remedy="set the clock; or sla-engine recompute --forget",
            )
        self._told_ahead = bool(done.refused)
        return done.changes
