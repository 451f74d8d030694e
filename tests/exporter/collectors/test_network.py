"""Parsers of the network's files, fed with what a kernel printed."""

import mmap
import struct
from pathlib import Path

import pytest

from exporter.collectors import (
    arp,
    conntrack,
    netclass,
    netdev,
    netstat,
    sockstat,
    softnet,
    udp_queues,
)
from exporter.collectors.support.api import NoDataError
from exporter.collectors.support.links import Attribute, Link
from exporter.collectors.support.numeric_template import Layout
from tests.exporter.collectors.fake import system, values


def _link(name: str, flags: int, **attributes: int) -> Link:
    raw = {getattr(Attribute, key): struct.pack("=I", v) for key, v in attributes.items()}
    return Link(name, 7, 1, flags, raw)


def test_a_device_that_is_up() -> None:
    link = _link("eth0", 0x11043, OPERSTATE=6, CARRIER=1, CARRIER_CHANGES=3, MTU=1400)
    found = values(netclass.families([(link, {"speed": "1000", "dev_id": "0x1a"})]))
    assert found["node_network_up"] == {("eth0",): 1}
    assert found["node_network_flags"] == {("eth0",): 0x1003}
    assert found["node_network_speed_bytes"] == {("eth0",): 125_000_000}
    assert found["node_network_device_id"] == {("eth0",): 26}
    assert found["node_network_mtu_bytes"] == {("eth0",): 1400}
    assert found["node_network_iface_link"] == {("eth0",): 7}
    assert found["node_network_info"] == {("eth0", "", "", "", "up", ""): 1}
    assert "node_network_name_assign_type" not in found


def test_a_device_that_is_switched_off_has_no_carrier_to_tell() -> None:
    found = values(netclass.families([(_link("ifb0", 0x82, OPERSTATE=2, CARRIER=1), {})]))
    assert found["node_network_up"] == {("ifb0",): 0}
    assert "node_network_carrier" not in found
    assert "node_network_dormant" not in found


def test_a_promiscuous_device_shows_its_flag() -> None:
    assert netclass.flags(_link("tap0", 0x1003, PROMISCUITY=1)) == 0x1103


def test_sysfs_is_read_again_only_when_the_device_changed(tmp_path: Path) -> None:
    speed = "sys/class/net/eth0/speed"
    slow = netclass.Slow(system(tmp_path, {speed: "100\n"}))
    link = _link("eth0", 0x1003, CARRIER_CHANGES=1)
    assert slow.facts(link)["speed"] == "100"
    (tmp_path / speed).write_text("1000\n")
    assert slow.facts(link)["speed"] == "100"
    assert slow.facts(_link("eth0", 0x1003, CARRIER_CHANGES=3))["speed"] == "1000"
    slow.forget_all_but(set())
    assert slow._known == {}


NETSTAT = "TcpExt: SyncookiesSent TCPTimeouts PruneCalled\nTcpExt: 5 7 9\n"


def test_netstat_returns_the_wanted_fields(tmp_path: Path) -> None:
    host = system(
        tmp_path,
        {
            "proc/net/netstat": NETSTAT,
            "proc/net/snmp": "Ip: Forwarding DefaultTTL\nIp: 2 64\nTcp: MaxConn\nTcp: -1\n",
            "proc/net/snmp6": "Ip6InOctets   128\nIp6InReceives 2\nUdpLite6InErrors 1\n",
        },
    )
    assert values(netstat.read(host)) == {
        "node_netstat_TcpExt_SyncookiesSent": {(): 5},
        "node_netstat_TcpExt_TCPTimeouts": {(): 7},
        "node_netstat_Ip_Forwarding": {(): 2},
        "node_netstat_Ip6_InOctets": {(): 128},
        "node_netstat_UdpLite6_InErrors": {(): 1},
    }
    host.close()


def test_netstat_without_ipv6_and_with_every_field(tmp_path: Path) -> None:
    files = {"proc/net/netstat": NETSTAT, "proc/net/snmp": ""}
    host = system(tmp_path, files, **{"netstat.fields": ".*"})
    assert len(values(netstat.read(host))) == 3
    host.close()


def test_netstat_lines_that_do_not_match_are_an_error() -> None:
    with pytest.raises(ValueError, match="'Tcp:' does not follow its names"):
        list(netstat.find("TcpExt: TCPTimeouts\nTcp: 1\n", bool))


def test_sockstat_in_pages_and_bytes() -> None:
    text = "sockets: used 17\nTCP: inuse 1 mem 3\nFRAG: inuse 0 memory 9\n"
    assert values(Layout(sockstat.find).families(text)) == {
        "node_sockstat_sockets_used": {(): 17},
        "node_sockstat_TCP_inuse": {(): 1},
        "node_sockstat_TCP_mem": {(): 3},
        "node_sockstat_TCP_mem_bytes": {(): 3 * mmap.PAGESIZE},
        "node_sockstat_FRAG_inuse": {(): 0},
        "node_sockstat_FRAG_memory": {(): 9},
    }


def test_softnet_names_the_cpu_by_its_column_or_its_line() -> None:
    new = " ".join(["0000000a", *["00000002"] * 11, "00000007", "0", "0"])
    found = values(softnet.parse(f"{new}\n"))
    assert found["node_softnet_processed_total"] == {("7",): 10}
    assert found["node_softnet_backlog_len"] == {("7",): 2}
    old = " ".join(["0000000a", *["00000001"] * 9])
    found = values(softnet.parse(f"{old}\n{old}\n"))
    assert found["node_softnet_dropped_total"] == {("0",): 1, ("1",): 1}
    assert "node_softnet_backlog_len" not in found


def test_conntrack_sums_its_cpus(tmp_path: Path) -> None:
    folder = "proc/sys/net/netfilter"
    files = {
        f"{folder}/nf_conntrack_count": "123\n",
        f"{folder}/nf_conntrack_max": "65536\n",
        "proc/net/stat/nf_conntrack": "entries  found  drop\n00000021 0000000a 1\n21 1 2\n",
    }
    host = system(tmp_path, files)
    assert values(conntrack.read(host)) == {
        "node_nf_conntrack_entries": {(): 123},
        "node_nf_conntrack_entries_limit": {(): 65536},
        "node_nf_conntrack_stat_found": {(): 11},
        "node_nf_conntrack_stat_drop": {(): 3},
    }
    host.close()


def test_without_connection_tracking_there_is_no_data(tmp_path: Path) -> None:
    with pytest.raises(NoDataError):
        list(conntrack.read(system(tmp_path)))


def test_arp_entries_per_wanted_device(tmp_path: Path) -> None:
    rows = "".join(f"192.0.2.{n} 0x1 0x2 02:fc:00:00:00:05 * {d}\n" for n, d in enumerate("aab"))
    text = "IP address  HW type  Flags  HW address  Mask  Device\n" + rows
    host = system(tmp_path, {"proc/net/arp": text}, **{"arp.device-exclude": "b"})
    assert values(arp.read(host)) == {"node_arp_entries": {("a",): 2}}
    host.close()


def test_udp_queues_are_summed_over_sockets() -> None:
    rows = "0: 00000000:0044 00000000:0000 07 0000000A:00000102 00:0 0 0\n" * 2
    assert udp_queues.parse("  sl  local_address ...\n" + rows) == (20, 516)


def test_a_speed_that_is_none_is_left_out_where_asked(tmp_path: Path) -> None:
    net = tmp_path / "sys/class/net"
    for name, speed in (("eth0", "10000"), ("eth1", "-1")):
        (net / name).mkdir(parents=True)
        (net / name / "speed").write_text(f"{speed}\n")
    devices = [net / "eth0", net / "eth1"]
    found = values(netclass.of_files(devices))["node_network_speed_bytes"]
    assert found == {("eth0",): 1.25e9, ("eth1",): -125_000}
    valid = values(netclass.of_files(devices, valid_speed=True))["node_network_speed_bytes"]
    assert valid == {("eth0",): 1.25e9}


def test_a_line_of_proc_net_dev_that_is_cut_short_is_an_error() -> None:
    with pytest.raises(ValueError, match="eth0 has 2 numbers"):
        netdev.parse("head\nhead\n eth0: 1 2\n")
