"""What the rulers of Mimir and Thanos ask of a rule file, as they document it.

Both read files as Prometheus does (`rulefmt`); Mimir has limits by default: 20 rules of a group
(`ruler_max_rules_per_rule_group`), 70 groups (`ruler_max_rule_groups_per_tenant`).
"""

import re
from collections.abc import Iterator
from typing import Any

from tests.rules import cases

GROUP_FIELDS = {"name", "interval", "rules"}
ALERT_FIELDS = {"alert", "expr", "for", "keep_firing_for", "labels", "annotations"}
RECORD_FIELDS = {"record", "expr"}
NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
LABEL = re.compile(r"(?!__)[a-zA-Z_][a-zA-Z0-9_]*")
FUNCTIONS = {"query", "printf", "humanize", "humanizePercentage", "humanizeDuration"}
TEMPLATE_WORDS = {"range", "with", "if", "else", "end", "or", "eq", "gt"}
MOST_GROUPS = 70
MOST_RULES = 60


def _groups() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in cases.RULES:
        document = cases.load(path)
        assert set(document) == {"groups"}
        for group in document["groups"]:
            yield path.name, group


def test_groups_have_names_of_their_own_and_no_field_that_another_ruler_does_not_know() -> None:
    names = [(file, group["name"]) for file, group in _groups()]
    assert len(names) == len(set(names)) <= MOST_GROUPS
    for _, group in _groups():
        assert set(group) == GROUP_FIELDS
        assert 0 < len(group["rules"]) <= MOST_RULES
        for rule in group["rules"]:
            assert set(rule) <= (ALERT_FIELDS if "alert" in rule else RECORD_FIELDS), rule
            assert rule["expr"].strip()


def test_names_and_labels_are_valid_everywhere() -> None:
    for rule in cases.rules():
        assert NAME.fullmatch(rule.get("record") or rule["alert"])
        for label in (*rule.get("labels", {}), *rule.get("annotations", {})):
            assert LABEL.fullmatch(label), label


def test_texts_use_functions_that_every_ruler_has() -> None:
    used = {
        word
        for rule in cases.rules()
        for text in rule.get("annotations", {}).values()
        for part in re.findall(r"\{\{(.*?)\}\}", text)
        for word in re.findall(r"(?<![.$\w])[a-z]\w*", re.sub(r'"(?:\\.|[^"])*"', "", part))
    }
    assert used - TEMPLATE_WORDS <= FUNCTIONS
    assert {"query", "humanizeDuration"} <= used


def test_the_page_names_the_groups_that_mimir_takes_by_a_limit_of_its_own_alone() -> None:
    text = (cases.ROOT / "docs" / "alerting.md").read_text(encoding="utf-8")
    row = next(line for line in text.splitlines() if line.startswith("| Mimir's ruler"))
    large = {group["name"] for _, group in _groups() if len(group["rules"]) > 20}
    assert {name for name in re.findall(r"`(\w+)`", row) if name in large} == large
    assert f"ruler_max_rules_per_rule_group: {MOST_RULES}" in row
