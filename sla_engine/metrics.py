"""Every metric name of the engine, and nowhere else."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from sla_engine.domain.availability import Figures
from sla_engine.domain.timeline import Need

_KINDS: Final = ("planned", "unplanned")


@dataclass(frozen=True, slots=True)
class ServiceLevel:
    """What is exported of one service; times in milliseconds UTC.

    ``windows`` maps a window's name (``month``, ``30d``, ...) to its figures;
    ``cost_per_hour`` of downtime is in ``currency`` (ISO 4217). ``window`` is the objective's own;
    ``locations`` is the quorum over them.
    """

    service: str
    objective: float | None
    maintenance_active: bool
    open_since: int | None
    windows: Mapping[str, Figures] = field(default_factory=dict)
    next_maintenance: int | None = None
    cost_per_hour: float | None = None
    currency: str = ""
    window: str = ""
    locations: Need = "majority"
    depends_on: tuple[str, ...] = ()


class EngineMetrics:
    """The engine's own health, to be set by its jobs."""

    def __init__(self, version: str) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call] # the package left it out
        registry = self.registry = CollectorRegistry()
        build = Gauge("sla_engine_build_info", "Version.", ["version"], registry=registry)
        build.labels(version).set(1)
        self._loaded_at = Gauge(
            "sla_engine_config_last_reload_success_timestamp_seconds",
            "When the catalogue was last loaded.",
            registry=registry,
        )
        self._loaded_well = Gauge(
            "sla_engine_config_last_reload_successful",
            "Whether the last attempt to load the catalogue succeeded.",
            registry=registry,
        )
        self.ticks = Counter("sla_engine_ticks", "Ticks by result.", ["result"], registry=registry)
        self.tick_duration = Histogram(
            "sla_engine_tick_duration_seconds",
            "Wall time of a tick.",
            buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
            registry=registry,
        )
        self.last_tick = Gauge(
            "sla_engine_last_tick_timestamp_seconds",
            "Time of the last tick that succeeded.",
            registry=registry,
        )
        self.lag = Gauge(
            "sla_engine_lag_seconds",
            "How far the ledger is behind now; NaN before the first tick.",
            registry=registry,
        )
        self.lag.set(float("nan"))
        self.leader = Gauge(
            "sla_engine_leader", "1 where this engine writes the ledger.", registry=registry
        )
        self.prometheus_errors = Counter(
            "sla_engine_prometheus_errors", "Queries without an answer.", registry=registry
        )
        self.ledger_errors = Counter(
            "sla_engine_ledger_errors", "Ledger transactions that failed.", registry=registry
        )
        self.outbox_pending = Gauge(
            "sla_engine_outbox_pending", "Notices that wait to be sent.", registry=registry
        )
        self.outbox_oldest = Gauge(
            "sla_engine_outbox_oldest_timestamp_seconds",
            "When the oldest waiting notice was written; 0 where none waits.",
            registry=registry,
        )
        self.notices_sent = Counter(
            "sla_engine_notices_sent", "Notices delivered.", registry=registry
        )
        self.notice_failures = Counter(
            "sla_engine_notice_failures",
            "Attempts that did not deliver a notice, by reason.",
            ["reason"],
            registry=registry,
        )
        self.slack_connected = Gauge(
            "sla_engine_slack_connected",
            "1 where this engine hears buttons and commands of Slack; NaN where it never will.",
            registry=registry,
        )
        self.slack_connected.set(float("nan"))
        self.slack_requests = Counter(
            "sla_engine_slack_requests",
            "Buttons, forms and commands of Slack by result.",
            ["result"],
            registry=registry,
        )
        for result in ("ok", "failed"):
            self.ticks.labels(result)
        for result in ("done", "refused", "failed", "unreadable"):
            self.slack_requests.labels(result)

    def loaded(self, now: int, *, good: bool) -> None:
        """Note an attempt to load the catalogue (ms UTC)."""
        self._loaded_well.set(good)
        if good:
            self._loaded_at.set(now / 1000)

    def render(self) -> bytes:
        """Return the text exposition."""
        return generate_latest(self.registry)


class _Levels(Collector):
    """The service levels as metric families."""

    def __init__(self, levels: Sequence[ServiceLevel]) -> None:
        self._levels = levels

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield from _of_services(self._levels)
        yield from _of_agreements(self._levels)
        yield from _of_windows(self._levels)


def render_levels(levels: Sequence[ServiceLevel]) -> bytes:
    """Return the text exposition of the service levels.

    It is rendered when the figures change, not at each scrape: the figures change once a tick at
    most, and many services take long to render.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Levels(levels))
    return generate_latest(registry)


def _of_services(levels: Iterable[ServiceLevel]) -> Iterator[GaugeMetricFamily]:
    objective = GaugeMetricFamily(
        "service_slo_objective_ratio", "The objective of the service.", labels=["service"]
    )
    maintenance = GaugeMetricFamily(
        "service_maintenance_active", "1 in approved maintenance.", labels=["service"]
    )
    since = GaugeMetricFamily(
        "sla_outage_open_since_timestamp_seconds",
        "First failed sample of the open outage.",
        labels=["service"],
    )
    upcoming = GaugeMetricFamily(
        "service_maintenance_next_start_timestamp_seconds",
        "Start of the next approved maintenance window, at most 31 days ahead.",
        labels=["service"],
    )
    cost = GaugeMetricFamily(
        "service_downtime_cost_per_hour",
        "What an hour of downtime costs, in the catalogue's currency.",
        labels=["service", "currency"],
    )
    for level in levels:
        maintenance.add_metric([level.service], level.maintenance_active)
        if level.objective is not None:
            objective.add_metric([level.service], level.objective)
        if level.open_since is not None:
            since.add_metric([level.service], level.open_since / 1000)
        if level.next_maintenance is not None:
            upcoming.add_metric([level.service], level.next_maintenance / 1000)
        if level.cost_per_hour is not None:
            cost.add_metric([level.service, level.currency], level.cost_per_hour)
    yield from (objective, maintenance, since, upcoming, cost)


def _of_agreements(levels: Iterable[ServiceLevel]) -> Iterator[GaugeMetricFamily]:
    """Yield what the alert rules join to know the catalogue."""
    window = GaugeMetricFamily(
        "service_slo_window_info",
        "Constant 1; the label tells over which window the objective is owed.",
        labels=["service", "window"],
    )
    dependency = GaugeMetricFamily(
        "service_dependency_info",
        "Constant 1; the service depends on the other.",
        labels=["service", "dependency"],
    )
    quorum = GaugeMetricFamily(
        "service_location_quorum",
        "Where it is no majority: how many locations must be up (need=count), else 1.",
        labels=["service", "need"],
    )
    for level in levels:
        if level.objective is not None:
            window.add_metric([level.service, level.window], 1)
        for other in level.depends_on:
            dependency.add_metric([level.service, other], 1)
        if isinstance(level.locations, int):
            quorum.add_metric([level.service, "count"], level.locations)
        elif level.locations != "majority":
            quorum.add_metric([level.service, level.locations], 1)
    yield from (window, dependency, quorum)


# Name, help, and how to read the value from figures: None exports no sample.
_RATIOS: Final = (
    ("sla_availability_ratio", "Good part of the agreed service time.", "availability"),
    ("sla_error_budget_remaining_ratio", "Error budget left, of 1.", "budget_remaining"),
    ("sla_coverage_ratio", "Known part of the agreed service time.", "coverage"),
)
_SECONDS: Final = (
    ("sla_agreed_seconds", "Agreed service time so far.", "agreed"),
    ("sla_unknown_seconds", "Agreed service time without data.", "unknown"),
    ("sla_mttr_seconds", "Mean time to restore service.", "mtrs"),
    ("sla_mtbf_seconds", "Mean time between failures.", "mtbf"),
)


def _of_windows(levels: Sequence[ServiceLevel]) -> Iterator[GaugeMetricFamily]:
    rows = [(lvl.service, name, fig) for lvl in levels for name, fig in lvl.windows.items()]
    for scale, group in ((1, _RATIOS), (1000, _SECONDS)):
        for name, text, attribute in group:
            family = GaugeMetricFamily(name, text, labels=["service", "window"])
            for service, window, figures in rows:
                value = getattr(figures, attribute)
                if value is not None:
                    family.add_metric([service, window], value / scale)
            yield family
    labels = ["service", "window", "kind"]
    downtime = GaugeMetricFamily("sla_downtime_seconds", "Known downtime.", labels=labels)
    count = GaugeMetricFamily("sla_outages", "Outages; an overrun is of both kinds.", labels=labels)
    for service, window, figures in rows:
        for kind in _KINDS:
            downtime.add_metric([service, window, kind], getattr(figures, kind) / 1000)
            of_kind = sum(1 for share in figures.shares if getattr(share, kind))
            count.add_metric([service, window, kind], of_kind)
    yield from (downtime, count)
