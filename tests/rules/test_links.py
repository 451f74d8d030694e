"""Every link of a rule, a template, a runbook or a page of the documentation leads somewhere."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from grafana_dashboards.queries import panels
from tests.rules import cases
from tests.rules.test_runbooks import FOLDER

TEMPLATES = cases.ALERT_RULES / "templates"
DASHBOARDS: dict[str, Any] = {
    found["uid"]: found
    for path in (cases.ROOT / "grafana_dashboards" / "json").glob("*.json")
    if (found := json.loads(path.read_text(encoding="utf-8")))
}
TEXTS = [
    *cases.ALERT_RULES.rglob("*.yml"),
    *TEMPLATES.glob("*.tmpl"),
    *(cases.ROOT / "docs").rglob("*.md"),
]
PROBE_PARAMETERS = {"target", "module", "format", "debug"}


def _fired() -> dict[tuple[str, ...], dict[str, str]]:
    """Return labels of alerts as the cases have them, one of each shape, and of several."""
    found: dict[tuple[str, ...], dict[str, str]] = {("several",): {"severity": "page"}}
    for path in cases.FILES:
        for case in cases.load(path)["cases"]:
            for text in (text for fired in case.get("fires", {}).values() for text in fired):
                labels = dict(re.findall(r'(\w+)="([^"]*)"', text)) | {"alertname": case["alert"]}
                kind = re.sub(r"(?<!^)[A-Z].*", "", case["alert"])
                shape = (kind, *(name for name in ("service", "instance") if name in labels))
                found.setdefault(shape, labels)
    return found


FIRED = _fired()


def _rendered(name: str, labels: dict[str, str], folder: Path) -> str:
    data = {"commonLabels": labels, "externalURL": "http://alertmanager.example.org", "alerts": []}
    path = folder / "data.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    command = ["amtool", "template", "render", f"--template.glob={TEMPLATES}/*.tmpl"]
    command += [f'--template.text={{{{ template "{name}" . }}}}', f"--template.data={path}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.integration
@pytest.mark.parametrize("shape", FIRED, ids="-".join)
def test_an_alert_links_to_a_dashboard_that_exists_and_knows_what_it_is_told(
    shape: tuple[str, ...], tmp_path: Path
) -> None:
    link = urlsplit(_rendered("uptime.link.dashboard", FIRED[shape], tmp_path))
    dashboard = DASHBOARDS[link.path.removeprefix("/d/")]
    variables = {f"var-{item['name']}" for item in dashboard["templating"]["list"]}
    asked = parse_qs(link.query)
    assert set(asked) <= variables | {"viewPanel"}
    if shape != ("several",):
        (panel,) = (p for p in panels(dashboard) if str(p["id"]) == asked["viewPanel"][0])
        labels = FIRED[shape]
        assert panel["title"] == f"{labels['alertname']} ({labels['severity']})"
    if "service" in shape:
        assert asked["var-service"] == [FIRED[shape]["service"]]


@pytest.mark.integration
def test_an_alert_links_to_its_runbook_and_several_to_their_index(tmp_path: Path) -> None:
    for labels in ({"alertname": "ServiceDown"}, {}):
        link = _rendered("uptime.link.runbook", labels, tmp_path)
        assert (FOLDER / link.rpartition("/")[2]).is_file()


@pytest.mark.integration
def test_a_silence_is_of_these_labels_whatever_is_in_them(tmp_path: Path) -> None:
    labels = {"service": 'a "b" + c\\d'}
    link = urlsplit(_rendered("uptime.link.silence", labels, tmp_path))
    (filter_,) = parse_qs(urlsplit(link.fragment).query)["filter"]
    assert filter_ == '{service="a \\"b\\" + c\\\\d"}'


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_what_a_text_names_of_dashboards_and_probes_exists(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert set(re.findall(r"/d/([a-z][a-z-]+)", text)) <= set(DASHBOARDS)
    for query in re.findall(r"/probe\?([\w=&-]+)", text):
        assert set(parse_qs(query, keep_blank_values=True)) <= PROBE_PARAMETERS, query


def test_no_rule_links_by_itself() -> None:
    for rule in cases.rules():
        assert "http" not in json.dumps(rule.get("annotations", {}))
