"""What do we owe whom? Agreements: how their windows do, what closed, and the credits due."""

from typing import Any

from grafana_foundation_sdk.builders import stat
from grafana_foundation_sdk.builders.table import Panel as Table

from grafana_dashboards.promises import AGREED, CLOSED_AT, CREDIT, agreed, closed_last
from grafana_dashboards.series import STATES
from grafana_dashboards.style import link, looks, variable
from grafana_dashboards.style.grid import Column, grid
from grafana_dashboards.style.looks import BUDGET_DIGITS, LEVEL_DIGITS, RATIO, WHEN
from grafana_dashboards.style.page import line, page, section
from grafana_dashboards.style.panel import number
from grafana_dashboards.style.query import now

_EVERY = agreed("sla_agreement_info", "customer")
_ONE = agreed("sla_agreement_info")
_PARTS = f"max by (agreement, service) (sla_agreement_service_info{{{AGREED}}})"


def agreements() -> dict[str, Any]:
    """Return the dashboard."""
    return page(
        link.AGREEMENTS,
        "Agreements",
        "What do we owe whom? What customers and departments were promised, how the windows that "
        "run do, the verdicts of those that closed, and the credits that are due.",
        section(
            "Now",
            line(
                4,
                *(_count("lost"), _count("at_risk"), _count("on_course"), _last(), _all()),
                widths=(4, 4, 4, 6, 6),
            ),
            line(8, _running()),
        ),
        section("Windows that closed", line(11, _closed())),
        section("Services of the agreements", line(10, _services())),
        variables=[
            variable.datasource(),
            variable.choice("customer", "Customer", "sla_agreement_info", every=".*"),
            variable.choice(
                "agreement", "Agreement", 'sla_agreement_info{customer=~"$customer"}', every=None
            ),
        ],
        time="now-24h",
        refresh="5m",
    )


def _in(state: str) -> str:
    return agreed("sla_agreement_state", more=f', state="{state}"')


def _count(state: str) -> stat.Panel:
    title = state.replace("_", " ").capitalize()
    steps = {"lost": looks.ABOVE_ZERO_IS_BAD, "at_risk": looks.rising(1, 1_000_000)}
    return number(
        title,
        f"Agreements whose running window is {title.lower()}: by its one figure, or by the worst "
        "of its services where each is judged.",
        now(f"count({_in(state)}) or 0 * count({_EVERY})", title),
        steps=steps.get(state, looks.NEUTRAL),
        empty="no agreement",
    )


def _last() -> stat.Panel:
    return number(
        "Credits due, closed last",
        "What is promised back for the window of each agreement that closed last.",
        now(f"sum by (currency) ({closed_last(CREDIT)})", "{{currency}}"),
        unit=looks.MONEY,
        steps=looks.ABOVE_ZERO_IS_BAD,
        decimals=0,
        named=True,
        empty="none is due",
    )


def _all() -> stat.Panel:
    return number(
        "Credits, all that closed",
        "What was promised back for the windows below, at most 13 of each agreement.",
        now(f"sum by (currency) ({CREDIT})", "{{currency}}"),
        unit=looks.MONEY,
        decimals=0,
        named=True,
        empty="none",
    )


def _of(value: str) -> str:
    """Return a value of each agreement with its customer."""
    return f"({value}) * on (agreement) group_left (customer) {_EVERY}"


def _running() -> Table:
    state = " or ".join(f"{value} * {_in(name)}" for name, value in STATES.items())
    exhausted = agreed("sla_agreement_budget_exhausted_timestamp_seconds")
    ends = f"{exhausted} * 1000 or 0 * {_in('lost')} or {_in('on_course')}"
    ends += f" or 2 * {_in('at_risk')}"
    return grid(
        "Windows that run",
        "Every chosen agreement: its one figure by its rule so far (none where each service is "
        "judged), what is promised, when the budget ends if the last day's burn goes on, and the "
        "fee that credits are a part of.",
        Column("State", _of(f"{state} or 0 * {_ONE} - 1"), mappings=looks.COURSE),
        Column(
            "Figure",
            _of(agreed("sla_agreement_availability_ratio")),
            RATIO,
            decimals=LEVEL_DIGITS,
            empty="each service",
        ),
        Column(
            "Objective",
            _of(agreed("sla_agreement_objective_ratio")),
            RATIO,
            decimals=LEVEL_DIGITS,
            empty="each its own",
        ),
        Column(
            "Budget ends",
            _of(ends),
            WHEN,
            mappings=looks.ENDS,
        ),
        Column(
            "Window ends",
            _of(f"{agreed('sla_agreement_window_end_timestamp_seconds')} * 1000"),
            WHEN,
        ),
        Column("Fee", _of(agreed("sla_agreement_fee")), looks.MONEY, decimals=0, empty="none"),
        keys={"agreement": "Agreement", "customer": "Customer"},
        sort="State",
        descending=True,
        empty="no agreement",
    )


def _closed() -> Table:
    least = agreed("sla_agreement_closed_least_availability_ratio", "closed")
    return grid(
        "Verdicts and credits",
        "The windows of each agreement that closed, newest first, at most 13: verdict and credit "
        "once, when the window closes, as the reports say.",
        Column("Closed", _of(f"{CLOSED_AT} * 1000"), WHEN),
        Column(
            "Verdict",
            _of(agreed("sla_agreement_closed_met", "closed")),
            mappings=looks.VERDICT,
            empty="not judged",
        ),
        Column(
            "Figure",
            _of(agreed("sla_agreement_closed_availability_ratio", "closed")),
            RATIO,
            decimals=LEVEL_DIGITS,
            empty="each service",
        ),
        Column("Least service", _of(least), RATIO, decimals=LEVEL_DIGITS),
        Column(
            "Credit",
            _of(f"max by (agreement, closed) ({CREDIT})"),
            looks.MONEY,
            looks.ABOVE_ZERO_IS_BAD,
            decimals=0,
            empty="no fee",
        ),
        keys={"agreement": "Agreement", "customer": "Customer"},
        hidden={"closed": "Last day"},
        sort="Closed",
        descending=True,
        empty="no window closed yet",
    )


def _services() -> Table:
    def part(value: str) -> str:
        return f"{_PARTS} * on (service) group_left () ({value})"

    def owed(metric: str) -> str:
        return f"max by (service) ({metric} and on (service, window) service_slo_window_info)"

    left = owed("sla_error_budget_remaining_ratio")
    return grid(
        "Services, by their own contracts",
        "The services that each chosen agreement covers, and how their own contracts do, whose "
        "window and objective may differ from the agreement's.",
        Column("Availability", part(owed("sla_availability_ratio")), RATIO, decimals=LEVEL_DIGITS),
        Column("Budget used", part(f"1 - {left}"), RATIO, looks.SPENT, decimals=BUDGET_DIGITS),
        Column(
            "Now",
            part("max by (service) (sla_service_up)"),
            mappings=looks.words({"0": ("down", looks.BAD), "1": ("up", looks.GOOD)}),
        ),
        Column("Covered", _PARTS, mappings=looks.YES_NO),
        keys={"agreement": "Agreement", "service": "Service"},
        sort="Budget used",
        descending=True,
        empty="no agreement",
        links={"Service": link.to(link.SERVICE, "one")},
    )
