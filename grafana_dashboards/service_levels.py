"""One service or many, in depth: what is owed, what was given, where the budget went."""

from typing import Any

from grafana_foundation_sdk.builders import stat, statetimeline, timeseries
from grafana_foundation_sdk.builders.table import Panel as Table

from grafana_dashboards.house import variable
from grafana_dashboards.house.annotation import MAINTENANCE, OUTAGES
from grafana_dashboards.house.grid import Column, grid
from grafana_dashboards.house.page import line, page, section
from grafana_dashboards.house.panel import chart, number, timeline
from grafana_dashboards.house.promql import each, most, windowed, worst
from grafana_dashboards.house.query import now, over_time
from grafana_dashboards.house.style import (
    ABOVE_ZERO_IS_BAD,
    BAD,
    BUDGET,
    COUNT,
    DURATION,
    GOOD,
    RATIO,
    SECONDS,
    WARN,
    WHEN,
    Steps,
    falling,
)

BURN_WINDOWS = ("1h", "6h", "1d", "3d")
BURN_ALERTS: Steps = ((None, GOOD), (1, "yellow"), (3, WARN), (6, BAD), (14.4, "dark-red"))
UID = "uptime-ledger-service-levels"
OBJECTIVE = each("service_slo_objective_ratio")
AVAILABILITY = windowed("sla_availability_ratio")
BUDGET_LEFT = windowed("sla_error_budget_remaining_ratio")
COVERAGE = windowed("sla_coverage_ratio")
PLANNED = windowed("sla_downtime_seconds", more=', kind="planned"')
UNPLANNED = windowed("sla_downtime_seconds", more=', kind="unplanned"')
UP = worst("service:up:quorum")
IN_MAINTENANCE = most("service:maintenance_active:max")
# 0 down, 1 up, and 2 more of each inside a maintenance window.
STATE = f"{UP} + on (service) 2 * {IN_MAINTENANCE} or {UP}"
OPEN_SINCE = each("sla_outage_open_since_timestamp_seconds")


def service_levels() -> dict[str, Any]:
    """Return the dashboard."""
    return page(
        UID,
        "Service levels",
        "Availability against objective, error budget, outages and latency of the chosen services.",
        section(
            "The chosen window",
            line(5, met(), worst_availability(), worst_budget(), coverage()),
            line(9, ledger()),
        ),
        section("States", line(8, states())),
        section("Error budget", line(9, burn_down(), burn_rate())),
        section("Latency", line(9, latency())),
        variables=[
            variable.datasource(),
            *variable.services(),
            variable.pick("window", "Window", "sla_availability_ratio", first="month"),
        ],
        notes=[OUTAGES, MAINTENANCE],
    )


def met() -> stat.Panel:
    """How many services fail their objective."""
    return number(
        "Objectives missed",
        "Chosen services whose availability in the window is below their objective. Services of "
        "which nothing is known count as neither met nor missed.",
        now(f"count({AVAILABILITY} < on (service) {OBJECTIVE}) or vector(0)", "missed"),
        steps=ABOVE_ZERO_IS_BAD,
    )


def worst_availability() -> stat.Panel:
    """The lowest availability of the chosen services."""
    return number(
        "Lowest availability",
        "The lowest availability among the chosen services in the window: agreed service time "
        "less exclusions and downtime, by the accounting policy of the ledger. Never an average.",
        now(f"bottomk(1, {AVAILABILITY})", "{{service}}"),
        unit=RATIO,
        decimals=3,
    )


def worst_budget() -> stat.Panel:
    """The smallest error budget left."""
    return number(
        "Least error budget left",
        "Share of the error budget that the worst service has left in the window: 1 less downtime "
        "over (1 - objective) of the accountable time. Below zero the objective is missed.",
        now(f"bottomk(1, {BUDGET_LEFT})", "{{service}}"),
        unit=RATIO,
        steps=BUDGET,
        decimals=1,
    )


def coverage() -> stat.Panel:
    """How much of the agreed time is known."""
    return number(
        "Lowest coverage",
        "Share of the agreed service time in which the state is known at all. Unknown time is "
        "neither uptime nor downtime: below 99 % read the other figures with care.",
        now(f"bottomk(1, {COVERAGE})", "{{service}}"),
        unit=RATIO,
        steps=falling(0.95, 0.99),
        decimals=2,
    )


def ledger() -> Table:
    """Every chosen service in one line."""
    return grid(
        "Services",
        "The chosen services, least error budget first. Planned downtime lies inside approved "
        "maintenance windows, the rest is unplanned; an open outage shows when it began.",
        Column("Availability", AVAILABILITY, RATIO, decimals=4),
        Column("Objective", OBJECTIVE, RATIO, decimals=2),
        Column("Budget left", BUDGET_LEFT, RATIO, BUDGET, decimals=1),
        Column("Unplanned", UNPLANNED, DURATION, ABOVE_ZERO_IS_BAD),
        Column("Planned", PLANNED, DURATION),
        Column("Coverage", COVERAGE, RATIO, falling(0.95, 0.99), decimals=2),
        Column("Down since", f"{OPEN_SINCE} * 1000", WHEN, ABOVE_ZERO_IS_BAD),
        keys={"service": "Service"},
        sort="Budget left",
    )


def states() -> statetimeline.Panel:
    """Up, down and maintenance over time."""
    return timeline(
        "State",
        "The worst state in each step, by quorum of probes and locations. A gap is time of which "
        "nothing is known: no sample, so neither up nor down.",
        over_time(STATE, "{{service}}"),
    )


def burn_down() -> timeseries.Panel:
    """The error budget over time."""
    return chart(
        "Error budget left",
        "How the error budget of the window runs down; at zero the objective is missed. It refills "
        "at the start of a calendar window, gradually in a rolling one.",
        over_time(BUDGET_LEFT, "{{service}}"),
        unit=RATIO,
        steps=BUDGET,
        bounds=(None, 1),
        calculations=("lastNotNull", "min"),
        draw_steps=True,
        decimals=1,
    )


def burn_rate() -> timeseries.Panel:
    """How fast the budget goes, with the limits at which it alerts."""
    return chart(
        "Burn rate",
        "Errors over the error budget: at 1 the budget lasts exactly 30 days. Dashed: where the "
        "alerts stand, 14.4 over 1 h, 6 over 6 h (page), 3 over 1 d, 1 over 3 d (ticket). Planned "
        "maintenance and unknown time are left out.",
        *(over_time(burning(window), f"{{{{service}}}} {window}") for window in BURN_WINDOWS),
        unit=COUNT,
        steps=BURN_ALERTS,
        draw_steps=True,
        decimals=1,
    )


def burning(window: str) -> str:
    """Return the burn rate over a window of the recording rules."""
    errors = each(f"service:sli_errors:ratio_rate{window}")
    return f"{errors} / on (service) {each('service:slo_error_budget:ratio')}"


def latency() -> timeseries.Panel:
    """Probe time by phase."""
    return chart(
        "Probe time by phase",
        "Mean duration of each phase of the chosen services' probes, over targets and locations.",
        over_time(
            'avg by (service, phase) (service_probe_duration_seconds{service=~"$service"})',
            "{{service}} {{phase}}",
        ),
        unit=SECONDS,
    )
