"""Who watches the watcher: the engine, the exporters and how they are scraped."""

from typing import Any

from grafana_foundation_sdk.builders import stat, timeseries
from grafana_foundation_sdk.builders.table import Panel as Table

from grafana_dashboards.since import data_since
from grafana_dashboards.style import link, looks, variable
from grafana_dashboards.style.annotation import of_starts
from grafana_dashboards.style.grid import Column, grid
from grafana_dashboards.style.looks import (
    BYTES,
    COUNT,
    DURATION,
    LEVEL_DIGITS,
    RATIO,
    SECONDS,
    SHARE_DIGITS,
)
from grafana_dashboards.style.page import line, page, section
from grafana_dashboards.style.panel import chart, number
from grafana_dashboards.style.query import now, over_time

OURS = 'job=~"$job", instance=~"$instance"'
BUILD = '{__name__=~"sla_(engine|exporter)_build_info"}'
COLLECTED = f"node_scrape_collector_success{{{OURS}}}"
WAITING = f"sla_engine_outbox_oldest_timestamp_seconds{{{OURS}}}"

_SEEN = f"{BUILD[:-1]}, {OURS}}}"


def gauge(metric: str, how: str = "max") -> str:
    """Return a gauge of each of our processes."""
    return f"{how} by (instance) ({metric}{{{OURS}}})"


def rate(metric: str, *by: str) -> str:
    """Return a counter of each of our processes, per second."""
    labels = ", ".join(("instance", *by))
    return f"sum by ({labels}) (rate({metric}{{{OURS}}}[$__rate_interval]))"


def quantile(q: float, histogram: str) -> str:
    """Return a quantile of a histogram over the rate interval."""
    return f"histogram_quantile({q}, {rate(f'{histogram}_bucket', 'le')})"


def itself() -> dict[str, Any]:
    """Return the dashboard."""
    return page(
        link.ITSELF,
        "Uptime Ledger itself",
        "Can the figures be trusted? How far the ledger is behind, what it does not know, notices "
        "that wait, feeds that fail, probes that start late, and what our processes cost.",
        section(
            "Now",
            line(4, _lag(), _last_tick(), _pending(), _late(), _reload(), data_since(_SEEN)),
        ),
        section("What is not known", line(7, _failing(), _coverage(), _feeds())),
        section("Engine", line(8, _lags(), _ticks(), _tick_cost())),
        section("Notices", line(9, _outbox(), _notices(), _errors())),
        section("Exporter", line(9, _lateness(), _load(), _collectors())),
        section(
            "Processes and scrapes",
            line(7, _processes()),
            line(8, _cpu(), _memory(), _descriptors()),
            line(8, _scrapes(), _scrape_time()),
        ),
        variables=[
            variable.datasource(),
            variable.choice("job", "Job", BUILD),
            variable.choice("instance", "Instance", f'{BUILD[:-1]}, job=~"$job"}}'),
        ],
        notes=of_starts("Starts", "process_start_time_seconds", OURS, "{{instance}} started"),
        time="now-6h",
    )


def _lag() -> stat.Panel:
    return number(
        "Ledger behind",
        "How far the ledger is behind now: what happened since is not in the figures yet.",
        now(f"max({gauge('sla_engine_lag_seconds')})", "lag"),
        unit=DURATION,
        steps=looks.rising(120, 600),
    )


def _last_tick() -> stat.Panel:
    return number(
        "Last good tick",
        "Time since a tick of the engine succeeded. It grows while Prometheus or the database "
        "cannot be reached.",
        now(f"time() - max({gauge('sla_engine_last_tick_timestamp_seconds')})", "tick"),
        unit=DURATION,
        steps=looks.rising(120, 600),
    )


def _pending() -> stat.Panel:
    return number(
        "Oldest notice",
        "Age of the oldest notice that Slack has not taken yet; zero when none waits.",
        now(f"max((time() - {WAITING}) * ({WAITING} > bool 0))", "oldest"),
        unit=DURATION,
        steps=looks.rising(60, 600),
    )


def _late() -> stat.Panel:
    return number(
        "Probes late",
        "The lateness that 99 % of the probes do not exceed. Late probes measure late outages.",
        now(f"max({quantile(0.99, 'sla_exporter_probe_lateness_seconds')})", "p99"),
        unit=SECONDS,
        steps=looks.rising(0.25, 1),
    )


def _reload() -> stat.Panel:
    exporters, engines = (
        gauge(f"sla_{program}_config_last_reload_successful", "min")
        for program in ("exporter", "engine")
    )
    return number(
        "Catalogue loaded",
        "Whether every exporter and engine took the last version of the catalogue; else it runs on "
        "the one before.",
        now(f"min({exporters} or {engines})", "loaded"),
        mappings=looks.YES_NO_BAD,
    )


def _failing() -> Table:
    return grid(
        "Services that the engine cannot judge",
        "Services of which the engine got no answer, or one that it cannot use: their figures "
        "stand still. Its log says why, and `sla-engine check` where the catalogue is the cause.",
        Column(
            "Failing",
            f"max by (service) (sla_engine_service_failing{{{OURS}}}) > 0",
            mappings=looks.NO_YES_BAD,
        ),
        keys={"service": "Service"},
        sort="Service",
        empty="none",
        links={"Service": link.to(link.SERVICE, "one")},
    )


def _coverage() -> Table:
    covered = f'min by (service) (sla_coverage_ratio{{{OURS}, window="1d"}})'
    return grid(
        "Least known in a day",
        "The ten services of whose last 24 hours least is known: what is not known is neither up "
        "nor down.",
        Column(
            "Known",
            f"bottomk(10, {covered})",
            RATIO,
            looks.falling(0.95, 0.99),
            decimals=LEVEL_DIGITS,
        ),
        keys={"service": "Service"},
        sort="Known",
        links={"Service": link.to(link.SERVICE, "one")},
    )


def _feeds() -> Table:
    by = "max by (feed)"
    last = f"{by} (sla_engine_feed_last_success_timestamp_seconds{{{OURS}}})"
    return grid(
        "Feeds of maintenance",
        "Calendars that planned work is read from: how old each is, and events in it that the "
        "engine could not use.",
        Column("Age", f"time() - {last}", DURATION, looks.rising(7200, 86_400)),
        Column(
            "Skipped",
            f"{by} (sla_engine_feed_events_skipped{{{OURS}}})",
            steps=looks.ABOVE_ZERO_IS_BAD,
            decimals=0,
        ),
        keys={"feed": "Feed"},
        narrow={"Feed": 120},
        sort="Age",
        descending=True,
        empty="none",
    )


def _lags() -> timeseries.Panel:
    return chart(
        "Lag of the ledger",
        "How far each engine's ledger is behind now.",
        over_time(gauge("sla_engine_lag_seconds"), "{{instance}}"),
        unit=DURATION,
    )


def _ticks() -> timeseries.Panel:
    return chart(
        "Ticks by result",
        "Ticks per minute; a failed tick is made good by the next one, which derives the same "
        "range again.",
        over_time("60 * " + rate("sla_engine_ticks_total", "result"), "{{instance}} {{result}}"),
    )


def _tick_cost() -> timeseries.Panel:
    return chart(
        "Cost of a tick",
        "Wall time of a tick: the median, and what 99 % of the ticks do not exceed.",
        over_time(quantile(0.5, "sla_engine_tick_duration_seconds"), "{{instance}} p50"),
        over_time(quantile(0.99, "sla_engine_tick_duration_seconds"), "{{instance}} p99"),
        unit=SECONDS,
    )


def _outbox() -> timeseries.Panel:
    return chart(
        "Notices waiting",
        "Notices that are written and not delivered yet: they outlive a restart.",
        over_time(gauge("sla_engine_outbox_pending"), "{{instance}}"),
        unit=COUNT,
        decimals=0,
    )


def _notices() -> timeseries.Panel:
    return chart(
        "Notices sent and refused",
        "Notices delivered, and attempts that failed by reason, per minute.",
        over_time("60 * " + rate("sla_engine_notices_sent_total"), "{{instance}} sent"),
        over_time(
            "60 * " + rate("sla_engine_notice_failures_total", "reason"), "{{instance}} {{reason}}"
        ),
    )


def _errors() -> timeseries.Panel:
    return chart(
        "Queries and transactions failed",
        "Queries that Prometheus did not answer, ledger transactions that failed, and times that "
        "annotations could not be brought up to date in Grafana, per minute.",
        over_time("60 * " + rate("sla_engine_prometheus_errors_total"), "{{instance}} Prometheus"),
        over_time("60 * " + rate("sla_engine_ledger_errors_total"), "{{instance}} ledger"),
        over_time("60 * " + rate("sla_engine_grafana_errors_total"), "{{instance}} Grafana"),
    )


def _lateness() -> timeseries.Panel:
    return chart(
        "Probe lateness",
        "How long after their turn probes start: the median, and what 99 % do not exceed.",
        over_time(quantile(0.5, "sla_exporter_probe_lateness_seconds"), "{{instance}} p50"),
        over_time(quantile(0.99, "sla_exporter_probe_lateness_seconds"), "{{instance}} p99"),
        unit=SECONDS,
    )


def _load() -> timeseries.Panel:
    return chart(
        "Probes: all, running, skipped",
        "Probes of the catalogue, runs under way, and turns per second skipped because the run "
        "before had not ended.",
        over_time(gauge("sla_exporter_targets"), "{{instance}} all"),
        over_time(gauge("sla_exporter_probes_running"), "{{instance}} running"),
        over_time(rate("sla_exporter_probes_skipped_total"), "{{instance}} skipped per second"),
        unit=COUNT,
    )


def _collectors() -> timeseries.Panel:
    slowest = f"max by (collector) (node_scrape_collector_duration_seconds{{{OURS}}})"
    return chart(
        "Slowest host collectors",
        "Time that the ten slowest collectors took in a scrape, over the chosen instances.",
        over_time(f"topk(10, {slowest})", "{{collector}}"),
        unit=SECONDS,
    )


def _processes() -> Table:
    return grid(
        "Processes",
        "Each of our processes: whether Prometheus reaches it, whether it leads (of two engines "
        "one writes), its CPU and memory, and host collectors that fail and did not a "
        "day ago: those for hardware that is not there always do.",
        Column("Reached", gauge("up"), mappings=looks.YES_NO_BAD),
        Column("Leads", gauge("sla_engine_leader"), mappings=looks.YES_NO, empty="no engine"),
        Column(
            "CPU", rate("process_cpu_seconds_total"), RATIO, decimals=SHARE_DIGITS, empty="not told"
        ),
        Column("Memory", gauge("process_resident_memory_bytes"), BYTES, empty="not told"),
        Column(
            "Collectors failing",
            f"count by (instance) ({COLLECTED} == 0 and max_over_time({COLLECTED}[1d]) == 1)"
            f" or 0 * count by (instance) ({COLLECTED})",
            steps=looks.ABOVE_ZERO_IS_BAD,
            empty="no collector",
        ),
        keys={"instance": "Instance"},
        sort="Instance",
    )


def _cpu() -> timeseries.Panel:
    return chart(
        "CPU of our processes",
        "Cores that each process uses: 100 % is one core.",
        over_time(rate("process_cpu_seconds_total"), "{{instance}}"),
        unit=RATIO,
    )


def _memory() -> timeseries.Panel:
    return chart(
        "Memory of our processes",
        "Memory that each process holds.",
        over_time(gauge("process_resident_memory_bytes"), "{{instance}}"),
        unit=BYTES,
    )


def _descriptors() -> timeseries.Panel:
    return chart(
        "File descriptors of our processes",
        "Files and connections that each process has open, as a share of what it may.",
        over_time(
            f"{gauge('process_open_fds')} / {gauge('process_max_fds')}",
            "{{instance}}",
        ),
        unit=RATIO,
        steps=looks.rising(0.7, 0.9),
    )


def _scrapes() -> timeseries.Panel:
    return chart(
        "Scrape size",
        "Samples that each scrape brings: it grows with services, probes and host collectors.",
        over_time(gauge("scrape_samples_scraped"), "{{instance}}"),
        unit=COUNT,
        decimals=0,
    )


def _scrape_time() -> timeseries.Panel:
    return chart(
        "Scrape time",
        "How long Prometheus waits for the metrics.",
        over_time(gauge("scrape_duration_seconds"), "{{instance}}"),
        unit=SECONDS,
    )
