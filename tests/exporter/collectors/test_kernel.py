"""Parsers of the kernel's other files: paging, pressure, clock, scheduler, distribution."""

from pathlib import Path

import pytest

from exporter.collectors import (
    dmi,
    entropy,
    filefd,
    os_,
    pressure,
    schedstat,
    selinux,
    timex,
    vmstat,
)
from exporter.collectors.support.api import NoDataError
from tests.exporter.collectors.fake import system, values


def test_vmstat_returns_the_wanted_fields(tmp_path: Path) -> None:
    host = system(tmp_path, {"proc/vmstat": "nr_free_pages 5\npgfault 2322613\noom_kill 1\n"})
    assert values(vmstat.read(host)) == {
        "node_vmstat_pgfault": {(): 2322613},
        "node_vmstat_oom_kill": {(): 1},
    }
    host.close()


def test_pressure_in_seconds(tmp_path: Path) -> None:
    line = "avg10=0.00 avg60=0.00 avg300=0.00 total="
    files = {
        "proc/pressure/cpu": f"some {line}1500000\nfull {line}0\n",
        "proc/pressure/memory": f"some {line}2000000\nfull {line}1000000\n",
    }
    host = system(tmp_path, files)
    found = values(pressure.read(host))
    host.close()
    assert found == {
        "node_pressure_cpu_waiting_seconds_total": {(): 1.5},
        "node_pressure_memory_waiting_seconds_total": {(): 2},
        "node_pressure_memory_stalled_seconds_total": {(): 1},
    }


def test_a_kernel_without_pressure_has_no_data(tmp_path: Path) -> None:
    with pytest.raises(NoDataError):
        list(pressure.read(system(tmp_path)))


def test_open_files_and_entropy() -> None:
    assert values(filefd.parse("602\t0\t2466177\n")) == {
        "node_filefd_allocated": {(): 602},
        "node_filefd_maximum": {(): 2466177},
    }
    assert values(entropy.parse("256\n", "4096\n")) == {
        "node_entropy_available_bits": {(): 256},
        "node_entropy_pool_size_bits": {(): 4096},
    }


def test_schedstat_in_seconds() -> None:
    text = "version 15\ntimestamp 1\ncpu0 0 0 0 0 0 0 2500000000 500000000 42\ndomain0 3 1\n"
    assert values(schedstat.parse(text)) == {
        "node_schedstat_running_seconds_total": {("0",): 2.5},
        "node_schedstat_waiting_seconds_total": {("0",): 0.5},
        "node_schedstat_timeslices_total": {("0",): 42},
    }


RELEASE = (
    'NAME="Debian GNU/Linux"\nID=debian\nVERSION_ID="12.4.1"\n# a note\nSUPPORT_END=2028-06-30\n'
)


def test_os_release() -> None:
    found = values(os_.parse(RELEASE))
    ((labels, value),) = found["node_os_info"].items()
    assert (dict(zip(os_.LABELS, labels, strict=True))["version_id"], value) == ("12.4.1", 1)
    assert found["node_os_version"] == {("debian", "", "Debian GNU/Linux"): 12.4}
    assert found["node_os_support_end_timestamp_seconds"] == {(): 1845936000}


def test_os_release_is_parsed_again_only_when_it_changed(tmp_path: Path) -> None:
    host = system(tmp_path, {"etc/os-release": RELEASE})
    first = os_.read(host)
    assert os_.read(host) is first
    (tmp_path / "etc/os-release").write_text("ID=other\n")
    assert values(os_.read(host)) != values(first)


def test_no_release_file_is_no_data(tmp_path: Path) -> None:
    with pytest.raises(NoDataError):
        os_.read(system(tmp_path))


@pytest.mark.parametrize(("status", "offset"), [(0x2000, 5e-6), (0x40, 5e-3)])
def test_timex_in_nano_and_microseconds(status: int, offset: float) -> None:
    found = values(timex.parse(0, timex.Timex(status=status, offset=5000, freq=-65536, tick=10000)))
    assert found["node_timex_sync_status"] == {(): 1}
    assert found["node_timex_offset_seconds"][()] == pytest.approx(offset)
    assert found["node_timex_frequency_adjustment_ratio"][()] == pytest.approx(1 - 1e-6)
    assert found["node_timex_tick_seconds"][()] == pytest.approx(0.01)
    unsynchronised = values(timex.parse(5, timex.Timex()))
    assert unsynchronised["node_timex_sync_status"] == {(): 0}


def test_selinux_on_and_off(tmp_path: Path) -> None:
    assert values(selinux.read(system(tmp_path))) == {"node_selinux_enabled": {(): 0}}
    files = {"sys/fs/selinux/enforce": "0", "etc/selinux/config": "# x\nSELINUX=enforcing\n"}
    assert values(selinux.read(system(tmp_path, files))) == {
        "node_selinux_enabled": {(): 1},
        "node_selinux_current_mode": {(): 0},
        "node_selinux_config_mode": {(): 1},
    }


def test_dmi_names_the_machine_or_has_no_data(tmp_path: Path) -> None:
    with pytest.raises(NoDataError):
        dmi.read(system(tmp_path))
    host = system(tmp_path, {"sys/class/dmi/id/sys_vendor": "ACME\n"})
    ((labels, _),) = dmi.read(host)[0].samples
    assert labels[dmi.LABELS.index("system_vendor")] == "ACME"
