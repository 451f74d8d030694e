"""Grafana's part between a dashboard and Prometheus: variables, steps, the HTTP calls."""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import requests

from grafana_dashboards.catalog import DASHBOARDS
from grafana_dashboards.queries import Query, plain

SCRAPE_INTERVAL = 60  # the data source's "Scrape interval"
PIXELS_PER_COLUMN = 64  # a full-width panel is about 1,536 pixels, and asks for one point each
_STEPS = (1, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21_600, 43_200, 86_400)
_LABEL_VALUES = re.compile(r"label_values\((.*), (\w+)\)")
_REGEX_SPECIALS = re.compile(r"[$^*{}\[\]'+?.()|]")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}

Chosen = Mapping[str, str]


def seconds(duration: str) -> int:
    """Return the seconds of one of Prometheus's simple durations."""
    return int(duration[:-1]) * _UNITS[duration[-1]]


class Grafana:
    """Opens dashboards on a Prometheus; the time range ends at ``now`` (epoch seconds)."""

    def __init__(self, url: str, now: int, last: int | None = None) -> None:
        self._url = url
        self._now = now
        self._last = last
        self._dashboards = {name: plain(build()) for name, build in DASHBOARDS.items()}

    def at(self, now: int, last: int | None = None) -> "Grafana":
        """Return the same Grafana at another time, with all pages over the ``last`` seconds."""
        return Grafana(self._url, now, last)

    def open(self, name: str, choose: Mapping[str, Sequence[str]] | None = None) -> Chosen:
        """Return the values of a dashboard's variables, as they stand in a query.

        ``choose`` sets variables by hand; the rest stand as on first opening.
        """
        dashboard = self._dashboards[name]
        chosen: dict[str, str] = {}
        for variable in dashboard["templating"]["list"]:
            if variable["type"] == "query":
                values = self.label_values(name, variable["query"]["query"], chosen)
                assert values, f"{name}: ${variable['name']} has no values"
                picked = (choose or {}).get(variable["name"])
                chosen[variable["name"]] = _interpolated(variable, values, picked)
        return chosen

    def label_values(self, dashboard: str, query: str, chosen: Chosen) -> Sequence[str]:
        """Return what a variable offers."""
        match = _LABEL_VALUES.fullmatch(query)
        assert match is not None, query
        selector = _filled(match[1], chosen)
        found: list[str] = self._ask(
            f"label/{match[2]}/values",
            {"match[]": selector, "start": self._now - self.span(dashboard), "end": self._now},
        )
        return found

    def ask(self, query: Query, chosen: Chosen) -> Sequence[dict[str, Any]]:
        """Return the series that a query answers with."""
        span = seconds(query.last) if query.last else self.span(query.dashboard)
        points = query.points or query.width * PIXELS_PER_COLUMN
        step = max(_step(span, points), seconds(query.interval or "1s"))
        rate = max(step + SCRAPE_INTERVAL, 4 * SCRAPE_INTERVAL)
        times = {"__rate_interval": f"{rate}s", "__interval": f"{step}s", "__range": f"{span}s"}
        times["__interval_ms"] = str(step * 1000)
        times |= {
            "__range_s": str(span),
            "__from": str((self._now - span) * 1000),
            "__to": str(self._now * 1000),
        }
        expr = _filled(query.expr, {**chosen, **times})
        if query.instant:
            data = self._ask("query", {"query": expr, "time": self._now})
        else:
            start, end = self._now - span, self._now
            data = self._ask(
                "query_range",
                {
                    "query": expr,
                    "start": start - start % step,
                    "end": end - end % step,
                    "step": step,
                },
            )
        result: list[dict[str, Any]] = data["result"]
        return result

    def span(self, dashboard: str) -> int:
        """Return the seconds of the dashboard's time range, on first opening unless zoomed."""
        if self._last is not None:
            return self._last
        start: str = self._dashboards[dashboard]["time"]["from"]
        return seconds(start.removeprefix("now-"))

    def _ask(self, path: str, form: Mapping[str, str | float]) -> Any:
        address = f"{self._url}/api/v1/{path}"
        if path.startswith("label/"):
            reply = requests.get(address, params=form, timeout=30).json()
        else:
            reply = requests.post(address, data=form, timeout=30).json()
        if reply["status"] != "success":
            raise ValueError(f"{form}: {reply['error']}")
        return reply["data"]


def _interpolated(
    variable: dict[str, Any], values: Sequence[str], picked: Sequence[str] | None
) -> str:
    if not variable["multi"]:
        current = variable.get("current", {}).get("value")
        return picked[0] if picked else str(current or values[0])
    if picked is None and variable.get("allValue"):
        return str(variable["allValue"])
    escaped = [_escaped(value) for value in picked or values]
    return escaped[0] if len(escaped) == 1 else f"({'|'.join(escaped)})"


def _escaped(value: str) -> str:
    """Escape for a regular expression inside a quoted string, hence twice."""
    return _REGEX_SPECIALS.sub(lambda m: f"\\\\{m[0]}", value.replace("\\", "\\\\\\\\"))


def _step(span: int, points: int) -> int:
    wanted = math.ceil(span / points)
    return next(step for step in _STEPS if step >= wanted)


def _filled(text: str, values: Mapping[str, str]) -> str:
    for name in sorted(values, key=len, reverse=True):
        text = text.replace(f"${{{name}}}", values[name]).replace(f"${name}", values[name])
    assert not re.search(r"\$(?!\d)", text), text  # $1 is a group's, and not a variable's
    return text
