"""From a sample to a rule: Prometheus reached, its version, clock, retention, scrapes, rules."""

import re
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

import sla_engine
from service_catalogue import Catalogue
from sla_engine.app.findings import Check, Finding, Verdict, has_probes
from sla_engine.prometheus import Client, PrometheusError
from sla_engine.prometheus.inventory import build
from uptime_common.duration import parse_duration
from uptime_common.humanize import counted, listed

OLDEST = (2, 42)
_SKEW = 2_000  # ms of two clocks that figures do not show
_DAY = 86_400_000
_SCRAPE = (
    "in scrape_configs: of prometheus.yml: "
    '{{job_name: {0}, static_configs: [{{targets: ["127.0.0.1:{1}"]}}]}}'
)
_SHOWN = 5
_VERSION = re.compile(r"v?(\d+)\.(\d+)")


def prometheus_checks(catalogue: Catalogue, client: Client, at: int) -> Iterator[tuple[str, Check]]:
    """Yield the checks of a Prometheus, in the order in which things break; ``at`` is ms UTC."""
    examination = _Examination(catalogue, client, at)
    try:
        client.instant("vector(1)", at)
    except PrometheusError as error:
        text = str(error)
        yield "Prometheus", lambda: [Finding("Prometheus", text, "fault",
                                             "start it, or give --prometheus.url=URL")]  # fmt: skip
        return
    yield "Prometheus", lambda: [Finding("Prometheus", f"{client.url} answers")]
    yield "version", examination.version
    yield "clock", examination.clock
    yield "retention", examination.retention
    yield "scrapes", examination.scrapes
    yield "metrics", examination.metrics
    yield "rules", examination.rules
    yield "Alertmanager", examination.alertmanager
    yield "exporter", examination.exporter


class _Examination:
    def __init__(self, catalogue: Catalogue, client: Client, at: int) -> None:
        self._catalogue = catalogue
        self._client = client
        self._at = at
        self._build = build(client)

    def version(self) -> Iterator[Finding]:
        told = self._build.version
        found = _VERSION.match(told or "")
        if found is None:
            text = "none of Prometheus: another server with its API, or a proxy before it"
            yield Finding("version", text, "note")
        elif (int(found[1]), int(found[2])) < OLDEST:
            yield Finding("version", f"{told} is older than 2.42", "fault", "upgrade Prometheus")
        else:
            yield Finding("version", str(told))

    def clock(self) -> Iterator[Finding]:
        before = time.time()
        result = self._client.document("query", {"query": "time()"})["result"]
        after = time.time()
        # Prometheus answers with a scalar, VictoriaMetrics with a vector of one.
        _, theirs = result[0]["value"] if isinstance(result[0], dict) else result
        skew = max(before - float(theirs), float(theirs) - after, 0.0) * 1000
        if skew > _SKEW:
            text = f"Prometheus' clock and ours are {skew / 1000:.1f} s apart"
            yield Finding("clock", text, "fault", "timedatectl set-ntp true, on both")
        else:
            yield Finding("clock", "Prometheus' clock and ours agree")

    def retention(self) -> Iterator[Finding]:
        told = self._build.retention
        if told is None:
            yield Finding("retention", "not told: whoever keeps the samples knows", "note")
            return
        try:
            short = parse_duration(told.split(" or ")[0]) < _DAY
        except ValueError:
            short = False
        if short:
            text = f"{told}: an engine that stands still for longer loses what happened"
            yield Finding("retention", text, "fault", "--storage.tsdb.retention.time=15d")
        else:
            yield Finding("retention", told)

    def scrapes(self) -> Iterator[Finding]:
        try:
            targets = self._client.document("targets", {"state": "active"})["activeTargets"]
        except PrometheusError:
            yield Finding("scrapes", "its targets are not told", "note")
            return
        steps = Counter(one.get("scrapeInterval", "?") for one in targets)
        down = [one["scrapeUrl"] for one in targets if one.get("health") == "down"]
        told = ", ".join(f"{count} every {step}" for step, count in steps.most_common(_SHOWN))
        if targets:
            yield Finding("scrapes", f"{counted(len(targets), 'target')}: {told}")
        else:
            yield Finding("scrapes", "no target", "note", "scrape_configs: in prometheus.yml")
        if down:
            text = f"{counted(len(down), 'target')} not reached: {listed(down, _SHOWN)}"
            yield Finding(
                "scrapes", text, "note", f"{self._client.url}/targets?search=&health=down"
            )

    def metrics(self) -> Iterator[Finding]:
        wanted: list[tuple[str, str, Verdict, str]] = [
            ("service_slo_objective_ratio", "engine", "note", _SCRAPE.format("sla-engine", 9711))
        ]
        if has_probes(self._catalogue):
            hint = f"sla-exporter, and {_SCRAPE.format('sla-exporter', 9710)}"
            wanted.append(("service_up", "exporter", "fault", hint))
        for name, who, verdict, hint in wanted:
            if self._client.instant(f"count({name})", self._at).series:
                yield Finding("metrics", f"the {who}'s are there: {name}")
            else:
                yield Finding("metrics", f"no {name}: the {who} is not scraped", verdict, hint)

    def rules(self) -> Iterator[Finding]:
        try:
            groups = self._client.document("rules")["groups"]
        except PrometheusError:
            yield Finding("rules", "its rules are not told", "note")
            return
        rules: list[dict[str, Any]] = [rule for group in groups for rule in group["rules"]]
        ours, loaded = _alerts(), {rule["name"] for rule in rules}
        missing = sorted(ours - loaded)
        broken = [str(r["name"]) for r in rules if r["name"] in ours and r.get("health") == "err"]
        if broken:
            yield Finding("rules", f"failing: {listed(broken, _SHOWN)}", "fault",
                          f"{self._client.url}/rules")  # fmt: skip
        if len(missing) == len(ours):
            hint = "sla-engine assets --output=DIR, and rule_files: in prometheus.yml"
            yield Finding("rules", "none of our alerts is loaded", "note", hint)
        elif missing:
            text = f"of another release: {listed(missing, _SHOWN)} not loaded"
            yield Finding("rules", text, "fault", "sla-engine assets --output=DIR, and reload")
        elif not broken:
            yield Finding("rules", f"all {len(ours)} alerts of ours are loaded")

    def alertmanager(self) -> Iterator[Finding]:
        try:
            active = self._client.document("alertmanagers")["activeAlertmanagers"]
        except PrometheusError:
            yield Finding("Alertmanager", "not told", "note")
            return
        if active:
            yield Finding("Alertmanager", listed([one["url"] for one in active], _SHOWN))
        else:
            yield Finding("Alertmanager", "Prometheus knows none: alerts reach nobody", "note",
                          "alerting: in prometheus.yml")  # fmt: skip

    def exporter(self) -> Iterator[Finding]:
        if not has_probes(self._catalogue):
            return
        query = "sum by (instance, cause) (increase(sla_exporter_probes_hindered_total[1h])) > 0"
        limits = self._client.instant(query, self._at).series
        if limits:
            said = [f"{one.labels.get('instance')}: {one.labels.get('cause')}" for one in limits]
            text = f"probes were kept from running by limits of ours: {listed(said, _SHOWN)}"
            yield Finding("exporter", text, "fault", "curl -s http://EXPORTER:9710/targets")
        else:
            yield Finding("exporter", "no probe was hindered in the last hour")


def _alerts() -> frozenset[str]:
    """Return the names of the alerts that are installed with us."""
    folder = Path(sla_engine.__file__).parent.parent / "alert_rules"
    documents = [yaml.safe_load(path.read_text("utf-8")) for path in folder.glob("*.rules.yml")]
    rules = [rule for one in documents for group in one["groups"] for rule in group["rules"]]
    return frozenset(rule["alert"] for rule in rules if "alert" in rule)
