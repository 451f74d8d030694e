"""Every rule is loaded and evaluated by the Prometheus of today and by that of tomorrow."""

import re
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.programs.newer import RELEASES
from tests.programs.prometheus import running_prometheus
from tests.rules import cases

pytestmark = pytest.mark.integration

_SECONDS = 20
CONFIG = (cases.ROOT / "deploy/prometheus/prometheus.yml").read_text(encoding="utf-8")


@pytest.mark.parametrize("release", RELEASES)
def test_every_rule_is_evaluated_without_complaint(release: str, tmp_path: Path) -> None:
    files = {f"uptime-ledger/{path.name}": _hurried(path) for path in cases.RULES}
    program = RELEASES[release]("prometheus")
    with running_prometheus(tmp_path, config=CONFIG, files=files, program=program) as prometheus:
        rules = _evaluated(prometheus.url)
    assert [rule for rule in rules if rule["health"] != "ok" or "lastError" in rule] == []
    assert len(rules) == len(list(cases.rules()))


def _hurried(path: Path) -> str:
    """Return a rule file that is evaluated each second."""
    text = path.read_text(encoding="utf-8")
    return re.sub(r"(?m)^( +)(- name: .*\n)(?: +interval: .*\n)?", r"\1\2\1  interval: 1s\n", text)


def _evaluated(url: str) -> list[dict[str, Any]]:
    """Return the rules as a server sees them once it has evaluated each."""
    deadline = time.monotonic() + _SECONDS
    while True:
        groups = requests.get(f"{url}/api/v1/rules", timeout=10).json()["data"]["groups"]
        rules = [rule for group in groups for rule in group["rules"]]
        if all(rule["health"] != "unknown" for rule in rules) or time.monotonic() > deadline:
            return rules
        time.sleep(0.1)
