from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sla_engine.accounting.host_health import with_health
from sla_engine.accounting.latencies import Target
from sla_engine.domain.interval import Interval
from sla_engine.domain.report import Certificate, Host, Latency
from sla_engine.prometheus import Client
from tests.catalogues import catalogue
from tests.programs.ports import free_port
from tests.programs.prometheus import running_prometheus
from tests.reports.sample import REPORT

START = 1_790_812_800  # 2026-10-01T00:00:00Z
HOUR, DAY = 3_600, 86_400
GIB = 2**30


def _past() -> Iterator[str]:
    """Yield a day: a CPU that is 25 % busy, memory 60 % used, a disk that loses 1 GiB a day."""
    times = range(START, START + DAY + 1, 60)

    def family(name: str, labels: str, value: object) -> Iterator[str]:
        yield f"# TYPE {name.removesuffix('_total')} unknown"
        for time in times:
            yield f'{name}{{instance="db-1"{labels}}} {value(time - START)} {time}'  # type: ignore[operator]

    yield from family("node_cpu_seconds_total", ',mode="idle",cpu="0"', lambda t: 0.75 * t)
    yield from family("node_memory_MemAvailable_bytes", "", lambda _: 0.4 * GIB)
    yield from family("node_memory_MemTotal_bytes", "", lambda _: GIB)
    disk = ',mountpoint="/var",fstype="ext4",device="sda"'
    yield from family("node_filesystem_avail_bytes", disk, lambda t: 11 * GIB - t / DAY * GIB)
    yield from family("node_filesystem_size_bytes", disk, lambda _: 100 * GIB)
    yield from family("node_updates_pending", "", lambda _: 14)
    yield from family("node_reboot_required", "", lambda _: 1)
    latency = ',service="web-shop",phase="total",target="t",probe="p"'
    yield from family("service_probe_duration_seconds", latency, lambda _: 0.25)
    expiry = ',service="web-shop",target="shop:443"'
    name = "service_tls_certificate_expiry_timestamp_seconds"
    yield from family(name, expiry, lambda _: START + 20 * DAY)
    yield from family("node_updates_security_pending", "", lambda _: 3)
    yield from family("node_kernel_outdated", "", lambda _: 1)
    yield from family("node_updates_lists_timestamp_seconds", "", lambda _: START - 2 * DAY)
    yield from family("node_os_support_end_timestamp_seconds", "", lambda _: START + 40 * DAY)
    yield from family("node_os_info", ',pretty_name="Debian 12"', lambda _: 1)
    # The clock is corrected by a second at noon; a boot at 18:00, two installations at 6:00, 20:00.
    yield from family("node_boot_time_seconds", "", _booted)
    kinds = ',kind="upgraded"'
    yield from family("node_packages_changed_timestamp_seconds", kinds, _upgraded)
    for edge, part in (("0.1", 0.6), ("0.5", 0.95), ("2.0", 1.0), ("+Inf", 1.0)):
        labels = f',job="b",le="{edge}"'
        yield from family("api_seconds_bucket", labels, lambda t, part=part: part * t)
    yield "# EOF\n"


def _booted(since: int) -> int:
    return START + 18 * HOUR if since > 18 * HOUR else START - DAY + (since > 12 * HOUR)


def _upgraded(since: int) -> int:
    last = [hour for hour in (6, 20) if since > hour * HOUR]
    return START + last[-1] * HOUR if last else START - 5 * DAY


@pytest.mark.integration
def test_server_health_is_what_prometheus_knows_at_the_end_of_the_period(tmp_path: Path) -> None:
    end = (START + DAY) * 1000
    day = replace(REPORT, period=Interval(START * 1000, end))
    morning = replace(REPORT, period=Interval(START * 1000, end - DAY * 500))
    with running_prometheus(tmp_path, openmetrics="\n".join(_past())) as prometheus:
        book = catalogue("x", url=prometheus.url)
        with Client(book.prometheus) as client:
            targets = {
                "web-shop": Target(0.3, 0.99),
                "payments": Target(0.2, 0.5),
                "billing": Target(0.5, 0.9, 'api_seconds_bucket{job="b",}'),
                "torn": Target(0.5, 0.9, "api_seconds_bucket{job}"),
                "edge": Target(0.4, 0.9, "api_seconds_bucket"),
                "late": Target(0.5, 0.99, 'api_seconds_bucket{job="b",}', 99.0),
            }
            names = [one.id for one in day.services]
            more = [
                replace(day.services[0], id=name) for name in ("billing", "torn", "edge", "late")
            ]
            day = replace(day, services=(*day.services, *more))
            found = with_health(day, client, end + DAY, targets)
            young = with_health(morning, client, end + DAY)
    assert found.capacity is not None
    [host] = found.capacity.hosts
    exact = replace(host, cpu_p95=None, memory_p95=None, used=None, full_in=None)
    assert exact == Host(
        "db-1",
        mount="/var",
        updates=14,
        reboot=True,
        filling="/var",
        security=3,
        listed=(START - 2 * DAY) * 1000,
        outdated=True,
        system="Debian 12",
        support_end=(START + 40 * DAY) * 1000,
    )
    assert host.cpu_p95 == pytest.approx(0.25)
    assert host.memory_p95 == pytest.approx(0.6)
    assert host.used == pytest.approx(0.9)
    assert host.full_in == pytest.approx(10)
    [certificate] = found.capacity.certificates
    assert certificate == Certificate("web-shop (shop:443)", (START + 20 * DAY) * 1000)
    assert found.services[0].latency_p95 == pytest.approx(0.25)
    assert [(one.host, one.kind, one.time) for one in found.capacity.events] == [
        ("db-1", "upgraded", (START + 6 * HOUR) * 1000),
        ("db-1", "reboot", (START + 18 * HOUR) * 1000),
        ("db-1", "upgraded", (START + 20 * HOUR) * 1000),
    ]
    shop, payments = (one.latency for one in found.services[:2])
    assert shop is not None
    assert (shop.value, shop.before, shop.below, shop.kept) == (0.25, None, 0.3, 1.0)
    assert len(shop.days) == 24
    assert set(shop.days) == {0.25}
    assert payments == Latency(below=0.2, share=0.5)
    billing, torn, edge, late = (one.latency for one in found.services[len(names) :])
    assert billing is not None
    assert billing.kept == pytest.approx(0.95)
    assert billing.met is True
    assert billing.value == pytest.approx(0.5)
    assert len(billing.days) == 24
    assert torn == Latency(below=0.5, share=0.9, of_requests=True)  # that one cannot be asked
    assert edge is not None
    assert (edge.kept, edge.met) == (None, None)
    assert edge.value == pytest.approx(0.5)
    assert late is not None
    assert late.value is not None
    assert late.value > 0.5  # of its requests 5 % took longer
    assert (late.p95, late.percentile, late.met) == (None, 99.0, False)
    assert young.capacity is not None
    assert [h.full_in for h in young.capacity.hosts] == [None]  # half a day shows no pace


def test_a_prometheus_that_is_away_leaves_every_other_figure() -> None:
    book = catalogue("x", url=f"http://127.0.0.1:{free_port()}")
    with Client(book.prometheus) as client:
        found = with_health(REPORT, client, REPORT.generated_at)
    assert found.capacity is not None
    assert (found.capacity.problem or "").startswith("Server health is missing: http://127.0.0.1")
    assert found.services == REPORT.services
