"""The metrics of the engine's own health, by prometheus_client's instruments."""

from collections.abc import Mapping
from functools import partial
from typing import Literal, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from uptime_common.exposition import Style, registry_text

TickFailure = Literal["prometheus", "ledger", "internal"]


class EngineMetrics:
    """The engine's own health, to be set by its jobs."""

    def __init__(self, version: str) -> None:
        self._failing: Mapping[str, str] = {}
        registry = self.registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        gauge, counter = partial(Gauge, registry=registry), partial(Counter, registry=registry)
        build = gauge("sla_engine_build_info", "Version.", ["version"])
        build.labels(version).set(1)
        self._loaded_at = gauge(
            "sla_engine_config_last_reload_success_timestamp_seconds",
            "When the catalogue was last loaded.",
        )
        self._loaded_well = gauge(
            "sla_engine_config_last_reload_successful",
            "Whether the last attempt to load the catalogue succeeded.",
        )
        self.ticks = counter("sla_engine_ticks", "Ticks by result.", ["result"])
        self.tick_duration = Histogram(
            "sla_engine_tick_duration_seconds",
            "Wall time of a tick.",
            buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
            registry=registry,
        )
        self.last_tick = gauge(
            "sla_engine_last_tick_timestamp_seconds", "Time of the last tick that succeeded."
        )
        self._watch_time(gauge)
        self.leader = gauge("sla_engine_leader", "1 where this engine writes the ledger.")
        self.tick_failures = counter(
            "sla_engine_tick_failures",
            "Ticks that failed: by Prometheus, by the ledger, or by a fault of the engine itself.",
            ["kind"],
        )
        self._service_failing = gauge(
            "sla_engine_service_failing",
            "1 where a service cannot be measured or accounted for; its state is unknown.",
            ["service", "reason"],
        )
        self.prometheus_errors = counter(
            "sla_engine_prometheus_errors", "Queries without an answer."
        )
        self.ledger_errors = counter("sla_engine_ledger_errors", "Ledger transactions that failed.")
        self.outbox_pending = gauge("sla_engine_outbox_pending", "Notices that wait to be sent.")
        self.outbox_oldest = gauge(
            "sla_engine_outbox_oldest_timestamp_seconds",
            "When the oldest waiting notice was written; 0 where none waits.",
        )
        self.windows_failing = gauge(
            "sla_engine_maintenance_windows_failing",
            "Maintenance windows that cannot be worked out and are left out.",
        )
        self._watch_feeds(gauge)
        self._watch_grafana(counter)
        self.notices_sent = counter(
            "sla_engine_notices_sent", "Notices delivered, by notifier.", ["notifier"]
        )
        self.notice_failures = counter(
            "sla_engine_notice_failures",
            "Attempts that did not deliver a notice, by notifier and reason.",
            ["notifier", "reason"],
        )
        self.slack_connected = gauge(
            "sla_engine_slack_connected",
            "1 where this engine hears buttons and commands of Slack; NaN where it never will.",
        )
        self.slack_connected.set(float("nan"))
        self.slack_requests = counter(
            "sla_engine_slack_requests",
            "Buttons, forms and commands of Slack by result.",
            ["result"],
        )
        for result in ("ok", "failed"):
            self.ticks.labels(result)
        for kind in get_args(TickFailure):
            self.tick_failures.labels(kind)
        for result in ("done", "refused", "failed", "unreadable"):
            self.slack_requests.labels(result)

    def _watch_grafana(self, counter: "partial[Counter]") -> None:
        self.annotations = counter(
            "sla_engine_grafana_annotations",
            "Annotations of outages that Grafana took: posted, changed, removed.",
            ["result"],
        )
        self.grafana_errors = counter(
            "sla_engine_grafana_errors",
            "Times that Grafana's annotations were not brought up to date.",
        )

    def _watch_time(self, gauge: "partial[Gauge]") -> None:
        self.lag = gauge(
            "sla_engine_lag_seconds", "How far the ledger is behind now; NaN before the first tick."
        )
        self.lag.set(float("nan"))
        self.clock_skew = gauge(
            "sla_engine_clock_skew_seconds",
            "How far this machine's clock is ahead of Prometheus' own; NaN where it does not say.",
        )
        self.clock_skew.set(float("nan"))
        self.ledger_ahead = gauge(
            "sla_engine_ledger_ahead_seconds",
            "How far the ledger reaches beyond now; what is known there is not cut off.",
        )

    def _watch_feeds(self, gauge: "partial[Gauge]") -> None:
        self._feed_success = gauge(
            "sla_engine_feed_last_success_timestamp_seconds",
            "When a feed (iCalendar, Alertmanager's silences) was last read; 0: not since start.",
            ["feed"],
        )
        self._feed_refresh = gauge(
            "sla_engine_feed_refresh_seconds", "How often an iCalendar feed is read.", ["feed"]
        )
        self._feed_skipped = gauge(
            "sla_engine_feed_events_skipped",
            "Events of an iCalendar feed that make no sense and are left out.",
            ["feed"],
        )

    def loaded(self, now: int, *, good: bool) -> None:
        """Note an attempt to load the catalogue (ms UTC)."""
        self._loaded_well.set(good)
        if good:
            self._loaded_at.set(now / 1000)

    def feed_watched(self, feed: str, refresh: int) -> None:
        """Show a feed from its first reading on; ``refresh`` in ms."""
        self._feed_refresh.labels(feed).set(refresh / 1000)
        self._feed_success.labels(feed)

    def feed_read(self, feed: str, at: int, *, skipped: int) -> None:
        """Note that a feed was read (ms UTC), and how many events were left out."""
        self._feed_success.labels(feed).set(at / 1000)
        self._feed_skipped.labels(feed).set(skipped)

    def forget_feeds(self) -> None:
        """Show no feed until it is read again: the catalogue may have dropped it."""
        for family in (self._feed_success, self._feed_refresh, self._feed_skipped):
            family.clear()

    def failing(self, reasons: Mapping[str, str]) -> None:
        """Show the services that fail, each with its reason, and no others."""
        for gone in self._failing.items() - reasons.items():
            self._service_failing.remove(*gone)
        for service, reason in reasons.items():
            self._service_failing.labels(service, reason).set(1)
        self._failing = dict(reasons)

    def render(self, style: Style = "text") -> bytes:
        """Return the text of every family, without the EOF of OpenMetrics."""
        return registry_text(self.registry, style).encode()
