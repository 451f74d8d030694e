"""Whoever is woken finds a page: what it means, what to ask, what to do."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.rules.cases import ROOT, alerts

FOLDER = ROOT / "docs" / "runbooks"
PAGES = sorted(path for path in FOLDER.glob("*.md") if path.stem != "README")
SECTIONS = ["## Meaning", "## Impact", "## Diagnosis", "## Mitigation"]


def queries(text: str) -> list[str]:
    return re.findall(r"```promql\n(.+?)\n```", text, re.DOTALL)


def test_every_alert_has_a_page_and_every_page_an_alert() -> None:
    assert {path.stem for path in PAGES} == set(alerts())


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_says_what_it_must(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert re.findall(r"^#+ .+$", text, re.MULTILINE) == [f"# {path.stem}", *SECTIONS]
    assert queries(text)
    assert text.rpartition("## Mitigation")[2].count("\n- ") >= 1
    for link in re.findall(r"\]\((.+?)\)", text):
        assert (FOLDER / link).exists(), link


def test_the_index_lists_every_page() -> None:
    index = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"\]\((.+?)\.md\)", index)) == sorted(alerts())


@pytest.mark.integration
def test_every_query_is_promql(tmp_path: Path) -> None:
    found = [query for path in PAGES for query in queries(path.read_text(encoding="utf-8"))]
    rules = [{"record": f"query:{i}", "expr": query} for i, query in enumerate(found)]
    path = tmp_path / "queries.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}))
    command = ["promtool", "check", "rules", "--lint=none", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
