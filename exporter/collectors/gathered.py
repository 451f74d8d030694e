"""Samples of many devices, sorted by their metric: a name stands on a page once."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from exporter.collectors.support.api import names_in, text_of
from uptime_common.exposition import Family, Metric, Sample


class Gathered:
    """Takes samples in any order; returns families in the order of the metrics."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._samples: dict[Metric, list[Sample]] = {metric: [] for metric in metrics}

    def add(self, metric: Metric, value: float, *labels: str) -> None:
        """Take a sample; a metric that nobody announced comes last."""
        self._samples.setdefault(metric, []).append((labels, value))

    def families(self) -> list[Family]:
        """Return the families that have samples."""
        return [Family(metric, found) for metric, found in self._samples.items() if found]


def folders(root: Path, prefix: str = "") -> Iterator[Path]:
    """Yield what is in a folder and begins so, sorted; nothing where the folder is missing."""
    try:
        names = names_in(str(root))
    except FileNotFoundError:
        return
    for name in names:
        if name.startswith(prefix):
            yield root / name


def integer(path: Path, base: int = 10) -> int | None:
    """Return a file's number; None where it is missing or holds none (a driver's ``N/A``)."""
    text = text_of(path)
    try:
        return None if text is None else int(text, base)
    except ValueError:
        return None
