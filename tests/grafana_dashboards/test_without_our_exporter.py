"""An estate with node_exporter and blackbox_exporter beside the engine has the same pages.

What only an exporter of ours tells is named here, by metric and by panel: nothing else may need it.
"""

import re
from collections.abc import Iterator

from grafana_dashboards.queries import Query, metrics_of, queries
from tests.exporter import test_names_of_others as others
from tests.test_metric_contract import BLACKBOX, OTHERS, RECORDED, TEXTFILES, _engine, _exporter

# Of node_exporter too, beside what its rules and "Node Exporter Full" read.
NODE = {f"node_edac_{kind}_errors_total" for kind in ("correctable", "uncorrectable")}
NODE |= {"node_cpu_core_throttles_total", "node_thermal_zone_temp", "node_reboot_required"}
NODE |= set(f"{others.EVERYWHERE} {others.KERNEL} {others.HARDWARE} {others.BY_FLAG}".split())
THEIRS = {*_engine(), *RECORDED, *TEXTFILES, *BLACKBOX, *NODE}
# What a probe tells, what our own process does, and what is due on a host.
OURS = re.compile(
    r"\b(?:service_(?:up|probe_\w+|http_status_code|tls_\w+)|sla_exporter_\w+"
    r"|node_(?:backup|certificate|packages|updates)_\w+)\b"
)
# Panels, and variables, that nothing but our exporter fills.
NEEDS_OURS = {
    "changes": {"Packages"},
    "one-host": {"Backups", "Certificates on disk"},
    "one-service": {
        *("By location", "Certificate holds until", "Probe time by phase", "Probes that fail now"),
    },
    "probes": {"$location", "Failures by reason"},
    "uptime-ledger-itself": {"Probe lateness", "Probes late", "Probes: all, running, skipped"},
}


def _told(expr: str) -> Iterator[str]:
    """Yield the metrics of a query that an estate without our exporter has."""
    for name in metrics_of(expr):
        if name in THEIRS or re.fullmatch(OTHERS, name):
            yield name


def _by_place() -> dict[tuple[str, str], list[Query]]:
    found: dict[tuple[str, str], list[Query]] = {}
    for query in queries():
        if query.dashboard != "alerts":  # a panel of a rule reads what its rule reads
            found.setdefault((query.dashboard, query.place), []).append(query)
    return found


def test_what_only_our_exporter_tells_is_of_probes_of_itself_and_of_what_is_due() -> None:
    alone = {name for query in queries() for name in metrics_of(query.expr) - {*_told(query.expr)}}
    assert {name for name in alone if not OURS.fullmatch(name)} == set()
    assert alone <= {*_exporter()}


def test_only_these_panels_are_empty_without_our_exporter() -> None:
    empty: dict[str, set[str]] = {}
    for (page, place), asked in _by_place().items():
        if not any([*_told(query.expr)] for query in asked):
            empty.setdefault(page, set()).add(place)
    assert empty == NEEDS_OURS
