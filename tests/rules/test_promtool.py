import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RULES = sorted((ROOT / "alert_rules").glob("*.rules.yml"))
UNIT_TESTS = sorted(Path(__file__).parent.glob("*.test.yml"))


def _run(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.integration
def test_promtool_accepts_every_rule() -> None:
    _run("promtool", "check", "rules", *RULES)


@pytest.mark.integration
@pytest.mark.parametrize("path", UNIT_TESTS, ids=lambda path: path.name.removesuffix(".test.yml"))
def test_the_rules_fire_and_clear_as_promised(path: Path) -> None:
    _run("promtool", "test", "rules", path)


@pytest.mark.integration
def test_alertmanager_accepts_its_configuration() -> None:
    _run("amtool", "check-config", ROOT / "alert_rules" / "alertmanager.yml")
