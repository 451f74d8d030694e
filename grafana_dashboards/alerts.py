"""What alerts now, why, and what did in the last week: every rule with what it looks at."""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from grafana_foundation_sdk.builders import stat, statetimeline, timeseries
from grafana_foundation_sdk.builders.table import Panel as Table
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue

from grafana_dashboards.alert_rule import Condition, Rule, rules
from grafana_dashboards.style import link, looks, variable
from grafana_dashboards.style.annotation import of_alerts
from grafana_dashboards.style.grid import Column, grid
from grafana_dashboards.style.looks import BAD, COUNT, DAYS, DURATION, HOURS, RATIO, WARN
from grafana_dashboards.style.page import Line, Section, line, page, section
from grafana_dashboards.style.panel import chart, number, timeline
from grafana_dashboards.style.promql import ordered
from grafana_dashboards.style.query import now, over_time

CHOSEN = 'alertname=~"$alert", service=~"$service", instance=~"$instance"'
TOLD = f'{CHOSEN}, severity=~"page|ticket"'
FIRING = f'ALERTS{{{TOLD}, alertstate="firing"}}'
PENDING = f'ALERTS{{{TOLD}, alertstate="pending"}}'
_WEEK = "[7d:10m]"
# What the page says of each file of rules.
FILES = {
    "services.rules.yml": "Services: probes, certificates, latency",
    "slo.rules.yml": "Service levels: outages and burn rates",
    "hosts.rules.yml": "Hosts: resources",
    "hosts_system.rules.yml": "Hosts: system and upkeep",
    "targets.rules.yml": "Hosts and exporters that are silent",
    "watchers.rules.yml": "Uptime Ledger itself",
    "prometheus.rules.yml": "Prometheus and Alertmanager",
    "inhibitors.rules.yml": "What holds other alerts back",
}
_UNITS = {"ratio": RATIO, "seconds": DURATION, "number": COUNT}
# A limit of days is in days, or beside "below 21 days" Grafana writes of 2.86 weeks.
_LONG = ((86_400, "days", DAYS), (3600, "h", HOURS))
_POINTS = 400  # of each panel of a rule, whatever its width: of 500 services each point costs
FEW = 2  # lines of a rule: those nearest to its limit, or furthest beyond it
_NAME = 260  # pixels of the longest name of a rule
# Whatever a rule's series has of these names it; labels that it has not leave no trace.
_ABOUT = " ".join(
    f"{{{{{name}}}}}"
    for name in ("service", "instance", "job", "owner", "location", "mountpoint", "device", "name")
)
_ALL_ENGINES = "without (job, instance"


def alerts() -> dict[str, Any]:
    """Return the dashboard."""
    every = sorted(rules(), key=lambda rule: [*FILES].index(rule.file))
    return page(
        link.ALERTS,
        "Alerts",
        "What alerts, and why? What fires and waits now and did in the last week; below, folded by "
        "subject, every rule: when it fires, its expression, and what it looks at beside its "
        "limit. The Dashboard button of a notification leads to the panel of its rule.",
        section(
            "Now",
            line(4, _count("page", BAD), _count("ticket", WARN), _waiting(), _quiet()),
            line(6, _of_services()),
            line(6, _of_others()),
        ),
        section("The last week", line(8, _over_time(), _week())),
        *(_folded(FILES[file], [*group]) for file, group in groupby(every, lambda r: r.file)),
        variables=[
            variable.datasource(),
            variable.choice("alert", "Alert", "ALERTS", of="alertname", every=".*"),
            variable.choice("service", "Service", "service_info", every=".*"),
            variable.choice("instance", "Instance", "up", every=".*"),
        ],
        notes=of_alerts(CHOSEN),
    )


def _count(severity: str, color: str) -> stat.Panel:
    wanted = {"page": "somebody is called", "ticket": "to be seen to in working hours"}[severity]
    return number(
        f"Firing: {severity}",
        f"Alerts of severity {severity}, which say: {wanted}. Silences and what holds alerts back "
        "are Alertmanager's, and do not count here.",
        now(f'count({FIRING[:-1]}, severity="{severity}"}}) or on () vector(0)', "firing"),
        steps=((None, looks.GOOD), (1, color)),
    )


def _waiting() -> stat.Panel:
    return number(
        "Waiting",
        "Alerts whose condition holds, though not for as long as the rule asks for.",
        now(f"count({PENDING}) or on () vector(0)", "waiting"),
    )


def _quiet() -> stat.Panel:
    return number(
        "Rules are evaluated",
        "Whether the alert that always fires does: without it no rule is loaded or evaluated, and "
        "silence says nothing.",
        now(
            'max(ALERTS{alertname="DeadMansSwitch", alertstate="firing"}) or on () vector(0)',
            "evaluated",
        ),
        mappings=looks.YES_NO_BAD,
    )


def _active(about: str, kind: str) -> str:
    """Return how long each alert is active, seconds, by name, severity, state and subject."""
    by = f"alertname, severity, {kind}"
    held = f"max by ({by}, alertstate) ({about.format(metric='ALERTS')})"
    since = f"max by ({by}) ({about.format(metric='ALERTS_FOR_STATE')})"
    return f"(time() - {since}) * on ({by}) group_right {held}"


def _listed(title: str, meaning: str, expr: str, key: str, url: str) -> Table:
    head = key.capitalize()
    return grid(
        title,
        meaning,
        Column("Active for", expr, DURATION),
        keys={"alertname": "Alert", "severity": "Severity", "alertstate": "State", key: head},
        narrow={"Alert": _NAME, "Severity": 84, "State": 80},
        sort="Active for",
        descending=True,
        empty="none",
        links={head: url},
    )


def _of_services() -> Table:
    return _listed(
        "Alerts of services",
        "What fires or waits now of the chosen services, longest first.",
        _active(f'{{metric}}{{{{{TOLD}, service!=""}}}}', "service"),
        "service",
        link.to(link.SERVICE, "one"),
    )


def _of_others() -> Table:
    about = f'{{metric}}{{{{{TOLD}, service=""}}}}'
    # The first of them that an alert has says what it is about.
    for label in ("job", "owner", "location", "instance"):
        about = f'label_replace({about}, "subject", "$1", "{label}", "(.+)")'
    return _listed(
        "Alerts of hosts and programs",
        "What fires or waits now of all else: a host or program, or an owner or location as a "
        "whole; longest first.",
        _active(about, "subject"),
        "subject",
        link.to(link.HOST, "host"),
    )


def _over_time() -> statetimeline.Panel:
    fired = f"sum by (alertname) (count_over_time({FIRING}[$__range] @ end()))"
    worst = " or ".join(
        f'{value} * max by (alertname) (max_over_time({FIRING[:-1]}, severity="{severity}"}}'
        "[$__interval] offset -$__interval))"
        for value, severity in ((2, "page"), (1, "ticket"))
    )
    longest = f"bottomk(8, 1 / {fired})"
    none = 'label_replace(vector(0), "alertname", "none", "", "")'
    return timeline(
        "Firing over time",
        "When each alert fired, of whatever it was; the eight that did longest, these first.",
        over_time(
            f"{ordered(longest, worst, 'alertname')} or {none} unless on () {fired}",
            "{{alertname}}",
        ),
        mappings=looks.words(
            {"0": ("none", "transparent"), "1": ("ticket", WARN), "2": ("page", BAD)},
            missing=("none", "transparent"),
        ),
    )


def _week() -> Table:
    by = "by (alertname, severity)"
    return grid(
        "Alerts of the last seven days",
        "Every alert that fired in the last seven days: how many do now, for how long at least one "
        "did (counted every ten minutes), and how often one began.",
        Column("Fired", f"600 * count_over_time((count {by} ({FIRING})){_WEEK})", DURATION),
        Column("Now", f"count {by} ({FIRING})", empty="none", decimals=0),
        Column(
            "Times",
            f"sum {by} (changes(ALERTS_FOR_STATE{{{TOLD}}}[7d]) + 1)"
            f" and on (alertname, severity) count {by} (last_over_time({FIRING}[7d]))",
            decimals=0,
            empty="not told",
        ),
        keys={"alertname": "Alert", "severity": "Severity"},
        narrow={"Severity": 84},
        sort="Fired",
        descending=True,
        empty="none",
    )


def _folded(title: str, these: Sequence[Rule]) -> Section:
    """Return a folded section: a list of the rules, then a chart of each."""
    charts = [_chart(rule) for rule in these]
    thirds = [charts[i : i + 3] for i in range(0, len(charts), 3)]
    lines = [_charts(one) for one in thirds]
    high = min(3 + len(these), 20)
    return section(title, line(high, _rules(title, these)), *lines, folded=True)


def _charts(charts: Sequence[timeseries.Panel]) -> Line:
    return line(9, *charts)


def _rules(title: str, these: Sequence[Rule]) -> Table:
    """Return the list of rules, each of which leads to its panel."""
    static = " or ".join(_written(rule) for rule in these)
    by = "(alertname, severity)"
    names = "|".join(dict.fromkeys(rule.name for rule in these))
    mine = f'alertname=~"{names}", service=~"$service", instance=~"$instance"'
    firing = f'ALERTS{{{mine}, alertstate="firing"}}'
    # A column without any answer would not be there: the first rule has a zero then.
    quiet = f"or on () 0 * max by {by} ({_written(these[0])})"
    listed = grid(
        f"Rules: {title}",
        "Each rule of this subject and when it fires; how many of it fire now, and for how long at "
        "least one did in the last seven days (counted every ten minutes).",
        Column("Panel", static),
        Column(
            "Now",
            f"count by {by} ({firing}) {quiet}",
            decimals=0,
            mappings=looks.words({"0": ("none", looks.PLAIN)}),
            empty="none",
        ),
        Column(
            "Fired in 7 days",
            f"600 * count_over_time((count by {by} ({firing})){_WEEK}) {quiet}",
            DURATION,
            mappings=looks.words({"0": ("never", looks.PLAIN)}),
            empty="never",
        ),
        keys={"alertname": "Alert", "severity": "Severity", "fires": "Fires"},
        narrow={"Alert": _NAME, "Severity": 84, "Fires": 330},
        sort="Panel",
        links={"Alert": link.to_panel(link.ALERTS, "Panel", "service", "instance")},
    )
    hidden = DynamicConfigValue(id_val="custom.hidden", value=True)  # only the links read it
    return listed.override_by_name("Panel", [hidden])


def _written(rule: Rule) -> str:
    """Return the rule as a series, whose value is the number of its panel."""
    expr = f"vector({rule.panel})"
    for name, value in (
        ("alertname", rule.name),
        ("severity", rule.severity),
        ("fires", rule.fires),
    ):
        expr = f'label_replace({expr}, "{name}", "{value}", "", "")'
    return expr


def _chart(rule: Rule) -> timeseries.Panel:
    first = rule.conditions[0]
    span, unit = _scale(first)
    panel = chart(
        f"{rule.name} ({rule.severity})",
        _meaning(rule),
        *_queries(rule.conditions, span),
        unit=unit,
        bounds=(None, None),
        extreme="min" if first.low_is_bad else "max",
    )
    limit = {"mode": "fixed", "fixedColor": BAD if rule.severity == "page" else WARN}
    dashed = {"fill": "dash", "dash": [8, 6]}
    drawn = [
        DynamicConfigValue(id_val="color", value=limit),
        DynamicConfigValue(id_val="custom.lineStyle", value=dashed),
    ]
    panel.max_data_points(_POINTS)
    return panel.override_by_regexp("/^fires /", drawn).id(rule.panel)


def _scale(first: Condition) -> tuple[int, str]:
    """Return the seconds of the unit that a rule's limit is written in, and this unit."""
    if first.kind == "seconds":
        for span, name, unit in _LONG:
            if first.words.endswith(f" {name}"):
                return span, unit
    return 1, _UNITS[first.kind]


def _queries(conditions: Sequence[Condition], span: int) -> Iterator[Any]:
    """Yield what is drawn of a rule, in units of ``span`` seconds: its series, then its limits."""
    for value in dict.fromkeys(c.value for c in conditions):
        one = next(c for c in conditions if c.value == value)
        # Where the expression has no series the rule is quiet: zero, and not unknown.
        quiet = " or on () vector(0)" if one.limit is None else ""
        nearest = "bottomk" if one.low_is_bad else "topk"
        per = f" / {span}" if one.kind == "seconds" and span > 1 else ""
        yield over_time(f"{nearest}({FEW}, {value}){per}{quiet}", _legend(one))
    for limit in dict.fromkeys(c.limit for c in conditions if c.limit is not None):
        one = next(c for c in conditions if c.limit == limit)
        drawn = limit / span if one.kind == "seconds" else limit
        yield over_time(f"vector({drawn:.12g})", f"fires {one.words}")


def _legend(one: Condition) -> str:
    if _ALL_ENGINES in one.value:
        return "all engines"
    return f"active {_ABOUT}" if one.limit is None else _ABOUT


def _meaning(rule: Rule) -> str:
    """Return when it fires, what it says then, and its expression as the file has it."""
    said = re.sub(r"{{[^}]*?\.(\w+)\s*}}", r"(\1)", rule.summary)
    said = re.sub(r"{{[^}]*}}", "(value)", said)
    return (
        f"Fires {rule.fires}: {said or 'it tells nobody'}. Of many, the {FEW} nearest to the limit "
        f"are drawn. In `{rule.file}`, group `{rule.group}`:\n\n```promql\n{rule.expr}\n```"
    )
