"""Annotations: stretches and moments that are drawn over every panel of a page.

A page shows only what happened to the services, the host or the processes that it is about.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from grafana_dashboards.style.looks import BAD, GOOD, PLANNED, WARN
from grafana_dashboards.style.promql import MINE, each
from grafana_dashboards.style.query import SOURCE


@dataclass(frozen=True)
class Annotation:
    """A query whose every value is a time in milliseconds that is marked, exact at any zoom.

    Samples would be joined to regions by the step of their query, and short ones lost. A mark is
    there as long as its series is: what is marked must stay when it is over. ``switch`` gives it a
    button at the top of the page.
    """

    name: str
    expr: str
    color: str
    text: str
    tags: str = "service"
    switch: bool = True


FEW = 5  # services whose marks can be told apart on one chart
# Counted once, at the end of the range: at each of its steps it would be what a page costs most.
_CHOSEN = f"last_over_time(service_slo_objective_ratio{{{MINE}}}[1h] @ end())"
_FEW_CHOSEN = f"and on () (count(max by (service) ({_CHOSEN})) <= {FEW})"


def of_services(*, switch_of_planned: bool = True) -> list[Annotation]:
    """Return begins and ends of outages and of maintenance of the chosen services, where few.

    They are drawn over the charts of all other services, too: of many they would be noise. A page
    whose bar is full has no ``switch_of_planned`` work.
    """
    outage, window = ("service", "outage"), ("service", "window", "occurrence")
    return [
        _edge("Outages", "sla_outage_start_timestamp_seconds", outage, BAD, "began: {{outage}}"),
        _edge("Outages over", "sla_outage_end_timestamp_seconds", outage, GOOD, "over: {{outage}}"),
        _edge(
            "Planned",
            "sla_maintenance_start_timestamp_seconds",
            window,
            PLANNED,
            "maintenance began: {{window}}",
            switch=switch_of_planned,
        ),
        _edge(
            "Planned over",
            "sla_maintenance_end_timestamp_seconds",
            window,
            PLANNED,
            "maintenance over: {{window}}",
        ),
    ]


def _edge(
    name: str, metric: str, by: Sequence[str], color: str, text: str, *, switch: bool = True
) -> Annotation:
    """Return the marks of those times that lie in the range; others would pile up at its edge."""
    moments = f"{each(metric, *by)} * 1000 >= $__from <= $__to"
    expr = f"{moments} {_FEW_CHOSEN}"
    # Four buttons take a line of their own: those of ends would.
    switch = switch and not name.endswith(" over")
    return Annotation(name, expr, color, f"{{{{service}}}} {text}", switch=switch)


def of_alerts(matchers: str) -> list[Annotation]:
    """Return when alerts began to be active, where few did; ``matchers`` choose them.

    What an alert tells is there only while it is active: each mark looks back to the one before.
    """
    by = "alertname, service, instance"
    began = f"max by ({by}) (last_over_time(ALERTS_FOR_STATE{{{matchers}}}[$__interval]))"
    few = f"count(count by ({by}) (ALERTS{{{matchers}}})) <= {FEW}"
    text = "{{alertname}} {{service}} {{instance}}"
    moments = f"{began} * 1000 >= $__from <= $__to and on () ({few})"
    return [Annotation("Alerts began", moments, WARN, text, tags="alertname")]


def of_starts(name: str, metric: str, matchers: str, text: str) -> list[Annotation]:
    """Return the moments in the range that a metric tells, of each of the chosen instances."""
    moments = f"max by (instance) ({metric}{{{matchers}}}) * 1000 >= $__from <= $__to"
    return [Annotation(name, moments, WARN, text, tags="instance")]


def annotations(notes: Sequence[Annotation]) -> dict[str, Any]:
    """Return the annotations in the form that Grafana 9.4 reads and newer ones migrate.

    The SDK's model has no field for the step and the texts of a Prometheus annotation.
    """
    return {"list": [_annotation(note) for note in notes]}


def _annotation(note: Annotation) -> dict[str, Any]:
    return {
        "name": note.name,
        "datasource": SOURCE,
        "enable": True,
        "hide": not note.switch,
        "iconColor": note.color,
        "expr": note.expr,
        "step": "60s",
        "titleFormat": note.text,
        "textFormat": "",
        "tagKeys": note.tags,
        "useValueForTime": True,
    }
