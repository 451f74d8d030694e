"""Annotations: stretches and moments that are drawn over every panel of a page.

A page shows only what happened to the services, the host or the processes that it is about.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from grafana_dashboards.style.looks import BAD, PLANNED, WARN
from grafana_dashboards.style.promql import each
from grafana_dashboards.style.query import SOURCE


@dataclass(frozen=True)
class Annotation:
    """A query whose every stretch of non-zero samples becomes one shaded region.

    Where it asks for ``moments``, each of its values is a time in milliseconds, and is marked.
    """

    name: str
    expr: str
    color: str
    text: str
    tags: str = "service"
    moments: bool = False


FEW = 5  # services whose stretches can be told apart on one chart
_FEW_CHOSEN = f"and on () (count({each('service_slo_objective_ratio')}) <= {FEW})"


def of_services() -> list[Annotation]:
    """Return the outages and maintenance windows of the chosen services, where these are few.

    They are drawn over the charts of all other services, too: of many they would be noise.
    """
    open_since = each("sla_outage_open_since_timestamp_seconds")
    maintenance = each("service_maintenance_active")
    return [
        Annotation("Outages", f"{open_since} > bool 0 {_FEW_CHOSEN}", BAD, "Outage of {{service}}"),
        Annotation(
            "Maintenance windows",
            f"{maintenance} {_FEW_CHOSEN}",
            PLANNED,
            "Maintenance of {{service}}",
        ),
    ]


def of_starts(name: str, metric: str, matchers: str, text: str) -> list[Annotation]:
    """Return the moments that a metric tells as a Unix time, of each of the chosen instances."""
    moments = f"max by (instance) ({metric}{{{matchers}}}) * 1000"
    return [Annotation(name, moments, WARN, text, tags="instance", moments=True)]


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
        "hide": False,
        "iconColor": note.color,
        "expr": note.expr,
        "step": "60s",
        "titleFormat": note.text,
        "textFormat": "",
        "tagKeys": note.tags,
        "useValueForTime": note.moments,
    }
