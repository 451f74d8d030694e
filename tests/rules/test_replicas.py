"""Two of everything: no rule breaks when exporters, engines or scrapes come in pairs."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.programs.promtool import promtool
from tests.rules import cases

_INSTANCE = re.compile(r'\binstance="([^"]*)"')
# Cases of hosts have their instances, and joins by them; the rest of the cases repeats joins.
FILES = [
    path
    for path in cases.FILES
    if path.stem in {"coverage", "generated", "inhibitors", "services", "slo", "watchers_slo"}
]


@pytest.mark.integration
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_rule_can_be_evaluated_where_each_series_has_a_twin(
    path: Path, tmp_path: Path
) -> None:
    document = yaml.load(cases.unit_test(cases.load(path), tmp_path), yaml.CSafeLoader)
    # A match that is not unique fails at each evaluation while it lasts: some are enough.
    document["evaluation_interval"] = f"{5 * cases.seconds(document['evaluation_interval'])}s"
    for test in document["tests"]:
        test["input_series"] = _doubled(test["input_series"])
        # Only that promtool gets there: it fails on a match that is not unique.
        for expected in test["promql_expr_test"]:
            expected |= {"expr": "vector(1)", "exp_samples": [{"labels": "{}", "value": 1}]}
    written = tmp_path / path.name
    written.write_text(yaml.dump(document, Dumper=yaml.CSafeDumper), encoding="utf-8")
    done = promtool("test", "rules", written)
    assert done.returncode == 0, done.stdout + done.stderr


def _doubled(given: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add what another instance would tell; what rules record has no instance."""
    values = {series["series"]: series["values"] for series in given}
    scraped = [name for name in values if ":" not in name.partition("{")[0]]
    twins = {_twin(name): values[name] for name in scraped}
    return [{"series": name, "values": v} for name, v in (twins | values).items()]


def _twin(series: str) -> str:
    if _INSTANCE.search(series):
        return _INSTANCE.sub(r'instance="\1-twin"', series)
    name, _, labels = series.removesuffix("}").partition("{")
    return f'{name}{{instance="twin",{labels}}}'
