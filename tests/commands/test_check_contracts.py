"""``sla-engine check`` on what contracts and agreements promise."""

from pathlib import Path

import pytest

from sla_engine.cli import main
from sla_engine.ledger import Ledger

FILE = """\
organization: Example
timezone: UTC
services:
  - id: shop
    name: Shop
    objective: 99.9
    window: 30d
    credits: [{below: 99.9, credit: 10}]
    probes: [{type: http, url: "http://127.0.0.1:1"}]
agreements:
  - {id: acme, customer: ACME, services: [shop], objective: 99.9, window: 90d,
     credits: [{below: 99, credit: 5}], to: ["slack:#acme"]}
"""


def test_credits_of_windows_that_never_close_are_warned_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "services.yml"
    path.write_text(FILE, encoding="utf-8")
    assert main(["check", f"--config.file={path}"]) == 0
    said = capsys.readouterr()
    assert "services[0].credits: window 30d rolls and never closes" in said.err
    assert "agreements[0].credits: window 90d rolls and never closes" in said.err
    assert "agreements[0].to: window 90d rolls and never closes: reports must name" in said.err
    path.write_text(FILE.replace("30d", "month").replace("90d", "quarter"), encoding="utf-8")
    assert main(["check", f"--config.file={path}"]) == 0
    assert capsys.readouterr().err == ""


def test_a_report_on_an_agreement_that_there_is_not_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "services.yml"
    path.write_text(FILE, encoding="utf-8")
    with Ledger.open(f"sqlite:///{tmp_path}/l.db"):
        pass
    flags = [f"--config.file={path}", f"--storage.ledger=sqlite:///{tmp_path}/l.db"]
    assert main(["report", *flags, "--period=2026-10", "--agreement=acne"]) == 2
    assert "no agreement 'acne'; valid: acme" in capsys.readouterr().err
