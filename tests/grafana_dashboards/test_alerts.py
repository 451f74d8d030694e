"""Every alert rule has its panel: a notification leads there, and it reads what the rule reads."""

import re
from typing import Any

import promql_parser
import pytest
import yaml

from grafana_dashboards.alert_links import template
from grafana_dashboards.alert_rule import RULES, Rule, chosen, rules
from grafana_dashboards.queries import metrics_of, panels
from tests.grafana_dashboards.boards import BOARDS, variables

PAGE = BOARDS["alerts"]
PANELS: dict[int, dict[str, Any]] = {panel["id"]: panel for panel in panels(PAGE)}
EVERY = [*rules()]
LINKS = (RULES / "templates" / "links.tmpl").read_text(encoding="utf-8")


def _read(panel: dict[str, Any]) -> set[str]:
    return {name for target in panel["targets"] for name in metrics_of(target["expr"])}


def test_no_rule_is_missing() -> None:
    written = [
        rule["alert"]
        for path in sorted(RULES.glob("*.rules.yml"))
        for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
        for rule in group["rules"]
        if "alert" in rule
    ]
    assert [rule.name for rule in EVERY] == written
    assert len({rule.panel for rule in EVERY}) == len(written)


@pytest.mark.parametrize("rule", EVERY, ids=lambda rule: rule.key)
def test_its_panel_reads_its_series_and_shows_its_expression_and_its_limit(rule: Rule) -> None:
    panel = PANELS[rule.panel]
    assert panel["title"] == f"{rule.name} ({rule.severity})"
    assert f"```promql\n{rule.expr}\n```" in panel["description"]
    legends = [target["legendFormat"] for target in panel["targets"]]
    for condition in rule.conditions:
        # The series of the alert itself, and nothing that its expression does not read.
        assert metrics_of(condition.value) <= _read(panel)
        assert condition.limit is None or f"fires {condition.words}" in legends
    assert _read(panel) <= metrics_of(rule.expr)


def test_a_notification_leads_to_the_panel_of_its_rule() -> None:
    led = re.findall(r'eq \$rule "(\S+) (\S+)" }}(\d+)', template())
    assert {(name, severity): int(panel) for name, severity, panel in led} == {
        (rule.name, rule.severity): rule.panel for rule in EVERY
    }


def test_a_notification_chooses_what_the_page_lets_one_choose() -> None:
    (link,) = re.findall(r'define "uptime.link.dashboard"(.*?)\n\n', LINKS, re.DOTALL)
    assert f"/d/{PAGE['uid']}?" in link
    assert set(re.findall(r"var-(\w+)=", link)) == {
        variable["name"] for variable in variables(PAGE) if variable["type"] == "query"
    }


def test_conditions_are_what_stands_left_of_the_first_comparison() -> None:
    by_key = {rule.key: rule.conditions for rule in EVERY}
    (burn,) = by_key["ServiceErrorBudgetBurnFast page"]
    assert burn.words == "above its limit"
    assert burn.value.endswith('/ on (service) (service:slo_burn_fast:ratio{service=~"$service"})')
    first, second = by_key["HostBackupTooOld ticket"]
    assert (first.words, second.words) == ("above 26 h", "at 0")
    assert by_key["ServiceDown page"][0].limit is None
    assert by_key["HostFilesystemAlmostFull page"][0].low_is_bad


def test_what_is_chosen_limits_what_the_answer_is_about_and_nothing_else() -> None:
    tree = promql_parser.parse('rate(node_a{x="y"}[5m]) > 1 and on (b) service:c unless up')
    assert chosen(tree).startswith('rate(node_a{instance=~"$instance", x="y"}[5m]) > 1 and')
    assert "$service" not in chosen(tree)
