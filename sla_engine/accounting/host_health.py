"""Server health and capacity for a report, asked of Prometheus at the end of its period."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from sla_engine.accounting.latencies import Target, latencies, values_by
from sla_engine.domain.report import (
    Capacity,
    Certificate,
    Host,
    HostEvent,
    HostEventKind,
    Latency,
    PeriodReport,
    ServiceReport,
)
from sla_engine.prometheus import Client, PrometheusError, health

_HORIZON = 90 * 86_400
_HOSTS = 200  # whose events are listed
_SAME = 120  # seconds between the boot times that a clock's corrections make of one


def with_health(
    report: PeriodReport,
    client: Client,
    now: int,
    targets: Mapping[str, Target] | None = None,
) -> PeriodReport:
    """Return a report with server health and latencies.

    ``targets`` are how fast services are meant to be, by id.
    Where Prometheus does not answer it says so, and every other figure stands.
    """
    at = min(report.period.end, now)
    length = max(60, (at - report.period.start) // 1000)
    targets = targets or {}
    try:
        capacity = Capacity(
            _hosts(client, at, length),
            _certificates(client, at),
            tuple(_events(client, report.period.start, at)),
        )
        found = latencies(client, report, at, targets)
    except PrometheusError as error:
        problem, said = f"Server health is missing: {error}", str(error)
        return replace(report, capacity=Capacity(problem=problem, unanswered=said))
    if not (capacity.hosts or capacity.certificates):
        capacity = Capacity(problem="Server health is missing: no host publishes any.")
    services = tuple(_with_latency(s, found.get(s.id)) for s in report.services)
    return replace(report, services=services, capacity=capacity)


def _with_latency(service: ServiceReport, found: Latency | None) -> ServiceReport:
    return service if found is None else replace(service, latency_p95=found.p95, latency=found)


_KINDS: tuple[HostEventKind, ...] = ("installed", "upgraded", "removed")


def _events(client: Client, start: int, at: int) -> Iterator[HostEvent]:
    """Yield what was done to servers between two moments (ms UTC), oldest first."""
    found = set()
    for times in (health.BOOTED, health.PACKAGES):
        length = max(60, (at - start) // 1000)
        hosts = sorted(values_by(client, health.changing(times, length), at, "instance"))
        if not hosts:
            continue
        step = health.event_step(length) * 1000
        answer = client.range(health.times_of(times, hosts[:_HOSTS]), start, at, step)
        for series in answer.series:
            kind = series.labels.get("kind", "")
            said: HostEventKind = next((one for one in _KINDS if one == kind), "reboot")
            for moment in _moments(series.values.tolist(), start, at):
                found.add(HostEvent(series.labels.get("instance", ""), said, moment))
    yield from sorted(found, key=lambda one: (one.time, one.host, one.kind))


def _moments(values: Sequence[float], start: int, at: int) -> Iterator[int]:
    """Yield the times (ms UTC) that were told, each once: a clock that is set moves some seconds.

    What was so when the period began is no event of it.
    """
    last: float | None = None
    for value in values:
        if last is None or abs(value - last) > _SAME:
            last = value
            if start <= (moment := round(value * 1000)) <= at:
                yield moment


def _hosts(client: Client, at: int, length: int) -> tuple[Host, ...]:
    busy = values_by(client, health.busy(length), at, "instance")
    memory = values_by(client, health.memory(length), at, "instance")
    updates = values_by(client, health.updates(), at, "instance")
    reboots = values_by(client, health.reboots(), at, "instance")
    security = values_by(client, health.security(), at, "instance")
    outdated = values_by(client, health.outdated(), at, "instance")
    moments = {
        name: values_by(client, query, at, "instance") for name, query in health.moments().items()
    }
    disks, full, systems = _fullest(client, at), _soonest(client, at), _systems(client, at)
    return tuple(
        Host(
            name,
            cpu_p95=busy.get(name),
            memory_p95=memory.get(name),
            mount=disks[name][0] if name in disks else None,
            used=disks[name][1] if name in disks else None,
            full_in=full[name][1] if name in full else None,
            updates=_whole(updates.get(name)),
            reboot=_yes(reboots.get(name)),
            filling=full[name][0] if name in full else None,
            security=_whole(security.get(name)),
            listed=_time(moments["listed"].get(name)),
            applied=_time(moments["applied"].get(name)),
            outdated=_yes(outdated.get(name)),
            system=systems.get(name),
            support_end=_time(moments["support_end"].get(name)),
        )
        for name in sorted({*busy, *memory, *disks})
    )


def _systems(client: Client, at: int) -> dict[str, str]:
    """Return the name of each host's distribution."""
    answer = client.instant(health.systems(), at).series
    return {one.labels.get("instance", ""): one.labels.get("pretty_name", "") for one in answer}


def _fullest(client: Client, at: int) -> Mapping[str, tuple[str, float]]:
    """Return each host's fullest filesystem and how full it is."""
    found: dict[str, tuple[str, float]] = {}
    for series in client.instant(health.disk_used(), at).series:
        host, mount = series.labels.get("instance", ""), series.labels.get("mountpoint", "")
        used = float(series.values[-1])
        if host not in found or used > found[host][1]:
            found[host] = mount, used
    return found


def _soonest(client: Client, at: int) -> Mapping[str, tuple[str, float]]:
    """Return the first of each host's filesystems to be full, and in how many days it is."""
    found: dict[str, tuple[str, float]] = {}
    for series in client.instant(health.disk_full_in(), at).series:
        host, mount = series.labels.get("instance", ""), series.labels.get("mountpoint", "")
        days = float(series.values[-1])
        if host not in found or days < found[host][1]:
            found[host] = mount, days
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


def _yes(value: float | None) -> bool | None:
    return None if value is None else value > 0


def _time(value: float | None) -> int | None:
    """Return a Unix time in ms; None of one that is not known, as 0 is where nobody set it."""
    return round(value * 1000) if value else None


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)
