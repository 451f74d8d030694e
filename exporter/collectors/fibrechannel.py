"""Fibre Channel host ports, from /sys/class/fc_host."""

from pathlib import Path

from exporter.collectors.gathered import Gathered, folders, integer
from exporter.collectors.support.api import NoDataError, System, text_of
from uptime_common.exposition import Family, Metric, counter, gauge

# Files and labels; of numbers like 0x10000090fa942779 the label has no 0x.
_FACTS = (
    *("speed", "port_state", "port_type", "port_id", "port_name", "fabric_name"),
    *("symbolic_name", "supported_classes", "supported_speeds", "dev_loss_tmo"),
)
_HEXADECIMAL = ("port_id", "port_name", "fabric_name")
INFO = gauge(
    "node_fibrechannel_info",
    "Non-numeric data from /sys/class/fc_host/<host>, value is always 1.",
    *("fc_host", *_FACTS),
)


def _counter(name: str, text: str) -> Metric:
    return counter(f"node_fibrechannel_{name}_total", text, "fc_host")


COUNTERS = {
    "dumped_frames": _counter("dumped_frames", "Number of dumped frames"),
    "error_frames": _counter("error_frames", "Number of errors in frames"),
    "invalid_crc_count": _counter("invalid_crc", "Invalid Cyclic Redundancy Check count"),
    "rx_frames": _counter("rx_frames", "Number of frames received"),
    "rx_words": _counter("rx_words", "Number of words received by host port"),
    "tx_frames": _counter("tx_frames", "Number of frames transmitted by host port"),
    "tx_words": _counter("tx_words", "Number of words transmitted by host port"),
    "seconds_since_last_reset": _counter(
        "seconds_since_last_reset", "Number of seconds since last host port reset"
    ),
    "invalid_tx_word_count": _counter(
        "invalid_tx_words", "Number of invalid words transmitted by host port"
    ),
    "link_failure_count": _counter("link_failure", "Number of times the host port link has failed"),
    "loss_of_sync_count": _counter(
        "loss_of_sync", "Number of failures on either bit or transmission word boundaries"
    ),
    "loss_of_signal_count": _counter("loss_of_signal", "Number of times signal has been lost"),
    "nos_count": _counter("nos", "Number Not_Operational Primitive Sequence received by host port"),
    "fcp_packet_aborts": _counter("fcp_packet_aborts", "Number of aborted packets"),
}
METRICS = (INFO, *COUNTERS.values())
_UNSUPPORTED = 0xFFFFFFFFFFFFFFFF  # -1: the adapter does not count it


def read(system: System) -> list[Family]:
    """Read the ports; what an adapter does not count is no series."""
    root = system.roots.sys / "class/fc_host"
    if not root.is_dir():
        raise NoDataError("there is no Fibre Channel adapter")
    gathered = Gathered(METRICS)
    for host in folders(root):
        gathered.add(INFO, 1, host.name, *(_fact(host, name) for name in _FACTS))
        for file, metric in COUNTERS.items():
            number = integer(host / "statistics" / file, 0)
            if number is not None and number != _UNSUPPORTED:
                gathered.add(metric, number, host.name)
    return gathered.families()


def _fact(host: Path, name: str) -> str:
    text = text_of(host / name) or ""
    return text[2:] if name in _HEXADECIMAL and text.startswith("0x") else text
