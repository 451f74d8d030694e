"""The rtnetlink dump: against the kernel of this machine, and cut short."""

import errno
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from exporter.collectors import netdev
from exporter.collectors.support.links import STATS, Attribute, Links, parse, parse_counters
from tests.exporter.collectors.fake import system, values


def _attribute(kind: int, payload: bytes) -> bytes:
    size = 4 + len(payload)
    return struct.pack("=HH", size, kind) + payload + b"\0" * (-size % 4)


def _framed(kind: int, body: bytes) -> bytes:
    return struct.pack("=IHHII", 16 + len(body), kind, 2, 1, 0) + body


def _message(name: str) -> bytes:
    body = struct.pack("=BxHiII", 0, 1, 4, 0x11043, 0)
    body += _attribute(Attribute.IFNAME, name.encode() + b"\0")
    body += _attribute(Attribute.ADDRESS, bytes.fromhex("02fc00000001"))
    return _framed(16, body)


def _counters(index: int, **counters: int) -> bytes:
    values = struct.pack("=24Q", *(counters.get(name, 0) for name in STATS))
    return _framed(92, struct.pack("=B3xiI", 0, index, 1) + _attribute(1, values + bytes(8)))


def test_counters_are_summed_as_proc_net_dev_sums_them() -> None:
    data = _counters(4, rx_dropped=3, rx_missed_errors=4, tx_bytes=2**40)
    ((index, values_),) = parse_counters(data)
    found = values(netdev.families([("eth0", values_)]))
    assert index == 4
    assert found["node_network_receive_drop_total"] == {("eth0",): 7}
    assert found["node_network_transmit_bytes_total"] == {("eth0",): 2**40}


def test_a_link_has_its_name_flags_and_address() -> None:
    (link,) = parse(_message("eth0"))
    assert (link.name, link.index, link.type) == ("eth0", 4, 1)
    assert link.address(Attribute.ADDRESS) == "02:fc:00:00:00:01"


def test_an_error_of_the_kernel_is_raised() -> None:
    data = struct.pack("=IHHIIi", 20, 2, 0, 1, 0, -errno.EPERM)
    with pytest.raises(PermissionError):
        list(parse(data))


def test_a_message_cut_short_is_an_error() -> None:
    for whole, read in ((_message("eth0"), parse), (_counters(4), parse_counters)):
        for size in range(16, len(whole)):
            with pytest.raises(ValueError, match="cut short"):
                list(read(whole[:size]))
    short = _framed(92, struct.pack("=B3xiI", 0, 4, 1) + _attribute(1, bytes(8)))
    with pytest.raises(ValueError, match="cut short"):
        list(parse_counters(short))


@pytest.mark.skipif(sys.platform != "linux", reason="netlink is Linux's")
def test_the_kernel_of_this_machine_agrees_with_its_proc_net_dev(tmp_path: Path) -> None:
    host = system(tmp_path)
    known = host.part(Links)
    names = {link.name for link in known.links()}
    assert {name for name, _ in known.counters()} == names
    assert known.links() is known.links()
    text = Path("/proc/net/dev").read_text(encoding="ascii")
    assert names == {line.split(":")[0].strip() for line in text.splitlines()[2:]}
    host.close()


_LO_UP = """
import subprocess
from exporter.collectors import default_options
from exporter.collectors.support.api import Roots, System
from exporter.collectors.support.links import Links
links = System(Roots(), default_options()).part(Links)
print(links.links()[0].flags & 1, end=" ")
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
print(links.links()[0].flags & 1)
"""


@pytest.mark.integration
def test_a_change_is_told_by_the_kernel() -> None:
    command = ["unshare", "--user", "--map-root-user", "--net"]
    possible = subprocess.run([*command, "ip", "link"], capture_output=True, check=False)
    if possible.returncode:
        pytest.skip("no network namespace of our own here")
    done = subprocess.run(
        [*command, sys.executable, "-c", _LO_UP], capture_output=True, check=False, text=True
    )
    assert (done.stdout, done.stderr) == ("0 1\n", "")
