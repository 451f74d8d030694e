"""Metric families as values, and their text for Prometheus 0.0.4 and OpenMetrics 1.0.

A metric is declared once, as a constant; a family is a metric with the samples of this moment::

    UP = gauge("service_up", "Whether the service answers.", "service", "location")
    render([UP.of((("shop", "fra"), 1.0))], "text")

The lines of samples are the same in both styles: text rendered when a result arrives (``lines``)
may be joined under either style's ``header`` at scrape. OpenMetrics wants ``EOF`` after the last
family.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

Kind = Literal["counter", "gauge", "histogram", "summary", "untyped"]
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
    kind: Kind
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


def counter(name: str, help_: str, *labels: str) -> Metric:
    """Declare a counter."""
    return Metric(name, "counter", help_, labels)


def gauge(name: str, help_: str, *labels: str) -> Metric:
    """Declare a gauge."""
    return Metric(name, "gauge", help_, labels)


def untyped(name: str, help_: str, *labels: str) -> Metric:
    """Declare a metric whose kind its source does not tell."""
    return Metric(name, "untyped", help_, labels)


def render(families: Iterable[Family], style: Style) -> str:
    """Return the text of the families that have samples, without the EOF of OpenMetrics."""
    parts: list[str] = []
    last = ""
    for metric, samples, suffix in families:
        if not samples:
            continue
        new, last = metric.name != last, metric.name
        if new and not metric.labels and not suffix:  # most of a host's metrics: one plain number
            number = str(samples[0][1])
            if number[-1] > "9":  # nan, inf, True: faster than comparing every number
                number = _special(samples[0][1])
            parts.append(f"{_plain(metric, style)}{number}\n")
            continue
        if new:
            parts.append(header(metric, style))
        _add_lines(parts, metric, samples, suffix)
    return "".join(parts)


def _plain(metric: Metric, style: Style) -> str:
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
    _add_lines(parts, *family)
    return "".join(parts)


def _add_lines(parts: list[str], metric: Metric, samples: Sequence[Sample], suffix: str) -> None:
    known = metric._prefixes.get(suffix)  # noqa: SLF001 - as in header()
    if known is None:
        known = metric._prefixes[suffix] = {}  # noqa: SLF001 - as in header()
    if len(known) > 2 * len(samples) + _SPARE_PREFIXES:
        known.clear()
    for values, value in samples:
        prefix = known.get(values)
        if prefix is None:
            prefix = known[values] = _prefix(metric, suffix, values)
        number = str(value)
        if number[-1] > "9":  # as in render()
            number = _special(value)
        parts.append(f"{prefix}{number}\n")


def _prefix(metric: Metric, suffix: str, values: tuple[str, ...]) -> str:
    if len(values) != len(metric.labels):
        raise ValueError(f"{metric.name} has labels {metric.labels}, not values {values}")
    pairs = ",".join(
        f'{name}="{_escape(value)}"' for name, value in zip(metric.labels, values, strict=True)
    )
    name = metric.name + suffix
    return f"{name}{{{pairs}}} " if pairs else f"{name} "


def _escape(value: str) -> str:
    """Escape a label value; bytes that are not UTF-8 (surrogates of os.fsdecode) become U+FFFD."""
    clean = value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return clean.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _special(value: float) -> str:
    if isinstance(value, bool):
        return str(int(value))
    if value != value:  # noqa: PLR0124 - only NaN differs from itself
        return "NaN"
    return "+Inf" if value > 0 else "-Inf"
