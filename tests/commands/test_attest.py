"""A sealed report proves the ledger, and the ledger the report."""

import html
import re
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from sla_engine.cli import main
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Derived, Ledger

SERVICES = """\
organization: Example
timezone: UTC
prometheus: {url: "http://127.0.0.1:1"}
services:
  - {id: shop, name: Shop, objective: 99.9, sli: {promql: up}}
"""
DAY = 86_400_000
START = 20_000 * DAY  # 2024-10-04
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return what runs a command line on a ledger of one day."""
    (tmp_path / "services.yml").write_text(SERVICES)
    url = f"sqlite:///{tmp_path}/ledger.db"
    line = (
        Segment(START, START + 60_000, State.UP),
        Segment(START + 60_000, START + 120_000, State.DOWN),
        Segment(START + 120_000, START + DAY, State.UP),
    )
    with Ledger.open(url) as ledger:
        ledger.apply([Derived("shop", line, START)])

    def command(*arguments: str, ledger: bool = True) -> tuple[int, str, str]:
        place = [f"--storage.ledger={url}"] if ledger else []
        code = main([*arguments, f"--config.file={tmp_path}/services.yml", *place])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return command


@pytest.fixture
def key(run: Run, tmp_path: Path) -> str:
    """Make a key; return its public half."""
    code, out, _ = run("keygen", f"{tmp_path}/key.pem", ledger=False)
    assert code == 0
    return out.strip()


def report(run: Run, tmp_path: Path, form: str) -> Path:
    path = tmp_path / f"report.{form}"
    code, _, err = run(
        "report", "--period=2024-10-04", f"--format={form}", f"--output={path}",
        f"--signing.key-file={tmp_path}/key.pem",
    )  # fmt: skip
    assert code == 0, err
    return path


@pytest.mark.parametrize("form", ["html", "csv", "json", "text", "pdf"])
def test_a_report_and_its_ledger_agree(run: Run, key: str, tmp_path: Path, form: str) -> None:
    if form == "pdf":
        pytest.importorskip("weasyprint", exc_type=ImportError)
    path = report(run, tmp_path, form)
    assert path.with_name(f"{path.name}.sig").exists() is (form not in {"html", "pdf"})
    code, out, _ = run("attest", str(path), f"--public-key={key}")
    assert code == 0, out
    assert "it remembers this seal" in out
    assert out.endswith("proven: who sealed it, and that this ledger remembers it\n")
    code, out, _ = run("attest", str(path), f"--public-key={key}", "--offline", ledger=False)
    assert (code, "the ledger was not looked at" in out) == (0, True)
    assert run("verify")[0] == 0


def test_the_page_shows_head_and_key_and_the_head_is_of_the_ledger(
    run: Run, key: str, tmp_path: Path
) -> None:
    page = report(run, tmp_path, "html").read_text()
    shown = dict(re.findall(r"<dt>([^<]+)</dt><dd>([^<]+)</dd>", page))
    head = shown["Ledger head"]
    assert page.rstrip().endswith("-->")
    signed = (
        "verify",
        f"--head={head}",
        f"--signature={html.unescape(shown['Signature of the head'])}",
    )
    assert html.unescape(shown["Sealed by"]) == key
    assert run(*signed, f"--public-key={key}")[0] == 0
    other = run("keygen", f"{tmp_path}/other.pem", ledger=False)[1].strip()
    code, out, _ = run(*signed, f"--public-key={other}")
    assert (code, out.startswith("that key did not sign the head")) == (1, True)
    assert run(*signed)[0] == 2


@pytest.mark.parametrize("form", ["html", "csv"])
def test_a_report_that_was_changed_is_none(run: Run, key: str, tmp_path: Path, form: str) -> None:
    path = report(run, tmp_path, form)
    path.write_bytes(path.read_bytes().replace(b"Shop", b"Shod", 1))
    code, out, _ = run("attest", str(path), f"--public-key={key}")
    assert (code, "NOT SO: its bytes are not those that were sealed" in out) == (1, True)
    assert "proven" not in out


def test_a_report_that_another_key_sealed_is_none(run: Run, key: str, tmp_path: Path) -> None:
    (tmp_path / "key.pem").unlink()
    run("keygen", f"{tmp_path}/key.pem", ledger=False)
    code, out, _ = run("attest", str(report(run, tmp_path, "html")), f"--public-key={key}")
    assert (code, "NOT SO: that is not the key that was given" in out) == (1, True)


def test_a_seal_that_names_a_key_it_was_not_signed_with_is_none(
    run: Run, key: str, tmp_path: Path
) -> None:
    path = report(run, tmp_path, "csv")
    other = run("keygen", f"{tmp_path}/other.pem", ledger=False)[1].strip()
    beside = path.with_name("report.csv.sig")
    beside.write_text(beside.read_text().replace(key, other))
    code, out, _ = run("attest", str(path), f"--public-key={other}")
    assert (code, "NOT SO: the seal is not signed by the key that it names" in out) == (1, True)


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("DELETE FROM audit WHERE action = 'seal'", "it does not remember this seal"),
        ("UPDATE audit SET hash = replace(hash, substr(hash, 1, 1), 'x')", "it has no row 1:"),
        ("UPDATE audit SET payload = '{}' WHERE seq = 1", "audit chain is broken: audit row 1"),
    ],
)
def test_a_ledger_that_was_changed_since_does_not_agree(
    run: Run, key: str, tmp_path: Path, statement: str, words: str
) -> None:
    path = report(run, tmp_path, "html")
    with sqlite3.connect(tmp_path / "ledger.db") as ledger:
        ledger.execute(statement)
    code, out, _ = run("attest", str(path), f"--public-key={key}")
    assert (code, words in out) == (1, True), out


@pytest.mark.usefixtures("key")
def test_nobody_vouches_for_a_key_that_a_report_names_itself(run: Run, tmp_path: Path) -> None:
    path = report(run, tmp_path, "html")
    code, out, _ = run("attest", str(path))
    proven = "proven: that this ledger remembers it; not who sealed it: nobody vouches for that key"
    assert (code, proven in out) == (0, True)
    code, out, err = run("attest", str(path), ledger=False)
    assert (code, out, "nothing vouches for the seal" in err) == (2, "", True)
    code, _, err = run("attest", str(path), "--offline")
    assert (code, "--offline needs --public-key" in err) == (2, True)


def test_what_follows_the_seal_is_refused(run: Run, key: str, tmp_path: Path) -> None:
    path = report(run, tmp_path, "html")
    path.write_bytes(path.read_bytes() + b"<p>all is well</p>\n")
    code, _, err = run("attest", str(path), f"--public-key={key}")
    assert (code, "seal" in err) == (1, True)


def test_a_report_without_a_seal_is_told_so(run: Run, tmp_path: Path) -> None:
    (tmp_path / "plain.html").write_text("<p>all is well</p>")
    code, _, err = run("attest", f"{tmp_path}/plain.html")
    assert (code, "it carries no seal" in err) == (1, True)


def test_a_key_is_its_owners_and_never_written_over(run: Run, key: str, tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(key) == len("ed25519:") + 44
    code, _, err = run("keygen", str(path), ledger=False)
    assert (code, "is there already; nothing is ever written over" in err) == (1, True)
    path.chmod(0o644)
    flag = f"--signing.key-file={path}"
    code, _, err = run("report", "--period=2024-10-04", "--format=html", flag)
    assert (code, "others may read this key" in err) == (1, True)


@pytest.mark.usefixtures("key")
def test_a_seal_beside_needs_a_file_to_be_beside(run: Run, tmp_path: Path) -> None:
    flag = f"--signing.key-file={tmp_path}/key.pem"
    code, _, err = run("report", "--period=2024-10-04", "--format=csv", flag)
    assert (code, "the seal of csv needs --output" in err) == (2, True)
