"""The part of the month that alert rules read beside what pages do."""

from collections.abc import Callable, Iterator, Sequence

Value = Callable[[float], float | None]
Series = Iterator[tuple[str, dict[str, str], Value]]
LEVELS = {"1h": "fast", "6h": "sustained", "1d": "slow", "3d": "creeping", "30d": "all"}


def flat(value: float) -> Value:
    """The same value at all times."""
    return lambda _t: value


def counter(t: float) -> float:
    """One a minute."""
    return t / 60


def of_rules(services: Sequence[str], hosts: Sequence[str], now: float) -> Series:
    """Yield what the rules look at, all quiet."""
    yield from _of_services(services)
    yield from _of_hosts(hosts)
    yield from _of_engine(services, now)
    yield from _of_prometheus()


def _of_services(services: Sequence[str]) -> Series:
    for service in services:
        one = {"service": service}
        for window in LEVELS:
            yield f"service:sli_coverage:ratio{window}", one, flat(1)
        yield "service:sli_errors:ratio_rate30d", one, flat(0)
        yield "service:sli_errors:now1h", one, flat(0)
        yield "service:sli_errors:sum1h", one, flat(0)
        yield "service:sli_total:whole1h", one, flat(120)
        yield "service:slo_burn_steady:ratio", one, flat(0.01)
        yield "service:down_changes:count1h", one, flat(0)
        yield "service:sla_coverage:min1d", one, flat(0.999)
        yield "service:sla_error_budget_remaining:min", one, flat(0.5)


def _of_hosts(hosts: Sequence[str]) -> Series:
    ratios = {"node_cpu_busy:ratio_rate5m": 0.3, "node_load15_per_cpu:ratio": 0.4}
    ratios |= {"node_memory_available:ratio": 0.6, "node_nf_conntrack_used:ratio": 0.1}
    ratios |= {"node_filefd_used:ratio": 0.01}
    disks = {"node_filesystem_avail:ratio": 0.3, "node_filesystem_files_free:ratio": 0.8}
    for host in hosts:
        one = {"job": "node", "instance": host}
        for name, value in ratios.items():
            yield f"instance:{name}", one, flat(value)
        for name, value in disks.items():
            yield f"instance:{name}", {**one, "mountpoint": "/"}, flat(value)


def _of_engine(services: Sequence[str], now: float) -> Series:
    job = {"job": "sla-engine", "instance": "127.0.0.1:9711"}
    for name, value in (("clock_skew", 0.01), ("ledger_ahead", 0), ("feed_refresh", 300)):
        one = {**job, "feed": "holidays"} if name == "feed_refresh" else job
        yield f"sla_engine_{name}_seconds", one, flat(value)
    for name, value in (("slack_connected", 1), ("maintenance_windows_failing", 0)):
        yield f"sla_engine_{name}", job, flat(value)
    feed = {**job, "feed": "holidays"}
    yield "sla_engine_feed_last_success_timestamp_seconds", feed, flat(now - 60)
    yield "sla_engine_feed_events_skipped", feed, flat(0)
    yield "sla_engine_grafana_errors_total", job, counter
    for service in services:
        one = {**job, "service": service}
        yield "sla_engine_service_failing", one, flat(float(service == "wiki"))
        yield "sla_figures_until_timestamp_seconds", one, flat(now - 60)
    exporter = {"job": "sla-exporter", "instance": "web-1:9710"}
    yield "sla_exporter_probes_hindered_total", exporter, counter


def _of_prometheus() -> Series:
    prometheus = {"job": "prometheus", "instance": "127.0.0.1:9090"}
    group = {**prometheus, "rule_group": "slo"}
    yield "prometheus_rule_evaluation_failures_total", group, counter
    yield "prometheus_rule_group_iterations_missed_total", group, counter
    yield "prometheus_config_last_reload_successful", prometheus, flat(1)
    yield "prometheus_notifications_alertmanagers_discovered", prometheus, flat(1)
    yield "prometheus_remote_storage_samples_failed_total", prometheus, counter
    for name in ("errors", "sent"):
        yield f"prometheus_notifications_{name}_total", prometheus, counter
    alertmanager = {"job": "alertmanager", "instance": "127.0.0.1:9093", "integration": "slack"}
    for name in ("notifications_failed", "notifications"):
        yield f"alertmanager_{name}_total", alertmanager, counter
    yield "alertmanager_config_last_reload_successful", alertmanager, flat(1)
