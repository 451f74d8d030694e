"""What is with it? One service: its state, its contract, its outages, its alerts, its terms."""

from typing import Any

from grafana_foundation_sdk.builders import stat, statetimeline, statushistory
from grafana_foundation_sdk.builders.table import Panel as Table

from grafana_dashboards import one_service_budget as budget
from grafana_dashboards import one_service_speed as speed
from grafana_dashboards.outage_list import complete_since, outage_list
from grafana_dashboards.series import (
    ABOUT,
    AVAILABILITY,
    COVERAGE,
    LAST_ENDED,
    MAINTENANCE,
    OBJECTIVE,
    OPEN_SINCE,
    STATE_NOW,
    days,
    downtime,
    states,
    told,
    worst_services,
)
from grafana_dashboards.style import link, looks, variable
from grafana_dashboards.style.annotation import of_services
from grafana_dashboards.style.grid import Column, grid
from grafana_dashboards.style.looks import DURATION, LEVEL_DIGITS, RATIO, WHEN
from grafana_dashboards.style.page import line, page, section
from grafana_dashboards.style.panel import number, strip, timeline
from grafana_dashboards.style.promql import MINE, each
from grafana_dashboards.style.query import now, over_time
from grafana_dashboards.work_list import work_list

_HOURS = each("service_hours_begin_timestamp_seconds")
_COST = each("service_downtime_cost_per_hour", "service", "currency")
# What is told to somebody; of one alert in several states the firing counts.
TOLD = f'{MINE}, severity!="none"'
_BY = ("alertname", "service", "severity", "alertstate")
_FIRING = each("ALERTS", *_BY, matchers=f'{TOLD}, alertstate="firing"')
_ALERTS = (
    "topk by (alertname, service, severity) "
    f"(1, 2 * {_FIRING} or {each('ALERTS', *_BY, matchers=TOLD)})"
)
_WATCHED = f"0 * max by (service) ({ABOUT}) + 1"
_NEEDS = 'service_dependency_info{service=~"$service"}'
_NEEDED = 'service_dependency_info{dependency=~"$service"}'
# Of every service: what this one needs is another.
_STATES = "(max by (service) (sla_service_up) or max by (service) (service:up:quorum))"


def one_service() -> dict[str, Any]:
    """Return the dashboard."""
    return page(
        link.SERVICE,
        "One service",
        "What is with it? The state of one service now and why, how its contract does, how fast it "
        "answers, every outage and every planned work of it, its alerts, and what it needs.",
        section(
            "Now: $service",
            line(
                4,
                *(_state(), _since(), _reason(), budget.course(), budget.left(), budget.ends()),
            ),
            line(5, _states(), _alerts(), widths=(14, 10)),
            line(5, _failing(), _locations(), widths=(16, 8)),
        ),
        section(
            "Its contract",
            line(4, _availability(), _objective(), _unplanned(), _coverage(), *budget.events()),
            line(9, budget.burn_down(), budget.burn_rate()),
            line(5, _days()),
        ),
        section("How fast it answers", line(8, speed.percentiles(), speed.phases()), folded=True),
        section(
            "Outages and planned work",
            line(7, outage_list()),
            line(5, work_list(), complete_since(), widths=(19, 5)),
        ),
        section(
            "What it needs, and the terms in force",
            line(5, _needs(), _needed()),
            line(4, _terms()),
            line(4, budget.window(), _cost(), speed.certificate(), widths=(12, 6, 6)),
            folded=True,
        ),
        variables=[variable.datasource(), *variable.service()],
        notes=of_services(),
        time="now-6h",
    )


def _state() -> stat.Panel:
    unknown = f"-1 + 0 * max by (service) ({ABOUT})"
    return number(
        "State",
        "Whether it is up, by the ledger; unknown where its last sample is older than it may be.",
        now(f"{STATE_NOW} or {unknown}", "{{service}}"),
        mappings=looks.NOW,
    )


def _since() -> stat.Panel:
    return number(
        "Since",
        "When the state that it has began: its open outage, or the end of the last one that is "
        "listed below. Without an outage in the list it was up for as long as that reaches.",
        now(f"({OPEN_SINCE} or {LAST_ENDED}) * 1000", "{{service}}"),
        unit=WHEN,
        empty="no outage listed",
    )


def _reason() -> stat.Panel:
    open_now = (
        "topk(1, max by (service, reason) (sla_outage_info{" + MINE + ', reason!=""} unless on '
        "(service, outage) sla_outage_end_timestamp_seconds{" + MINE + "}))"
    )
    return number(
        "Why it is down",
        "The cause of the open outage: what people wrote down, or what its first failed probe or "
        "events said.",
        now(open_now, "{{reason}}"),
        mappings=looks.words({"1": ("down", looks.BAD)}),
        named=True,
        empty="it is not",
    )


def _states() -> statetimeline.Panel:
    return timeline(
        "State over time",
        "The worst state in each step, by the ledger. A gap is time of which nothing is known: no "
        "sample, so neither up nor down. The exact times are in the list of outages.",
        over_time(states(worst_services(1)), "{{service}}"),
    )


def _alerts() -> Table:
    since = f"min by (alertname, service, severity) (ALERTS_FOR_STATE{{{TOLD}}})"
    return grid(
        "Alerts now",
        "What the rules say of it now: firing alerts were told to Alertmanager, pending ones wait "
        "for their time. What only holds others back is left out.",
        Column(
            "Active for",
            "max by (alertname, severity, alertstate) ((time() - "
            f"{since}) * on (alertname, service, severity) group_right () (0 * {_ALERTS} + 1))",
            DURATION,
            ((None, looks.BAD),),
        ),
        keys={"alertname": "Alert", "severity": "Severity", "alertstate": "State"},
        narrow={"Severity": 100, "State": 80},
        sort="Active for",
        descending=True,
        empty="no alert",
    )


def _failing() -> Table:
    probe = ("service", "probe", "target", "location")
    run = each("service_probe_last_run_timestamp_seconds", *probe)
    why = each("service_probe_failure_info", *probe, "phase", "reason", "detail")
    return grid(
        "Probes that fail now",
        "Of a service that an exporter of ours probes: what fails, where from, and what it said. "
        "Services by PromQL, events or components have no probes.",
        Column("Last run", f"1000 * {run} * on ({', '.join(probe)}) group_right () {why}", WHEN),
        keys={"location": "From", "probe": "Probe", "reason": "Reason", "detail": "Detail"},
        hidden={"service": "Service", "target": "Target", "phase": "Phase"},
        narrow={"From": 70, "Probe": 70, "Reason": 110, "Detail": 110},
        sort="Last run",
        descending=True,
        empty="no probe fails",
    )


def _locations() -> Table:
    return grid(
        "By location",
        "What each location sees by its own quorum of probes; a service that no exporter of ours "
        "probes is seen from Prometheus alone.",
        Column(
            "State",
            f"min by (location) (service_up{{{MINE}}})",
            mappings=looks.words({"0": ("down", looks.BAD), "1": ("up", looks.GOOD)}),
        ),
        keys={"location": "Location"},
        sort="State",
        descending=True,
        empty="no probes",
    )


def _availability() -> stat.Panel:
    return number(
        "Availability so far",
        "Agreed service time of the contract's window less exclusions and downtime, or good events "
        "of all events, by the accounting policy of the ledger.",
        now(AVAILABILITY, "{{service}}"),
        unit=RATIO,
        decimals=LEVEL_DIGITS,
    )


def _objective() -> stat.Panel:
    return number(
        "Objective",
        "What is owed in the contract's window; without an objective there is nothing to judge.",
        now(OBJECTIVE, "{{service}}"),
        unit=RATIO,
        decimals=LEVEL_DIGITS,
        empty="none is owed",
    )


def _unplanned() -> stat.Panel:
    return number(
        "Down, unplanned",
        "Known downtime of the contract's window outside approved maintenance.",
        now(downtime("unplanned"), "{{service}}"),
        unit=DURATION,
    )


def _coverage() -> stat.Panel:
    return number(
        "Coverage",
        "Share of the agreed service time in which the state is known at all. Below 99 % read the "
        "other figures with care.",
        now(COVERAGE, "{{service}}"),
        unit=RATIO,
        steps=looks.falling(0.95, 0.99),
        decimals=LEVEL_DIGITS,
    )


def _days() -> statushistory.Panel:
    return strip(
        "Availability per day (grey: no data)",
        "Each of the last 90 days, midnight to midnight UTC; today's is that of the last 24 hours. "
        "Grey is a day of which nothing is known, or before it was first seen.",
        over_time(days(1), "{{service}}"),
        unit=RATIO,
        steps=looks.falling(0.99, 0.999),
        interval="1d",
        last="90d",
        decimals=LEVEL_DIGITS,
    )


def _needs() -> Table:
    return grid(
        "What it depends on",
        "The services that its entry in the catalogue names, and whether they are up.",
        Column(
            "State",
            f"max by (dependency) ({_NEEDS} * on (dependency) group_left () "
            f'label_replace({_STATES}, "dependency", "$1", "service", "(.*)"))',
            mappings=looks.words({"0": ("down", looks.BAD), "1": ("up", looks.GOOD)}),
        ),
        Column("Named", f"max by (dependency) ({_NEEDS})", mappings=looks.YES_NO),
        keys={"dependency": "Service"},
        sort="Service",
        empty="on nothing that is named",
        links={"Service": link.to(link.SERVICE, "one")},
    )


def _needed() -> Table:
    return grid(
        "What depends on it",
        "The services whose entry in the catalogue names this one, and whether they are up.",
        Column(
            "State",
            f"max by (service) ({_NEEDED} * on (service) group_left () {_STATES})",
            mappings=looks.words({"0": ("down", looks.BAD), "1": ("up", looks.GOOD)}),
        ),
        Column("Named", f"max by (service) ({_NEEDED})", mappings=looks.YES_NO),
        keys={"service": "Service"},
        sort="Service",
        empty="nothing that is named",
        links={"Service": link.to(link.SERVICE, "one")},
    )


def _terms() -> Table:
    about = ("owner", "tier", "method", "agreement")
    return grid(
        "Who and what",
        "What the catalogue says of it: who answers for it, what says whether it is up (probes, "
        "promql, events, components), and the agreements that it is part of.",
        Column("Objective", told(OBJECTIVE, *about), RATIO, decimals=LEVEL_DIGITS, empty="none"),
        Column(
            "Watched", told(f"0 * max by (service) ({ABOUT}) + 1", *about), mappings=looks.YES_NO
        ),
        Column("Hours begin", told(f"{_HOURS} * 1000", *about), WHEN, empty="it is within them"),
        Column("In maintenance", told(MAINTENANCE, *about), mappings=looks.YES_NO),
        keys={
            "owner": "Owner",
            "tier": "Tier",
            "method": "Counted by",
            "agreement": "Agreements",
        },
        hidden={"service": "Service"},
        narrow={"Tier": 80, "Counted by": 110},
        sort="Objective",
        descending=True,
    )


def _cost() -> stat.Panel:
    return number(
        "An hour of downtime costs",
        "What the catalogue says that an hour of unplanned downtime costs, in its currency.",
        now(_COST, "{{currency}}"),
        unit=looks.MONEY,
        decimals=0,
        named=True,
        empty="no price",
    )
