"""The lists of planned work: windows of maintenance that began, and those that are to come."""

from grafana_foundation_sdk.builders.table import Panel

from grafana_dashboards.series import NEXT_WORK, WORK_BEGAN, WORK_ENDED, work_in_range
from grafana_dashboards.style import link
from grafana_dashboards.style.grid import Column, grid
from grafana_dashboards.style.looks import DURATION, WHEN


def work_list() -> Panel:
    """Return the table: one row per window and service, newest first."""
    return grid(
        "Planned work in the time range",
        "Every approved maintenance window that touched the time range and has begun, with its own "
        "times: what was planned, whether the service was down in it or not.",
        Column("Began", work_in_range(f"{WORK_BEGAN} * 1000"), WHEN),
        Column("Ends", work_in_range(f"{WORK_ENDED} * 1000"), WHEN),
        Column("Length", work_in_range(f"{WORK_ENDED} - {WORK_BEGAN}"), DURATION),
        keys={"service": "Service", "window": "Window"},
        hidden={"occurrence": "Occurrence"},
        sort="Began",
        descending=True,
        empty="none was planned",
        links={"Service": link.to(link.SERVICE, "one")},
    )


def work_to_come() -> Panel:
    """Return the table of each service's next window."""
    return grid(
        "Planned work to come",
        "When the next approved window of each service begins, at most 31 days ahead.",
        Column("Begins", f"{NEXT_WORK} * 1000", WHEN),
        Column("In", f"{NEXT_WORK} - time()", DURATION),
        keys={"service": "Service"},
        sort="Begins",
        empty="none is announced",
        links={"Service": link.to(link.SERVICE, "one")},
    )
