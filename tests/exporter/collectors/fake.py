"""A host made of files, and the values of what collectors say about it."""

from collections.abc import Iterable, Mapping
from itertools import chain
from pathlib import Path

from exporter.collectors import default_options
from exporter.collectors.support.api import Option, Roots, System
from uptime_common.exposition import FilledTemplate, Part


def system(folder: Path, files: Mapping[str, str] | None = None, /, **options: Option) -> System:
    """Return a host whose /proc, /sys and / are in ``folder``, with ``files`` written there."""
    for name, text in (files or {}).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    roots = Roots(folder / "proc", folder / "sys", folder, folder / "udev")
    return System(roots, default_options() | options)


def values(parts: Iterable[Part]) -> dict[str, dict[tuple[str, ...], float]]:
    """Return the values by metric name and label values."""
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in chain.from_iterable(p if isinstance(p, FilledTemplate) else (p,) for p in parts):
        found.setdefault(family.metric.name + family.suffix, {}).update(dict(family.samples))
    return {name: samples for name, samples in found.items() if samples}
