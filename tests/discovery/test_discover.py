"""``sla-engine discover`` on an estate as people have it."""

import json
from pathlib import Path
from typing import Any

import pytest

from sla_engine.cli import main
from sla_engine.ledger import Ledger
from tests.discovery.estate import DAY, OCTOBER
from tests.programs.prometheus import Prometheus

pytestmark = pytest.mark.integration

NOW = OCTOBER.end + 10 * DAY


@pytest.fixture(autouse=True)
def _in_november(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("report", "discover", "check", "backfill"):
        monkeypatch.setattr(f"sla_engine.commands.{name}.now", lambda: NOW)


def _services(arguments: list[str], output: Path) -> list[dict[str, Any]]:
    flags = ["--period=2026-10", "--format=json", f"--output={output}"]
    assert main(["report", *arguments, *flags]) == 0
    found: list[dict[str, Any]] = json.loads(output.read_text("utf-8"))["services"]
    return [one | {"name": one["name"].removesuffix(" (lossy)")} for one in found]


def test_what_is_written_passes_check_and_has_the_figures_of_the_report(
    estate: Prometheus, tmp_path: Path
) -> None:
    path, server = tmp_path / "services.yml", f"--prometheus.url={estate.url}"
    wanted = ["--objective=99.9", "--period=2026-10"]
    assert main(["discover", server, *wanted, f"--output={path}"]) == 0
    config = f"--config.file={path}"
    assert main(["check", config]) == 0
    ledger = f"--storage.ledger=sqlite:///{tmp_path}/ledger.db"
    period = ["--from=2026-10-01", "--to=2026-11-01"]
    assert main(["backfill", config, ledger, *period]) == 0
    kept = _services([config, ledger], tmp_path / "kept.json")
    found = _services([server, "--discover", "--objective=99.9"], tmp_path / "found.json")
    assert kept == found
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as opened:
        assert len(opened.first_samples()) == len(kept)


def test_a_file_is_added_to_once_and_what_vanished_is_named(
    estate: Prometheus, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "services.yml"
    before = (
        f"organization: Ours # kept\nprometheus: {{url: '{estate.url}'}}\n"
        "timezone: UTC\nservices:\n"
        "  - {id: shop, name: S, sli: {promql: 'probe_success{instance=~\"https://shop.*\"}'}}\n"
        "  - {id: gone, name: G, sli: {promql: 'up{job=\"gone\"}'}}\n"
    )
    path.write_text(before)
    arguments = ["discover", f"--merge={path}"]
    assert main([*arguments, "--period=2026-10", '--match=job=~"blackbox|node"']) == 0
    said = capsys.readouterr().out
    assert "3 services added: api.example, node-10.0.0.1-9100, node-10.0.0.2-9100" in said
    assert "without a series now: gone;" in said
    assert path.read_text().startswith(before)
    once = path.read_bytes()
    assert main([*arguments, "--period=2026-10", '--match=job=~"blackbox|node"']) == 0
    assert "nothing is new" in capsys.readouterr().out
    assert path.read_bytes() == once


def test_a_file_that_is_there_is_not_written_over(
    estate: Prometheus, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "services.yml"
    path.write_text("mine")
    assert main(["discover", f"--prometheus.url={estate.url}", f"--output={path}"]) == 1
    assert f"--merge={path} adds to it" in capsys.readouterr().err
    assert path.read_text() == "mine"
