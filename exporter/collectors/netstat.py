"""Protocol counters, from /proc/net/netstat, snmp and snmp6."""

from collections.abc import Callable, Iterator
from functools import cache

from exporter.collectors.contract import Flag, System
from exporter.family import Family, Metric, untyped

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


class Plan:
    """The wanted columns of each header line: the kernel prints the same lines at every scrape."""

    def __init__(self, wants: Callable[[str], bool]) -> None:
        self._wants = wants
        self._columns: dict[str, list[tuple[int, Metric]]] = {}
        self._fields: dict[str, Metric | None] = {}

    def columns(self, header: str) -> list[tuple[int, Metric]]:
        """Return position and metric of the wanted words of ``Tcp: RtoMin RtoMax ...``."""
        found = self._columns.get(header)
        if found is None:
            protocol, *names = header.split()
            protocol = protocol.rstrip(":")
            found = self._columns[header] = [
                (index, _metric(protocol, name))
                for index, name in enumerate(names, 1)
                if self._wants(f"{protocol}_{name}")
            ]
        return found

    def field(self, key: str) -> Metric | None:
        """Return the metric of ``Ip6InReceives`` if it is wanted."""
        if key not in self._fields:
            protocol = next((p for p in _PROTOCOLS_6 if key.startswith(p)), "")
            name = key.removeprefix(protocol)
            wanted = protocol and self._wants(f"{protocol}_{name}")
            self._fields[key] = _metric(protocol, name) if wanted else None
        return self._fields[key]


def parse(text: str, plan: Plan) -> Iterator[Family]:
    """Parse pairs of lines, names over values.

    Raises:
        ValueError: the lines of a pair do not match.
    """
    lines = text.splitlines()
    for names, numbers in zip(lines[::2], lines[1::2], strict=True):
        words = numbers.split()
        if names.split(" ", 1)[0] != words[0]:
            raise ValueError(f"{words[0]!r} does not follow its names")
        for index, metric in plan.columns(names):
            yield metric.value(int(words[index]))


def parse6(text: str, plan: Plan) -> Iterator[Family]:
    """Parse lines like ``Ip6InReceives   5``."""
    for line in text.splitlines():
        key, number = line.split()
        metric = plan.field(key)
        if metric is not None:
            yield metric.value(int(number))


def make_plan(system: System) -> Plan:
    """Return the plan that the flag asks for."""
    return Plan(lambda name: system.matches("netstat.fields", name))


def read(system: System) -> Iterator[Family]:
    """Read the counters; a kernel without IPv6 has no snmp6."""
    plan = system.part(make_plan)
    yield from parse(system.proc("net/netstat"), plan)
    yield from parse(system.proc("net/snmp"), plan)
    try:
        text = system.proc("net/snmp6")
    except FileNotFoundError:
        return
    yield from parse6(text, plan)
