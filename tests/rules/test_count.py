"""How many rules there are is said once, and is so."""

import re

import yaml

from tests.rules.cases import ROOT


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
