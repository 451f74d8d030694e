"""One service or many, in depth: what is owed, what was given, where the budget went."""

from typing import Any

from grafana_foundation_sdk.builders import stat, statetimeline, statushistory, timeseries
from grafana_foundation_sdk.builders.table import Panel as Table

from grafana_dashboards.outage_list import complete_since, outage_list
from grafana_dashboards.series import (
    AVAILABILITY,
    BUDGET_LEFT,
    BUDGET_USED,
    COVERAGE,
    LAST_BEGAN,
    LAST_LASTED,
    LOST,
    MTBF,
    MTTR,
    OBJECTIVE,
    OPEN_SINCE,
    STATE,
    burning,
    burning_most,
    counted,
    days,
    downtime,
    outages,
    worst_services,
)
from grafana_dashboards.style import link, looks, variable
from grafana_dashboards.style.annotation import of_services
from grafana_dashboards.style.grid import Column, grid
from grafana_dashboards.style.looks import (
    BUDGET_DIGITS,
    DURATION,
    LEVEL_DIGITS,
    RATIO,
    SECONDS,
    WHEN,
    Steps,
)
from grafana_dashboards.style.page import line, page, section
from grafana_dashboards.style.panel import chart, number, strip, timeline
from grafana_dashboards.style.promql import among, ordered
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
        "Availability against objective, error budget, outages and latency of the chosen services.",
        section(
            "The chosen window",
            line(4, _lost(), _lowest(), _least_budget(), _coverage()),
            line(9, _services()),
        ),
        section("States", line(10, _states()), line(10, _days())),
        section("Error budget", line(9, _burn_down(), _burn_rate())),
        section(
            "Outages",
            line(8, _outages(), complete_since(), widths=(20, 4)),
            line(8, outage_list()),
        ),
        section("Latency", line(9, _latency())),
        variables=[
            variable.datasource(),
            *variable.services(),
            variable.pick("window", "Window", "sla_availability_ratio", first="month"),
        ],
        notes=of_services(),
        time="now-6h",
    )


def _lost() -> stat.Panel:
    return number(
        "Objectives lost",
        "Chosen services that used up the error budget of the whole window. A service of which "
        "nothing is known counts as neither met nor lost.",
        now(counted(LOST, OBJECTIVE), "lost"),
        steps=looks.ABOVE_ZERO_IS_BAD,
    )


def _lowest() -> stat.Panel:
    return number(
        "Lowest availability",
        "The lowest availability among the chosen services in the window: agreed service time "
        "less exclusions and downtime, by the accounting policy of the ledger. Never an average.",
        now(f"bottomk(1, {AVAILABILITY})", "{{service}}"),
        unit=RATIO,
        named=True,
        decimals=LEVEL_DIGITS,
    )


def _least_budget() -> stat.Panel:
    return number(
        "Least error budget left",
        "Share of the error budget that the worst service has left in the window. Below zero its "
        "objective is lost.",
        now(f"bottomk(1, {BUDGET_LEFT})", "{{service}}"),
        unit=RATIO,
        named=True,
        steps=looks.BUDGET,
        decimals=BUDGET_DIGITS,
    )


def _coverage() -> stat.Panel:
    return number(
        "Lowest coverage",
        "Share of the agreed service time in which the state is known at all. Unknown time is "
        "neither uptime nor downtime: below 99 % read the other figures with care.",
        now(f"bottomk(1, {COVERAGE})", "{{service}}"),
        unit=RATIO,
        named=True,
        steps=looks.falling(0.95, 0.99),
        decimals=LEVEL_DIGITS,
    )


def _services() -> Table:
    return grid(
        "Services",
        "The chosen services, most error budget used first. Planned downtime lies inside approved "
        "maintenance windows, the rest is unplanned; an open outage shows when it began.",
        Column("Availability", AVAILABILITY, RATIO, decimals=LEVEL_DIGITS),
        Column("Objective", OBJECTIVE, RATIO, decimals=LEVEL_DIGITS),
        Column("Budget used", BUDGET_USED, RATIO, looks.SPENT, decimals=BUDGET_DIGITS),
        Column("Unplanned", downtime("unplanned"), DURATION, looks.ABOVE_ZERO_IS_BAD),
        Column("Planned", downtime("planned"), DURATION),
        Column("Coverage", COVERAGE, RATIO, looks.falling(0.95, 0.99), decimals=LEVEL_DIGITS),
        Column("Down since", f"{OPEN_SINCE} * 1000", WHEN, looks.ABOVE_ZERO_IS_BAD, empty="none"),
        keys={"service": "Service"},
        sort="Budget used",
        descending=True,
        links={"Service": link.to(link.LEVELS, "service")},
    )


def _states() -> statetimeline.Panel:
    return timeline(
        "State",
        "The worst state in each step, by quorum of probes and locations. A gap is time of which "
        "nothing is known: no sample, so neither up nor down. The ten with the lowest availability "
        "in the window, unknown ones and the worst first; all of them are in the table above.",
        over_time(ordered(worst_services(10), STATE), "{{service}}"),
    )


def _days() -> statushistory.Panel:
    return strip(
        "Availability per day",
        "Availability of each day of the last 90, midnight to midnight UTC, as the ledger accounts "
        "for it: service hours, planned maintenance and unknown time by the service's policy. "
        "Today's is that of the last 24 hours; grey is a day of which nothing is known. The ten "
        "with the lowest availability in the window, unknown ones and the worst first.",
        over_time(days(10), "{{service}}"),
        unit=RATIO,
        steps=looks.falling(0.99, 0.999),
        interval="1d",
        last="90d",
        decimals=LEVEL_DIGITS,
    )


def _burn_down() -> timeseries.Panel:
    return chart(
        "Error budget left",
        "How the error budget of the window runs down; below zero the objective is lost. It "
        "refills at the start of a calendar window, gradually in a rolling one. Of many services "
        "the ten with the lowest availability.",
        over_time(among(worst_services(10), BUDGET_LEFT), "{{service}}"),
        unit=RATIO,
        steps=looks.BUDGET,
        bounds=(None, 1),
        extreme="min",
        draw_steps=True,
        decimals=BUDGET_DIGITS,
    )


def _burn_rate() -> timeseries.Panel:
    return chart(
        "Burn rate",
        "Errors over the error budget: at 1 the budget lasts exactly 30 days. Dashed: where the "
        "alerts stand, 14.4 over 1 h, 6 over 6 h (page), 3 over 1 d, 1 over 3 d (ticket). Planned "
        "maintenance and unknown time are left out. The three services nearest to an alert.",
        *(
            over_time(
                among(burning_most(3, BURN_WINDOWS), burning(window)), f"{{{{service}}}} {window}"
            )
            for window in BURN_WINDOWS
        ),
        steps=BURN_ALERTS,
        draw_steps=True,
        decimals=1,
    )


def _outages() -> Table:
    return grid(
        "Outages in the window",
        "Outages by kind (an outage that overran its maintenance window counts in both), mean "
        "time to restore and mean time between failures, as the ledger holds them; and the last "
        "outage, in the window or before it.",
        Column("Unplanned", outages("unplanned"), steps=looks.ABOVE_ZERO_IS_BAD),
        Column("Planned", outages("planned")),
        Column("MTTR", MTTR, DURATION, empty="no outage"),
        Column("MTBF", MTBF, DURATION, empty="no outage"),
        Column("Last began", f"{LAST_BEGAN} * 1000", WHEN, empty="none"),
        Column("Last lasted", LAST_LASTED, DURATION, empty="none"),
        keys={"service": "Service"},
        sort="Unplanned",
        descending=True,
        links={"Service": link.to(link.OUTAGES, "service")},
    )


def _latency() -> timeseries.Panel:
    return chart(
        "Probe time by phase",
        "Mean duration of each phase of the chosen services' probes, over targets and locations. "
        "Of many services the ten with the lowest availability.",
        over_time(
            among(
                worst_services(10),
                'avg by (service, phase) (service_probe_duration_seconds{service=~"$service"})',
            ),
            "{{service}} {{phase}}",
        ),
        unit=SECONDS,
    )
