"""Server health and capacity for a report, asked of Prometheus at the end of its period."""

from collections.abc import Mapping
from dataclasses import replace

from sla_engine.domain.report import Capacity, Certificate, Host, PeriodReport
from sla_engine.prometheus import Client, PrometheusError, health

_HORIZON = 90 * 86_400

Values = dict[str, float]


def with_health(report: PeriodReport, client: Client, now: int) -> PeriodReport:
    """Return a report with server health and latencies.

    Where Prometheus does not answer it says so, and every other figure stands.
    """
    at = min(report.period.end, now)
    length = max(60, (at - report.period.start) // 1000)
    try:
        capacity = Capacity(_hosts(client, at, length), _certificates(client, at))
        latencies = _by(client, health.latency(length), at, "service")
    except PrometheusError as error:
        return replace(report, capacity=Capacity(problem=f"Server health is missing: {error}"))
    if not (capacity.hosts or capacity.certificates):
        capacity = Capacity(problem="Server health is missing: no host publishes any.")
    services = tuple(replace(s, latency_p95=latencies.get(s.id)) for s in report.services)
    return replace(report, services=services, capacity=capacity)


def _hosts(client: Client, at: int, length: int) -> tuple[Host, ...]:
    busy = _by(client, health.busy(length), at, "instance")
    memory = _by(client, health.memory(length), at, "instance")
    updates = _by(client, health.updates(), at, "instance")
    reboots = _by(client, health.reboots(), at, "instance")
    disks, full = _fullest(client, at), _soonest(client, at)
    return tuple(
        Host(
            name,
            cpu_p95=busy.get(name),
            memory_p95=memory.get(name),
            mount=disks[name][0] if name in disks else None,
            used=disks[name][1] if name in disks else None,
            full_in=full.get(name),
            updates=_whole(updates.get(name)),
            reboot=None if name not in reboots else reboots[name] > 0,
        )
        for name in sorted({*busy, *memory, *disks})
    )


def _fullest(client: Client, at: int) -> Mapping[str, tuple[str, float]]:
    """Return each host's fullest filesystem and how full it is."""
    found: dict[str, tuple[str, float]] = {}
    for series in client.instant(health.disk_used(), at).series:
        host, mount = series.labels.get("instance", ""), series.labels.get("mountpoint", "")
        used = float(series.values[-1])
        if host not in found or used > found[host][1]:
            found[host] = mount, used
    return found


def _soonest(client: Client, at: int) -> Values:
    """Return in how many days the first of each host's filesystems is full."""
    found: Values = {}
    for series in client.instant(health.disk_full_in(), at).series:
        host, days = series.labels.get("instance", ""), float(series.values[-1])
        found[host] = min(days, found.get(host, days))
    return found


def _certificates(client: Client, at: int) -> tuple[Certificate, ...]:
    found = [
        Certificate(
            f"{series.labels.get('service', '')} ({series.labels.get('target', '')})",
            round(float(series.values[-1]) * 1000),
        )
        for series in client.instant(health.expiries(_HORIZON), at).series
    ]
    return tuple(sorted(found, key=lambda one: one.expires))


def _by(client: Client, query: str, at: int, label: str) -> Values:
    """Return the values of a query by a label; what is no number is left out."""
    pairs = (
        (series.labels.get(label, ""), float(series.values[-1]))
        for series in client.instant(query, at).series
    )
    return {name: value for name, value in pairs if value == value}  # noqa: PLR0124 - NaN is not


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)
