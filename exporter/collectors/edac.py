"""Memory errors that ECC corrected or could not, from /sys/devices/system/edac."""

import re
from collections.abc import Iterator
from pathlib import Path

from exporter.collectors.support.api import System, names_in, read_text, text_of
from uptime_common.exposition import Family, Metric, Sample, counter


def _pair(prefix: str, of: str, *labels: str) -> tuple[Metric, Metric]:
    return (
        counter(
            f"node_edac_{prefix}correctable_errors_total",
            f"Total correctable memory errors{of}.",
            *labels,
        ),
        counter(
            f"node_edac_{prefix}uncorrectable_errors_total",
            f"Total uncorrectable memory errors{of}.",
            *labels,
        ),
    )


CONTROLLER = _pair("", "", "controller")
CSROW = _pair("csrow_", " for this csrow", "controller", "csrow")
CHANNEL = _pair("channel_", " for this channel", *("controller", "csrow", "channel", "dimm_label"))
METRICS = (*CONTROLLER, *CSROW, *CHANNEL)
_KINDS = ("ce", "ue")


def _digits(folder: Path) -> str:
    return re.sub(r"\D", "", folder.name)


def dimm(label: str) -> str:
    """Return a DIMM's label as node_exporter prints it."""
    label = label.replace("#", "")
    return label.replace("csrow", "_csrow").replace("channel", "_channel") or "unknown"


def _row(row: Path, controller: str) -> Iterator[tuple[Metric, Sample]]:
    number = _digits(row)
    for metric, kind in zip(CSROW, _KINDS, strict=True):
        yield metric, ((controller, number), int(read_text(row / f"{kind}_count")))
    for file in sorted(row.glob("ch*_ce_count")):
        channel = file.name.removeprefix("ch").removesuffix("_ce_count")
        label = dimm(text_of(row / f"ch{channel}_dimm_label") or "")
        for metric, kind in zip(CHANNEL, _KINDS, strict=True):
            text = text_of(row / f"ch{channel}_{kind}_count")
            if text is not None:
                yield metric, ((controller, number, channel, label), int(text))


def _controller(folder: Path) -> Iterator[tuple[Metric, Sample]]:
    number = _digits(folder)
    for index, kind in enumerate(_KINDS):
        yield CONTROLLER[index], ((number,), int(read_text(folder / f"{kind}_count")))
        unknown = int(read_text(folder / f"{kind}_noinfo_count"))
        yield CSROW[index], ((number, "unknown"), unknown)
    for row in sorted(folder.glob("csrow[0-9]*")):
        yield from _row(row, number)


def read(system: System) -> list[Family]:
    """Read the controllers; a machine without ECC has none."""
    samples: dict[Metric, list[Sample]] = {}
    root = f"{system.roots.sys}/devices/system/edac/mc"
    try:
        folders = [Path(root, name) for name in names_in(root) if re.fullmatch(r"mc\d+", name)]
    except FileNotFoundError:
        return []
    for folder in folders:
        for metric, sample in _controller(folder):
            samples.setdefault(metric, []).append(sample)
    return [Family(metric, found) for metric, found in samples.items()]
