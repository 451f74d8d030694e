"""Mount tables, filters, and mounts that hang."""

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from exporter.blocking import StuckError, TimedCalls
from exporter.collectors import filesystem
from exporter.collectors.filesystem import Mount
from tests.exporter.collectors.fake import system, values

MOUNTS = (
    "/dev/vda / ext4 rw,relatime 0 0\n"
    "proc /proc proc rw 0 0\n"
    "tmpfs /line\u2028end tmpfs rw 0 0\n"
    "tmpfs /a\\040folder tmpfs ro,nosuid 0 0\n"
    "/dev/old /over ext4 rw 0 0\n"
    "/dev/new /over xfs rw 0 0\n"
)


def test_a_mount_table_with_blanks_and_mounts_over_mounts() -> None:
    assert filesystem.parse(MOUNTS) == [
        Mount("/dev/vda", "/", "ext4", False),
        Mount("proc", "/proc", "proc", False),
        Mount("tmpfs", "/line\u2028end", "tmpfs", False),
        Mount("tmpfs", "/a folder", "tmpfs", True),
        Mount("/dev/new", "/over", "xfs", False),
    ]


def test_sizes_are_those_of_statvfs_and_a_missing_mount_is_an_error(tmp_path: Path) -> None:
    host = system(tmp_path, {"proc/1/mounts": MOUNTS})
    found = values(filesystem.read(host))
    known = os.statvfs(tmp_path)
    root = ("/dev/vda", "/", "ext4")
    assert found["node_filesystem_size_bytes"] == {root: known.f_blocks * known.f_frsize}
    assert found["node_filesystem_files"] == {root: known.f_files}
    assert found["node_filesystem_readonly"]["tmpfs", "/a folder", "tmpfs"] == 1
    assert found["node_filesystem_device_error"] == {
        root: 0,
        ("tmpfs", "/a folder", "tmpfs"): 1,
        ("tmpfs", "/line\u2028end", "tmpfs"): 1,
        ("/dev/new", "/over", "xfs"): 1,
    }
    host.close()


def test_the_mounts_of_a_host_seen_from_a_container_lose_its_prefix(tmp_path: Path) -> None:
    host = system(tmp_path, {"proc/self/mounts": f"/dev/vda {tmp_path} ext4 rw 0 0\n"})
    assert list(values(filesystem.read(host))["node_filesystem_size_bytes"]) == [
        ("/dev/vda", "/", "ext4")
    ]
    host.close()


def test_a_stuck_call_costs_only_itself_and_is_not_started_twice() -> None:
    release, starts = threading.Event(), []

    def hang() -> str:
        starts.append(1)
        release.wait(30)
        return "late"

    timed: TimedCalls[str, str] = TimedCalls("test")
    calls = {"dead": hang, "fine": lambda: "ok", "wrong": lambda: str(1 // 0)}
    first = timed.run(calls, 0.2)
    assert first["fine"] == "ok"
    assert isinstance(first["dead"], StuckError)
    assert isinstance(first["wrong"], ZeroDivisionError)
    assert isinstance(timed.run(calls, 0.2)["dead"], StuckError)
    assert starts == [1]
    release.set()
    while timed.run(calls, 5)["dead"] != "late":
        pass
    assert len(starts) == 2


def test_an_event_loop_waits_in_the_same_way() -> None:
    release = threading.Event()
    timed: TimedCalls[str, bool] = TimedCalls("test")

    async def gather(limit: float) -> dict[str, bool | Exception]:
        calls: dict[str, Callable[[], bool]] = {
            "dead": partial(release.wait, 30),
            "fine": lambda: True,
        }
        return await timed.gather(calls, limit)

    first = asyncio.run(gather(0.2))
    assert first["fine"] is True
    assert isinstance(first["dead"], StuckError)
    release.set()
    while (second := asyncio.run(gather(5)))["dead"] is not True:
        assert second["fine"] is True
    timed.close()


def test_two_stuck_calls_share_one_limit() -> None:
    release = threading.Event()
    timed: TimedCalls[str, bool] = TimedCalls("test")
    calls = dict.fromkeys("abc", release.wait)
    results = timed.run({**calls, "fine": lambda: True}, 0.3)
    assert [type(result) for result in results.values()] == [StuckError] * 3 + [bool]
    release.set()


@pytest.mark.parametrize("text", ["", "proc /proc proc rw 0 0\n"])
def test_without_a_wanted_mount_there_is_nothing(tmp_path: Path, text: str) -> None:
    host = system(tmp_path, {"proc/1/mounts": text})
    assert values(filesystem.read(host)) == {}
    host.close()


_REMOUNT = """
import sys
from exporter.collectors import default_options, filesystem
from exporter.collectors.support.api import Roots, System
import subprocess
host = System(Roots(), default_options() | {"filesystem.mount-points-exclude": ""})
def seen():
    *_, state = filesystem.read(host)
    mounts = next(f.samples for f in state if f.metric is filesystem.READONLY)
    return any(values[1] == sys.argv[1] for values, _ in mounts)
print(seen(), end=" ")
subprocess.run(["mount", "-t", "tmpfs", "none", sys.argv[1]], check=True)
print(seen(), end=" ")
subprocess.run(["umount", sys.argv[1]], check=True)
print(seen())
"""


@pytest.mark.integration
def test_a_new_mount_is_seen_at_the_next_scrape(tmp_path: Path) -> None:
    # A mount namespace of its own, with /proc of the same: nothing outside sees the mount.
    command = ["unshare", "--user", "--map-root-user", "--mount", "--pid", "--fork", "--mount-proc"]
    possible = subprocess.run([*command, "true"], capture_output=True, check=False)
    if possible.returncode:
        pytest.skip("user namespaces are forbidden here")
    done = subprocess.run(
        [*command, sys.executable, "-c", _REMOUNT, str(tmp_path)],
        capture_output=True,
        check=False,
        text=True,
    )
    assert (done.stdout, done.stderr) == ("False True False\n", "")


@pytest.mark.parametrize(
    ("options", "readonly"),
    [("rw,relatime", 0), ("ro", 1), ("rw,emergency_ro", 1), ("rw,errors=remount-ro", 0)],
)
def test_a_file_system_is_read_only_by_what_init_sees(options: str, readonly: int) -> None:
    (mount,) = filesystem.parse(f"/dev/sda / ext4 {options} 0 0\n")
    assert mount.readonly == readonly
