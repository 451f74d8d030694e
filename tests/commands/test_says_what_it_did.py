"""Every command says what it did: what changed, what was written, and what to type next."""

from pathlib import Path

import pytest

from sla_engine.cli import main
from sla_engine.domain.isolation import Fault
from sla_engine.domain.outage import outage_id
from tests.commands.test_frozen import DOWN, MONTH, SERVICES, Run, ledger, run, url

__all__ = ["ledger", "run", "url"]
SHOP = outage_id("shop", DOWN)
needs_ledger = pytest.mark.usefixtures("ledger")
SIGNED = ("--author=ann", "--reason=post-mortem")


@needs_ledger
def test_annotating_says_what_changed_and_from_what(run: Run) -> None:
    code, out, _ = run("outages", "annotate", SHOP, "--cause=Disk", "--ticket=T-1", *SIGNED)
    told = out.decode().splitlines()
    assert code == 0
    assert told[:2] == [
        "changed: cause from nothing to Disk",
        "changed: ticket from nothing to T-1",
    ]
    assert f"id       {SHOP}" in told
    _, out, _ = run("outages", "annotate", SHOP, "--cause=Fan", *SIGNED)
    assert out.decode().splitlines()[0] == "changed: cause from Disk to Fan"
    _, out, _ = run("outages", "annotate", SHOP, "--cause=", *SIGNED)
    assert out.decode().splitlines()[0] == "changed: cause from Fan to nothing"


@needs_ledger
def test_reclassifying_says_what_changed(run: Run) -> None:
    _, out, _ = run("outages", "reclassify", SHOP, "--as=planned", *SIGNED)
    assert out.decode().splitlines()[0] == "changed: class from nothing to planned"


@needs_ledger
@pytest.mark.parametrize("flags", [(), ("--freeze",)])
def test_a_report_in_a_file_is_told_on_standard_error_alone(
    run: Run, tmp_path: Path, flags: tuple[str, ...]
) -> None:
    path = tmp_path / "o.json"
    code, out, err = run("report", MONTH, "--format=json", f"--output={path}", *flags)
    size = f"{path.stat().st_size:,}"
    assert (code, out) == (0, b"")
    assert f"{path}: json report of 2024-10, {size} bytes\n" in err
    assert ("frozen: 2024-10; --as-frozen prints it again\n" in err) is bool(flags)
    if flags:
        again = tmp_path / "again.json"
        _, out, err = run("report", MONTH, "--as-frozen", "--format=json", f"--output={again}")
        assert (out, again.read_bytes()) == (b"", path.read_bytes())
        assert f"{again}: as frozen: json report of 2024-10, {size} bytes\n" in err


@needs_ledger
def test_a_report_on_standard_output_is_the_report_alone(run: Run) -> None:
    _, out, err = run("report", MONTH, "--format=json")
    assert out.startswith(b"{")
    assert "report of" not in err


@needs_ledger
def test_an_export_into_a_file_says_how_much_it_is(
    tmp_path: Path, url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "ledger.jsonl"
    assert main(["export", f"--storage.ledger={url}", f"--output={path}"]) == 0
    said = capfd.readouterr()
    assert said.out == ""
    assert said.err == f"{path}: {len(path.read_text().splitlines()):,} lines of the ledger\n"


def test_a_good_catalogue_is_told_with_what_to_type_next(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "services.yml"
    path.write_text(SERVICES)
    assert main(["check", f"--config.file={path}"]) == 0
    expected = f"{path}: 2 services, no mistakes; next: sla-engine doctor --config.file={path}\n"
    assert capfd.readouterr().out == expected


def test_a_key_says_which_half_is_where(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "key"
    assert main(["keygen", str(path)]) == 0
    said = capfd.readouterr()
    assert len(said.out.splitlines()) == 1
    assert said.err.startswith(f"{path}: the private half; ")


@needs_ledger
def test_a_backfill_says_what_it_derived_or_what_it_could_not(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    span = ("--from=2024-10-04", "--to=2024-10-06")
    monkeypatch.setattr("sla_engine.measurement.backfill.backfill", lambda *_, **__: None)
    told = b"derived 2 services, 2024-10-04T00:00:00Z/2024-10-06T00:00:00Z; "
    assert run("backfill", *span)[:2] == (0, told + b"next: sla-engine outages list\n")

    def failing(*_: object, faults: dict[str, Fault], **__: object) -> None:
        faults["shop"] = Fault("limit", "too many samples")

    monkeypatch.setattr("sla_engine.measurement.backfill.backfill", failing)
    code, out, err = run("backfill", *span)
    assert (code, out) == (1, b"")
    assert "derived but for shop: too many samples;" in err
