"""A page that every parser takes: no name, header or series twice, whoever yields what.

``render`` does so for the families of one source, ``Claims`` for the texts of many. Names are
compared as both formats see them: OpenMetrics calls the counter ``x_total`` ``x``, and a histogram
``x`` owns ``x_bucket``, ``x_sum``, ``x_count`` and ``x_created``.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from uptime_common.exposition import (
    Family,
    FilledTemplate,
    Metric,
    MetricKind,
    Part,
    Sample,
    Style,
    add_lines,
    clean,
    header,
    lines,
    number,
    plain,
)

_SUFFIXES: dict[MetricKind, tuple[str, ...]] = {
    "histogram": ("_bucket", "_sum", "_count", "_created"),
    "summary": ("_sum", "_count", "_created"),
}
_OWN_LABEL: dict[MetricKind, str] = {"histogram": "le", "summary": "quantile"}
_HELP = re.compile(r"^(?=# HELP )", re.MULTILINE)


class Tidied(NamedTuple):
    """Families that fit one page, and what was left out of it, a sentence each."""

    families: list[Part]
    dropped: list[str]


def render(families: Iterable[Part], style: Style) -> str:
    """Return the text of the families that have samples, without the EOF of OpenMetrics."""
    return render_noting(families, style)[0]


def render_noting(families: Iterable[Part], style: Style) -> tuple[str, tuple[Metric, ...]]:
    """Return what ``render`` does, and the metrics that are in it."""
    families = families if isinstance(families, list) else list(families)
    text, metrics = _rendered(families, style)
    names = {metric.name for metric in metrics}
    if len(names) < len(metrics) and not _in_order(families):  # the first is quick, and seldom so
        text, metrics = _rendered(tidy(families).families, style)
    return text, tuple(metrics)


def _rendered(families: Iterable[Part], style: Style) -> tuple[str, list[Metric]]:
    parts: list[str] = []
    metrics: list[Metric] = []
    last = ""
    for family in families:
        if isinstance(family, FilledTemplate):
            metrics += family.form.metrics
            parts.append(family.form.text(family.numbers, style))
            last = ""
            continue
        metric, samples, suffix = family
        if not samples:
            continue
        metrics.append(metric)
        new, last = metric.name != last, metric.name
        if new and not metric.labels and not suffix:  # most of a host's metrics: one plain number
            parts.append(f"{plain(metric, style)}{number(samples[0][1])}\n")
            continue
        if new:
            parts.append(header(metric, style))
        add_lines(parts, metric, samples, suffix)
    return "".join(parts), metrics


def _in_order(families: Iterable[Part]) -> bool:
    """Say whether no name comes twice; the suffixes of one metric without labels may follow."""
    seen: set[str] = set()
    last = ""
    for family in families:
        if isinstance(family, FilledTemplate):
            if not seen.isdisjoint(family.form.names):
                return False
            seen |= family.form.names
        elif family.samples:
            metric, _, suffix = family
            name = metric.name
            if name in seen and (name != last or name + suffix in seen or not suffix):
                return False
            seen.add(name)
            last = name
            if suffix:
                if len(metric.labels) > (suffix == "_bucket"):
                    return False
                seen.add(name + suffix)
    return True


def tidy(parts: Iterable[Part], reserved: Iterable[Metric] = ()) -> Tidied:
    """Put the families of one name together, and leave out what would be there twice.

    Of two that claim one name the first counts; a reserved metric was before any. The samples of
    a histogram or summary are sorted by their labels, as OpenMetrics wants them.
    """
    groups: dict[str, list[Family]] = {}
    for family in _families(parts):
        if family.samples:
            groups.setdefault(family.metric.name, []).append(family)
    dropped: list[str] = []
    firsts = [found[0].metric for found in groups.values()]
    out = clashes([("", firsts)], reserved).get("", {})
    kept: list[Part] = []
    for name, found in groups.items():
        if name in out:
            dropped.append(f"{name} is another metric's name")
            continue
        kept += _once(found, dropped)
    return Tidied(kept, dropped)


def _families(parts: Iterable[Part]) -> Iterator[Family]:
    for part in parts:
        if isinstance(part, FilledTemplate):
            yield from part
        else:
            yield part


def _once(families: list[Family], dropped: list[str]) -> list[Family]:
    """Return families of one name with each series once and of the first one's kind."""
    name, kind = families[0].metric.name, families[0].metric.kind
    seen: set[object] = set()
    kept: list[Family] = []
    for family in families:
        metric, samples, suffix = family
        if metric.kind != kind:
            dropped.append(f"{name} is a {metric.kind} here and a {kind} elsewhere")
            continue
        new: list[Sample] = []
        for sample in samples:
            one = (suffix, _identity(metric, sample[0]))
            if one in seen:
                dropped.append(f"{lines(Family(metric, [sample], suffix)).strip()} is there twice")
            else:
                seen.add(one)
                new.append(sample)
        kept.append(Family(metric, new, suffix))
    return _grouped(kept, _OWN_LABEL[kind]) if kind in _OWN_LABEL else kept


def _identity(metric: Metric, values: Sequence[str]) -> frozenset[tuple[str, str]]:
    """Return what makes a series: labels in any order; one that is empty is none."""
    pairs = zip(metric.labels, map(clean, values), strict=True)
    return frozenset((label, value) for label, value in pairs if value)


def _grouped(families: list[Family], own: str) -> list[Family]:
    """Return the samples in the order of their labels beside ``own`` (``le``, ``quantile``)."""
    groups: dict[object, list[Family]] = {}
    for metric, samples, suffix in families:
        for sample in samples:
            labels = {pair for pair in _identity(metric, sample[0]) if pair[0] != own}
            groups.setdefault(frozenset(labels), []).append(Family(metric, [sample], suffix))
    return [family for found in groups.values() for family in found]


@lru_cache(maxsize=8192)
def claims(name: str, kind: MetricKind) -> frozenset[str]:
    """Return the names that a metric owns in either format."""
    base = name
    if kind == "counter" and name.endswith("_total"):
        base = name.removesuffix("_total")
        return frozenset((base, name, f"{base}_created"))
    return frozenset((base, *(base + suffix for suffix in _SUFFIXES.get(kind, ()))))


def clashes(
    sources: Iterable[tuple[str, Iterable[Metric]]], reserved: Iterable[Metric] = ()
) -> dict[str, dict[str, Metric]]:
    """Return by source and name its metrics whose names somebody before it has claimed."""
    held: dict[str, tuple[str, str]] = {}
    for metric in reserved:
        held.update(dict.fromkeys(claims(metric.name, metric.kind), ("", "")))
    found: dict[str, dict[str, Metric]] = {}
    for source, metrics in sources:
        for metric in metrics:
            owner, wanted = (source, metric.name), claims(metric.name, metric.kind)
            if any(held.get(claim, owner) != owner for claim in wanted):
                found.setdefault(source, {}).setdefault(metric.name, metric)
            else:
                held.update(dict.fromkeys(wanted, owner))
    return found


def without(text: str, metrics: Iterable[Metric], style: Style) -> str:
    """Return a rendered text without the families of these metrics."""
    heads = tuple(header(metric, style) for metric in metrics)
    return "".join(piece for piece in _HELP.split(text) if not piece.startswith(heads))


class Claims:
    """Who may show which names of a page; judged again only when what is shown changes.

    ``reserved`` are metrics that others add to the page.
    """

    def __init__(self, reserved: Iterable[Metric] = ()) -> None:
        self._reserved = tuple(reserved)
        self._known: list[tuple[str, tuple[Metric, ...]]] = []
        self._clashes: Mapping[str, Mapping[str, Metric]] = {}

    def clashes(
        self, sources: list[tuple[str, tuple[Metric, ...]]]
    ) -> Mapping[str, Mapping[str, Metric]]:
        """Return by source and name what it must not show; of two the first source may."""
        if sources != self._known:
            self._known, self._clashes = sources, clashes(sources, self._reserved)
        return self._clashes
