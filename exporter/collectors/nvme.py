"""NVMe controllers and namespaces, from /sys/class/nvme."""

import re
from collections.abc import Iterator
from pathlib import Path

from exporter.collectors.support.api import NoDataError, System, text_of
from uptime_common.exposition import Family, Metric, Sample, gauge

INFO = gauge(
    "node_nvme_info",
    "Non-numeric data from /sys/class/nvme/<device>, value is always 1.",
    *("device", "firmware_revision", "model", "serial", "state", "cntlid"),
)
NAMESPACE = gauge(
    "node_nvme_namespace_info",
    "Information about NVMe namespaces. Value is always 1",
    *("device", "nsid", "ana_state"),
)
_FOLDER = "Available in /sys/class/nvme/<device>/<namespace>"
CAPACITY = gauge(
    "node_nvme_namespace_capacity_bytes",
    "Capacity of the NVMe namespace in bytes. "
    "Computed as namespace_size * namespace_logical_block_size",
    *("device", "nsid"),
)
SIZE = gauge(
    "node_nvme_namespace_size_bytes",
    f"Size of the NVMe namespace in bytes. {_FOLDER}/size",
    *("device", "nsid"),
)
USED = gauge(
    "node_nvme_namespace_used_bytes",
    f"Used space of the NVMe namespace in bytes. {_FOLDER}/nuse",
    *("device", "nsid"),
)
BLOCK = gauge(
    "node_nvme_namespace_logical_block_size_bytes",
    f"Logical block size of the NVMe namespace in bytes. Usually 4Kb. {_FOLDER}"
    "/queue/logical_block_size",
    *("device", "nsid"),
)
METRICS = (INFO, NAMESPACE, CAPACITY, SIZE, USED, BLOCK)

_FILES = ("firmware_rev", "model", "serial", "state", "cntlid")
_SECTOR = 512  # of the file "size", whatever the block size
_NAMESPACE = re.compile(r"nvme\d+(?:c\d+)?n(\d+)")


def read(system: System) -> list[Family]:
    """Read the controllers and their namespaces."""
    root = system.roots.sys / "class/nvme"
    if not root.is_dir():
        raise NoDataError("there is no NVMe device")
    samples: dict[Metric, list[Sample]] = {metric: [] for metric in METRICS}
    for device in sorted(root.iterdir()):
        facts = tuple(text_of(device / name) or "" for name in _FILES)
        samples[INFO].append(((device.name, *facts), 1))
        for folder in sorted(device.iterdir()):
            if match := _NAMESPACE.fullmatch(folder.name):
                for metric, sample in _namespace(device.name, match[1], folder):
                    samples[metric].append(sample)
    return [Family(metric, found) for metric, found in samples.items()]


def _namespace(device: str, number: str, folder: Path) -> Iterator[tuple[Metric, Sample]]:
    labels = (device, number)
    yield NAMESPACE, ((*labels, text_of(folder / "ana_state") or "unknown"), 1)
    size, block = text_of(folder / "size"), text_of(folder / "queue/logical_block_size")
    used = text_of(folder / "nuse")
    if block is None or size is None:
        return
    yield BLOCK, (labels, int(block))
    yield SIZE, (labels, int(size) * _SECTOR)
    yield CAPACITY, (labels, int(size) * _SECTOR)
    if used is not None:
        yield USED, (labels, int(used) * int(block))
