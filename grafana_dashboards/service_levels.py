"""Which contracts are at risk? Every service in its own contract's window, worst first."""

from typing import Any

from grafana_foundation_sdk.builders import stat, statushistory, timeseries
from grafana_foundation_sdk.builders.table import Panel as Table

from grafana_dashboards.series import (
    AVAILABILITY,
    BUDGET_ENDS,
    BUDGET_USED,
    COVERAGE,
    EVENTS,
    OBJECTIVE,
    UNJUDGED,
    UP_NOW,
    VERDICT_BEFORE,
    WINDOW_END,
    WINDOW_STATE,
    budget_left_of,
    burning,
    burning_most,
    counted,
    days,
    in_state,
    owed,
    worst_services,
)
from grafana_dashboards.style import link, looks, variable
from grafana_dashboards.style.annotation import of_services
from grafana_dashboards.style.grid import Column, grid
from grafana_dashboards.style.looks import BUDGET_DIGITS, LEVEL_DIGITS, RATIO, WHEN, Steps
from grafana_dashboards.style.page import line, page, section
from grafana_dashboards.style.panel import chart, number, strip
from grafana_dashboards.style.promql import MINE
from grafana_dashboards.style.query import now, over_time

BURN_WINDOWS = {"1h": 14.4, "6h": 6, "1d": 3, "3d": 1}
BURN_ALERTS: Steps = (
    (None, looks.GOOD),
    (1, "yellow"),
    (3, looks.WARN),
    (6, looks.BAD),
    (14.4, "dark-red"),
)


def service_levels() -> dict[str, Any]:
    """Return the dashboard."""
    return page(
        link.LEVELS,
        "Service levels",
        "Which contracts are at risk? Every service over the window that its own contract names, "
        "as the ledger accounts for it; a window that runs is on course, at risk or lost, and has "
        "no verdict before it is over.",
        section(
            "Contracts that run",
            line(4, _lost(), _at_risk(), _on_course(), _unjudged(), _down(), _missed()),
            line(13, _contracts()),
        ),
        section("Ninety days", line(14, _days())),
        section("Budgets", line(9, _burn_down(), _burn_rate())),
        section("Services that count events", line(6, _events())),
        variables=[variable.datasource(), *variable.services()],
        notes=of_services(),
        time="now-24h",
    )


def _lost() -> stat.Panel:
    return number(
        "Lost",
        "Services that used up the error budget of the whole window: their objective is missed, "
        "whatever comes.",
        now(counted(in_state("lost"), OBJECTIVE), "lost"),
        steps=looks.ABOVE_ZERO_IS_BAD,
    )


def _at_risk() -> stat.Panel:
    return number(
        "At risk",
        "Services whose error budget is used up before the window's end, if the last day's burn "
        "goes on. There is still budget left to save.",
        now(counted(in_state("at_risk"), OBJECTIVE), "at risk"),
        steps=looks.rising(1, 1_000_000),
    )


def _on_course() -> stat.Panel:
    return number(
        "On course",
        "Services whose error budget lasts to the window's end, if the last day's burn goes on.",
        now(counted(in_state("on_course"), OBJECTIVE), "on course"),
        steps=looks.NEUTRAL,
    )


def _unjudged() -> stat.Panel:
    return number(
        "Not judged",
        "Services with an objective of which nothing is known in the window: no sample of them was "
        "ever seen, or their probes are missing. They count as neither met nor lost.",
        now(counted(UNJUDGED, OBJECTIVE), "not judged"),
        steps=looks.UNSURE,
    )


def _down() -> stat.Panel:
    return number(
        "Down now",
        "Services that the ledger has down now; in maintenance, too.",
        now(counted(f"({UP_NOW}) == 0", OBJECTIVE), "down"),
        steps=looks.ABOVE_ZERO_IS_BAD,
    )


def _missed() -> stat.Panel:
    return number(
        "Missed last time",
        "Services whose contract's window that closed last missed its objective. None before the "
        "first window closed; rolling windows never close.",
        now(counted(f"({VERDICT_BEFORE}) == 0", OBJECTIVE), "missed"),
        steps=looks.ABOVE_ZERO_IS_BAD,
    )


def _contracts() -> Table:
    return grid(
        "Contracts, most budget used first",
        "Above 100 % the objective of the window is lost. Budget ends: when it is used up if the "
        "last day's burn goes on. Of events, the budget is of those that "
        "may fail. In the first hour of a window little is known: see coverage.",
        Column("State", WINDOW_STATE, mappings=looks.COURSE),
        Column("Budget used", BUDGET_USED, RATIO, looks.SPENT, decimals=BUDGET_DIGITS),
        Column("Availability", AVAILABILITY, RATIO, decimals=LEVEL_DIGITS),
        Column("Objective", OBJECTIVE, RATIO, decimals=LEVEL_DIGITS),
        Column("Budget ends", BUDGET_ENDS, WHEN, mappings=looks.ENDS),
        Column("Window ends", f"{WINDOW_END} * 1000", WHEN, empty="rolls on", rows=OBJECTIVE),
        Column("Coverage", COVERAGE, RATIO, looks.falling(0.95, 0.99), decimals=LEVEL_DIGITS),
        keys={"service": "Service"},
        narrow={"Service": 240},
        sort="Budget used",
        descending=True,
        links={"Service": link.to(link.SERVICE, "one")},
    )


def _days() -> statushistory.Panel:
    return strip(
        "Availability per day (grey: no data)",
        "Availability of each day of the last 90, midnight to midnight UTC, as the ledger accounts "
        "for it: service hours, planned maintenance and unknown time by the service's policy. "
        "Today's is that of the last 24 hours; grey is a day of which nothing is known. The 18 "
        "with the lowest availability in their window, unknown ones and the worst first; all are "
        "in the table above.",
        over_time(days(18), "{{service}}"),
        unit=RATIO,
        steps=looks.falling(0.99, 0.999),
        interval="1d",
        last="90d",
        decimals=LEVEL_DIGITS,
    )


def _burn_down() -> timeseries.Panel:
    return chart(
        "Error budget left",
        "How the budgets run down; below zero the objective is lost. A budget refills at the start "
        "of a calendar window, gradually in a rolling one. What is lost by far is cut off at "
        "-100 %. The ten with the lowest availability.",
        over_time(f"clamp_min({budget_left_of(worst_services(10))}, -1)", "{{service}}"),
        unit=RATIO,
        steps=looks.BUDGET,
        bounds=(-1.05, 1.05),  # neither end is a line on the frame
        extreme="min",
        draw_steps=True,
        decimals=BUDGET_DIGITS,
    )


def _burn_rate() -> timeseries.Panel:
    return chart(
        "Burn rate",
        "Errors over the error budget: at 1 the budget lasts exactly 30 days. Dashed: where the "
        "alerts stand, 14.4 over 1 h, 6 over 6 h (page), 3 over 1 d, 1 over 3 d (ticket). Planned "
        "maintenance and unknown time are left out. The three services nearest to an alert, by the "
        "recording rules of alert_rules/.",
        *(
            over_time(
                burning(window, ranking=burning_most(3, BURN_WINDOWS)),
                f"{{{{service}}}} {window}",
            )
            for window in BURN_WINDOWS
        ),
        steps=BURN_ALERTS,
        draw_steps=True,
        decimals=1,
    )


def _events() -> Table:
    def counts(result: str) -> str:
        return owed("sla_events", f', result="{result}"')

    allowed = f"{owed('sla_events_allowed')} and on (service) service_info{{{MINE}, {EVENTS}}}"
    return grid(
        "Events in the window",
        "Services whose availability is good events of all events: how many failed in the "
        "contract's window, how many may, so that the objective is met. Their outages are runs of "
        "minutes in which many failed.",
        Column("Failed", counts("failed"), decimals=0),
        Column("May fail", allowed, decimals=0, empty="no objective"),
        Column("Good", counts("good"), decimals=0),
        Column(
            "Budget used",
            f"({BUDGET_USED}) and on (service) {counts('failed')}",
            RATIO,
            looks.SPENT,
            decimals=BUDGET_DIGITS,
        ),
        keys={"service": "Service"},
        sort="Failed",
        descending=True,
        empty="none counts events",
        links={"Service": link.to(link.SERVICE, "one")},
    )
