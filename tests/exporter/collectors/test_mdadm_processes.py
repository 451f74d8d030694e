"""Software RAID and processes."""

from pathlib import Path

import pytest

from exporter.collectors import mdadm, processes
from tests.exporter.collectors.fake import system, values

MDSTAT = """\
Personalities : [raid1] [raid0]
md6 : active raid1 sdb2[2](F) sdc[1](S) sda2[0]
      195310144 blocks [2/1] [U_]
      [=>...................]  recovery =  8.5% (16775552/195310144) finish=17.0min speed=1K/sec

md9 : active raid1 sdc2[2] sdd2[3]
      523968 blocks super 1.2 [2/2] [UU]
      resync=DELAYED

md10 : active raid0 sda1[0] sdb1[1]
      314159265 blocks 64k chunks

md219 : inactive sdb[2](S) sdc[1](S)
        7932 blocks super external:imsm

unused devices: <none>
"""


def test_arrays() -> None:
    arrays = {a.name: a for a in mdadm.parse(MDSTAT)}
    assert list(arrays) == ["md6", "md9", "md10", "md219"]
    md6 = arrays["md6"]
    assert (md6.state, md6.active, md6.failed, md6.spare, md6.required) == (
        "recovering",
        1,
        1,
        1,
        2,
    )
    assert (md6.blocks, md6.synced) == (195310144, 16775552)
    assert (arrays["md9"].state, arrays["md9"].synced) == ("resync", 0)
    assert (arrays["md10"].active, arrays["md10"].required) == (2, 2)
    assert (arrays["md219"].state, arrays["md219"].spare, arrays["md219"].active) == (
        "inactive",
        2,
        0,
    )


def test_a_degraded_array_shows_what_it_lacks(tmp_path: Path) -> None:
    files = {
        "proc/mdstat": MDSTAT,
        "sys/block/md6/md/raid_disks": "4 (2)\n",
        "sys/block/md6/md/degraded": "1\n",
    }
    host = system(tmp_path, files)
    found = values(mdadm.read(host))
    host.close()
    required = found["node_md_disks_required"][("md6",)]
    assert required - found["node_md_disks"]["md6", "active"] == 1
    assert found["node_md_state"]["md6", "recovering"] == 1
    assert found["node_md_state"]["md6", "active"] == 0
    assert found["node_md_raid_disks"] == {("md6",): 4}
    assert found["node_md_degraded"] == {("md6",): 1}


def test_an_array_without_a_size_is_an_error() -> None:
    with pytest.raises(ValueError, match="md0 has no size"):
        list(mdadm.parse("md0 : active raid1 sda[0]\n"))


def _stat(state: str, threads: int) -> str:
    return f"7 (odd) name)) {state} " + " ".join(["1"] * 16) + f" {threads} 0 5\n"


def test_processes_and_threads_by_state(tmp_path: Path) -> None:
    files = {
        "proc/1/stat": _stat("S", 1),
        "proc/20/stat": _stat("R", 2),
        "proc/20/task/20/stat": _stat("R", 2),
        "proc/20/task/21/stat": _stat("D", 2),
        "proc/30/other": "",
        "proc/sys/kernel/threads-max": "100\n",
        "proc/sys/kernel/pid_max": "32768\n",
    }
    host = system(tmp_path, files)
    assert values(processes.read(host)) == {
        "node_processes_threads": {(): 3},
        "node_processes_pids": {(): 2},
        "node_processes_state": {("S",): 1, ("R",): 1},
        "node_processes_threads_state": {("S",): 1, ("R",): 1, ("D",): 1},
        "node_processes_max_threads": {(): 100},
        "node_processes_max_processes": {(): 32768},
    }
    host.close()
