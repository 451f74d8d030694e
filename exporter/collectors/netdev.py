"""Counters of network devices, from rtnetlink, summed as /proc/net/dev sums them.

Where the host is seen through mounts (``--path.procfs``) they come from its /proc/net/dev: netlink
would show a container's own network.
"""

from collections.abc import Sequence
from functools import lru_cache

from exporter.collectors.gathered import integer
from exporter.collectors.support.api import System, filters
from exporter.collectors.support.links import STATS, Links
from uptime_common.exposition import Family, FilledTemplate, Metric, Part, Template, counter


def _counter(name: str) -> Metric:
    return counter(f"node_network_{name}_total", f"Network device statistic {name}.", "device")


# Metric and the kernel counters that it sums (net/core/net-procfs.c).
COUNTERS: tuple[tuple[Metric, tuple[str, ...]], ...] = (
    (_counter("receive_bytes"), ("rx_bytes",)),
    (_counter("receive_packets"), ("rx_packets",)),
    (_counter("receive_errs"), ("rx_errors",)),
    (_counter("receive_drop"), ("rx_dropped", "rx_missed_errors")),
    (_counter("receive_fifo"), ("rx_fifo_errors",)),
    (
        _counter("receive_frame"),
        ("rx_frame_errors", "rx_length_errors", "rx_over_errors", "rx_crc_errors"),
    ),
    (_counter("receive_compressed"), ("rx_compressed",)),
    (_counter("receive_multicast"), ("multicast",)),
    (_counter("receive_nohandler"), ("rx_nohandler",)),
    (_counter("transmit_bytes"), ("tx_bytes",)),
    (_counter("transmit_packets"), ("tx_packets",)),
    (_counter("transmit_errs"), ("tx_errors",)),
    (_counter("transmit_drop"), ("tx_dropped",)),
    (_counter("transmit_fifo"), ("tx_fifo_errors",)),
    (_counter("transmit_colls"), ("collisions",)),
    (
        _counter("transmit_carrier"),
        ("tx_carrier_errors", "tx_aborted_errors", "tx_heartbeat_errors", "tx_window_errors"),
    ),
    (_counter("transmit_compressed"), ("tx_compressed",)),
)
METRICS = tuple(metric for metric, _ in COUNTERS)
_PLACES = [[STATS.index(field) for field in fields] for _, fields in COUNTERS]
FLAGS = filters("netdev.device", "network devices")


@lru_cache(maxsize=4)
def _form(names: tuple[str, ...]) -> Template:
    return Template((metric, (name,)) for metric, _ in COUNTERS for name in names)


def families(devices: Sequence[tuple[str, tuple[int, ...]]]) -> FilledTemplate:
    """Return the counters of these devices, given by name and in the order of STATS."""
    rows = [values for _, values in devices]
    numbers: list[float] = []
    for place, *more in _PLACES:
        if more:
            numbers += [values[place] + sum(values[p] for p in more) for values in rows]
        else:
            numbers += [values[place] for values in rows]
    return _form(tuple(name for name, _ in devices)).filled(numbers)


_COLUMNS = (
    *("receive_bytes", "receive_packets", "receive_errs", "receive_drop", "receive_fifo"),
    *("receive_frame", "receive_compressed", "receive_multicast", "transmit_bytes"),
    *("transmit_packets", "transmit_errs", "transmit_drop", "transmit_fifo", "transmit_colls"),
    *("transmit_carrier", "transmit_compressed"),
)
"""Of /proc/net/dev, in its order."""
_BY_NAME = {metric.name: metric for metric in METRICS}
_NO_HANDLER = _BY_NAME["node_network_receive_nohandler_total"]


def parse(text: str) -> dict[str, list[int]]:
    """Parse the lines below two of headings: ``eth0:`` and the numbers of _COLUMNS.

    Raises:
        ValueError: a line has not as many numbers.
    """
    devices = {}
    for line in text.splitlines()[2:]:
        name, _, rest = line.rpartition(":")
        numbers = [int(word) for word in rest.split()]
        if len(numbers) != len(_COLUMNS):
            raise ValueError(f"{name.strip()} has {len(numbers)} numbers")
        devices[name.strip()] = numbers
    return devices


def _of_files(system: System) -> list[Family]:
    """Read the wanted devices' counters from files."""
    wants = system.wants
    devices = {
        name: numbers
        for name, numbers in parse(system.proc("net/dev")).items()
        if wants("netdev.device", name)
    }
    found = [
        Family(
            _BY_NAME[f"node_network_{column}_total"],
            [((name,), numbers[place]) for name, numbers in devices.items()],
        )
        for place, column in enumerate(_COLUMNS)
    ]
    net = system.roots.sys / "class/net"
    unhandled = ((name, integer(net / name / "statistics/rx_nohandler")) for name in devices)
    return [*found, Family(_NO_HANDLER, [((n,), v) for n, v in unhandled if v is not None])]


def read(system: System) -> list[Part]:
    """Read the counters of the wanted devices."""
    if system.elsewhere:
        return list(_of_files(system))
    devices = system.part(Links).counters()
    return [families([d for d in devices if system.wants("netdev.device", d[0])])]
