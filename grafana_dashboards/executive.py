"""What the manager shows senior staff: promises kept, downtime, cost, and how last month was."""

from typing import Any

from grafana_foundation_sdk.builders import bargauge, stat, timeseries
from grafana_foundation_sdk.builders.table import Panel as Table

from grafana_dashboards.series import (
    AT_RISK,
    AVAILABILITY,
    BUDGET_USED,
    COST,
    LAST_MONTH,
    LOST,
    MARGIN,
    MET,
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
from grafana_dashboards.style.looks import BUDGET_DIGITS, DURATION, LEVEL_DIGITS, POINTS, RATIO
from grafana_dashboards.style.page import line, page, section
from grafana_dashboards.style.panel import bars, chart, number
from grafana_dashboards.style.promql import windowed
from grafana_dashboards.style.query import now, over_time


def executive() -> dict[str, Any]:
    """Return the dashboard."""
    return page(
        link.EXECUTIVE,
        "Executive overview",
        "Service levels of the organisation: objectives met and lost, downtime, budget and cost.",
        section(
            "Objectives",
            line(
                4,
                *(_met(), _at_risk(), _lost(), _unjudged()),
                *(_unplanned(), _planned(), _cost()),
                widths=(3, 3, 3, 3, 4, 4, 4),
            ),
            line(8, _worst(), _owed(), widths=(7, 17)),
        ),
        section(
            "Downtime",
            line(
                8,
                _most("unplanned", "outside approved", looks.BAD),
                _most("planned", "inside approved", looks.PLANNED),
                _owners(),
                widths=(7, 7, 10),
            ),
        ),
        section("Month against last month", line(9, _months(), _trend(), widths=(16, 8))),
        variables=[
            variable.datasource(),
            *variable.services(),
            variable.pick("window", "Window", "sla_availability_ratio", first=THIS_MONTH),
        ],
        notes=of_services(),
        time="now-7d",
        refresh="5m",
    )


def _met() -> stat.Panel:
    return number(
        "Objectives met",
        "Services whose availability in the window, so far, is at or above their objective.",
        now(counted(MET, OBJECTIVE), "met"),
        steps=((None, looks.GOOD),),
    )


def _at_risk() -> stat.Panel:
    return number(
        "At risk",
        "Services whose availability so far is below their objective, with error budget left: "
        "good time until the end of the window can still make up for it. Where the window is over "
        "the objective is missed.",
        now(counted(AT_RISK, OBJECTIVE), "at risk"),
        steps=looks.rising(1, 1_000_000),
    )


def _lost() -> stat.Panel:
    return number(
        "Objectives lost",
        "Services that used up the error budget of the whole window: their objective is missed, "
        "whatever comes.",
        now(counted(LOST, OBJECTIVE), "lost"),
        steps=looks.ABOVE_ZERO_IS_BAD,
    )


def _unjudged() -> stat.Panel:
    return number(
        "Not judged",
        "Services with an objective of which nothing is known in the window: neither met nor "
        "lost. Their probes or their data are missing.",
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
        "Unplanned downtime (of services that count events the part of each minute that failed) "
        "times the cost per hour that the catalogue gives, in its currency. Services without a "
        "cost add nothing.",
        now(f"sum by (currency) ({COST})", "{{currency}}"),
        unit=looks.MONEY,
        steps=looks.ABOVE_ZERO_IS_BAD,
        decimals=0,
        named=True,
    )


def _worst() -> bargauge.Panel:
    return bars(
        "Worst three",
        "The services that used most of the error budget of the window; where the bar is full the "
        "objective is lost.",
        now(f"sort_desc(topk(3, {BUDGET_USED}))", "{{service}}"),
        unit=RATIO,
        steps=looks.SPENT,
        bounds=(0, 1),
        decimals=BUDGET_DIGITS,
    )


def _owed() -> Table:
    return grid(
        "Availability against objective",
        "Every chosen service, most error budget used first: above 100 % the objective is lost. "
        "The margin is availability so far less objective, in percentage points.",
        Column("Availability", AVAILABILITY, RATIO, decimals=LEVEL_DIGITS),
        Column("Objective", OBJECTIVE, RATIO, decimals=LEVEL_DIGITS),
        Column("Margin", MARGIN, POINTS, looks.SIGN, decimals=LEVEL_DIGITS),
        Column("Budget used", BUDGET_USED, RATIO, looks.SPENT, decimals=BUDGET_DIGITS),
        Column("Cost", f"sum by (service) ({COST})", looks.MONEY, decimals=0, empty="no price"),
        keys={"service": "Service"},
        sort="Budget used",
        descending=True,
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
        empty="none",
    )


def _owners() -> Table:
    def by_owner(value: str) -> str:
        return f"by (owner) ({value} * on (service) group_left (owner) {OWNERS})"

    lost = f"count {by_owner(f'({LOST})')} or 0 * count {by_owner(OBJECTIVE)}"
    return grid(
        "By owner",
        "Who answers for what: services with an objective, how many lost it, and the sum of "
        "their unplanned downtime.",
        Column("Services", f"count {by_owner(OBJECTIVE)}"),
        Column("Lost", lost, steps=looks.ABOVE_ZERO_IS_BAD),
        Column("Unplanned", f"sum {by_owner(downtime('unplanned'))}", DURATION),
        keys={"owner": "Owner"},
        sort="Lost",
        descending=True,
    )


def _months() -> Table:
    this = windowed("sla_availability_ratio", window=THIS_MONTH)
    before = windowed("sla_availability_ratio", window=LAST_MONTH)
    return grid(
        "Month against last month",
        "This calendar month so far against the whole last one, in the catalogue's time zone; "
        "the greatest loss first.",
        Column("This month", this, RATIO, decimals=LEVEL_DIGITS),
        Column("Last month", before, RATIO, decimals=LEVEL_DIGITS),
        Column("Loss", f"100 * ({before} - {this})", POINTS, looks.LOSS, decimals=LEVEL_DIGITS),
        Column("Unplanned", downtime("unplanned", THIS_MONTH), DURATION),
        Column("Unplanned last", downtime("unplanned", LAST_MONTH), DURATION),
        keys={"service": "Service"},
        sort="Loss",
        descending=True,
        links={"Service": link.to(link.LEVELS, "service")},
    )


def _trend() -> timeseries.Panel:
    return chart(
        "Objectives met and lost over time",
        "How many of the chosen services met their objective, were at risk and had lost it in the "
        "window as it stood at each time.",
        over_time(counted(MET, OBJECTIVE), "met"),
        over_time(counted(AT_RISK, OBJECTIVE), "at risk"),
        over_time(counted(LOST, OBJECTIVE), "lost"),
        over_time(counted(UNJUDGED, OBJECTIVE), "not judged"),
        stacked=True,
        decimals=0,
    )
