"""The collectors of macOS and Windows, run here where Linux's own can be asked too."""

import argparse
import sys
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from exporter.collectors import LINUX, cpu, portable
from exporter.collectors.support.api import Option, Roots
from exporter.host.scrape import HostOptions
from tests.exporter.collectors.fake import system, values
from tests.exporter.parsers import CheckedHost


def _options() -> dict[str, Option]:
    return {flag.name: flag.default for c in portable.PORTABLE.values() for flag in c.flags}


def test_every_portable_collector_runs_and_names_no_metric_of_its_own() -> None:
    host = CheckedHost(
        HostOptions(tuple(portable.PORTABLE), _options(), Roots()), portable.PORTABLE
    )
    text = host.collect("text")
    host.close()
    for name in portable.PORTABLE:
        assert f'node_scrape_collector_success{{collector="{name}"}} 1\n' in text
    assert set(portable.PORTABLE) <= set(LINUX)
    for name, collector in portable.PORTABLE.items():
        assert {m.name for m in collector.metrics} <= (
            {m.name for m in LINUX[name].metrics} or {m.name for m in portable.MEMORY.values()}
        )


@pytest.mark.skipif(sys.platform != "linux", reason="compares with Linux's collectors")
def test_they_agree_with_linux() -> None:
    given = argparse.Namespace()
    del given
    host = system(Path("/"))
    ours = values(portable.read_cpu(host))["node_cpu_seconds_total"]
    theirs = values(cpu.families(cpu.parse(Path("/proc/stat").read_text()), guest=False))
    for key, seconds in theirs["node_cpu_seconds_total"].items():
        assert ours[key] == pytest.approx(seconds, abs=2)
    memory = values(portable.read_memory(host))
    text = Path("/proc/meminfo").read_text(encoding="ascii")
    total = int(text.split()[1]) * 1024
    assert memory["node_memory_MemTotal_bytes"] == {(): total}


def test_interrupts_of_windows_become_linuxs_modes() -> None:
    (family,) = portable.cpu_families([{"user": 1.0, "interrupt": 2.0, "dpc": 3.0, "other": 9.0}])
    assert dict(family.samples) == {("0", "user"): 1, ("0", "irq"): 2, ("0", "softirq"): 3}


def test_a_drive_that_does_not_answer_has_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = SimpleNamespace(
        device="/dev/sda1", mountpoint=str(tmp_path / "none"), fstype="ext4", opts="rw"
    )
    monkeypatch.setattr(psutil, "disk_partitions", lambda: [part])
    found = values(portable.read_filesystem(system(tmp_path)))
    assert list(found["node_filesystem_device_error"].values()) == [1]
    assert "node_filesystem_size_bytes" not in found
