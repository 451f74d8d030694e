"""Annotations: stretches of time that are drawn over every panel."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from grafana_dashboards.style.looks import BAD, PLANNED
from grafana_dashboards.style.promql import MINE, each
from grafana_dashboards.style.query import SOURCE


@dataclass(frozen=True)
class Annotation:
    """A query whose every stretch of non-zero samples becomes one shaded region."""

    name: str
    expr: str
    color: str
    text: str


def of_services(matchers: str = MINE) -> list[Annotation]:
    """Return the outages and maintenance windows of the chosen services (or of all: "")."""
    open_since = each("sla_outage_open_since_timestamp_seconds", matchers=matchers)
    maintenance = each("service_maintenance_active", matchers=matchers)
    return [
        Annotation("Outages", f"{open_since} > bool 0", BAD, "Outage of {{service}}"),
        Annotation("Maintenance windows", maintenance, PLANNED, "Maintenance of {{service}}"),
    ]


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
        "tagKeys": "service",
        "useValueForTime": False,
    }
