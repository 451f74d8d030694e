"""What is down, what is in maintenance, and how long things take to come back."""

from typing import Any

from grafana_foundation_sdk.builders import stat, statetimeline, timeseries
from grafana_foundation_sdk.builders.table import Panel as Table

from grafana_dashboards.outage_list import complete_since, outage_list
from grafana_dashboards.series import (
    MAINTENANCE,
    MTBF,
    MTTR,
    OBJECTIVE,
    OPEN_SINCE,
    SEEN,
    STATE,
    counted,
    worst_services,
)
from grafana_dashboards.series import downtime as down
from grafana_dashboards.series import outages as count_of
from grafana_dashboards.style import link, looks, variable
from grafana_dashboards.style.annotation import of_services
from grafana_dashboards.style.grid import Column, grid
from grafana_dashboards.style.looks import DURATION, WHEN
from grafana_dashboards.style.page import line, page, section
from grafana_dashboards.style.panel import chart, number, timeline
from grafana_dashboards.style.promql import MINE, each, most, ordered
from grafana_dashboards.style.query import now, over_time

NEXT = each("service_maintenance_next_start_timestamp_seconds")
# At the end of the range, so that it is read once and not once a step.
_SHARE = (
    f"max by (service) (avg_over_time(service:maintenance_active:max{{{MINE}}}[$__range] @ end()))"
)
# Ranks are from 0 to 1, the most time in maintenance first.
_HAD = f"bottomk(8, 1 - ({_SHARE} > 0))"
WINDOW = looks.words({"0": ("none", "transparent"), "1": ("maintenance", looks.PLANNED)})


def outages() -> dict[str, Any]:
    """Return the dashboard."""
    return page(
        link.OUTAGES,
        "Outages and maintenance",
        "Open and past outages, maintenance windows, and the trends of repair times.",
        section("Now", line(4, _open(), _longest(), _in_maintenance(), _silent())),
        section("Timeline of all services", line(15, _timeline())),
        section(
            "Outages",
            line(7, _open_now(), complete_since(), widths=(20, 4)),
            line(8, outage_list()),
        ),
        section("Alerts", line(8, _alerts())),
        section("Maintenance", line(8, _maintenance(), _upcoming(), widths=(14, 10))),
        section("Trends", line(8, _counts(), _downtime()), line(8, _mttr(), _mtbf())),
        variables=[
            variable.datasource(),
            *variable.services(),
            variable.pick("window", "Window", "sla_availability_ratio", first="month"),
        ],
        notes=of_services(),
        time="now-24h",
    )


def _open() -> stat.Panel:
    return number(
        "Open outages",
        "Services with an outage in the ledger that has not ended.",
        now(counted(OPEN_SINCE, MAINTENANCE), "open"),
        steps=looks.ABOVE_ZERO_IS_BAD,
    )


def _longest() -> stat.Panel:
    return number(
        "Longest open outage",
        "Time since the first failed sample of the oldest outage that has not ended.",
        now(f"topk(1, time() - {OPEN_SINCE})", "{{service}}"),
        named=True,
        unit=DURATION,
        steps=((None, looks.BAD),),
        empty="none",
    )


def _in_maintenance() -> stat.Panel:
    return number(
        "In maintenance",
        "Services inside an approved maintenance window now.",
        now(f"sum({MAINTENANCE})", "in maintenance"),
        steps=((None, looks.PLAIN), (1, looks.PLANNED)),
    )


def _silent() -> stat.Panel:
    return number(
        "State unknown",
        "Services with an objective of which no sample tells the state now: unknown, neither up "
        "nor down.",
        now(counted(f"{OBJECTIVE} unless on (service) {SEEN}", OBJECTIVE), "unknown"),
        steps=looks.rising(1, 1_000_000),
    )


def _timeline() -> statetimeline.Panel:
    return timeline(
        "State of every service",
        "The worst state in each step, by quorum of probes and locations. A gap is time of which "
        "nothing is known. The twenty with the lowest availability in the window, unknown ones and "
        "the worst first; all are in the table of Service levels.",
        over_time(ordered(worst_services(20), STATE), "{{service}}"),
    )


def _open_now() -> Table:
    return grid(
        "Outages open now",
        "Outages that have not ended, longest first; in maintenance means that a window covers "
        "them now and no alert pages.",
        Column("Down since", f"{OPEN_SINCE} * 1000", WHEN),
        Column("Down for", f"time() - {OPEN_SINCE}", DURATION, ((None, looks.BAD),)),
        Column(
            "Maintenance",
            f"{MAINTENANCE} and on (service) {OPEN_SINCE}",
            mappings=looks.YES_NO,
        ),
        keys={"service": "Service"},
        sort="Down for",
        descending=True,
        empty="none is open",
        links={"Service": link.to(link.LEVELS, "service")},
    )


def _alerts() -> Table:
    by = "alertname, severity, service"
    firing = f'max by ({by}) (ALERTS{{{MINE}, alertstate="firing"}})'
    return grid(
        "Alerts firing",
        "What Prometheus' rules say of the chosen services now, longest first. Alertmanager "
        "decides who is told, and holds the silences.",
        Column(
            "Active for",
            f"(time() - max by ({by}) (ALERTS_FOR_STATE{{{MINE}}})) and on ({by}) {firing}",
            DURATION,
            ((None, looks.BAD),),
        ),
        keys={"alertname": "Alert", "severity": "Severity", "service": "Service"},
        sort="Active for",
        descending=True,
        empty="no alert fires",
        links={"Service": link.to(link.LEVELS, "service")},
    )


def _maintenance() -> statetimeline.Panel:
    active = most("service:maintenance_active:max")
    return timeline(
        "Maintenance windows",
        "Approved windows of the services that had one in the time range; of many the eight that "
        "were longest in maintenance, these first.",
        over_time(ordered(_HAD, active), "{{service}}"),
        mappings=WINDOW,
    )


def _upcoming() -> Table:
    return grid(
        "Upcoming maintenance",
        "When the next approved window of each service begins.",
        Column("Begins", f"{NEXT} * 1000", WHEN),
        Column("In", f"{NEXT} - time()", DURATION),
        keys={"service": "Service"},
        sort="Begins",
        empty="none is announced",
        links={"Service": link.to(link.LEVELS, "service")},
    )


def _counts() -> timeseries.Panel:
    return chart(
        "Outages in the window",
        "How many outages the chosen services had in the window that ended at each time.",
        *(over_time(f"sum({count_of(kind)})", kind) for kind in ("unplanned", "planned")),
        decimals=0,
    )


def _downtime() -> timeseries.Panel:
    return chart(
        "Downtime in the window",
        "Known downtime of the chosen services in the window that ended at each time.",
        *(over_time(f"sum({down(kind)})", kind) for kind in ("unplanned", "planned")),
        unit=DURATION,
    )


def _mttr() -> timeseries.Panel:
    return chart(
        "Mean time to restore",
        "Mean length of the outages in the window, from the first failed to the first good "
        "sample; the ten slowest services.",
        over_time(f"topk(10, {MTTR})", "{{service}}"),
        unit=DURATION,
    )


def _mtbf() -> timeseries.Panel:
    return chart(
        "Mean time between failures",
        "Mean uptime between outages in the window; the ten services that fail most often.",
        over_time(f"bottomk(10, {MTBF})", "{{service}}"),
        unit=DURATION,
        extreme="min",
    )
