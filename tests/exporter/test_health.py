"""What the exporter tells of itself, read back by the parsers that Prometheus users trust."""

import gc
import os
import resource
import sys
import time
from collections.abc import Iterator

import pytest

from exporter.health import Health
from tests.exporter.parsers import parsed
from uptime_common.exposition import Style


@pytest.fixture
def health() -> Iterator[Health]:
    health = Health("1.2")
    yield health
    health.close()


def _samples(health: Health, style: Style) -> dict[tuple[str, str], float]:
    """Return the values by name and the one label's value."""
    return {
        (s.name, next(iter(s.labels.values()), "")): s.value
        for family in parsed(health.render(style), style).values()
        for s in family.samples
    }


def _bucket(bound: str) -> tuple[str, str]:
    return "sla_exporter_probe_lateness_seconds_bucket", bound


@pytest.mark.parametrize("style", ["text", "openmetrics"])
def test_lateness_is_a_histogram(health: Health, style: Style) -> None:
    for late in (0.0, 0.01, 0.03, 7.0):
        health.lateness.observe(late)
    found = _samples(health, style)
    bounds = ("0.01", "0.025", "0.05", "0.1", "0.25", "1.0", "5.0", "+Inf")
    assert [found[_bucket(bound)] for bound in bounds] == [2, 2, 3, 3, 3, 3, 3, 4]
    assert found["sla_exporter_probe_lateness_seconds_count", ""] == 4
    assert found["sla_exporter_probe_lateness_seconds_sum", ""] == 7.04


@pytest.mark.parametrize("style", ["text", "openmetrics"])
def test_the_schedule_and_the_catalogue_are_shown(health: Health, style: Style) -> None:
    assert ("sla_exporter_targets", "") not in _samples(health, style)
    health.watch(lambda: (10, 2, 1))
    health.loaded(1_700_000_000.5, good=True)
    health.loaded(1_700_000_009.5, good=False)
    found = _samples(health, style)
    assert found["sla_exporter_build_info", "1.2"] == 1
    for name, value in {
        "targets": 10,
        "probes_running": 2,
        "probes_skipped_total": 1,
        "config_last_reload_success_timestamp_seconds": 1_700_000_000.5,
        "config_last_reload_successful": 0,
    }.items():
        assert found[f"sla_exporter_{name}", ""] == value


@pytest.mark.skipif(sys.platform != "linux", reason="read from procfs")
def test_the_process_is_shown_as_the_kernel_sees_it(health: Health) -> None:
    found = _samples(health, "text")
    assert found["process_cpu_seconds_total", ""] == pytest.approx(sum(os.times()[:2]), abs=0.1)
    assert 0 < time.time() - found["process_start_time_seconds", ""] < 7200
    assert 1e6 < found["process_resident_memory_bytes", ""] < 4e9
    assert found["process_virtual_memory_bytes", ""] > found["process_resident_memory_bytes", ""]
    room = resource.getrlimit(resource.RLIMIT_AS)[0]
    unlimited = room == resource.RLIM_INFINITY
    assert found["process_virtual_memory_max_bytes", ""] == (2**64 if unlimited else room)
    assert found["process_max_fds", ""] == resource.getrlimit(resource.RLIMIT_NOFILE)[0]


@pytest.mark.skipif(sys.platform != "linux", reason="read from procfs")
def test_open_descriptors_are_counted(health: Health) -> None:
    gc.collect()  # what it would close meanwhile is closed now
    before = _samples(health, "text")["process_open_fds", ""]
    reading, writing = os.pipe()
    assert _samples(health, "text")["process_open_fds", ""] == before + 2
    os.close(reading)
    os.close(writing)
