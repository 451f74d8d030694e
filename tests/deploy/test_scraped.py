"""What the rules read is scraped in every example that is shipped."""

import re
from pathlib import Path

import pytest
import yaml

from grafana_dashboards.queries import metrics_of
from stack.configs import prometheus_yml
from stack.layout import PREFERRED, Layout
from tests.rules import cases
from tests.test_metric_contract import _engine, _exporter

FOLDER = cases.ROOT / "deploy" / "prometheus"
# Programs by the ports that they listen on unless told.
PORTS = {"9710": "exporter", "9711": "engine", "9090": "prometheus", "9093": "alertmanager"}
STACK = Layout(Path("var"), Path("services.yml"), PREFERRED)
EXAMPLES = {
    "debian": (FOLDER / "prometheus.yml").read_text(encoding="utf-8"),
    "compose": (FOLDER / "compose.yml").read_text(encoding="utf-8"),
    "stack": re.sub("9790|9793", lambda found: f"909{found[0][-1]}", prometheus_yml(STACK)),
}


def _scraped(text: str) -> set[str]:
    """Return the programs that a configuration of Prometheus scrapes."""
    jobs = yaml.safe_load(text)["scrape_configs"]
    groups = [group for job in jobs for group in job.get("static_configs", ())]
    return {PORTS[target.rpartition(":")[2]] for group in groups for target in group["targets"]}


def _needed() -> dict[str, set[str]]:
    """Return the metrics that rules read and do not record, by the program that tells them."""
    emitted = {"exporter": set(_exporter()), "engine": set(_engine())}
    recorded = {rule["record"] for rule in cases.rules() if "record" in rule}
    found: dict[str, set[str]] = {}
    for name in {name for rule in cases.rules() for name in metrics_of(rule["expr"])} - recorded:
        by = [program for program, names in emitted.items() if name in names]
        prefix = name.partition("_")[0]
        for program in by or ([prefix] if prefix in PORTS.values() else []):
            found.setdefault(program, set()).add(name)
    return found


def test_the_rules_read_metrics_of_four_programs() -> None:
    assert set(_needed()) == set(PORTS.values())


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_scrapes_what_tells_the_metrics_of_the_rules(example: str) -> None:
    scraped = _scraped(EXAMPLES[example])
    assert {program: names for program, names in _needed().items() if program not in scraped} == {}
