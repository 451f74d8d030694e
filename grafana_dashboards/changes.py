"""What changed, and what broke after it? Updates, installations and reboots beside outages."""

from dataclasses import replace
from typing import Any

from grafana_foundation_sdk.builders import stat, statetimeline
from grafana_foundation_sdk.builders.table import Panel as Table

from grafana_dashboards.outage_list import complete_since, outage_list
from grafana_dashboards.series import BEGAN, states
from grafana_dashboards.style import link, looks, variable
from grafana_dashboards.style.annotation import Annotation, of_services, of_starts
from grafana_dashboards.style.grid import Column, grid
from grafana_dashboards.style.looks import DURATION, PLANNED, WHEN
from grafana_dashboards.style.page import line, page, section
from grafana_dashboards.style.panel import number, timeline
from grafana_dashboards.style.promql import MINE
from grafana_dashboards.style.query import now, over_time

FLEET = 'job=~"$job", instance=~"$instance"'
DAY = 86_400
# What tells when it happened last, by what is said of it.
KINDS = {
    "rebooted": f"node_boot_time_seconds{{{FLEET}}}",
    "updates applied": f"node_updates_applied_timestamp_seconds{{{FLEET}}}",
}
_PACKAGES = f"node_packages_changed_timestamp_seconds{{{FLEET}}}"


def _newest() -> str:
    """Return when each host had its newest change of each kind, Unix seconds."""
    told = [
        f'label_replace(max by (instance) ({expr}), "what", "{what}", "", "")'
        for what, expr in KINDS.items()
    ]
    packages = f"max by (instance, kind) ({_PACKAGES})"
    told.append(f'label_replace({packages}, "what", "package: $1", "kind", "(.*)")')
    return f"max by (instance, what) ({' or '.join(told)})"


NEWEST = _newest()
# Outages with the host that the catalogue gives their service, and changes by that name.
_HOSTS = f'topk by (service) (1, max by (service, host) (service_info{{{MINE}, host!=""}}))'
_OUTAGES = f"({BEGAN}) * on (service) group_left (host) (0 * {_HOSTS} + 1)"
_BY_HOST = (
    f'max by (host, what) (label_replace({NEWEST}, "host", "$1", "instance", "(.*?)(?::[0-9]+)?"))'
)


def _followed() -> str:
    """Return the seconds from a host's newest change to an outage within a day of it."""
    kinds = (*KINDS, "package: install", "package: upgrade", "package: remove")
    after = (
        f"({_OUTAGES}) - on (host) group_left (what)"
        f' ({_BY_HOST} and on (what) label_replace(vector(1), "what", "{what}", "", ""))'
        for what in kinds
    )
    return f"({' or '.join(after)}) >= 0 <= {DAY}"


def changes() -> dict[str, Any]:
    """Return the dashboard."""
    return page(
        link.CHANGES,
        "Changes",
        "What changed, and what broke after it? Reboots, updates and packages of the hosts, and "
        "outages within a day after a change of the host that the catalogue gives the service. "
        "That one followed the other is a hint, not a cause. Deploys are your own annotations.",
        section(
            "Changes and outages",
            line(4, _count(), _reboots(), _followers(), complete_since()),
            line(9, _states()),
            line(7, _after()),
        ),
        section("Every change and every outage", line(9, _list()), line(9, outage_list())),
        variables=[
            variable.datasource(),
            variable.choice("job", "Job", "node_uname_info"),
            variable.choice("instance", "Hosts", 'node_uname_info{job=~"$job"}'),
            variable.choice("service", "Service", "service_info", every=".*"),
        ],
        notes=[
            *of_starts("Boots", "node_boot_time_seconds", FLEET, "{{instance}} booted"),
            _packages(),
            # Three switches and four variables would take two lines.
            *(replace(note, switch=note.name == "Outages") for note in of_services()),
        ],
    )


def _packages() -> Annotation:
    moments = f"max by (instance, kind) ({_PACKAGES}) * 1000 >= $__from <= $__to"
    return Annotation(
        "Packages", moments, PLANNED, "{{instance}}: {{kind}}", "instance", switch=False
    )


def _in_range(expr: str) -> str:
    return f"({expr}) >= time() - $__range_s"


def _count() -> stat.Panel:
    return number(
        "Changes",
        "Changes in the time range: of each host and kind the newest counts.",
        now(f"count({_in_range(NEWEST)}) or 0 * count({NEWEST})", "changes"),
    )


def _reboots() -> stat.Panel:
    boots = KINDS["rebooted"]
    return number(
        "Hosts rebooted",
        "Hosts that booted in the time range.",
        now(f"count({_in_range(f'max by (instance) ({boots})')}) or 0 * count({boots})", "hosts"),
    )


def _followers() -> stat.Panel:
    return number(
        "Outages after a change",
        "Outages that began within a day after the newest change of a host that the catalogue "
        "gives their service.",
        now(
            f"count(max by (service, outage) ({_followed()})) or 0 * count({NEWEST})",
            "outages",
        ),
        steps=((None, looks.PLAIN), (1, looks.WARN)),
    )


def _states() -> statetimeline.Panel:
    unwell = f"avg_over_time(sla_service_up{{{MINE}}}[$__range] @ end())"
    ranking = f"bottomk(8, max by (service) ({unwell}))"
    return timeline(
        "State of services, and changes",
        "The eight services that were up least in the time range, these first, by the ledger; "
        "boots (orange) and packages (blue) of the chosen hosts are marked.",
        over_time(states(ranking), "{{service}}"),
    )


def _after() -> Table:
    return grid(
        "Outages within a day after a change",
        "Outages that began within a day after a change of a host that the catalogue gives their "
        "service (`host`), soonest first. Of each host and kind the newest change is known.",
        Column("After", f"max by (service, outage, host, what) ({_followed()})", DURATION),
        keys={"service": "Service", "outage": "Outage", "host": "Host", "what": "Change"},
        sort="After",
        empty="none",
        links={"Service": link.to(link.SERVICE, "one")},
    )


def _list() -> Table:
    return grid(
        "Changes in the time range",
        "The newest change of each host and kind, if it lies in the time range; newest first. "
        "Packages are read from the package manager's log by our exporter.",
        Column("Changed", f"1000 * ({_in_range(NEWEST)})", WHEN),
        keys={"instance": "Host", "what": "Change"},
        sort="Changed",
        descending=True,
        empty="none",
        links={"Host": link.to(link.HOST, "host")},
    )
