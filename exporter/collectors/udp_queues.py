"""Bytes that wait in UDP sockets, from /proc/net/udp and udp6."""

from exporter.collectors.support.api import System
from uptime_common.exposition import Family, Sample, gauge

QUEUES = gauge(
    "node_udp_queues",
    "Number of allocated memory in the kernel for UDP datagrams in bytes.",
    "queue",
    "ip",
)
METRICS = (QUEUES,)
_COLUMN = 4  # "tx_queue:rx_queue", in hexadecimal


def parse(text: str) -> tuple[int, int]:
    """Return the sums over all sockets: to send, received."""
    send = receive = 0
    for line in text.splitlines()[1:]:
        tx, _, rx = line.split()[_COLUMN].partition(":")
        send += int(tx, 16)
        receive += int(rx, 16)
    return send, receive


def read(system: System) -> list[Family]:
    """Read the queues of the IP versions that the kernel has."""
    samples: list[Sample] = []
    for version, name in (("v4", "net/udp"), ("v6", "net/udp6")):
        try:
            send, receive = parse(system.proc(name))
        except FileNotFoundError:
            continue
        samples += [(("tx", version), send), (("rx", version), receive)]
    return [Family(QUEUES, samples)]
