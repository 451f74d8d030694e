"""A month of an organisation's metrics, with everything in it that a dashboard can show.

Three services, two locations, two hosts and a third that went silent; one outage is open at the
end. Samples every hour, and every minute in the last three hours.
"""

from collections.abc import Callable, Iterator

from tests.grafana_dashboards.month_contracts import contracts
from tests.grafana_dashboards.month_hosts import host
from tests.grafana_dashboards.month_rules import of_rules

NOW = 1_793_455_200  # 2026-10-31T14:00:00Z
DAY, HOUR, MINUTE = 86_400, 3_600, 60
TIMES = (
    *range(NOW - 30 * DAY, NOW - 3 * HOUR, HOUR),
    *range(NOW - 3 * HOUR, NOW + MINUTE, MINUTE),
)
SERVICES = {"shop": ("sales", "gold"), "mail": ("office", "silver"), "wiki": ("office", "bronze")}
LOCATIONS = ("ber", "par")
HOSTS: tuple[str, ...] = ("web-1:9710", "db-1:9100")
SILENT = "old-1:9100"
OPEN_SINCE = NOW - 25 * MINUTE
COMPLETE_SINCE = NOW - 30 * DAY
BLIP, BLIP_SPAN = "O-WIKIBLIPPED", (NOW - 57_062, NOW - 56_867)  # 22:08:58 to 22:12:13
EARLIER = (NOW - 100 * MINUTE, NOW - 97 * MINUTE)
WINDOW_SPAN = (NOW - 150 * MINUTE, NOW - 90 * MINUTE)
MONTH = (NOW - 30.5 * DAY, NOW + 0.5 * DAY)
WINDOWS = ("1d", "month", "previous_month")

Value = Callable[[float], float | None]
Series = Iterator[tuple[str, dict[str, str], Value]]


def month() -> str:
    """Return the OpenMetrics text."""
    return "".join(lines())


def lines() -> Iterator[str]:
    """Yield the lines of the text."""
    yield from (
        f"{name}{_written(labels)} {value(t)} {t}\n"
        for name, labels, value in (
            *_services(),
            *_alerts(),
            *_engine(),
            *_exporters(),
            *_hosts(),
            *_probes(),
        )
        for t in TIMES
        if value(t) is not None
    )
    yield "# EOF\n"


def _written(labels: dict[str, str]) -> str:
    return "{" + ",".join(f'{name}="{value}"' for name, value in labels.items()) + "}"


def flat(value: float) -> Value:
    """The same value at all times."""
    return lambda _t: value


def counter(per_second: float) -> Value:
    """A counter that began with the month."""
    return lambda t: (t - TIMES[0]) * per_second


def _up(service: str) -> Value:
    begin, end = EARLIER
    return lambda t: float(not (service == "mail" and (t >= OPEN_SINCE or begin <= t < end)))


def _maintenance(service: str) -> Value:
    return lambda t: float(service == "wiki" and abs(t - NOW + 2 * HOUR) < 30 * MINUTE)


def _services() -> Series:
    for service, (owner, tier) in SERVICES.items():
        one = {"service": service}
        errors = 0.02 if service == "mail" else 0.0
        yield "service:info", {**one, "owner": owner, "tier": tier}, flat(1)
        yield "service:up:quorum", one, _up(service)
        yield "service:maintenance_active:max", one, _maintenance(service)
        yield "service:slo_error_budget:ratio", one, flat(0.001)
        for name, rate in (("fast", 14.4), ("sustained", 6), ("slow", 3)):
            yield f"service:slo_burn_{name}:ratio", one, flat(rate / 1000)
        for name in ("avg", "avg5m"):
            yield f"service:probe_duration_seconds:{name}", one, flat(0.09)
        if service != "wiki":  # of the wiki nothing is known
            yield "service:sli_total:observed", one, flat(1)
        for window in ("1h", "6h", "1d", "3d"):
            yield f"service:sli_errors:ratio_rate{window}", one, flat(errors)


def _alerts() -> Series:
    alert = {"alertname": "ServiceDown", "severity": "page", "service": "mail"}
    yield "ALERTS", {**alert, "alertstate": "firing"}, _since(1)
    yield "ALERTS_FOR_STATE", alert, _since(OPEN_SINCE)
    full = {"alertname": "HostFilesystemFillsUp", "severity": "ticket", "instance": HOSTS[1]}
    yield "ALERTS", {**full, "alertstate": "pending"}, _since(1)
    yield "ALERTS_FOR_STATE", full, _since(OPEN_SINCE)
    always = {"alertname": "DeadMansSwitch", "severity": "none", "alertstate": "firing"}
    yield "ALERTS", always, flat(1)
    yield from of_rules([*SERVICES], HOSTS, NOW)
    for location, state in (("ber", "firing"), ("par", "pending")):
        slow = {"alertname": "ServiceSlow", "severity": "ticket", "service": "mail"}
        yield "ALERTS", {**slow, "location": location, "alertstate": state}, _since(1)
        yield "ALERTS_FOR_STATE", {**slow, "location": location}, _since(OPEN_SINCE)
    silent = {"alertname": "ServiceDependencyDown", "severity": "none", "service": "mail"}
    yield "ALERTS", {**silent, "alertstate": "firing"}, _since(1)


def _since(value: float) -> Value:
    """Return that value while the outage is open."""
    return lambda t: value if t >= OPEN_SINCE else None


def _engine() -> Series:
    job = {"job": "sla-engine", "instance": "127.0.0.1:9711"}
    for service in SERVICES:
        one = {**job, "service": service}
        yield "service_slo_objective_ratio", one, flat(0.999)
        yield "service_maintenance_active", one, _maintenance(service)
        yield "service_downtime_cost_per_hour", {**one, "currency": "EUR"}, flat(1200)
        for window in WINDOWS:
            yield from _figures({**one, "window": window}, service)
    mail, wiki = {**job, "service": "mail"}, {**job, "service": "wiki"}
    yield "sla_outage_open_since_timestamp_seconds", mail, _since(OPEN_SINCE)
    yield "service_maintenance_next_start_timestamp_seconds", wiki, flat(NOW + DAY)
    yield "service_hours_begin_timestamp_seconds", wiki, flat(NOW + HOUR)
    yield from contracts(job, SERVICES, _up, MONTH)
    yield from _listed(job)
    yield from _health(job)


def _listed(job: dict[str, str]) -> Series:
    """The newest outages as the engine publishes them, from their begin and their end on."""
    yield "sla_outages_complete_since_timestamp_seconds", job, flat(COMPLETE_SINCE)
    for service, name, start, end, reason in (
        ("wiki", BLIP, *BLIP_SPAN, "disk full"),
        ("mail", "O-MAILEARLIER", *EARLIER, ""),
        ("mail", "O-MAILOPENNOW", OPEN_SINCE, None, "connection refused"),
    ):
        one = {**job, "service": service, "outage": name}
        began, over = _from(start, start), _from(end or NOW, end)
        yield "sla_outage_start_timestamp_seconds", one, began
        yield "sla_outage_end_timestamp_seconds", one, over
        yield "sla_outage_info", {**one, "class": "unplanned", "reason": reason}, _from(start, 1)
        down = _lasting(start, end)
        yield "sla_outage_downtime_seconds", {**one, "kind": "unplanned"}, down
        yield "sla_outage_downtime_seconds", {**one, "kind": "planned"}, _from(start, 0)
    window = {**job, "service": "wiki", "window": "w", "occurrence": "2026-10-31T09:30:00Z"}
    start, end = WINDOW_SPAN
    yield "sla_maintenance_start_timestamp_seconds", window, _from(start, start)
    yield "sla_maintenance_end_timestamp_seconds", window, _from(start, end)


def _from(moment: float, value: float | None) -> Value:
    return lambda t: value if t >= moment else None


def _lasting(start: float, end: float | None) -> Value:
    return lambda t: min(t, end or t) - start if t >= start else None


def _figures(one: dict[str, str], service: str) -> Series:
    bad = service == "mail"
    if service != "wiki":
        yield "sla_availability_ratio", one, flat(0.98 if bad else 1)
        yield "sla_error_budget_remaining_ratio", one, flat(-19 if bad else 1)
        yield "sla_mttr_seconds", one, flat(600)
        yield "sla_mtbf_seconds", one, flat(5 * DAY)
    yield "sla_coverage_ratio", one, flat(0 if service == "wiki" else 0.999)
    if service == "shop":
        yield "sla_lost_seconds", one, flat(90)
    for kind, seconds in (("planned", 1800), ("unplanned", 7200 if bad else 0)):
        yield "sla_downtime_seconds", {**one, "kind": kind}, flat(seconds)
        yield "sla_outages", {**one, "kind": kind}, flat(float(seconds > 0))


def _health(job: dict[str, str]) -> Series:
    gauges = {"lag_seconds": 20, "leader": 1, "outbox_pending": 2}
    for name, value in gauges.items():
        yield f"sla_engine_{name}", job, flat(value)
    yield "sla_engine_build_info", {**job, "version": "1"}, flat(1)
    yield "sla_engine_last_tick_timestamp_seconds", job, lambda t: t - 10
    yield "sla_engine_outbox_oldest_timestamp_seconds", job, lambda t: t - 90
    for result in ("ok", "failed"):
        yield "sla_engine_ticks_total", {**job, "result": result}, counter(0.03)
    for name in ("prometheus_errors", "ledger_errors", "notices_sent"):
        yield f"sla_engine_{name}_total", job, counter(0.01)
    yield "sla_engine_config_last_reload_successful", job, flat(1)
    yield "sla_engine_notice_failures_total", {**job, "reason": "429"}, counter(0.01)
    yield from _histogram("sla_engine_tick_duration_seconds", job)
    yield from _process(job)
    yield from _scraped(job)


def _process(job: dict[str, str]) -> Series:
    yield "process_cpu_seconds_total", job, counter(0.02)
    yield "process_resident_memory_bytes", job, flat(60e6)
    yield "process_open_fds", job, flat(40)
    yield "process_max_fds", job, flat(1024)
    yield "process_start_time_seconds", job, flat(NOW - 3 * HOUR)


def _histogram(name: str, job: dict[str, str]) -> Series:
    for le, share in (("0.1", 0.5), ("1.0", 0.9), ("+Inf", 1.0)):
        yield f"{name}_bucket", {**job, "le": le}, counter(share)


def _scraped(job: dict[str, str]) -> Series:
    yield "up", job, flat(1)
    yield "scrape_samples_scraped", job, flat(400)
    yield "scrape_duration_seconds", job, flat(0.02)


def _exporters() -> Series:
    job = {"job": "sla-exporter", "instance": HOSTS[0]}
    yield "sla_exporter_build_info", {**job, "version": "1"}, flat(1)
    yield "sla_exporter_config_last_reload_successful", job, flat(1)
    yield "sla_exporter_targets", job, flat(6)
    yield "sla_exporter_probes_running", job, flat(1)
    yield "sla_exporter_probes_skipped_total", job, counter(0)
    yield from _histogram("sla_exporter_probe_lateness_seconds", job)
    yield from _scraped(job)
    yield from _process(job)
    for collector, success in (("cpu", flat(1)), ("nvme", flat(0)), ("textfile", _broken)):
        one = {**job, "collector": collector}
        yield "node_scrape_collector_success", one, success
        yield "node_scrape_collector_duration_seconds", one, flat(0.001)


def _broken(t: float) -> float:
    """It worked until an hour ago."""
    return float(t < NOW - HOUR)


def _hosts() -> Series:
    for name in HOSTS:
        job = {"job": "sla-exporter" if name == HOSTS[0] else "node", "instance": name}
        yield from host(job, TIMES[0], NOW)
    gone = {"job": "node", "instance": SILENT}
    yield "up", gone, lambda t: float(t < NOW - 2 * HOUR)
    yield "node_uname_info", gone, lambda t: 1 if t < NOW - 2 * HOUR else None
    yield from (("up", {"job": "node", "instance": name}, flat(1)) for name in HOSTS[1:])


def _probes() -> Series:
    for service in SERVICES:
        for location in LOCATIONS:
            job = {"job": "sla-exporter", "instance": HOSTS[0], "service": service}
            yield "service_up", {**job, "location": location}, _up(service)
            one = {**job, "probe": "http", "target": f"https://{service}", "location": location}
            yield "service_probe_success", one, _up(service)
            yield "service_http_status_code", one, flat(200)
            yield "service_probe_last_run_timestamp_seconds", one, lambda t: t - 5
            expiry = "service_tls_certificate_expiry_timestamp_seconds"
            yield expiry, one, flat(NOW + 20 * DAY)
            yield "service_probe_failures_total", {**one, "reason": "timeout"}, counter(0.01)
            if service == "mail":
                why = {"phase": "connect", "reason": "refused", "detail": "ECONNREFUSED"}
                for number in (1, 2):  # replicas of an exporter at one location
                    replica = {**one, "instance": f"exporter-{number}"}
                    last = "service_probe_last_run_timestamp_seconds"
                    yield last, replica, lambda t: t - 5
                    yield "service_probe_failure_info", {**replica, **why}, _since(1)
            yield "service_probe_failures_total", {**one, "reason": "resolve"}, counter(0)
            for phase in ("resolve", "connect", "processing"):
                yield "service_probe_duration_seconds", {**one, "phase": phase}, flat(0.03)
    theirs = {"job": "blackbox", "instance": "https://partner.example.org"}
    for name, value in (("success", 1), ("duration_seconds", 0.2), ("http_status_code", 200)):
        yield f"probe_{name}", theirs, flat(value)
    yield "probe_http_duration_seconds", {**theirs, "phase": "connect"}, flat(0.1)
    yield "probe_ssl_earliest_cert_expiry", theirs, flat(NOW + 30 * DAY)
