"""The list of outages in the time range, read from the one metric that tells an open outage."""

from grafana_foundation_sdk.builders.common import TableSortByFieldState
from grafana_foundation_sdk.builders.table import Panel
from grafana_foundation_sdk.models.dashboard import DataTransformerConfig, DynamicConfigValue

from grafana_dashboards.style import width
from grafana_dashboards.style.looks import COUNT, DURATION, NEUTRAL, WHEN, thresholds, with_nothing
from grafana_dashboards.style.promql import last
from grafana_dashboards.style.query import SOURCE, lettered, moments

_OPEN = last("sla_outage_open_since_timestamp_seconds")
# The beginning becomes a label: one series per outage, with a sample per step while it is open.
_EACH = f'count_values by (service) ("began", {_OPEN} * 1000)'

NONE, _MILLISECONDS = "no outage", "Milliseconds"


def outage_list() -> Panel:
    """Return the table: service, exact beginning, when it was last seen open, how long at least."""
    panel = Panel().title("Outages in the time range").datasource(SOURCE).no_value(NONE)
    panel.description(
        "Every outage that was open in the time range; it began at its first failed sample. The "
        "end is as exact as the step of the query: zoom in, or ask `sla-engine outages list`."
    )
    panel.targets([*lettered([moments(_EACH)])]).unit(COUNT)
    panel.thresholds(thresholds(with_nothing(NEUTRAL, NONE)))
    panel.show_header(True)
    panel.sort_by([TableSortByFieldState().display_name("Began").desc(True)])
    for transformation in _grouped():
        panel.with_transformation(transformation)
    panel.override_by_name("Service", [width.at_least(width.KEY)])
    for head, unit in (("Began", WHEN), ("Open until", WHEN), ("Duration", DURATION)):
        shown = DynamicConfigValue(id_val="unit", value=unit)
        panel.override_by_name(head, [shown, width.at_least(width.of(head, unit))])
    return panel


def _grouped() -> list[DataTransformerConfig]:
    """One row per (service, beginning); Grafana calls the greatest time "Time (max)"."""
    group, number = {"operation": "groupby", "aggregations": []}, "number"
    latest = {"operation": "aggregate", "aggregations": ["max"]}
    minus = {"left": "Time (max)", "operator": "-", "right": "began"}
    seconds = {"left": _MILLISECONDS, "operator": "/", "right": "1000"}
    names = {"service": "Service", "began": "Began", "Time (max)": "Open until"}
    order = {"service": 0, "began": 1, "Time (max)": 2, "Duration": 3}
    steps: list[tuple[str, dict[str, object]]] = [
        ("groupBy", {"fields": {"service": group, "began": group, "Time": latest}}),
        (
            "convertFieldType",
            {
                "fields": {},
                "conversions": [
                    {"targetField": "began", "destinationType": number},
                    {"targetField": "Time (max)", "destinationType": number},
                ],
            },
        ),
        ("calculateField", {"mode": "binary", "alias": _MILLISECONDS, "binary": minus}),
        ("calculateField", {"mode": "binary", "alias": "Duration", "binary": seconds}),
        (
            "organize",
            {
                "excludeByName": {_MILLISECONDS: True},
                "indexByName": order,
                "renameByName": names,
            },
        ),
    ]
    return [DataTransformerConfig(id_val=name, options=options) for name, options in steps]
