"""What the manager shows senior staff: promises kept, downtime, cost, and how last month was."""

from typing import Any

from grafana_foundation_sdk.builders import bargauge, stat, timeseries
from grafana_foundation_sdk.builders.table import Panel as Table

from grafana_dashboards.series import (
    AVAILABILITY,
    BUDGET_LEFT,
    COST,
    LAST_MONTH,
    MET,
    MISSED,
    OBJECTIVE,
    OWNERS,
    THIS_MONTH,
    UNJUDGED,
    counted,
    downtime,
)
from grafana_dashboards.style import link, looks, variable
from grafana_dashboards.style.annotation import of_services
from grafana_dashboards.style.grid import Column, grid
from grafana_dashboards.style.looks import DURATION, RATIO
from grafana_dashboards.style.page import line, page, section
from grafana_dashboards.style.panel import bars, chart, number
from grafana_dashboards.style.promql import windowed
from grafana_dashboards.style.query import now, over_time


def executive() -> dict[str, Any]:
    """Return the dashboard."""
    return page(
        link.EXECUTIVE,
        "Executive overview",
        "Service levels of the organisation: objectives met and missed, downtime, budget and cost.",
        section(
            "Objectives",
            line(4, _met(), _missed(), _unjudged(), _unplanned(), _planned(), _cost()),
            line(8, _worst(), _owed(), widths=(8, 16)),
        ),
        section(
            "Downtime",
            line(
                8,
                _most("unplanned", "outside approved", looks.BAD),
                _most("planned", "inside approved", looks.PLANNED),
                _owners(),
            ),
        ),
        section("Month against last month", line(9, _months(), _trend())),
        variables=[
            variable.datasource(),
            *variable.services(),
            variable.pick("window", "Window", "sla_availability_ratio", first=THIS_MONTH),
        ],
        notes=of_services(),
        time="now-30d",
        refresh="5m",
    )


def _met() -> stat.Panel:
    return number(
        "Objectives met",
        "Services whose availability in the window is at or above their objective.",
        now(counted(MET, OBJECTIVE), "met"),
        steps=((None, looks.GOOD),),
    )


def _missed() -> stat.Panel:
    return number(
        "Objectives missed",
        "Services whose availability in the window is below their objective.",
        now(counted(MISSED, OBJECTIVE), "missed"),
        steps=looks.ABOVE_ZERO_IS_BAD,
    )


def _unjudged() -> stat.Panel:
    return number(
        "Not judged",
        "Services with an objective of which nothing is known in the window: neither met nor "
        "missed. Their probes or their data are missing.",
        now(counted(UNJUDGED, OBJECTIVE), "not judged"),
        steps=looks.rising(1, 1_000_000),
    )


def _unplanned() -> stat.Panel:
    return number(
        "Unplanned downtime",
        "Known downtime outside approved maintenance windows, summed over the chosen services.",
        now(f"sum({downtime('unplanned')})", "unplanned"),
        unit=DURATION,
        steps=looks.ABOVE_ZERO_IS_BAD,
    )


def _planned() -> stat.Panel:
    return number(
        "Planned downtime",
        "Known downtime inside approved maintenance windows, summed over the chosen services. A "
        "service that stayed up in its window adds nothing.",
        now(f"sum({downtime('planned')})", "planned"),
        unit=DURATION,
        steps=((None, looks.PLANNED),),
    )


def _cost() -> stat.Panel:
    return number(
        "Business impact",
        "Unplanned downtime times the cost per hour that the catalogue gives, in its currency. "
        "Services without a cost add nothing.",
        now(f"sum by (currency) ({COST})", "{{currency}}"),
        unit=looks.MONEY,
        steps=looks.ABOVE_ZERO_IS_BAD,
        decimals=0,
        named=True,
    )


def _worst() -> bargauge.Panel:
    return bars(
        "Worst three",
        "The services with the least error budget left in the window; below zero the objective "
        "is missed.",
        now(f"sort(bottomk(3, {BUDGET_LEFT}))", "{{service}}"),
        unit=RATIO,
        steps=looks.BUDGET,
        bounds=(0, 1),
        decimals=1,
    )


def _owed() -> Table:
    return grid(
        "Availability against objective",
        "Every chosen service, least error budget first. The margin is availability less "
        "objective, in percentage points.",
        Column("Availability", AVAILABILITY, RATIO, decimals=4),
        Column("Objective", OBJECTIVE, RATIO, decimals=2),
        Column(
            "Margin", f"{AVAILABILITY} - on (service) {OBJECTIVE}", RATIO, looks.SIGN, decimals=4
        ),
        Column("Budget left", BUDGET_LEFT, RATIO, looks.BUDGET, decimals=1),
        Column("Cost", f"sum by (service) ({COST})", looks.MONEY, decimals=0),
        keys={"service": "Service"},
        sort="Budget left",
        links={"Service": link.to(link.LEVELS, "service")},
    )


def _most(kind: str, where: str, color: str) -> bargauge.Panel:
    return bars(
        f"Most {kind} downtime",
        f"The ten services with the most downtime {where} maintenance windows.",
        now(f"sort_desc(topk(10, {downtime(kind)} > 0))", "{{service}}"),
        unit=DURATION,
        steps=((None, color),),
        bounds=(0, None),
    )


def _owners() -> Table:
    def by_owner(value: str) -> str:
        return f"by (owner) ({value} * on (service) group_left (owner) {OWNERS})"

    return grid(
        "By owner",
        "Who answers for what: services with an objective, how many miss it, and the sum of "
        "their unplanned downtime.",
        Column("Services", f"count {by_owner(OBJECTIVE)}"),
        Column("Missed", f"count {by_owner(f'({MISSED})')}", steps=looks.ABOVE_ZERO_IS_BAD),
        Column("Unplanned", f"sum {by_owner(downtime('unplanned'))}", DURATION),
        keys={"owner": "Owner"},
        sort="Missed",
        descending=True,
    )


def _months() -> Table:
    this = windowed("sla_availability_ratio", window=THIS_MONTH)
    before = windowed("sla_availability_ratio", window=LAST_MONTH)
    return grid(
        "Month against last month",
        "This calendar month so far against the whole last one, in the catalogue's time zone; "
        "the greatest loss first.",
        Column("This month", this, RATIO, decimals=4),
        Column("Last month", before, RATIO, decimals=4),
        Column("Change", f"{this} - {before}", RATIO, looks.SIGN, decimals=4),
        Column("Unplanned", downtime("unplanned", THIS_MONTH), DURATION),
        Column("Unplanned last", downtime("unplanned", LAST_MONTH), DURATION),
        keys={"service": "Service"},
        sort="Change",
        links={"Service": link.to(link.LEVELS, "service")},
    )


def _trend() -> timeseries.Panel:
    return chart(
        "Objectives met and missed over time",
        "How many of the chosen services met and missed their objective in the window that ended "
        "at each time.",
        over_time(counted(MET, OBJECTIVE), "met"),
        over_time(counted(MISSED, OBJECTIVE), "missed"),
        over_time(counted(UNJUDGED, OBJECTIVE), "not judged"),
        stacked=True,
        decimals=0,
    )
