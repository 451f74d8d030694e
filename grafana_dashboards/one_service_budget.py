"""How one service's contract does: its window, its budget, how fast that burns."""

from grafana_foundation_sdk.builders import stat, timeseries
from grafana_foundation_sdk.builders.table import Panel as Table

from grafana_dashboards.series import (
    BUDGET_ENDS,
    BUDGET_LEFT,
    EXHAUSTED,
    WINDOW_END,
    WINDOW_START,
    WINDOW_STATE,
    budget_of,
    burning,
    owed,
)
from grafana_dashboards.style import looks
from grafana_dashboards.style.grid import Column, grid
from grafana_dashboards.style.looks import BUDGET_DIGITS, RATIO, WHEN
from grafana_dashboards.style.panel import chart, number
from grafana_dashboards.style.promql import MINE
from grafana_dashboards.style.query import now, over_time

# The windows of the alerts on burn rates (alert_rules/slo.rules.yml), and their thresholds.
_BURNS = {"1h": "fast", "6h": "sustained", "1d": "slow"}
_ALERTS = ("dark-red", "dark-orange", "dark-yellow")  # colours of their lines
MONTH = "31d"


def course() -> stat.Panel:
    """Return how the window does."""
    return number(
        "This window is",
        "On course: the budget lasts to the window's end if the last day's burn goes on. At risk: "
        "it does not. Lost: it is used up, whatever comes.",
        now(WINDOW_STATE, "{{service}}"),
        mappings=looks.COURSE,
        empty="no objective",
    )


def left() -> stat.Panel:
    """Return what is left of the budget."""
    return number(
        "Error budget left",
        "Share of the window's whole error budget: of minutes, or of the events that may fail. "
        "Below zero the objective is lost.",
        now(BUDGET_LEFT, "{{service}}"),
        unit=RATIO,
        steps=looks.BUDGET,
        decimals=BUDGET_DIGITS,
        empty="no budget",
    )


def ends() -> stat.Panel:
    """Return when the budget is used up."""
    return number(
        "Budget ends",
        "When the budget is used up if the burn of the last day goes on; or it lasts to the end of "
        "the window, or is gone.",
        now(BUDGET_ENDS, "{{service}}"),
        unit=WHEN,
        steps=((None, looks.WARN),),
        mappings=looks.ENDS,
    )


def events() -> tuple[stat.Panel, stat.Panel]:
    """Return how many events failed, and how many may."""
    failed, allowed = owed("sla_events", ', result="failed"'), owed("sla_events_allowed")
    return (
        number(
            "Events failed",
            "Of a service that counts events: how many failed in the contract's window.",
            now(failed, "failed"),
            decimals=0,
            empty="counts no events",
        ),
        number(
            "Failures allowed",
            "Of a service that counts events or slices: how many may fail in the whole window, by "
            "what was seen so far, so that the objective is met.",
            now(allowed, "may fail"),
            decimals=0,
            empty="counts no events",
        ),
    )


def burn_down() -> timeseries.Panel:
    """Return the budget over the last month, beside the line that ends with the window."""
    length = f"({WINDOW_END} - {WINDOW_START})"
    at_end = f"({BUDGET_LEFT}) * (1 - ({WINDOW_END} - time()) / (({EXHAUSTED} - time()) > 0))"
    panel = chart(
        "Budget of the window, burning down",
        "What is left of the error budget over the last 31 days, beside the ideal line that is "
        "used up exactly at the window's end: below it, it burns too fast. It is cut off at "
        "-100 %. Forecast: what is left at the window's end if the last day's burn goes on, while "
        "that is less than nothing. Rolling windows have no end, and no ideal line.",
        over_time(f"clamp_min({BUDGET_LEFT}, -1)", "left"),
        over_time(f"({WINDOW_END} - time()) / {length}", "ideal"),
        over_time(f"clamp_min({at_end}, -1)", "forecast at the end"),
        unit=RATIO,
        steps=looks.BUDGET,
        bounds=(-1.05, 1.05),  # neither end is a line on the frame
        extreme="min",
        draw_steps=True,
        decimals=BUDGET_DIGITS,
        ranked=False,
        colors={"left": looks.PLANNED, "ideal": looks.UNKNOWN, "forecast at the end": looks.BAD},
    )
    return panel.time_from(MONTH)


def burn_rate() -> timeseries.Panel:
    """Return how fast the budget burns, beside the thresholds of the service's own alerts."""
    thresholds = (
        over_time(
            f"max by (service) (service:slo_burn_{name}:ratio{{{MINE}}}) / on (service) "
            f"{budget_of()}",
            f"alert of {window}",
        )
        for window, name in _BURNS.items()
    )
    return chart(
        "Burn rate, and where its alerts stand",
        "Errors over the error budget, by the recording rules of alert_rules/: at 1 the budget "
        "lasts exactly 30 days. An alert fires where the line of its window is above its own "
        "threshold: fast over 1 h and sustained over 6 h page, slow over 1 d is a ticket, above 1 "
        "over 3 d, too.",
        *(over_time(burning(window), f"burnt in {window}") for window in (*_BURNS, "3d")),
        *thresholds,
        decimals=1,
        ranked=False,
        limits=dict(zip((f"alert of {w}" for w in _BURNS), _ALERTS, strict=True)),
    )


def window() -> Table:
    """Return the window that its contract is judged by."""

    def of(metric: str) -> str:
        return owed(metric, by="window")

    return grid(
        "Window of its contract",
        "The window that its contract is judged by; a rolling one has no end.",
        Column("Owed", of("service_slo_window_info"), mappings=looks.YES_NO),
        Column("Begins", f"{of('sla_window_start_timestamp_seconds')} * 1000", WHEN, empty="rolls"),
        Column("Ends", f"{of('sla_window_end_timestamp_seconds')} * 1000", WHEN, empty="rolls"),
        keys={"window": "Window"},
        narrow={"Window": 90},
        sort="Owed",
        descending=True,
        empty="no objective, no window",
    )
