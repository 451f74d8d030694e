from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.programs.newer import RELEASES
from tests.programs.promtool import promtool
from tests.rules import cases
from tests.rules.panels import with_panels

COVERED: dict[str, list[dict[str, Any]]] = {}
for file in cases.FILES:
    for one in cases.load(file)["cases"]:
        COVERED.setdefault(one["alert"], []).append(one)

# The newer release reads ranges without their left end: seen where rates and counts decide.
ON_BOTH = {"detection_short", "hosts", "slo", "targets", "watchers_slo"}
RUNS = [
    (path, release)
    for path in cases.FILES
    for release in RELEASES
    if release == "installed" or path.stem in ON_BOTH
]


def _run(release: str, *arguments: str | Path) -> None:
    done = promtool(*arguments, program=RELEASES[release]("promtool"))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.integration
@pytest.mark.parametrize("release", RELEASES)
def test_promtool_accepts_every_rule(release: str) -> None:
    _run(release, "check", "rules", *cases.RULES)


@pytest.mark.integration
@pytest.mark.parametrize(("path", "release"), RUNS, ids=lambda it: getattr(it, "stem", it))
def test_the_alerts_fire_and_clear_as_promised_and_their_panels_show_them(
    path: Path, release: str, tmp_path: Path
) -> None:
    written = cases.unit_tests(with_panels(cases.load(path)), tmp_path)
    _run(release, "test", "rules", *written)


@pytest.mark.parametrize("alert", sorted(cases.alerts().keys() - {"DeadMansSwitch"}))
def test_an_alert_is_seen_quiet_firing_and_clearing(alert: str) -> None:
    seen = {key for case in COVERED.get(alert, ()) for key in case}
    assert {"quiet", "fires", "clears"} <= seen


@pytest.mark.parametrize("alert", sorted(cases.alerts()))
def test_every_severity_of_an_alert_is_seen_firing(alert: str) -> None:
    fired = [
        label
        for case in COVERED.get(alert, ())
        for found in case.get("fires", {}).values()
        for label in found
    ]
    for severity in cases.alerts()[alert]:
        assert any(f'severity="{severity}"' in label for label in fired), severity


def test_cases_are_of_alerts_that_exist() -> None:
    assert set(COVERED) <= set(cases.alerts())


@pytest.mark.integration
def test_who_is_told_of_an_outage_again_hears_which_within_the_hour_it_is(tmp_path: Path) -> None:
    asked = {
        "rules": ["alert_rules/slo.rules.yml"],
        "every": "30s",
        "cases": [
            {
                "alert": "ServiceDown",
                "series": {
                    'service_up{service="web", location="a"}': "1x39 0x5 1x19 0x5 1x19 0x5 1x9"
                },
            }
        ],
    }
    document = yaml.safe_load(cases.unit_test(asked, tmp_path))
    head = "web is down", "Its quorum of probes and locations fails for a minute or more."
    document["tests"][0]["alert_rule_test"] = [
        {
            "alertname": "ServiceDown",
            "eval_time": at,
            "exp_alerts": [
                {
                    "exp_labels": {"service": "web", "severity": "page"},
                    "exp_annotations": {"summary": head[0], "description": f"{head[1]} {more}"},
                }
            ],
        }
        for at, more in (("21m30s", ""), ("34m30s", "Outage 2 within an hour."))
    ]
    path = tmp_path / "again.test.yml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    _run("installed", "test", "rules", path)
