"""The rtnetlink dump: against the kernel of this machine, and cut short."""

import errno
import struct
import sys
from pathlib import Path

import pytest

from exporter.collectors import netdev
from exporter.collectors.links import STATS, Attribute, Shapes, links, parse
from tests.exporter.collectors.fake import system, values


def _attribute(kind: int, payload: bytes) -> bytes:
    size = 4 + len(payload)
    return struct.pack("=HH", size, kind) + payload + b"\0" * (-size % 4)


def _message(name: str, counters: dict[str, int], kind: int = 16) -> bytes:
    body = struct.pack("=BxHiII", 0, 1, 4, 0x11043, 0)
    body += _attribute(Attribute.IFNAME, name.encode() + b"\0")
    body += _attribute(Attribute.ADDRESS, bytes.fromhex("02fc00000001"))
    body += _attribute(Attribute.STATS64, struct.pack("=24Q", *(counters.get(s, 0) for s in STATS)))
    return struct.pack("=IHHII", 16 + len(body), kind, 2, 1, 0) + body


def test_counters_are_summed_as_proc_net_dev_sums_them() -> None:
    data = _message("eth0", {"rx_dropped": 3, "rx_missed_errors": 4, "tx_bytes": 2**40})
    found = values(netdev.families(parse(data, {})))
    assert found["node_network_receive_drop_total"] == {("eth0",): 7}
    assert found["node_network_transmit_bytes_total"] == {("eth0",): 2**40}


def test_a_link_has_its_name_flags_and_address() -> None:
    (link,) = parse(_message("eth0", {}), {})
    assert (link.name, link.index, link.type) == ("eth0", 4, 1)
    assert link.address(Attribute.ADDRESS) == "02:fc:00:00:00:01"


def test_a_message_of_another_shape_is_not_read_by_the_old_one() -> None:
    shapes: Shapes = {}
    assert [k.name for k in parse(_message("eth0", {}), shapes)] == ["eth0"]
    (shape,) = shapes.values()
    moved = bytearray(_message("eth0", {"rx_bytes": 5}))
    name, rest = moved[32:44], moved[44:]  # the name last instead of first
    (link,) = parse(bytes(moved[:32] + rest + name), shapes)
    assert (link.name, link.stats["rx_bytes"]) == ("eth0", 5)
    assert list(shapes.values()) != [shape]


def test_an_error_of_the_kernel_is_raised() -> None:
    data = struct.pack("=IHHIIi", 20, 2, 0, 1, 0, -errno.EPERM)
    with pytest.raises(PermissionError):
        list(parse(data, {}))


def test_a_message_cut_short_is_an_error() -> None:
    whole = _message("eth0", {})
    for size in range(16, len(whole)):
        with pytest.raises(ValueError, match="cut short"):
            list(parse(whole[:size], {}))


@pytest.mark.skipif(sys.platform != "linux", reason="netlink is Linux's")
def test_the_kernel_of_this_machine_agrees_with_its_proc_net_dev(tmp_path: Path) -> None:
    host = system(tmp_path)
    names = {link.name for link in links(host)}
    text = Path("/proc/net/dev").read_text(encoding="ascii")
    assert names == {line.split(":")[0].strip() for line in text.splitlines()[2:]}
    host.close()
