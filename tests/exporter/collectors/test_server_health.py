"""What was installed when, which kernel runs, and firmware that waits."""

import gzip
import os
import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from exporter.collectors import firmware, kernel, package_changes
from exporter.collectors.firmware import Firmware
from exporter.collectors.support import package_managers
from exporter.collectors.support.api import NoDataError, Roots, System
from tests.exporter.collectors.fake import system, values

DPKG = """\
2026-10-01 06:25:10 startup archives unpack
2026-10-01 06:25:11 install zip:amd64 <none> 3.0-13
2026-10-01 06:25:11 status half-installed zip:amd64 3.0-13
2026-10-01 06:25:12 upgrade tzdata:all 2025a 2025b
2026-10-01 06:25:12 configure tzdata:all 2025b <none>
2026-10-20 08:00:00 remove zip:amd64 3.0-13 <none>
2026-10-20 08:00:01 purge zip:amd64 3.0-13 <none>
2026-10-30 12:00:00 upgrade libc6:amd64 2.36-9 2.36-10
2026-10-30 23:59:59 trigproc libc-bin:amd64 2.36-10 <none>
"""
DNF = """\
2026-10-01T06:25:10+0200 INFO --- logging initialized ---
2026-10-01T06:25:11+0200 SUBDEBUG Installed: zip-3.0-35.el9.x86_64
2026-10-01T06:25:12+0200 SUBDEBUG Upgrade: tzdata-2025b-1.el9.noarch
2026-10-01T06:25:13+0200 SUBDEBUG Upgraded: tzdata-2025a-1.el9.noarch
2026-10-02T06:25:13Z SUBDEBUG Erase: zip-3.0-35.el9.x86_64
"""
NOW = datetime(2026, 10, 31, 12, tzinfo=UTC).timestamp()
FWUPD = """{"Devices": [
  {"Name": "System Firmware", "Releases": [{"Version": "1.2", "Urgency": "high"}]},
  {"Name": "SSD", "Releases": [{"Version": "2", "Urgency": "low"}, {"Version": "1"}]},
  {"Name": "Dock", "Releases": []}
]}"""


def _times(text: str, hours: int = 0) -> list[tuple[str, str]]:
    zone = timezone(timedelta(hours=hours))
    parse = package_changes.parse_dpkg if " startup " in text else package_changes.parse_dnf
    return [
        (kind, datetime.fromtimestamp(when, UTC).strftime("%d %H:%M"))
        for kind, when in parse(text, zone)
    ]


def test_dpkg_s_log_in_the_host_s_time() -> None:
    assert _times(DPKG, hours=2) == [
        ("install", "01 04:25"),
        ("upgrade", "01 04:25"),
        ("remove", "20 06:00"),
        ("upgrade", "30 10:00"),
    ]


def test_dnf_s_log_says_its_zone() -> None:
    expected = [("install", "01 04:25"), ("upgrade", "01 04:25"), ("remove", "02 06:25")]
    assert _times(DNF, hours=5) == expected


def test_changes_are_counted_by_kind_within_a_window() -> None:
    nothing = package_changes.read_logs([], UTC)
    times = {**nothing, "upgrade": [NOW - 8 * 86_400, NOW - 3_600]}
    found = values(package_changes.families(times, NOW))
    changed = found["node_packages_changed"]
    assert [changed["upgrade", window] for window in ("1d", "7d", "30d")] == [1, 1, 2]
    assert changed["install", "30d"] == 0
    assert found["node_packages_changed_timestamp_seconds"] == {("upgrade",): NOW - 3_600}


def test_logs_are_read_with_those_that_were_rotated(tmp_path: Path) -> None:
    host = system(tmp_path, {"var/log/dpkg.log": DPKG, "var/log/dnf.rpm.log": DNF})
    packed = gzip.compress(b"2026-09-01 00:00:00 install old:amd64 <none> 1\n")
    (tmp_path / "var/log/dpkg.log.2.gz").write_bytes(packed)
    package_changes.read(host)
    host.part(package_changes.worker).wait()
    found = values(package_changes.read(host))
    last = datetime(2026, 10, 30, 12, tzinfo=UTC).timestamp()
    assert found["node_packages_changed_timestamp_seconds"]["upgrade",] == last
    times = package_changes.read_logs(package_changes.logs(tmp_path), UTC)
    assert {kind: len(when) for kind, when in times.items()} == {
        "install": 3,
        "upgrade": 3,
        "remove": 2,
    }
    assert times["install"][0] == datetime(2026, 9, 1, tzinfo=UTC).timestamp()


def test_a_log_that_grows_is_read_again(tmp_path: Path) -> None:
    host = system(tmp_path, {"var/log/dpkg.log": DPKG})
    package_changes.read(host)
    host.part(package_changes.worker).wait()
    with (tmp_path / "var/log/dpkg.log").open("a") as log:
        log.write("2026-10-31 00:00:00 remove x:all 1 <none>\n")
    package_changes.read(host)
    host.part(package_changes.worker).wait()
    found = values(package_changes.read(host))["node_packages_changed_timestamp_seconds"]
    assert found["remove",] == datetime(2026, 10, 31, tzinfo=UTC).timestamp()


def test_a_host_without_a_log_has_no_data(tmp_path: Path) -> None:
    with pytest.raises(NoDataError, match="neither dpkg nor dnf"):
        package_changes.read(system(tmp_path))


@pytest.mark.parametrize(
    ("releases", "running", "newest"),
    [
        (["6.1.0-9-amd64", "6.1.0-41-amd64"], "6.1.0-9-amd64", "6.1.0-41-amd64"),
        (["6.1.0-41-amd64", "6.1.0-42-rt-amd64"], "6.1.0-41-amd64", "6.1.0-41-amd64"),
        (["5.14.0-70.el9.x86_64", "0-rescue-1f"], "5.14.0-70.el9.x86_64", "5.14.0-70.el9.x86_64"),
        (["6.12.1-arch1-1", "6.9.2-arch1-1"], "6.9.2-arch1-1", "6.12.1-arch1-1"),
        (
            ["5.1-7.el9_0.x86_64", "5.1-42.el9_4.x86_64"],
            "5.1-7.el9_0.x86_64",
            "5.1-42.el9_4.x86_64",
        ),
        (["6.1.0-9-amd64"], "6.18.5-fc-v22", None),
        ([], "6.1.0-9-amd64", None),
    ],
)
def test_the_newest_kernel_is_one_of_the_running_one_s_flavour(
    releases: list[str], running: str, newest: str | None
) -> None:
    assert kernel.newest(releases, running) == newest


def test_a_newer_kernel_waits_for_a_reboot(tmp_path: Path) -> None:
    running = os.uname().release
    host = system(tmp_path, {f"boot/vmlinuz-{running}": "", "boot/vmlinuz-0-rescue-ab12": ""})
    assert values(kernel.read(host))["node_kernel_outdated"] == {(): 0}
    newer = re.sub(r"^\d+", "999", running)
    (tmp_path / f"boot/vmlinuz-{newer}").touch()
    found = values(kernel.read(host))
    assert found["node_kernel_outdated"] == {(): 1}
    assert found["node_kernel_installed_info"] == {(newer,): 1}


def test_kernels_are_found_by_their_modules_where_images_are_elsewhere(tmp_path: Path) -> None:
    running = os.uname().release
    host = system(tmp_path, {f"usr/lib/modules/{running}/modules.dep": ""})
    assert values(kernel.read(host))["node_kernel_installed_info"] == {(running,): 1}


def test_a_file_system_without_a_kernel_has_no_data(tmp_path: Path) -> None:
    with pytest.raises(NoDataError, match="no kernel"):
        kernel.read(system(tmp_path))


def test_firmware_is_counted_by_device() -> None:
    assert firmware.parse(FWUPD) == Firmware(pending=2, urgent=1)
    assert firmware.parse("") == firmware.parse("{}") == Firmware(0, 0)
    with pytest.raises(ValueError, match="Expecting value"):
        firmware.parse("No updates available")


def _fwupd(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package_managers, "PATH", f"{folder}:/usr/bin:/bin")
    (folder / "fwupdmgr").write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    (folder / "fwupdmgr").chmod(0o755)


def test_fwupd_is_asked_in_the_background(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _fwupd(tmp_path, f"cat <<'X'\n{FWUPD}\nX", monkeypatch)
    host = System(Roots(), {})
    list(firmware.read(host))
    host.part(firmware.worker).wait()
    found = values(firmware.read(host))
    assert found == {
        "node_firmware_updates_pending": {(): 2},
        "node_firmware_updates_urgent_pending": {(): 1},
    }


def test_nothing_to_do_is_no_error_and_a_failure_is_not_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fwupd(tmp_path, "echo '{\"Devices\": []}'; exit 2", monkeypatch)
    assert firmware.ask() == Firmware(0, 0)
    _fwupd(tmp_path, "echo 'Failed to connect to daemon' >&2; exit 1", monkeypatch)
    with pytest.raises(RuntimeError, match="exit code 1: Failed to connect to daemon"):
        firmware.ask()


def test_a_host_without_fwupd_has_no_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package_managers, "PATH", str(tmp_path))
    with pytest.raises(NoDataError, match="no fwupd"):
        list(firmware.read(System(Roots(), {})))
