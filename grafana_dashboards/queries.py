"""What the dashboards ask: every query of every panel, variable and annotation, and its metrics."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from grafana_dashboards.catalog import DASHBOARDS

# Words of PromQL that stand where a metric's name may stand.
_WORDS = {
    *("and", "or", "unless", "bool", "offset", "inf", "nan"),
    *("by", "without", "on", "ignoring", "group_left", "group_right"),
}
_OF_NOTES = 100  # points that Grafana asks for of an annotation, whatever the range
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_NAMED = re.compile(r'__name__\s*=~?\s*"([^"]*)"')
_LABELS = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)")
_RANGE = re.compile(r"\[[^\]]*\]")
_NAME = re.compile(r"(?<![\w:$.])([a-zA-Z_:][\w:]*)(?!\s*\(|[\w:])")


@dataclass(frozen=True)
class Query:
    """One query; ``place`` is the panel's title, or ``$variable``, or the annotation's name.

    ``legend`` names a series by its labels; a table has ``keys`` instead: the labels of its rows.
    ``last`` is the panel's own time range ("90d") where it has one, ``points`` how many it asks for
    at most, where that is not its width in pixels.
    """

    dashboard: str
    place: str
    expr: str
    instant: bool = False
    interval: str | None = None
    width: int = 24
    legend: str = ""
    keys: frozenset[str] = frozenset()
    last: str | None = None
    points: int | None = None


def plain(dashboard: Any) -> dict[str, Any]:
    """Return a dashboard as plain JSON values."""
    loaded: dict[str, Any] = json.loads(json.dumps(dashboard, cls=JSONEncoder))
    return loaded


def panels(dashboard: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the panels of a plain dashboard, those in folded sections too, without the heads."""
    for panel in dashboard["panels"]:
        if panel["type"] == "row":
            yield from panel["panels"]
        else:
            yield panel


def queries() -> Iterator[Query]:
    """Yield every query of every dashboard; a variable's is its ``label_values(...)``."""
    yield from _every()


@cache
def _every() -> tuple[Query, ...]:
    return tuple(_asked())


def _asked() -> Iterator[Query]:
    for name, build in DASHBOARDS.items():
        dashboard = plain(build())
        for variable in dashboard["templating"]["list"]:
            if variable["type"] == "query":
                yield Query(name, f"${variable['name']}", variable["query"]["query"], instant=True)
        for note in dashboard["annotations"]["list"]:
            yield Query(name, note["name"], note["expr"], interval=note["step"], points=_OF_NOTES)
        for panel in panels(dashboard):
            yield from _panel(name, panel)


def metric_names() -> dict[str, set[str]]:
    """Return, for each metric that a dashboard uses, the places ("dashboard: panel") that do."""
    found: dict[str, set[str]] = {}
    for query in queries():
        for name in metrics_of(query.expr):
            found.setdefault(name, set()).add(f"{query.dashboard}: {query.place}")
    return found


def metrics_of(expr: str) -> set[str]:
    """Return the names of the metrics in a query or a ``label_values(selector, label)``."""
    if expr.startswith("label_values("):
        expr = expr.removeprefix("label_values(").rpartition(",")[0]
    named = {name for pattern in _NAMED.findall(expr) for name in _alternatives(pattern)}
    bare = _LABELS.sub(" ", _RANGE.sub(" ", _STRING.sub('""', expr)))
    bare = re.sub(r"\{[^}]*\}", " ", bare)
    return named | {name for name in _NAME.findall(bare) if name.lower() not in _WORDS}


def _panel(dashboard: str, panel: dict[str, Any]) -> Iterator[Query]:
    for target in panel.get("targets", ()):
        yield Query(
            dashboard,
            panel["title"],
            target["expr"],
            instant=bool(target.get("instant")),
            interval=panel.get("interval"),
            width=panel["gridPos"]["w"],
            points=panel.get("maxDataPoints"),
            legend=target.get("legendFormat", ""),
            keys=_keys(panel),
            last=panel.get("timeFrom"),
        )


def _keys(panel: dict[str, Any]) -> frozenset[str]:
    steps = panel.get("transformations") or [{"options": {}}]
    names = steps[-1]["options"].get("renameByName", {})
    return frozenset(name for name in names if name.islower())  # not "Value #A", "Time (max)"


def _alternatives(pattern: str) -> Iterator[str]:
    """Expand one group of alternatives, which is all that our name patterns use."""
    before, bar, rest = pattern.partition("(")
    if not bar:
        yield from pattern.split("|")
        return
    inside, _, after = rest.partition(")")
    for word in inside.split("|"):
        yield f"{before}{word}{after}"
