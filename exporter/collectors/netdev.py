"""Counters of network devices, from rtnetlink, summed as /proc/net/dev sums them."""

from collections.abc import Sequence
from functools import lru_cache

from exporter.collectors.support.api import System, filters
from exporter.collectors.support.links import STATS, Links
from uptime_common.exposition import FilledTemplate, Metric, Template, counter


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


def read(system: System) -> list[FilledTemplate]:
    """Read the counters of the wanted devices."""
    devices = system.part(Links).counters()
    return [families([d for d in devices if system.wants("netdev.device", d[0])])]
