"""What is frozen is kept byte by byte, and printed years later without anything but the ledger."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from sla_engine.cli import main
from sla_engine.domain.interval import Interval
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Derived, Ledger
from tests.programs.postgresql import fresh_database, running_postgresql

SERVICES = """\
organization: Example
timezone: UTC
prometheus: {url: "http://127.0.0.1:1"}
services:
  - {id: shop, name: Shop, objective: 99.9, sli: {promql: up}}
  - {id: mail, name: Mail, objective: 99, sli: {promql: up}}
"""
DAY = 86_400_000
OCTOBER = Interval(1_727_740_800_000, 1_730_419_200_000)  # 2024
DOWN = OCTOBER.start + 5 * DAY
MONTH = "--period=2024-10"

Run = Callable[..., tuple[int, bytes, str]]


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/ledger.db"


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    """Return a ledger in which October is known, and the shop was down for an hour."""
    with Ledger.open(url) as opened:
        line = (
            Segment(OCTOBER.start, DOWN, State.UP),
            Segment(DOWN, DOWN + DAY // 24, State.DOWN),
            Segment(DOWN + DAY // 24, OCTOBER.end, State.UP),
        )
        opened.apply([Derived("shop", line, OCTOBER.start)])
        up = (Segment(OCTOBER.start, OCTOBER.end, State.UP),)
        opened.apply([Derived("mail", up, OCTOBER.start)])
        yield opened


@pytest.fixture
def run(tmp_path: Path, url: str, capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    """Return what runs a command line and returns exit code, output and errors."""
    (tmp_path / "services.yml").write_text(SERVICES)

    def command(*arguments: str, storage: str = url) -> tuple[int, bytes, str]:
        flags = [f"--config.file={tmp_path}/services.yml", f"--storage.ledger={storage}"]
        code = main([*arguments, *flags])
        captured = capfdbinary.readouterr()
        return code, captured.out, captured.err.decode()

    return command


def test_reading_freezes_nothing(run: Run, ledger: Ledger) -> None:
    before = list(ledger.export())
    assert run("report", MONTH)[0] == 0
    assert run("report", MONTH, "--format=html")[0] == 0
    assert list(ledger.export()) == before


def test_what_was_frozen_is_printed_whatever_came_after(
    run: Run, ledger: Ledger, tmp_path: Path
) -> None:
    code, text, _ = run("report", MONTH, "--freeze")
    assert code == 0
    assert b"0 of 2" in text or b"1 of 2" in text
    (tmp_path / "services.yml").write_text(SERVICES.replace("99.9", "90"))
    ledger.apply([Derived("shop", (Segment(DOWN, OCTOBER.end, State.UP),), DOWN)])
    assert run("report", MONTH, "--as-frozen") == (0, text, "")
    assert run("report", MONTH, "--as-frozen", "--format=text")[1] == text
    code, kept, _ = run("report", MONTH, "--as-frozen", "--format=json")
    [shop, _] = json.loads(kept)["services"]
    assert (shop["objective_ratio"], shop["met"]) == (0.999, False)
    now = json.loads(run("report", MONTH, "--format=json")[1])
    assert now["services"][0]["met"] is True
    assert [one["causes"][0]["kind"] for one in now["restatements"]] == ["samples"]
    assert run("verify")[0] == 0


def test_a_frozen_period_stays_what_it_was_and_says_so_when_it_is_frozen_again(
    run: Run, ledger: Ledger, tmp_path: Path
) -> None:
    code, first, said = run("report", MONTH, "--freeze")
    assert (code, said) == (0, "frozen: 2024-10; --as-frozen prints it again\n")
    ledger.apply([Derived("shop", (Segment(DOWN, OCTOBER.end, State.UP),), DOWN)])
    code, second, said = run("report", MONTH, "--freeze")
    assert (code, second == first) == (0, False)
    assert said.startswith("2024-10 was frozen on 20")
    assert said.endswith("this one is made anew, and says what is restated\n")
    assert run("report", MONTH, "--as-frozen") == (0, first, "")
    nowhere = f"--output={tmp_path}/nowhere/x.csv"
    code, _, said = run("report", MONTH, "--freeze", "--format=csv", nowhere)
    assert code == 1
    assert "No such file or directory; frozen: 2024-10; --as-frozen prints it again" in said
    assert len(ledger.kept.of(OCTOBER)) == 3
    assert run("verify")[0] == 0


@pytest.mark.usefixtures("ledger")
def test_an_agreement_s_report_speaks_its_language_unless_another_is_asked_for(
    run: Run, tmp_path: Path
) -> None:
    german = PROMISED.replace("customer: ACME,", "customer: ACME, language: de,")
    (tmp_path / "services.yml").write_text(SERVICES + german)
    assert b"Zeitraum" in run("report", MONTH, "--agreement=acme")[1]
    assert b"Zeitraum" not in run("report", MONTH, "--agreement=acme", "--language=en")[1]
    assert b"Zeitraum" not in run("report", MONTH)[1]


PROMISED = """\
agreements:
  - {id: acme, customer: ACME, services: [shop], objective: 99.9, fee: 1000,
     credits: [{below: 99.9, credit: 10}]}
  - {id: all, customer: All, services: [mail], objective: 99.9}
"""


def test_an_agreement_is_frozen_and_printed_for_itself(
    run: Run, ledger: Ledger, tmp_path: Path
) -> None:
    (tmp_path / "services.yml").write_text(SERVICES + PROMISED)
    code, text, _ = run("report", MONTH, "--freeze", "--agreement=acme")
    assert (code, b"Mail" in text, b"100.00 EUR" in text) == (0, False, True)
    assert set(ledger.frozen.first(OCTOBER)) == {"shop", "agreement:acme"}
    assert run("report", MONTH, "--as-frozen")[0] == 1  # that is of all services
    assert run("report", MONTH, "--as-frozen", "--agreement=all")[0] == 1
    everybody = run("report", MONTH, "--freeze")[1]
    (tmp_path / "services.yml").write_text(SERVICES)
    assert run("report", MONTH, "--as-frozen", "--agreement=acme") == (0, text, "")
    assert run("report", MONTH, "--as-frozen") == (0, everybody, "")
    assert run("verify")[0] == 0


SCHEDULED = """\
reports: [{id: board, period: monthly, cron: "0 9 1 * *", agreement: %s}]
"""


@pytest.mark.parametrize("formats", [("text", "json"), ("json", "text")])
def test_a_schedule_that_is_of_another_customer_now_printed_what_it_did(
    run: Run, ledger: Ledger, tmp_path: Path, formats: tuple[str, str]
) -> None:
    file, board = tmp_path / "services.yml", ("--as-frozen", "--report=board")
    file.write_text(SERVICES + PROMISED)
    for whose, name in ((["--agreement=acme"], "board"), ([], "everybody")):
        bodies = {form: run("report", MONTH, *whose, f"--format={form}")[1] for form in formats}
        ledger.kept.add(OCTOBER, name, bodies, DAY)
    file.write_text(SERVICES + PROMISED + SCHEDULED % "all")
    code, text, _ = run("report", MONTH, "--as-frozen", "--agreement=acme")
    assert (code, b"Service levels for ACME" in text) == (0, True)
    assert run("report", MONTH, *board, "--agreement=all")[:2] == (1, b"")
    assert run("report", MONTH, "--as-frozen", "--agreement=all")[:2] == (1, b"")
    assert run("report", MONTH, *board)[:2] == (0, text)
    file.write_text(SERVICES + PROMISED + (SCHEDULED % "acme").replace("board", "everybody"))
    assert run("report", MONTH, "--as-frozen", "--agreement=acme")[1] == text
    assert b"Service levels of Example" in run("report", MONTH, "--as-frozen")[1]


def test_the_month_of_an_agreement_is_by_its_own_clocks(
    run: Run, ledger: Ledger, tmp_path: Path
) -> None:
    there = PROMISED.replace("id: acme,", "id: acme, timezone: America/New_York,")
    (tmp_path / "services.yml").write_text(SERVICES + there)
    last = OCTOBER.end + 10 * DAY
    ledger.apply([Derived("shop", (Segment(OCTOBER.end, last, State.UP),), OCTOBER.end)])
    code, text, _ = run("report", MONTH, "--freeze", "--agreement=acme", "--format=json")
    found = json.loads(text)["period"]
    assert (code, found["timezone"]) == (0, "America/New_York")
    assert (found["start"], found["end"]) == ("2024-10-01T04:00:00Z", "2024-11-01T04:00:00Z")
    head = run("report", MONTH, "--agreement=acme")[1].splitlines()[0]
    assert b"October 2024" in head
    (tmp_path / "services.yml").write_text(SERVICES)
    assert run("report", MONTH, "--as-frozen", "--agreement=acme", "--format=json")[1] == text


def test_what_is_due_to_a_customer_after_its_report_is_a_restatement_with_its_cause(
    run: Run, ledger: Ledger, tmp_path: Path
) -> None:
    (tmp_path / "services.yml").write_text(SERVICES + PROMISED)
    ledger.apply([Derived("shop", (Segment(OCTOBER.start, OCTOBER.end, State.UP),), OCTOBER.start)])
    run("report", MONTH, "--freeze", "--agreement=acme")
    found = json.loads(run("report", MONTH, "--agreement=acme", "--format=json")[1])
    assert found["restatements"] == []
    line = (
        Segment(DOWN, DOWN + DAY // 24, State.DOWN),
        Segment(DOWN + DAY // 24, OCTOBER.end, State.UP),
    )
    ledger.apply([Derived("shop", line, DOWN)])
    found = json.loads(run("report", MONTH, "--agreement=acme", "--format=json")[1])
    service, customer = found["restatements"]
    assert service["service"] == "Shop"
    assert (customer["service"], customer["causes"][0]["kind"]) == ("ACME", "samples")
    assert (customer["credit_amount_before"], customer["credit_amount_after"]) == (0, 100)
    text = run("report", MONTH, "--agreement=acme")[1]
    assert b"ACME: 0.00 EUR -> 100.00 EUR" in text


@pytest.mark.usefixtures("ledger")
def test_a_fee_that_is_agreed_later_restates_nothing(run: Run, tmp_path: Path) -> None:
    (tmp_path / "services.yml").write_text(SERVICES + PROMISED)
    run("report", MONTH, "--freeze", "--agreement=acme")
    (tmp_path / "services.yml").write_text(SERVICES + PROMISED.replace("fee: 1000", "fee: 9"))
    found = json.loads(run("report", MONTH, "--agreement=acme", "--format=json")[1])
    assert found["restatements"] == []
    assert found["agreements"][0]["credit_amount"] == 100


@pytest.mark.usefixtures("ledger")
def test_a_correction_that_pardons_an_outage_is_named_as_what_a_customer_is_not_due(
    run: Run, tmp_path: Path
) -> None:
    (tmp_path / "services.yml").write_text(SERVICES + PROMISED)
    run("report", MONTH, "--freeze", "--agreement=acme")
    outage = json.loads(run("report", MONTH, "--format=json")[1])["services"][0]["outages"][0]["id"]
    flags = ("--as=planned", "--author=ada", "--reason=agreed")
    code, _, errors = run("outages", "reclassify", outage, *flags)
    assert code == 0, errors
    found = json.loads(run("report", MONTH, "--agreement=acme", "--format=json")[1])
    [customer] = [one for one in found["restatements"] if one["service"] == "ACME"]
    assert [cause["kind"] for cause in customer["causes"]] == ["correction"]
    assert (customer["credit_amount_before"], customer["credit_amount_after"]) == (100, 0)


def test_frozen_again_the_first_stays_what_is_printed(run: Run, ledger: Ledger) -> None:
    _, text, _ = run("report", MONTH, "--freeze")
    ledger.apply([Derived("shop", (Segment(DOWN, OCTOBER.end, State.UP),), DOWN)])
    assert run("report", MONTH, "--freeze")[1] != text
    assert run("report", MONTH, "--as-frozen")[1] == text


def test_what_is_not_over_is_not_frozen(run: Run, ledger: Ledger) -> None:
    before = list(ledger.export())
    code, _, errors = run("report", "--period=this-month", "--freeze")
    assert (code, "the period is not over" in errors) == (2, True)
    assert list(ledger.export()) == before


def test_what_is_not_known_to_its_end_is_not_frozen_until_it_is(run: Run, url: str) -> None:
    with Ledger.open(url) as ledger:
        late = (Segment(OCTOBER.end, OCTOBER.end + DAY, State.UP),)
        ledger.apply([Derived(name, late, OCTOBER.end) for name in ("shop", "mail")])
        assert run("report", MONTH, "--freeze")[0] == 1
        half = (Segment(OCTOBER.start, OCTOBER.end - DAY, State.UP),)
        whole = (Segment(OCTOBER.start, OCTOBER.end, State.UP),)
        first = OCTOBER.start
        ledger.apply([Derived("shop", half, first), Derived("mail", whole, first)])
        code, _, errors = run("report", MONTH, "--freeze")
        assert (code, "not known to the end of the period: Shop" in errors) == (1, True)
        assert set(ledger.frozen.first(OCTOBER)) == {"mail"}
        assert ledger.kept.of(OCTOBER) == ()
        ledger.apply([Derived("shop", whole, first)])
        assert run("report", MONTH, "--freeze")[0] == 0
        assert set(ledger.frozen.first(OCTOBER)) == {"mail", "shop"}
        found = json.loads(run("report", MONTH, "--format=json")[1])
        assert [s["availability_ratio"] for s in found["services"]] == [1.0, 1.0]
        assert found["restatements"] == []


def test_a_gap_at_the_end_that_nothing_will_fill_is_known(run: Run, url: str) -> None:
    line = (
        Segment(OCTOBER.start, OCTOBER.end - DAY, State.UP),
        Segment(OCTOBER.end - DAY, OCTOBER.end, State.UNKNOWN),
    )
    with Ledger.open(url) as ledger:
        ledger.apply([Derived(name, line, OCTOBER.start) for name in ("shop", "mail")])
    assert run("report", MONTH, "--freeze")[0] == 0


@pytest.mark.parametrize(
    ("flags", "code"),
    [
        (["--as-frozen", "--freeze"], 2),
        (["--as-frozen", "--service=shop"], 2),
        (["--report=r"], 2),
        (["--freeze", "--service=shop"], 2),
        (["--as-frozen", "--agreement=acme"], 1),
        (["--as-frozen", "--format=pdf"], 1),
        (["--as-frozen", "--report=r"], 1),
    ],
)
def test_what_was_not_kept_is_not_printed(
    run: Run, ledger: Ledger, flags: list[str], code: int
) -> None:
    assert ledger.kept.of(OCTOBER) == ()
    run("report", MONTH, "--freeze")
    found, out, errors = run("report", MONTH, *flags)
    assert (found, out) == (code, b"")
    if code == 1:
        assert "there are: by hand as json, by hand as text" in errors


@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        ("UPDATE kept_report SET body = 'eJwDAAAAAAE='", b"its bytes were changed by hand"),
        ("UPDATE kept_report SET digest = 'x'", b"its bytes were changed by hand"),
        ("DELETE FROM kept_report WHERE format = 'text'", b"a kept report was taken out"),
        ("UPDATE kept_report SET report = 'r'", b"kept report r as json was put in"),
        ("UPDATE frozen_period SET basis = NULL", b"frozen_period was put in or changed"),
        ("UPDATE term SET after = before WHERE kind = 'service'", b"term was put in or changed"),
        ("DELETE FROM term", b"term was taken out or changed"),
    ],
)
def test_what_was_kept_and_changed_by_hand_is_found(
    run: Run, ledger: Ledger, statement: str, finding: bytes
) -> None:
    run("report", MONTH, "--freeze")
    assert run("verify")[0] == 0
    with ledger.engine.execution_options(write=True).begin() as connection:
        connection.execute(sa.text(statement))
    code, out, _ = run("verify")
    assert (code, finding in out) == (1, True)


@pytest.mark.integration
def test_a_month_frozen_in_sqlite_prints_the_same_bytes_from_postgresql(
    run: Run, ledger: Ledger, tmp_path: Path
) -> None:
    assert ledger.derived_until() is not None
    _, page, _ = run("report", MONTH, "--freeze", "--format=html")
    run("export", f"--output={tmp_path}/ledger.jsonl")
    with running_postgresql() as server:
        other = fresh_database(server, "kept")
        assert run("import", f"{tmp_path}/ledger.jsonl", storage=other)[0] == 0
        assert run("report", MONTH, "--as-frozen", storage=other) == (0, page, "")
        kept = run("report", MONTH, "--as-frozen", "--format=json")[1]
        found = run("report", MONTH, "--as-frozen", "--format=json", storage=other)[1]
        assert kept == found
        assert run("verify", storage=other)[0] == 0


def test_terms_are_listed_and_shown(run: Run, ledger: Ledger, tmp_path: Path) -> None:
    assert run("terms", "list")[1] == b"no terms\n"
    assert run("terms", "show", "shop")[0] == 1
    assert ledger.terms.last() == 0
    run("report", MONTH, "--freeze")
    (tmp_path / "services.yml").write_text(SERVICES.replace("99.9", "90"))
    run("report", MONTH, "--freeze")
    lines = run("terms", "list", "--service=shop")[1].decode().splitlines()
    assert "service shop" in lines[1]
    assert "new (known since the upgrade)" in lines[1]
    assert "objective 99.9 -> 90.0" in lines[2]
    found = json.loads(run("terms", "list", "--service=shop", "--format=json")[1])
    assert [one["known_since"] for one in found] == ["upgrade", "seen"]
    assert found[1]["before"]["objective"] == 99.9
    assert len(found[1]["sha256"]) == 64
    assert b"objective: 90.0" in run("terms", "show", "shop")[1]
    assert b"objective: 99.9" in run("terms", "show", "shop", "--at=2024-01-01")[1]
    assert json.loads(run("terms", "show", "shop", "--format=json")[1])["after"]["objective"] == 90
    assert run("terms", "show", "shop", "--at=noon")[0] == 2


@pytest.mark.usefixtures("ledger")
def test_the_terms_of_an_agreement_are_shown_whole_beside_a_service_of_that_id(
    run: Run, tmp_path: Path
) -> None:
    promised = "agreements:\n  - {id: shop, customer: ACME, services: [shop], labels: {of: acme}}\n"
    own = SERVICES.replace("{id: shop,", "{id: shop, labels: {of: acme},")
    (tmp_path / "services.yml").write_text(own + promised)
    run("report", MONTH, "--freeze")
    text = run("terms", "show", "shop")[1].decode()
    assert "service shop\n" in text
    assert "agreement shop\n" in text
    for line in ("rule: each", "window: month", "customer: ACME", "labels: of acme"):
        assert f"  {line}\n" in text
    both = json.loads(run("terms", "show", "shop", "--format=json")[1])
    assert [one["kind"] for one in both] == ["agreement", "service"]


def test_a_service_that_was_renamed_has_its_past_though_nobody_noted_that_yet(
    run: Run, ledger: Ledger, tmp_path: Path
) -> None:
    assert run("report", MONTH, "--freeze")[0] == 0
    renamed = SERVICES.replace("id: shop, name: Shop", "id: store, formerly: [shop], name: Store")
    (tmp_path / "services.yml").write_text(renamed)

    def reads() -> None:
        shown = json.loads(run("report", MONTH, "--format=json")[1])
        assert (shown["services"][0]["id"], shown["services"][0]["met"]) == ("store", False)
        assert shown["restatements"] == []
        assert b"store" in run("outages", "list")[1]

    before = list(ledger.export())
    reads()
    assert list(ledger.export()) == before
    assert run("report", MONTH, "--freeze")[0] == 0  # which notes it
    assert list(ledger.histories(OCTOBER)) == ["mail", "store"]
    reads()
    assert run("verify")[0] == 0
