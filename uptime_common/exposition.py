"""Metric families as values, and their text for Prometheus 0.0.4 and OpenMetrics 1.0.

A metric is declared once, as a constant; a family is a metric with the samples of this moment::

    UP = gauge("service_up", "Whether the service answers.", "service", "location")
    render([UP.of((("shop", "fra"), 1.0))], "text")  # exporter.page

The lines of samples are the same in both styles: text rendered when a result arrives (``lines``)
may be joined under either style's ``header`` at scrape. OpenMetrics wants ``EOF`` after the last
family. Where the series are the same at every scrape, a `Template` keeps all text but the numbers.
Who keeps text of its own puts it together from ``header``, ``label`` and ``number``.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

MetricKind = Literal["counter", "gauge", "histogram", "summary", "untyped"]
Style = Literal["text", "openmetrics"]
Sample = tuple[tuple[str, ...], float]
"""Label values, in the order of the metric's label names, and the value."""

CONTENT_TYPES: Final[dict[Style, str]] = {
    "text": "text/plain; version=0.0.4; charset=utf-8",
    "openmetrics": "application/openmetrics-text; version=1.0.0; charset=utf-8",
}
EOF: Final = "# EOF\n"

_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r"(?!__)[a-zA-Z_][a-zA-Z0-9_]*")
_SPARE_PREFIXES = 256  # kept beyond twice the live ones: a few short-lived series are no churn


@dataclass(frozen=True, slots=True, eq=False)
class Metric:
    """A metric's name (counters with ``_total``), kind, help and label names.

    Raises:
        ValueError: a name that Prometheus would refuse.
    """

    name: str
    kind: MetricKind
    help: str
    labels: tuple[str, ...] = ()
    _headers: dict[Style, str] = field(default_factory=dict, init=False, repr=False)
    _plain: dict[Style, str] = field(default_factory=dict, init=False, repr=False)
    _prefixes: dict[str, dict[tuple[str, ...], str]] = field(
        default_factory=lambda: {"": {}}, init=False, repr=False
    )

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"{self.name!r} is no metric name")
        for label in self.labels:
            if not _LABEL.fullmatch(label):
                raise ValueError(f"{self.name}: {label!r} is no label name")

    def of(self, *samples: Sample) -> "Family":
        """Return the family of these samples."""
        return Family(self, samples)

    def value(self, value: float) -> "Family":
        """Return the family of one sample without labels."""
        return _family(Family, (self, (((), value),), ""))


_family = tuple.__new__  # what Family() does, without its wrapper: a scrape makes hundreds


class Family(NamedTuple):
    """A metric and its samples; ``suffix`` (``_bucket``, ``_sum``, ...) ends their names.

    A histogram is several families of one name in a row: ``render`` prints one header for them.
    """

    metric: Metric
    samples: Sequence[Sample]
    suffix: str = ""


class Template:
    """Series that are the same at every scrape: only their numbers are filled in.

    ``series`` are metrics and label values; one that is given twice is shown once, with its first
    number, and those of one name stand together::

        form = Template([(LOAD1, ()), (LOAD5, ())])
        render([form.filled(["0.5", "0.25"])], "text")
    """

    def __init__(self, series: Iterable[tuple[Metric, tuple[str, ...]]]) -> None:
        given = tuple(series)
        kept = _kept(given)
        self._given = len(given)
        self._kept = None if kept == list(range(len(given))) else kept
        self.series = tuple(given[place] for place in kept)
        self.metrics = tuple(dict.fromkeys(metric for metric, _ in self.series))
        self.names = frozenset(metric.name for metric in self.metrics)
        self._texts: dict[Style, list[str]] = {}

    def filled(self, numbers: Sequence[float | str]) -> "FilledTemplate":
        """Return the series with these numbers, or their decimal text, in the series' order."""
        return FilledTemplate(self, numbers)

    def text(self, numbers: Sequence[float | str], style: Style) -> str:
        """Return the series' text with these numbers.

        Raises:
            ValueError: there are not as many numbers as series.
        """
        pieces = self._texts.get(style)
        if pieces is None:
            pieces = self._texts[style] = self._pieces(style)
        joined = pieces.copy()
        numbers = self.ordered(numbers)
        texts = list(map(str, numbers))
        digits = "".join(texts)
        if "n" in digits or "u" in digits or "a" in digits:  # nan, inf, True, False
            texts = [number(one) for one in numbers]
        joined[1::2] = texts  # ValueError if their number differs
        return "".join(joined)

    def ordered(self, numbers: Sequence[float | str]) -> Sequence[float | str]:
        """Return the numbers of the series that are shown, in their order."""
        if self._kept is None:
            return numbers
        if len(numbers) != self._given:
            raise ValueError(f"{len(numbers)} numbers for {self._given} series")
        return [numbers[place] for place in self._kept]

    def _pieces(self, style: Style) -> list[str]:
        """Return what stands before each number, an empty place for it, ..., the last newline."""
        pieces, before, last = [], "", ""
        for metric, values in self.series:
            before += header(metric, style) if metric.name != last else ""
            pieces += [before + _prefix(metric, "", values), ""]
            before, last = "\n", metric.name
        return [*pieces, before]


class FilledTemplate:
    """A template with its numbers; iterates over its families."""

    __slots__ = ("form", "numbers")

    def __init__(self, form: Template, numbers: Sequence[float | str]) -> None:
        self.form, self.numbers = form, numbers

    def __iter__(self) -> Iterator[Family]:
        """Yield a family per metric."""
        pairs = zip(self.form.series, self.form.ordered(self.numbers), strict=True)
        for metric, group in groupby(pairs, lambda pair: pair[0][0]):
            yield Family(metric, [(values, float(number)) for (_, values), number in group])


def _kept(series: tuple[tuple[Metric, tuple[str, ...]], ...]) -> list[int]:
    """Return the places of the series to show: each once, those of one name in a row."""
    by_name: dict[str, dict[str, int]] = {}
    kinds: dict[str, MetricKind] = {}
    for place, (metric, values) in enumerate(series):
        if kinds.setdefault(metric.name, metric.kind) == metric.kind:
            by_name.setdefault(metric.name, {}).setdefault(_prefix(metric, "", values), place)
    return [place for places in by_name.values() for place in places.values()]


Part = Family | FilledTemplate
"""What ``render`` takes."""


def counter(name: str, help_: str, *labels: str) -> Metric:
    """Declare a counter."""
    return Metric(name, "counter", help_, labels)


def gauge(name: str, help_: str, *labels: str) -> Metric:
    """Declare a gauge."""
    return Metric(name, "gauge", help_, labels)


def histogram(name: str, help_: str) -> Metric:
    """Declare a histogram without labels of its own."""
    return Metric(name, "histogram", help_)


def untyped(name: str, help_: str, *labels: str) -> Metric:
    """Declare a metric whose kind its source does not tell."""
    return Metric(name, "untyped", help_, labels)


def plain(metric: Metric, style: Style) -> str:
    """Return the header and the name of the only sample."""
    known = metric._plain  # noqa: SLF001 - a metric's cache, kept beside its only user
    text = known.get(style)
    if text is None:
        text = known[style] = f"{header(metric, style)}{metric.name} "
    return text


def header(metric: Metric, style: Style) -> str:
    """Return the HELP and TYPE lines.

    OpenMetrics names a counter's family without ``_total``. A counter that has none keeps its name
    there as ``unknown``: the style that a scrape negotiates must not rename a series.
    """
    known = metric._headers  # noqa: SLF001 - a metric's cache, kept beside its only user
    if style not in known:
        known[style] = _header(metric, style)
    return known[style]


def _header(metric: Metric, style: Style) -> str:
    name, kind, text = metric.name, str(metric.kind), metric.help.replace("\\", "\\\\")
    text = text.replace("\n", "\\n")
    if style == "openmetrics":
        text = text.replace('"', '\\"')
        if kind == "counter" and name.endswith("_total"):
            name = name.removesuffix("_total")
        elif kind in ("counter", "untyped"):
            kind = "unknown"
    return f"# HELP {name} {text}\n# TYPE {name} {kind}\n"


def lines(family: Family) -> str:
    """Return one line per sample, the same in both styles.

    Raises:
        ValueError: a sample has not as many label values as the metric has labels.
    """
    parts: list[str] = []
    add_lines(parts, *family)
    return "".join(parts)


def add_lines(parts: list[str], metric: Metric, samples: Sequence[Sample], suffix: str) -> None:
    """Append what ``lines`` returns."""
    known = metric._prefixes.get(suffix)  # noqa: SLF001 - as in header()
    if known is None:
        known = metric._prefixes[suffix] = {}  # noqa: SLF001 - as in header()
    if len(known) > 2 * len(samples) + _SPARE_PREFIXES:
        known.clear()
    prefixes: list[str] = []
    for values, _ in samples:
        prefix = known.get(values)
        if prefix is None:
            prefix = known[values] = _prefix(metric, suffix, values)
        prefixes.append(prefix)
    if len(set(prefixes)) < len(prefixes):  # a series is shown once, with its first value
        first: dict[str, float] = {}
        for prefix, (_, value) in zip(prefixes, samples, strict=True):
            first.setdefault(prefix, value)
        parts += [f"{prefix}{number(value)}\n" for prefix, value in first.items()]
        return
    parts += [
        f"{prefix}{number(value)}\n" for prefix, (_, value) in zip(prefixes, samples, strict=True)
    ]


def _prefix(metric: Metric, suffix: str, values: tuple[str, ...]) -> str:
    if len(values) != len(metric.labels):
        raise ValueError(f"{metric.name} has labels {metric.labels}, not values {values}")
    pairs = ",".join(map(label, metric.labels, values))
    name = metric.name + suffix
    return f"{name}{{{pairs}}} " if pairs else f"{name} "


def label(name: str, value: str) -> str:
    """Return a label's text."""
    escaped = clean(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'{name}="{escaped}"'


def clean(value: str) -> str:
    """Return a label's value as UTF-8; other bytes (surrogates of os.fsdecode) become U+FFFD."""
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def number(value: float | str) -> str:
    """Return a value as both styles write it."""
    text = str(value)
    return text if text[-1] <= "9" else _special(float(value))  # nan, inf, True


def _special(value: float) -> str:
    if value != value:  # noqa: PLR0124 - only NaN differs from itself
        return "NaN"
    if value in (0, 1):  # False, True
        return str(int(value))
    return "+Inf" if value > 0 else "-Inf"


def of_registry(registry: "CollectorRegistry") -> Iterator[Family]:
    """Yield what a registry of prometheus_client holds, without times of creation.

    Our own text of it costs a third of prometheus_client's.
    """
    for found in registry.collect():
        total = "_total" if found.type == "counter" else ""
        told = [s for s in found.samples if not s.name.endswith("_created")]
        if not told:
            yield Family(_metric(found.name + total, found.type, found.documentation, ()), ())
        for (name, labels), group in groupby(told, lambda s: (s.name, tuple(s.labels))):
            metric = _metric(found.name + total, found.type, found.documentation, labels)
            samples = [(tuple(sample.labels.values()), sample.value) for sample in group]
            yield Family(metric, samples, name.removeprefix(metric.name))


@cache
def _metric(name: str, kind: MetricKind, text: str, labels: tuple[str, ...]) -> Metric:
    return Metric(name, kind, text, labels)


def registry_text(registry: "CollectorRegistry", style: Style) -> str:
    """Return the text of a registry, without EOF; a family without samples is its header alone."""
    parts: list[str] = []
    last = ""
    for family in of_registry(registry):
        if family.metric.name != last:
            parts.append(header(family.metric, style))
        last = family.metric.name
        parts.append(lines(family))
    return "".join(parts)
