"""Parsers of cpu, memory, disks, load, stat, time: literals as the kernel prints them."""

from pathlib import Path

import pytest

from exporter.collectors import cpu, diskstats, loadavg, meminfo, stat, time_, uname
from exporter.collectors.support.numeric_template import Layout
from tests.exporter.collectors.fake import system, values

STAT = """\
cpu  301 0 120 5000 10 0 3 7 0 0
cpu0 200 0 60 2500 4 0 1 3 5 2
cpu1 101 0 60 2500 6 0 2 4 0 0
intr 204375 9 0 0
ctxt 373802
btime 1795356940
processes 7464
procs_running 2
procs_blocked 1
softirq 30 1 2 3 4 5 0 6 7 0 2
"""


def test_loadavg() -> None:
    assert values(loadavg.parse("0.21 0.37 0.39 1/719 19737\n")) == {
        "node_load1": {(): 0.21},
        "node_load5": {(): 0.37},
        "node_load15": {(): 0.39},
    }


def test_meminfo_in_bytes_and_counts() -> None:
    text = "MemTotal:  3831959552 kB\nActive(anon):    10 kB\nHugePages_Total:       4\n"
    assert values(Layout(meminfo.find).families(text)) == {
        "node_memory_MemTotal_bytes": {(): 3831959552 * 1024},
        "node_memory_Active_anon_bytes": {(): 10240},
        "node_memory_HugePages_Total": {(): 4},
    }


def test_a_layout_follows_a_file_that_changes_its_shape() -> None:
    layout = Layout(meminfo.find)
    assert values(layout.families("A: 1 kB\nB: 2\n")) == {
        "node_memory_A_bytes": {(): 1024},
        "node_memory_B": {(): 2},
    }
    assert values(layout.families("A: 3 kB\nB:  4\n"))["node_memory_B"] == {(): 4}
    assert values(layout.families("B:  5 kB\n")) == {"node_memory_B_bytes": {(): 5120}}


def test_meminfo_in_a_unit_that_we_do_not_know_is_an_error() -> None:
    with pytest.raises(ValueError, match="unknown unit in 'MemTotal: 1 MB'"):
        list(meminfo.find("MemTotal: 1 MB\n"))


def test_stat() -> None:
    found = values(stat.parse(STAT, softirqs=True))
    assert found["node_boot_time_seconds"] == {(): 1795356940}
    assert found["node_intr_total"] == {(): 204375}
    assert found["node_forks_total"] == {(): 7464}
    assert found["node_softirqs_total"][("rcu",)] == 2
    assert "node_softirqs_total" not in values(stat.parse(STAT))


def test_cpu_seconds_per_mode_and_guests() -> None:
    found = values(cpu.families(cpu.parse(STAT), guest=True))
    assert found["node_cpu_seconds_total"]["0", "idle"] == 25
    assert found["node_cpu_seconds_total"]["1", "steal"] == 0.04
    assert len(found["node_cpu_seconds_total"]) == 16
    assert found["node_cpu_guest_seconds_total"]["0", "nice"] == 0.02


def test_a_cpu_counter_never_steps_back_but_starts_anew_after_hot_plugging(tmp_path: Path) -> None:
    floor = cpu.Floor(system(tmp_path))
    assert floor.raise_to("0", [5, 0, 0, 1000, 30])[4] == 30
    assert floor.raise_to("0", [6, 0, 0, 1010, 20]) == [6, 0, 0, 1010, 30]
    assert floor.raise_to("0", [1, 0, 0, 10, 0]) == [1, 0, 0, 10, 0]


CPUINFO = (
    "processor\t: 0\nphysical id\t: 1\ncore id\t\t: 2\ncpu MHz\t\t: 2100.5\n"
    "flags\t\t: fpu aes\nbugs\t\t: l1tf\n"
)


def test_cpu_frequency_comes_from_cpuinfo_where_no_driver_tells_it(tmp_path: Path) -> None:
    include = {"cpu.info.flags-include": "^a", "cpu.info.bugs-include": "."}
    files = {"proc/stat": STAT, "proc/cpuinfo": CPUINFO}
    found = values(cpu.read(system(tmp_path, files, **{"cpu.info": True}, **include)))
    assert found["node_cpu_frequency_hertz"] == {("1", "2", "0"): 2100.5e6}
    assert found["node_cpu_flag_info"] == {("aes",): 1}
    assert found["node_cpu_bug_info"] == {("l1tf",): 1}
    driver = {"sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_cur_freq": "2100000\n"}
    told = values(cpu.read(system(tmp_path, driver, **{"cpu.info": True})))
    assert not {"node_cpu_frequency_hertz", "node_cpu_flag_info", "node_cpu_bug_info"} & set(told)


def test_cpu_throttling_isolation_and_info_come_from_sysfs_and_cpuinfo(tmp_path: Path) -> None:
    cpu0 = "sys/devices/system/cpu/cpu0"
    host = system(
        tmp_path,
        {
            "proc/stat": STAT,
            "proc/cpuinfo": "processor\t: 0\nmodel name\t: Fast\ncore id\t\t: 3\n\n",
            f"{cpu0}/topology/physical_package_id": "1\n",
            f"{cpu0}/topology/core_id": "3\n",
            f"{cpu0}/thermal_throttle/core_throttle_count": "5\n",
            f"{cpu0}/thermal_throttle/package_throttle_count": "30\n",
            "sys/devices/system/cpu/isolated": "0-1,3\n",
        },
        **{"cpu.info": True},
    )
    found = values(cpu.read(host))
    assert found["node_cpu_core_throttles_total"] == {("1", "3"): 5}
    assert found["node_cpu_package_throttles_total"] == {("1",): 30}
    assert sorted(found["node_cpu_isolated"]) == [("0",), ("1",), ("3",)]
    assert found["node_cpu_info"] == {("", "3", "0", "", "", "", "Fast", "", "", ""): 1}


DISKS = (
    " 254 0 vda 39120 11322 3354930 33171 10284 25594 3374984 9136 0 12360 42773"
    " 4152 42 127656 386 1470 79\n"
)
OLD = "   8 0 sda 1 2 3 4 5 6 7 8 9 10 11\n   7 0 loop0 1 2 3 4 5 6 7 8 9 10 11\n"


def test_diskstats_of_new_and_old_kernels(tmp_path: Path) -> None:
    host = system(tmp_path, {"proc/diskstats": DISKS + OLD})
    found = values(diskstats.read(host))
    assert found["node_disk_read_bytes_total"] == {("vda",): 3354930 * 512, ("sda",): 1536}
    assert found["node_disk_io_time_seconds_total"][("vda",)] == pytest.approx(12.36)
    assert found["node_disk_discards_completed_total"] == {("vda",): 4152}
    assert found["node_disk_info"]["sda", "8", "0", "", "", "", "", ""] == 1


def test_what_udev_knows_about_a_disk(tmp_path: Path) -> None:
    properties = (
        "S:disk/by-id/x\nE:ID_MODEL=Fast_SSD\nE:ID_SERIAL_SHORT=S1\nE:ID_FS_TYPE=ext4\n"
        "E:ID_FS_UUID=u-1\nE:ID_ATA=1\nE:ID_ATA_ROTATION_RATE_RPM=7200\nE:DM_NAME=vg-root\n"
    )
    host = system(tmp_path, {"proc/diskstats": OLD, "udev/b8:0": properties})
    found = values(diskstats.read(host))
    assert found["node_disk_info"] == {("sda", "8", "0", "", "", "Fast_SSD", "S1", ""): 1}
    assert found["node_disk_filesystem_info"] == {("sda", "ext4", "", "u-1", ""): 1}
    assert found["node_disk_device_mapper_info"] == {("sda", "vg-root", "", "", "", ""): 1}
    assert found["node_disk_ata_rotation_rate_rpm"] == {("sda",): 7200}


def test_diskstats_with_too_few_columns_is_an_error() -> None:
    with pytest.raises(ValueError, match="too few columns"):
        diskstats.parse("8 0 sda 1 2 3\n", bool)


def test_time_and_clock_source(tmp_path: Path) -> None:
    folder = "sys/devices/system/clocksource/clocksource0"
    files = {f"{folder}/available_clocksource": "kvm-clock tsc\n"}
    files |= {f"{folder}/current_clocksource": "tsc\n"}
    found = values(time_.read(system(tmp_path, files)))
    assert found["node_time_clocksource_available_info"] == {("0", "kvm-clock"): 1, ("0", "tsc"): 1}
    assert found["node_time_clocksource_current_info"] == {("0", "tsc"): 1}
    assert found["node_time_seconds"][()] > 1.7e9


def test_uname_has_every_label(tmp_path: Path) -> None:
    ((labels, value),) = uname.read(system(tmp_path))[0].samples
    assert (labels[0], labels[-1], value) == ("Linux", "(none)", 1)
    assert len(labels) == 6


def test_descriptors_stay_open_and_long_files_are_read_whole(tmp_path: Path) -> None:
    host = system(tmp_path, {"proc/stat": "a" * 200_000})
    assert len(host.proc("stat")) == 200_000
    (tmp_path / "proc/stat").write_text("b")
    assert host.proc("stat") == "b"
    assert list(host._descriptors) == ["stat"]
    host.close()
    assert host._descriptors == {}
    assert host.proc("stat") == "b"
    host.close()


def test_an_option_filters_by_include_and_exclude(tmp_path: Path) -> None:
    host = system(tmp_path, **{"netdev.device-include": "^e", "netdev.device-exclude": "1$"})
    assert [d for d in ("eth0", "eth1", "lo") if host.wants("netdev.device", d)] == ["eth0"]


def test_shared_reads_happen_once_per_scrape(tmp_path: Path) -> None:
    host = system(tmp_path, {"proc/stat": STAT})
    first = host.shared(stat.text)
    (tmp_path / "proc/stat").write_text("later")
    assert host.shared(stat.text) is first
    host.begin()
    assert host.shared(stat.text) == "later"
    host.close()
