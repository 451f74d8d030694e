"""A host seen through ``--path.*`` flags, as from a container: all of it comes from there."""

import math
from pathlib import Path

import pytest

from benchmarks.hosts import Series, node_exporter, series, sla_exporter
from exporter.collectors import default_options
from exporter.collectors.support.api import Roots
from exporter.host.scrape import HostOptions
from tests.exporter import tree
from tests.exporter.parsers import CheckedHost, linted, parsed
from tests.programs.process import has_program
from uptime_common.exposition import Style

COLLECTORS = (
    *("arp", "bcache", "bonding", "btrfs", "conntrack", "cpu", "cpufreq", "diskstats", "dmi"),
    *("dmmultipath", "edac", "entropy", "fibrechannel", "filefd", "filesystem", "hwmon"),
    *("infiniband", "ipvs", "kernel_hung", "listening", "loadavg", "mdadm", "meminfo"),
    *("netclass", "netdev", "netstat", "nfs", "nfsd", "nvme", "os", "powersupplyclass"),
    *("pressure", "rapl", "schedstat", "sockstat", "softnet", "stat", "tapestats"),
    *("thermal_zone", "time", "udp_queues", "vmstat", "watchdog", "xfs", "zfs"),
)
NODE_EXPORTER = ("prometheus-node-exporter", "node_exporter")
OURS = {
    "node_nfsd_requests_total": "1.5 is two operations off behind SetAttr, against RFC 7530",
    "node_nfs_requests_total": "1.11 takes LayoutGet for GetDeviceInfo, against linux/nfs4.h",
}
"""Names whose values differ, and we are right."""
MOVING = ("node_filesystem_", "node_time", "node_timex_", "node_scrape_collector_duration")


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tree.write(tmp_path_factory.mktemp("host"))


def _collected(folder: Path, style: Style = "text") -> str:
    roots = Roots(*(folder / name for name in ("proc", "sys", "root", "udev")))
    host = CheckedHost(HostOptions(COLLECTORS, default_options(), roots))
    try:
        return host.collect(style)
    finally:
        host.close()


def test_every_collector_finds_its_hardware_and_every_parser_takes_the_page(host: Path) -> None:
    text = _collected(host)
    found = parsed(text)
    assert parsed(_collected(host, "openmetrics"), "openmetrics").keys() == found.keys()
    success = found["node_scrape_collector_success"].samples
    assert [s.labels["collector"] for s in success if s.value != 1] == []
    complaints = [c for c in linted(text) if not c.startswith("node_")]
    assert complaints == []


def test_the_network_is_the_host_s_and_not_our_own(host: Path) -> None:
    found = parsed(_collected(host))
    devices = {s.labels["device"] for s in found["node_network_up"].samples}
    assert devices == {"lo", "bond0", "bond1", "vlan10", *(f"eth{n}" for n in range(6))}
    received = {s.labels["device"]: s.value for s in found["node_network_receive_bytes"].samples}
    assert received == {name: 100 * (n + 1) for n, name in enumerate(tree.network.DEVICES)}
    ports = {tuple(s.labels.values()) for s in found["node_listening_info"].samples}
    assert ports == {("tcp", "0.0.0.0", "22"), ("tcp", "::1", "443"), ("udp", "0.0.0.0", "53")}
    active = {s.labels["master"]: s.value for s in found["node_bonding_active"].samples}
    assert active == {"bond0": 2, "bond1": 1}


def test_the_network_of_init_goes_before_that_of_the_reader(host: Path, tmp_path: Path) -> None:
    folder = tree.write(tmp_path)
    init = (host / "proc/net/dev").read_text(encoding="utf-8").replace("eth0", "host0")
    (folder / "proc/1/net").mkdir()
    (folder / "proc/1/net/dev").write_text(init, encoding="utf-8")
    received = parsed(_collected(folder))["node_network_receive_bytes"].samples
    assert "host0" in {s.labels["device"] for s in received}


@pytest.mark.integration
@pytest.mark.skipif(
    not any(map(has_program, NODE_EXPORTER)), reason="node_exporter is not installed"
)
def test_node_exporter_shows_the_same(host: Path, tmp_path: Path) -> None:
    flags = [*tree.flags(host), "--collector.netdev.device-exclude=^$"]
    with (
        node_exporter(tmp_path, *flags, "--no-collector.netdev.netlink") as node,
        sla_exporter(tmp_path, *flags) as ours,
    ):
        theirs, mine = series(node.text()), series(ours.text())
    missing = [one for one in theirs if one not in mine]
    assert len(missing) <= 0.02 * len(theirs), missing
    assert [
        (one, value, mine[one])
        for one, value in theirs.items()
        if _comparable(one, value) and one in mine
        if not math.isclose(value, mine[one], rel_tol=1e-9)
    ] == []


def _comparable(one: Series, value: float) -> bool:
    if one[0] == "node_scrape_collector_success":  # a release may want files that are not written
        return value == 1
    return one[0] not in OURS and not one[0].startswith(MOVING)
