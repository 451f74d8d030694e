"""Every metric name that somebody uses is one that somebody emits."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from exporter import metrics as exporter_metrics
from exporter.collectors import COLLECTORS
from exporter.health import Health
from exporter.host import scrape
from grafana_dashboards.queries import metric_names, metrics_of
from sla_engine.domain.outage_list import NewestOutages
from sla_engine.domain.promises import Promises
from sla_engine.metrics import EngineMetrics, Exposition, outages_text, promises_text
from sla_engine.prometheus import health, promql
from sla_engine.prometheus.rules import expressions, rule_file
from tests.catalogues import catalogue
from tests.rules import cases
from tests.rules.test_runbooks import PAGES, queries
from uptime_common.exposition import Metric

# What Prometheus makes itself, and what it and Alertmanager tell of themselves.
OTHERS = r"up|ALERTS(_FOR_STATE)?|(scrape|prometheus|alertmanager)_\w+"
# What scripts leave for the textfile collector (alert_rules/hosts_system.rules.yml).
# blackbox_exporter's, which the page of probes shows beside ours.
BLACKBOX = {f"probe_{name}" for name in ("success", "duration_seconds", "http_status_code")}
BLACKBOX |= {"probe_http_duration_seconds", "probe_ssl_earliest_cert_expiry"}
TEXTFILES = {"apt_upgrades_pending", "smartmon_device_smart_healthy"}


def _typed(text: str) -> Iterator[str]:
    """Yield the names of a text exposition, by its TYPE lines."""
    for name, kind in re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE):
        yield name
        if kind == "histogram":
            yield from (f"{name}_{part}" for part in ("bucket", "sum", "count"))


def _exporter() -> Iterator[str]:
    for found in vars(exporter_metrics).values():
        if isinstance(found, Metric):
            yield found.name
    yield exporter_metrics.INFO_NAME
    health = Health("1")
    health.watch(lambda: (0, 0, 0))
    yield from _typed(health.render("text"))
    health.close()
    for collector in COLLECTORS.values():
        yield from (metric.name for metric in collector.metrics)
    yield from (metric.name for metric in scrape.METRICS)


def _engine() -> Iterator[str]:
    texts = (
        EngineMetrics("1").render(),
        Exposition().render([], 0),
        outages_text(NewestOutages()),
        promises_text(Promises()),
    )
    yield from _typed(b"".join(texts).decode())


RECORDED = {rule["record"] for rule in cases.rules() if "record" in rule}
EMITTED = {*_exporter(), *_engine(), *RECORDED, *TEXTFILES, *BLACKBOX}
PATTERN = re.compile(
    "|".join(["\\b", OTHERS, *(c.pattern for c in COLLECTORS.values() if c.pattern)])
)


def _unknown(expression: str) -> set[str]:
    used = metrics_of(expression)
    return {name for name in used - EMITTED if not PATTERN.fullmatch(name)}


@pytest.mark.parametrize("path", cases.RULES, ids=lambda path: path.stem)
def test_rules_use_what_is_emitted(path: Path) -> None:
    groups = yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
    found = {
        rule.get("record", rule.get("alert")): unknown
        for group in groups
        for rule in group["rules"]
        if (unknown := _unknown(rule["expr"]))
    }
    assert found == {}


def test_dashboards_use_what_is_emitted() -> None:
    names = metric_names()
    unknown = {n: where for n, where in names.items() if n not in EMITTED}
    assert {n: where for n, where in unknown.items() if not PATTERN.fullmatch(n)} == {}


def test_runbooks_use_what_is_emitted() -> None:
    found = {
        path.stem: unknown
        for path in PAGES
        for query in queries(path.read_text(encoding="utf-8"))
        if (unknown := _unknown(query))
    }
    assert found == {}


def test_the_engine_asks_for_what_is_emitted() -> None:
    length = 86_400
    asked = [
        promql.service_up(["web"]),
        health.busy(length),
        health.memory(length),
        health.latency(length),
        health.disk_used(),
        health.disk_full_in(),
        health.updates(),
        health.reboots(),
        health.expiries(length),
    ]
    assert {name for query in asked for name in _unknown(query)} == set()


def test_the_engine_s_rules_record_and_use_what_is_known() -> None:
    services = catalogue(
        {"id": "web", "sli": {"promql": "up"}}, {"id": "shop", "components": ["web"]}
    ).services
    text = rule_file(services)
    assert {name for _, expr in expressions(text) for name in _unknown(expr)} == set()
    records = {rule["record"] for rule in yaml.safe_load(text)["groups"][0]["rules"]}
    assert records <= RECORDED


def test_a_name_that_nobody_emits_is_found() -> None:
    assert _unknown("sum(rate(service_probe_failure_total[5m])) > up") == {
        "service_probe_failure_total"
    }
