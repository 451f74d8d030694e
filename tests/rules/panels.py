"""What the Dashboard button of an alert shows: the panel of its rule, with its labels chosen."""

import re
from collections.abc import Iterator
from typing import Any

from grafana_dashboards.alert_rule import rules
from grafana_dashboards.queries import panels
from tests.grafana_dashboards.boards import BOARDS

_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
_QUIET = " or on () vector(0)"  # drawn where a rule without a limit has no series
_PANELS = {panel["id"]: panel for panel in panels(BOARDS["alerts"])}
_OF_RULE = {(rule.name, rule.severity): _PANELS[rule.panel] for rule in rules()}


def with_panels(document: dict[str, Any]) -> dict[str, Any]:
    """Return cases that expect a series in the panel of an alert, too, when it first fires.

    What the button chooses is what ``uptime.link.dashboard`` takes of the alert's labels.
    """
    return document | {"cases": [_seen(case) for case in document["cases"]]}


def _seen(case: dict[str, Any]) -> dict[str, Any]:
    shown = [*_shown(case)]
    return case | {"expect": [*case.get("expect", ()), *shown]} if shown else case


def _shown(case: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for at, alerts in [*case.get("fires", {}).items()][:1]:
        for written in alerts:
            labels = dict(_LABEL.findall(written))
            drawn = " or ".join(opened(case["alert"], labels))
            yield {"expr": f"group({drawn})", "at": at, "is": {"{}": 1}}


def opened(alert: str, labels: dict[str, str]) -> Iterator[str]:
    """Yield the queries of a rule's panel, without its limits, as the button opens them."""
    for target in _OF_RULE[alert, labels["severity"]]["targets"]:
        if not target["legendFormat"].startswith("fires "):
            query = target["expr"].removesuffix(_QUIET)
            for name in ("service", "instance"):
                query = query.replace(f"${name}", labels.get(name, ".*"))
            yield f"({query})"
