"""The list of outages in the time range, as the ledger has them: the same at every zoom."""

from grafana_foundation_sdk.builders import stat
from grafana_foundation_sdk.builders.table import Panel

from grafana_dashboards.series import BEGAN, COMPLETE_SINCE, ENDED, LASTED, downtime_of, in_range
from grafana_dashboards.style import link
from grafana_dashboards.style.grid import Column, grid
from grafana_dashboards.style.looks import DURATION, WHEN
from grafana_dashboards.style.panel import number
from grafana_dashboards.style.query import now

NONE = "no outage"
_ID, _CLASS = 132, 100  # pixels: ids and classes are short


def outage_list() -> Panel:
    """Return the table: one row per outage, newest first."""
    return grid(
        "Outages in the time range",
        "Every outage that was open in the time range, as the ledger had it at its end: from the "
        "first failed to the first good sample; downtime is what of it was known and lay in the "
        "agreed service time. More of one: `sla-engine outages show ID`.",
        Column("Began", in_range(f"{BEGAN} * 1000"), WHEN),
        Column("Ended", in_range(f"{ENDED} * 1000"), WHEN, empty="open"),
        Column("Lasted", in_range(LASTED), DURATION),
        Column("Downtime", in_range(downtime_of()), DURATION),
        keys={"service": "Service", "outage": "Outage", "class": "Class", "reason": "Reason"},
        narrow={"Service": 158, "Outage": _ID, "Class": _CLASS, "Reason": 158},
        sort="Began",
        descending=True,
        empty=NONE,
        links={"Service": link.to(link.SERVICE, "one")},
    )


def complete_since() -> stat.Panel:
    """Return since when lists and marks of outages leave none out."""
    return number(
        "Outages listed since",
        "Every outage that began since then is in the lists and marks of this page. Older ones, or "
        "more than the engine publishes (--metrics.outages), are told by `sla-engine outages list` "
        "and by reports.",
        now(f"{COMPLETE_SINCE} * 1000", "since"),
        unit=WHEN,
    )
