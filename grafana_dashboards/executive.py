"""Were promises kept, and what did it cost? What the manager shows senior staff."""

from typing import Any

from grafana_foundation_sdk.builders import bargauge, stat, timeseries
from grafana_foundation_sdk.builders.table import Panel as Table

from grafana_dashboards.promises import CREDIT, WITH_CUSTOMER, agreed, closed_last, months
from grafana_dashboards.series import (
    AVAILABILITY,
    BUDGET_ENDS,
    BUDGET_USED,
    COST,
    MARGIN,
    OBJECTIVE,
    OWNERS,
    UNJUDGED,
    VERDICT_BEFORE,
    WINDOW_STATE,
    counted,
    downtime,
    in_state,
)
from grafana_dashboards.style import link, looks, variable
from grafana_dashboards.style.grid import Column, grid
from grafana_dashboards.style.looks import (
    BUDGET_DIGITS,
    DURATION,
    LEVEL_DIGITS,
    POINTS,
    RATIO,
    WHEN,
)
from grafana_dashboards.style.page import line, page, section
from grafana_dashboards.style.panel import bars, chart, number
from grafana_dashboards.style.query import now, over_time


def executive() -> dict[str, Any]:
    """Return the dashboard."""
    return page(
        link.EXECUTIVE,
        "Executive overview",
        "Were promises kept, and what did it cost? Verdicts of the windows that closed, how the "
        "running ones do, downtime and money: by month, by owner and by customer.",
        section(
            "Contracts that run, and those that closed last",
            line(4, _lost(), _at_risk(), _on_course(), _unjudged(), _missed(), _met()),
            line(4, _impact(), _credits(), _unplanned(), _planned()),
            line(9, _contracts()),
        ),
        section(
            "Thirteen months",
            line(10, _months(), _missed_by_month(), widths=(15, 9)),
        ),
        section("By owner and by customer", line(7, _owners()), line(7, _customers())),
        section(
            "Where the time went",
            line(8, _worst(), _most(), _trend(), widths=(6, 9, 9)),
            folded=True,
        ),
        variables=[variable.datasource(), *variable.services()],
        time="now-7d",
        refresh="5m",
    )


def _lost() -> stat.Panel:
    return number(
        "Lost",
        "Contracts whose running window used up its error budget: the objective is missed, "
        "whatever comes.",
        now(counted(in_state("lost"), OBJECTIVE), "lost"),
        steps=looks.ABOVE_ZERO_IS_BAD,
    )


def _at_risk() -> stat.Panel:
    return number(
        "At risk",
        "Contracts whose running window uses up its error budget before its end, if the last day's "
        "burn goes on.",
        now(counted(in_state("at_risk"), OBJECTIVE), "at risk"),
        steps=looks.rising(1, 1_000_000),
    )


def _on_course() -> stat.Panel:
    return number(
        "On course",
        "Contracts whose running window keeps its objective, if the last day's burn goes on.",
        now(counted(in_state("on_course"), OBJECTIVE), "on course"),
    )


def _unjudged() -> stat.Panel:
    return number(
        "Not judged",
        "Contracts of which nothing is known in the running window: neither kept nor lost. Their "
        "probes or their data are missing, or the engine began a moment ago.",
        now(counted(UNJUDGED, OBJECTIVE), "not judged"),
        steps=looks.UNSURE,
    )


def _met() -> stat.Panel:
    return number(
        "Met last time",
        "Contracts whose window that closed last met its objective. None before the first closed.",
        now(counted(f"({VERDICT_BEFORE}) == 1", OBJECTIVE), "met"),
    )


def _missed() -> stat.Panel:
    return number(
        "Missed last time",
        "Contracts whose window that closed last missed its objective. None before the first "
        "closed.",
        now(counted(f"({VERDICT_BEFORE}) == 0", OBJECTIVE), "missed"),
        steps=looks.ABOVE_ZERO_IS_BAD,
    )


def _impact() -> stat.Panel:
    return number(
        "Business impact so far",
        "Unplanned downtime of the running windows (of services that count events the part of each "
        "minute that failed) times the cost per hour that the catalogue gives. Services without a "
        "cost add nothing.",
        now(f"sum by (currency) ({COST})", "{{currency}}"),
        unit=looks.MONEY,
        decimals=0,
        named=True,
        empty="no price",
    )


def _credits() -> stat.Panel:
    return number(
        "Credits due, last windows",
        "What agreements promise back for the window of each that closed last.",
        now(f"sum by (currency) ({closed_last(CREDIT)})", "{{currency}}"),
        unit=looks.MONEY,
        steps=looks.ABOVE_ZERO_IS_BAD,
        decimals=0,
        named=True,
        empty="none is due",
    )


def _unplanned() -> stat.Panel:
    return number(
        "Unplanned downtime",
        "Known downtime outside approved maintenance windows, summed over the running windows of "
        "the chosen services.",
        now(f"sum({downtime('unplanned')})", "unplanned"),
        unit=DURATION,
    )


def _planned() -> stat.Panel:
    return number(
        "Planned downtime",
        "Known downtime inside approved maintenance windows, summed over the running windows. A "
        "service that stayed up in its window adds nothing.",
        now(f"sum({downtime('planned')})", "planned"),
        unit=DURATION,
        steps=((None, looks.PLANNED),),
    )


def _contracts() -> Table:
    return grid(
        "Every contract that runs",
        "Most error budget used first: above 100 % the objective is lost. The margin is "
        "availability so far less objective, in percentage points.",
        Column("State", WINDOW_STATE, mappings=looks.COURSE),
        Column("Availability", AVAILABILITY, RATIO, decimals=LEVEL_DIGITS),
        Column("Objective", OBJECTIVE, RATIO, decimals=LEVEL_DIGITS),
        Column("Margin", MARGIN, POINTS, looks.SIGN, decimals=LEVEL_DIGITS),
        Column("Budget used", BUDGET_USED, RATIO, looks.SPENT, decimals=BUDGET_DIGITS),
        Column("Budget ends", BUDGET_ENDS, WHEN, mappings=looks.ENDS),
        Column(
            "Last window",
            VERDICT_BEFORE,
            mappings=looks.VERDICT,
            empty="none closed",
            rows=OBJECTIVE,
        ),
        Column("Cost", f"sum by (service) ({COST})", looks.MONEY, decimals=0, empty="no price"),
        keys={"service": "Service"},
        narrow={"Service": 236},
        long_names=True,
        sort="Budget used",
        descending=True,
        links={"Service": link.to(link.SERVICE, "one")},
    )


def _months() -> Table:
    return grid(
        "Month by month",
        "The last 13 closed months of the chosen owners, from the ledger itself: contracts' "
        "windows that closed in the month, by verdict; downtime and its cost. A minute after the "
        "engine starts, and longer with many services, they are not worked out yet.",
        Column("Met", months("sla_month_windows", "month", ', verdict="met"')),
        Column(
            "Missed",
            months("sla_month_windows", "month", ', verdict="missed"'),
            steps=looks.ABOVE_ZERO_IS_BAD,
        ),
        Column("Not judged", months("sla_month_windows", "month", ', verdict="unjudged"')),
        Column(
            "Unplanned",
            months("sla_month_downtime_seconds", "month", ', kind="unplanned"'),
            DURATION,
        ),
        Column(
            "Cost", months("sla_month_cost", "month"), looks.MONEY, decimals=0, empty="no price"
        ),
        keys={"month": "Month"},
        narrow={"Month": 90},
        sort="Month",
        descending=True,
        empty="no closed month yet",
    )


def _missed_by_month() -> bargauge.Panel:
    return bars(
        "Windows missed, by month",
        "How many windows of contracts closed in each of the last 13 months with their objective "
        "missed, oldest first.",
        over_time(months("sla_month_windows", "month", ', verdict="missed"'), "{{month}}"),
        unit=looks.COUNT,
        steps=looks.ABOVE_ZERO_IS_BAD,
        bounds=(0, None),
        empty="no closed month yet",
    )


def _owners() -> Table:
    def by_owner(how: str, value: str) -> str:
        return f"{how} by (owner) (({value}) * on (service) group_left (owner) {OWNERS})"

    def running(state: str) -> str:
        return f"{by_owner('count', in_state(state))} or 0 * {by_owner('count', OBJECTIVE)}"

    return grid(
        "By owner",
        "Who answers for what: contracts, how many are lost and at risk now, and what the last 13 "
        "closed months were.",
        Column("Contracts", by_owner("count", OBJECTIVE), empty="none"),
        Column("Lost", running("lost"), steps=looks.ABOVE_ZERO_IS_BAD, empty="none"),
        Column("At risk", running("at_risk"), steps=looks.rising(1, 1_000_000), empty="none"),
        Column("Missed, 13 months", months("sla_month_windows", "owner", ', verdict="missed"')),
        Column(
            "Unplanned, 13 months",
            months("sla_month_downtime_seconds", "owner", ', kind="unplanned"'),
            DURATION,
        ),
        Column(
            "Cost, 13 months",
            months("sla_month_cost", "owner"),
            looks.MONEY,
            decimals=0,
            empty="no price",
        ),
        keys={"owner": "Owner"},
        narrow={"Owner": 260},
        sort="Lost",
        descending=True,
    )


def _customers() -> Table:
    def by_customer(how: str, value: str) -> str:
        about = f"on (agreement) group_left (customer, currency) {WITH_CUSTOMER}"
        return f"{how} by (customer, currency) (({value}) * {about})"

    every = f"count by (customer, currency) ({WITH_CUSTOMER})"

    def running(state: str) -> str:
        there = (
            f'max by (agreement) (sla_agreement_state{{agreement=~"$agreement", state="{state}"}})'
        )
        return f"{by_customer('count', there)} or 0 * {every}"

    missed = f"{agreed('sla_agreement_closed_met', 'closed')} == 0"
    return grid(
        "By customer",
        "What customers and departments were promised: agreements, how their running windows do, "
        "and what the last windows that closed (13 of each at most) were missed and cost.",
        Column("Agreements", every),
        Column("Lost", running("lost"), steps=looks.ABOVE_ZERO_IS_BAD),
        Column("At risk", running("at_risk"), steps=looks.rising(1, 1_000_000)),
        Column("Missed", f"{by_customer('count', f'1 + ({missed})')} or 0 * {every}"),
        Column(
            "Credits, last",
            by_customer("sum", f"sum by (agreement) ({closed_last(CREDIT)})"),
            looks.MONEY,
            looks.ABOVE_ZERO_IS_BAD,
            decimals=0,
            empty="none",
        ),
        Column(
            "Credits, all",
            by_customer("sum", f"sum by (agreement) ({CREDIT})"),
            looks.MONEY,
            decimals=0,
            empty="none",
        ),
        keys={"customer": "Customer", "currency": "Currency"},
        narrow={"Customer": 260, "Currency": 100},
        sort="Lost",
        descending=True,
        empty="no agreement",
        links={"Customer": link.to(link.AGREEMENTS, "customer")},
    )


def _worst() -> bargauge.Panel:
    return bars(
        "Worst five",
        "The services that used most of the error budget of their running window; where the bar is "
        "full the objective is lost.",
        now(f"sort_desc(topk(5, {BUDGET_USED}))", "{{service}}"),
        unit=RATIO,
        steps=looks.SPENT,
        bounds=(0, 1),
        decimals=BUDGET_DIGITS,
    )


def _most() -> bargauge.Panel:
    return bars(
        "Most unplanned downtime",
        "The ten services with the most downtime outside approved maintenance windows, in their "
        "running window.",
        now(f"sort_desc(topk(10, {downtime('unplanned')} > 0))", "{{service}}"),
        unit=DURATION,
        steps=((None, looks.BAD),),
        bounds=(0, None),
        empty="none",
    )


def _trend() -> timeseries.Panel:
    states = (("on course", "on_course"), ("at risk", "at_risk"), ("lost", "lost"))
    return chart(
        "Contracts over time",
        "How many of the chosen services were on course, at risk and lost in the window that ran "
        "at each time, and how many could not be judged.",
        *(over_time(counted(in_state(state), OBJECTIVE), name) for name, state in states),
        over_time(counted(UNJUDGED, OBJECTIVE), "not judged"),
        stacked=True,
        decimals=0,
        ranked=False,
        colors={
            "on course": looks.GOOD,
            "at risk": looks.WARN,
            "lost": looks.BAD,
            "not judged": looks.UNKNOWN,
        },
    )
