"""What was and is down, what was and is planned, and how long things take to come back."""

from typing import Any

from grafana_foundation_sdk.builders import stat, statetimeline, timeseries
from grafana_foundation_sdk.builders.table import Panel as Table

from grafana_dashboards.outage_list import complete_since, outage_list
from grafana_dashboards.series import (
    ENDED,
    INFO,
    LAST_BEGAN,
    LAST_LASTED,
    MAINTENANCE,
    MTBF,
    MTTR,
    OBJECTIVE,
    OPEN_SINCE,
    UNSEEN,
    counted,
    downtime_of_day,
    owed,
    states,
    worst_services,
)
from grafana_dashboards.series import outages as count_of
from grafana_dashboards.style import link, looks, variable
from grafana_dashboards.style.annotation import of_services
from grafana_dashboards.style.grid import Column, grid
from grafana_dashboards.style.looks import DURATION, WHEN
from grafana_dashboards.style.page import line, page, section
from grafana_dashboards.style.panel import chart, number, timeline
from grafana_dashboards.style.promql import MINE, most, ordered
from grafana_dashboards.style.query import now, over_time
from grafana_dashboards.work_list import work_list, work_to_come

# At the end of the range, so that it is read once and not once a step.
_SHARE = f"max by (service) (avg_over_time(service_maintenance_active{{{MINE}}}[$__range] @ end()))"
# Ranks are from 0 to 1, the most time in maintenance first.
_HAD = f"bottomk(6, 1 - ({_SHARE} > 0))"
# The row that says so where none had.
_NONE = 'label_replace(vector(0), "service", "none", "", "")'
# Beside the means of outages, where there was none: a name without a value, and no line.
_NO_OUTAGE = 'label_replace(vector(NaN), "service", "no outage in the window", "", "")'
# What is known of why the open outages are.
_WHY = f"{INFO} unless on (service, outage) {ENDED}"
WINDOW = looks.words(
    {"0": ("none", "transparent"), "1": ("maintenance", looks.PLANNED)},
    missing=("none", "transparent"),
)


def _none(mean: str) -> str:
    return f"{_NO_OUTAGE} unless on () {owed(f'sla_{mean}_seconds', at=' @ end()')}"


def outages() -> dict[str, Any]:
    """Return the dashboard."""
    return page(
        link.OUTAGES,
        "Outages and planned work",
        "What went down, when exactly, for how long and why; what was planned, and what is to "
        "come? Begin, end and length are the ledger's own at every zoom.",
        section(
            "Now",
            line(
                4,
                *(_open(), _longest(), _in_maintenance(), _silent(), complete_since()),
                widths=(4, 6, 4, 5, 5),
            ),
            line(7, _open_now(), _alerts()),
        ),
        section("Outages", line(10, outage_list())),
        section("Planned work", line(8, work_list()), line(7, _maintenance(), work_to_come())),
        section("Timeline of all services", line(15, _timeline())),
        section(
            "How often, and how long",
            line(8, _outages()),
            line(9, _downtime(), _mttr(), _mtbf()),
        ),
        variables=[variable.datasource(), *variable.services()],
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
        "nor down. In the first minutes of a new engine these are all.",
        now(counted(UNSEEN, OBJECTIVE), "unknown"),
        steps=looks.UNSURE,
    )


def _timeline() -> statetimeline.Panel:
    return timeline(
        "State of every service",
        "The worst state in each step, by quorum of probes and locations. A gap is time of which "
        "nothing is known. The twenty with the lowest availability in the window, unknown ones and "
        "the worst first; all are in the table of Service levels.",
        over_time(states(worst_services(20)), "{{service}}"),
    )


def _open_now() -> Table:
    def told(value: str) -> str:
        found = f"({value}) * on (service) group_left (reason) max by (service, reason) ({_WHY})"
        return f"{found} or on (service) ({value})"

    return grid(
        "Outages open now",
        "Outages that have not ended, longest first, and why as far as anybody knows; in "
        "maintenance means that a window covers them now and no alert pages.",
        Column("Down for", told(f"time() - {OPEN_SINCE}"), DURATION, ((None, looks.BAD),)),
        Column(
            "Maintenance",
            told(f"{MAINTENANCE} and on (service) {OPEN_SINCE}"),
            mappings=looks.YES_NO,
        ),
        keys={"service": "Service", "reason": "Reason"},
        narrow={"Service": 158, "Reason": 158},
        sort="Down for",
        descending=True,
        empty="none is open",
        links={"Service": link.to(link.SERVICE, "one")},
    )


def _alerts() -> Table:
    by = "alertname, severity, service"
    told = f'{MINE}, severity!="none"'
    firing = f'max by ({by}) (ALERTS{{{told}, alertstate="firing"}})'
    return grid(
        "Alerts firing",
        "What Prometheus' rules say of the chosen services now, longest first. Alertmanager "
        "decides who is told, and holds the silences.",
        Column(
            "Active for",
            f"(time() - max by ({by}) (ALERTS_FOR_STATE{{{told}}})) and on ({by}) {firing}",
            DURATION,
            ((None, looks.BAD),),
        ),
        keys={"alertname": "Alert", "severity": "Severity", "service": "Service"},
        narrow={"Severity": 100},
        sort="Active for",
        descending=True,
        empty="no alert fires",
        links={"Service": link.to(link.SERVICE, "one")},
    )


def _maintenance() -> statetimeline.Panel:
    active = most("service_maintenance_active")
    return timeline(
        "Maintenance windows",
        "Approved windows of the six services that were longest in maintenance in the time range, "
        "these first; nothing is drawn where there was none.",
        over_time(f"{ordered(_HAD, active)} or {_NONE} unless on () {_SHARE} > 0", "{{service}}"),
        mappings=WINDOW,
    )


def _outages() -> Table:
    every = count_of("unplanned")
    return grid(
        "Outages of the contract's window",
        "Outages by kind (an outage that overran its maintenance window counts in both), mean "
        "time to restore and mean time between failures, as the ledger holds them; and the last "
        "outage, in the window or before it.",
        Column("Unplanned", every, steps=looks.ABOVE_ZERO_IS_BAD),
        Column("Planned", count_of("planned")),
        Column("MTTR", MTTR, DURATION, empty="no outage"),
        Column("MTBF", MTBF, DURATION, empty="no outage"),
        Column("Last began", f"{LAST_BEGAN} * 1000", WHEN, empty="none", rows=every),
        Column("Last lasted", LAST_LASTED, DURATION, empty="none", rows=every),
        keys={"service": "Service"},
        narrow={"Service": 300},
        sort="Unplanned",
        descending=True,
        links={"Service": link.to(link.SERVICE, "one")},
    )


def _downtime() -> timeseries.Panel:
    return chart(
        "Downtime of the last day",
        "Known downtime of the chosen services in the 24 hours before each time, summed.",
        *(over_time(f"sum({downtime_of_day(kind)})", kind) for kind in ("unplanned", "planned")),
        unit=DURATION,
    )


def _mttr() -> timeseries.Panel:
    return chart(
        "Mean time to restore",
        "Mean length of the outages in the window, from the first failed to the first good "
        "sample; the ten slowest services.",
        over_time(f"topk(10, {MTTR}) or {_none('mttr')}", "{{service}}"),
        unit=DURATION,
    )


def _mtbf() -> timeseries.Panel:
    return chart(
        "Mean time between failures",
        "Mean uptime between outages in the window; the ten services that fail most often.",
        over_time(f"bottomk(10, {MTBF}) or {_none('mtbf')}", "{{service}}"),
        unit=DURATION,
        extreme="min",
    )
