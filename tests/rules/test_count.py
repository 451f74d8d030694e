"""How many rules there are is said once, and is so."""

import re

import yaml

from benchmarks import rules_world
from tests.rules import cases
from tests.rules.cases import ROOT

NAME = re.compile(r"\b(?:node|service|sla|up)(?:_\w+)?\b(?!:)(?=[\s{\[)]|$)")
WORDS = {"service", "service_location", "sla_error_budget_remaining", "sla_coverage"}


def test_the_documents_count_the_rules_as_they_are() -> None:
    hosts = others = 0
    for path in (ROOT / "alert_rules").glob("*.rules.yml"):
        groups = yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
        count = sum(len(group["rules"]) for group in groups)
        if path.name.startswith("hosts"):
            hosts += count
        else:
            others += count
    text = (ROOT / "docs" / "alerting.md").read_text(encoding="utf-8")
    said = re.search(r"(\d+) rules for services and their watching, (\d+) for hosts", text)
    assert said is not None
    assert (int(said[1]), int(said[2])) == (others, hosts)


def test_the_benchmark_of_their_cost_feeds_every_family_that_rules_read() -> None:
    texts = [yaml.safe_load(text) for text in rules_world.ours().values()]
    read = {
        name
        for document in texts
        for group in document["groups"]
        for rule in group["rules"]
        for name in NAME.findall(
            re.sub(r"\b(?:on|by|without|group_left) *\([^)]*\)", "", rule["expr"])
        )
    }
    fed = {re.split(r"[{ ]", line)[0] for line in rules_world.feed(["a", "b"])}
    recorded = {rule["record"] for rule in cases.rules() if "record" in rule}
    assert read - WORDS - recorded - fed == {"up"}
