"""Protocol counters, from /proc/net/netstat, snmp and snmp6."""

from collections.abc import Callable, Iterator
from functools import cache

from exporter.collectors.support.api import Flag, System
from exporter.collectors.support.numeric_template import Layout, Place
from uptime_common.exposition import FilledTemplate, Metric, untyped

PATTERN = r"node_netstat_\w+"
FLAGS = (
    Flag(
        "netstat.fields",
        "^(.*_(InErrors|InErrs)|Ip_Forwarding|Ip(6|Ext)_(InOctets|OutOctets)"
        "|Icmp6?_(InMsgs|OutMsgs)"
        "|TcpExt_(Listen.*|Syncookies.*|TCPSynRetrans|TCPTimeouts|TCPOFOQueue|TCPRcvQDrop)"
        "|Tcp_(ActiveOpens|InSegs|OutSegs|OutRsts|PassiveOpens|RetransSegs|CurrEstab)"
        "|Udp6?_(InDatagrams|OutDatagrams|NoPorts|RcvbufErrors|SndbufErrors))$",
        "regular expression of the fields to return",
    ),
)

_PROTOCOLS_6 = ("Ip6", "Icmp6", "Udp6", "UdpLite6")


@cache
def _metric(protocol: str, name: str) -> Metric:
    return untyped(f"node_netstat_{protocol}_{name}", f"Statistic {protocol}{name}.")


def find(text: str, wants: Callable[[str], bool]) -> Iterator[Place]:
    """Find the wanted fields in pairs of lines, names over values.

    Raises:
        ValueError: the lines of a pair do not match.
    """
    lines = [line.split() for line in text.splitlines()]
    offset = 0
    for names, numbers in zip(lines[::2], lines[1::2], strict=True):
        if names[0] != numbers[0] or len(names) != len(numbers):
            raise ValueError(f"{numbers[0]!r} does not follow its names")
        protocol = names[0].rstrip(":")
        for index, name in enumerate(names[1:], offset + len(names) + 1):
            if wants(f"{protocol}_{name}"):
                yield index, _metric(protocol, name), 1
        offset += len(names) + len(numbers)


def find6(text: str, wants: Callable[[str], bool]) -> Iterator[Place]:
    """Find the wanted fields in lines like ``Ip6InReceives   5``."""
    for number, key in enumerate(text.split()[::2]):
        protocol = next((p for p in _PROTOCOLS_6 if key.startswith(p)), None)
        if protocol and wants(f"{protocol}_{key.removeprefix(protocol)}"):
            yield 2 * number + 1, _metric(protocol, key.removeprefix(protocol)), 1


def make_layouts(system: System) -> dict[str, Layout]:
    """Return each file's layout of the fields that the flag asks for."""

    def wants(name: str) -> bool:
        return system.matches("netstat.fields", name)

    return {
        "net/netstat": Layout(lambda text: find(text, wants)),
        "net/snmp": Layout(lambda text: find(text, wants)),
        "net/snmp6": Layout(lambda text: find6(text, wants)),
    }


def read(system: System) -> Iterator[FilledTemplate]:
    """Read the counters; a kernel without IPv6 has no snmp6."""
    for path, layout in system.part(make_layouts).items():
        try:
            text = system.proc(path)
        except FileNotFoundError:
            if path != "net/snmp6":
                raise
            continue
        yield layout.families(text)
