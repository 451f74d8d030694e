import os
import signal
from pathlib import Path

import pytest
import requests

from tests.programs.alertmanager import running_alertmanager
from tests.programs.prometheus import running_prometheus

pytestmark = pytest.mark.integration

PAST = """\
# TYPE service_up gauge
service_up{service="shop"} 1 1760000000
service_up{service="shop"} 0 1760000015.250
service_up{service="shop"} 1 1762000000
# EOF
"""
RULES = "groups: [{name: g, rules: [{record: 'one', expr: 'vector(1)'}]}]\n"


def test_prometheus_has_the_past_it_was_given(tmp_path: Path) -> None:
    with running_prometheus(tmp_path, openmetrics=PAST) as prometheus:
        samples = prometheus.query("service_up[1h]", at=1760000100)[0]["values"]
        assert prometheus.value("service_up", at=1762000001) == 1
        assert prometheus.value("service_up", at=1750000000) is None
    assert samples == [[1760000000, "1"], [1760000015.25, "0"]]
    with pytest.raises(requests.ConnectionError):
        prometheus.query("up")


def test_prometheus_reads_rules_and_reads_them_again(tmp_path: Path) -> None:
    config = "rule_files: ['*.rules.yml']\n"
    with running_prometheus(tmp_path, config=config, files={"a.rules.yml": RULES}) as prometheus:
        (tmp_path / "b.rules.yml").write_text(RULES.replace("one", "two"), encoding="utf-8")
        prometheus.reload()
        rules = requests.get(f"{prometheus.url}/api/v1/rules", timeout=5).json()["data"]
    assert len(rules["groups"]) == 2


def test_promtool_s_complaint_is_told(tmp_path: Path) -> None:
    with (
        pytest.raises(ValueError, match="EOF"),
        running_prometheus(tmp_path, openmetrics=PAST.replace("# EOF\n", "")),
    ):
        pass


def test_a_program_that_ends_at_once_is_told_with_its_output(tmp_path: Path) -> None:
    with (
        pytest.raises(RuntimeError, match="unknown long flag"),
        running_prometheus(tmp_path, flags=["--nonsense"]),
    ):
        pass


def test_a_program_that_does_not_obey_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.programs.process.STOP_SECONDS", 0.1)
    with running_prometheus(tmp_path) as prometheus:
        os.kill(prometheus.pid, signal.SIGSTOP)
    with pytest.raises(ProcessLookupError):
        os.kill(prometheus.pid, 0)


def test_alertmanager_keeps_a_silence(tmp_path: Path) -> None:
    silence = {
        "matchers": [{"name": "service", "value": "shop", "isRegex": False}],
        "startsAt": "2026-01-01T00:00:00Z",
        "endsAt": "2999-01-01T00:00:00Z",
        "createdBy": "ann",
        "comment": "patching",
    }
    with running_alertmanager(tmp_path) as alertmanager:
        number = alertmanager.silence(silence)
        assert [s["id"] for s in alertmanager.get("silences")] == [number]
        assert alertmanager.get("alerts") == []
