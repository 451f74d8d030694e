"""The kernel's load balancer, from /proc/net/ip_vs_stats and /proc/net/ip_vs."""

import ipaddress
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from exporter.collectors.support.api import Flag, NoDataError, System
from uptime_common.exposition import Family, Metric, counter, gauge

TOTALS = (
    counter("node_ipvs_connections_total", "The total number of connections made."),
    counter("node_ipvs_incoming_packets_total", "The total number of incoming packets."),
    counter("node_ipvs_outgoing_packets_total", "The total number of outgoing packets."),
    counter("node_ipvs_incoming_bytes_total", "The total amount of incoming data."),
    counter("node_ipvs_outgoing_bytes_total", "The total amount of outgoing data."),
)
LABELS = (*("local_address", "local_port", "remote_address", "remote_port", "proto", "local_mark"),)
_HELP = {
    "connections_active": "The current active connections by local and remote address.",
    "connections_inactive": "The current inactive connections by local and remote address.",
    "weight": "The current backend weight by local and remote address.",
}


@lru_cache(maxsize=4)
def backend_metrics(labels: tuple[str, ...]) -> tuple[Metric, ...]:
    """Return the metrics of a backend: active connections, inactive ones, weight."""
    return tuple(gauge(f"node_ipvs_backend_{name}", text, *labels) for name, text in _HELP.items())


METRICS = (*TOTALS, *backend_metrics(LABELS))
FLAGS = (
    Flag("ipvs.backend-labels", ",".join(LABELS), "labels of a backend's series, with commas"),
)
_WORDS_OF_BACKEND = 6


class Backend(NamedTuple):
    """A real server behind a virtual one: values of LABELS; active, inactive, weight."""

    labels: tuple[str, ...]
    numbers: tuple[int, int, int]


def parse_stats(text: str) -> list[Family]:
    """Parse the totals, hexadecimal, below two lines of headings. Raises ValueError."""
    numbers = [int(word, 16) for word in text.splitlines()[2].split()]
    pairs = zip(TOTALS, numbers, strict=True)
    return [metric.value(number) for metric, number in pairs]


def parse(text: str) -> Iterator[Backend]:
    """Parse virtual servers (``TCP C0A80016:0CEA wlc``) and the real ones below each (``->``)."""
    virtual = ("", "", "", "")
    for words in filter(None, map(str.split, text.splitlines())):
        if words[0] in ("TCP", "UDP", "SCTP"):
            virtual = (*_address(words[1]), words[0], "")
        elif words[0] == "FWM":
            virtual = ("", "0", "FWM", words[1])
        elif words[0] == "->" and len(words) >= _WORDS_OF_BACKEND and ":" in words[1][1:-1]:
            if words[1] == "RemoteAddress:Port":
                continue
            weight, active, inactive = map(int, words[3:6])
            local, port, proto, mark = virtual
            labels = (local, port, *_address(words[1]), proto, mark)
            yield Backend(labels, (active, inactive, weight))


def _address(text: str) -> tuple[str, str]:
    """Return address and port of ``C0A80016:0CEA`` or ``[2620:...:0001]:0050``."""
    host, _, port = text.rpartition(":")
    if host.startswith("["):
        shown = str(ipaddress.IPv6Address(host.strip("[]")))
    else:
        shown = str(ipaddress.IPv4Address(bytes.fromhex(host)))
    return shown, str(int(port, 16))


def families(backends: Iterator[Backend], labels: tuple[str, ...]) -> list[Family]:
    """Return the backends' series with these of LABELS; what they do not tell apart is summed."""
    places = [LABELS.index(label) for label in labels]
    sums: dict[tuple[str, ...], list[int]] = {}
    for backend in backends:
        total = sums.setdefault(tuple(backend.labels[place] for place in places), [0, 0, 0])
        for place, number in enumerate(backend.numbers):
            total[place] += number
    return [
        Family(metric, [(values, total[place]) for values, total in sums.items()])
        for place, metric in enumerate(backend_metrics(labels))
    ]


def labels_of(text: str) -> tuple[str, ...]:
    """Return the labels that the flag names. Raises ValueError for one that there is not."""
    wanted = set(filter(None, text.split(",")))
    if unknown := wanted - set(LABELS):
        raise ValueError(f"unknown labels {sorted(unknown)}; there are {', '.join(LABELS)}")
    return tuple(label for label in LABELS if label in wanted)


def read(system: System) -> list[Family]:
    """Read totals and backends."""
    try:
        stats, table = system.proc("net/ip_vs_stats"), system.proc("net/ip_vs")
    except FileNotFoundError as error:
        raise NoDataError("the load balancer is not loaded") from error
    labels = labels_of(system.text("ipvs.backend-labels"))
    return [*parse_stats(stats), *families(parse(table), labels)]
