"""Ways to make a ledger say what is not so, and what sees each, as docs/evidence.md lists them."""

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sla_engine.accounting.report import frozen_report, make_report
from sla_engine.accounting.sealing import attest, sealed
from sla_engine.app.login import Machine, login
from sla_engine.domain.actor import Actor, claimed, same
from sla_engine.domain.events import Minute
from sla_engine.domain.interval import Interval
from sla_engine.domain.maintenance import DecisionError, Scope, WindowEvent, decide
from sla_engine.domain.notice import Notice
from sla_engine.domain.outage import Correction
from sla_engine.domain.period import parse_period
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Books, Derived, Ledger, Outbox, TamperedError, Thread
from sla_engine.ledger.audit import GENESIS, Head, Link, digest, read
from sla_engine.ledger.maintenance import Request
from sla_engine.maintenance.windows import of_request
from sla_engine.reports import FORMATS
from sla_engine.reports.seal import Signer, carried
from tests.catalogues import catalogue

UP, DOWN, UNKNOWN = State.UP, State.DOWN, State.UNKNOWN
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
START = 19_997 * DAY  # 2024-10-01
BEGAN = START + 10 * MINUTE
END = START + 31 * DAY
NOW = END + DAY
OCTOBER = parse_period("2024-10", UTC, NOW)
SERVICES = (
    {"id": "shop", "objective": 99.9, "sli": {"promql": "up"}},
    {"id": "calls", "objective": 99.9, "sli": {"good": "good_total", "total": "all_total"}},
)
NOTES = Path(__file__).parent.parent / "docs" / "evidence.md"


@dataclass
class World:
    """A ledger of a month, its sealed report, and the head that somebody else kept."""

    ledger: Ledger
    signer: Signer
    document: bytes
    head: Head

    def sql(self, *statements: str) -> None:
        with self.ledger.engine.execution_options(write=True).begin() as connection:
            for statement in statements:
                connection.execute(sa.text(statement.format(s=START, b=BEGAN, m=MINUTE, h=HOUR)))

    def found(self) -> str:
        return "\n".join(self.ledger.verify())

    def attested(self, document: bytes | None = None) -> str:
        bare = carried(document or self.document)
        assert bare is not None
        return "\n".join(attest(*bare, self.signer.public, self.ledger).findings)


def line(start: int, end: int) -> tuple[Segment, ...]:
    whole = (
        Segment(START, BEGAN, UP),
        Segment(BEGAN, BEGAN + 90 * MINUTE, DOWN),
        Segment(BEGAN + 90 * MINUTE, START + 4 * HOUR, UP),
        Segment(START + 4 * HOUR, START + 5 * HOUR, UNKNOWN),
        Segment(START + 5 * HOUR, START + 99 * DAY, UP),
    )
    cut = [Segment(max(s.start, start), min(s.end, end), s.state) for s in whole]
    return tuple(s for s in cut if s.start < s.end)


def derive(ledger: Ledger, start: int, end: int) -> None:
    counted = tuple(Minute(at, 9, 10) for at in range(start, min(end, START + 6 * HOUR), MINUTE))
    flat = (Segment(start, end, UP),)
    ledger.apply(
        [Derived("shop", line(start, end), start), Derived("calls", flat, start, events=counted)]
    )


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, World]:
    """Make the month once, in a file of which every test has a copy."""
    path = tmp_path_factory.mktemp("month") / "ledger.db"
    with Ledger.open(f"sqlite:///{path}") as ledger:
        derive(ledger, START, NOW + 20 * MINUTE)
        said = Correction(NOW, "ann", "cause", None, "disk", "seen in the log", "login:ann")
        ledger.corrections.add("shop", BEGAN, said)
        asked = Request("w", "cli", "Disks", Scope(("shop",)), BEGAN, BEGAN + 30 * MINUTE, "UTC")
        ledger.windows.add(asked, WindowEvent(START, "requested", "ann", "worn", "login:ann"))
        ledger.windows.append("w", WindowEvent(START, "approved", "bob", "", "login:bob"))
        outbox = Outbox(ledger.engine)
        outbox.add([Notice("n1", "t", "opened", NOW, "shop", {})])
        [notice] = outbox.unaddressed()
        where = [Thread(0, f"t@{place}", place, (), NOW) for place in ("slack:#ops", "slack:#top")]
        outbox.address(notice.id, where, NOW)
        due = outbox.next_due(NOW)
        assert due is not None
        outbox.sent([due.id], NOW)
        report = frozen_report(Books(catalogue(*SERVICES), ledger), OCTOBER, NOW)
        signer = Signer(Ed25519PrivateKey.generate())
        done = sealed(report, FORMATS["html"], ledger, signer, NOW)
        head = ledger.head()
        assert head is not None
        assert ledger.verify(head) == []
        made = World(ledger, signer, done.document, head)
        assert made.attested() == ""
        return path, made


@pytest.fixture
def world(month: tuple[Path, World], tmp_path: Path) -> Iterator[World]:
    path, made = month
    shutil.copy(path, tmp_path / "ledger.db")
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        yield replace(made, ledger=ledger)


ROWS = [  # what is done to the database, and what verify says of it
    ("an outage taken out", "DELETE FROM outage", "was taken out"),
    ("an outage made shorter", "UPDATE outage SET end_ms = end_ms - {m}", "its end is"),
    ("an outage put in", "INSERT INTO outage VALUES ('calls', {b}, {b} + 9)", "was put in by hand"),
    (
        "a gap put over an outage",
        "INSERT INTO gap VALUES ('shop', {b} - {m}, {b} + {h})",
        "a gap of shop",
    ),
    ("a gap taken out", "DELETE FROM gap", "a gap of shop"),
    ("a service moved to another id", "UPDATE outage SET service = 'x'", "of x at"),
    ("coverage made longer", "UPDATE coverage SET end_ms = end_ms + {h}", "coverage of"),
    ("coverage made shorter", "UPDATE coverage SET start_ms = start_ms + {h}", "coverage of"),
    ("coverage taken out", "DELETE FROM coverage", "coverage of"),
    (
        "a first sample moved",
        "UPDATE service_state SET first_sample_ms = {b} + {h}",
        "first sample",
    ),
    ("minutes of events edited", "UPDATE event_hour SET minutes = '[]'", "the events of calls"),
    (
        "an hour of events taken out",
        "DELETE FROM event_hour WHERE start_ms = {s}",
        "the events of calls",
    ),
    ("a correction edited", "UPDATE correction SET reason = 'x'", "correction was put in"),
    ("a correction under another login", "UPDATE correction SET login = 'login:bob'", "correction"),
    ("a correction taken out", "DELETE FROM correction", "correction was taken out"),
    ("a window moved", "UPDATE maintenance SET end_ms = end_ms + {h}", "maintenance was put in"),
    (
        "an approval put in",
        "INSERT INTO maintenance_event VALUES (9, 'w', {b}, 'approved', 'bob', '', 'login:bob')",
        "maintenance_event was put in",
    ),
    (
        "an approval given to another",
        "UPDATE maintenance_event SET author = 'carl' WHERE kind = 'approved'",
        "maintenance_event was put in",
    ),
    (
        "decisions numbered anew, so that a later one passes for an earlier",
        "UPDATE maintenance_event SET id = id - 1",
        "rows of maintenance_event were given other",
    ),
    (
        "decisions numbered higher, so that old ones pass for new",
        "UPDATE correction SET id = id + 99",
        "rows of correction were given other",
    ),
    ("a frozen figure edited", "UPDATE frozen_period SET figures = '{{}}'", "frozen_period was"),
    ("a frozen period taken out", "DELETE FROM frozen_period", "frozen_period was taken out"),
    ("a notice unsaid", "UPDATE notice SET facts = '{{\"a\": 1}}'", "notice n1"),
    (
        "a delivery called sent",
        "UPDATE delivery SET state = 'sent', sent_ms = 1",
        "the delivery of n1 in t@slack:#top was changed",
    ),
    (
        "a delivery taken out",
        "DELETE FROM delivery WHERE state = 'pending'",
        "the delivery of n1 in t@slack:#top was taken out",
    ),
    (
        "a message sent elsewhere",
        "UPDATE thread SET channel = 'slack:#nowhere' WHERE key LIKE '%top'",
        "the delivery of n1 in t@slack:#top was changed",
    ),
    (
        "a row of the chain edited",
        "UPDATE audit SET actor = 'x' WHERE seq = 3",
        "audit row 3 was ch",
    ),
    ("a row of the chain dated back", "UPDATE audit SET time_ms = 1", "audit row 1 was changed"),
    ("a row of the chain taken out", "DELETE FROM audit WHERE seq = 3", "audit row 3 is missing"),
    (
        "rows of the chain that change places",
        (
            "UPDATE audit SET seq = -seq WHERE seq IN (3, 4); "
            "UPDATE audit SET seq = seq + 7 WHERE seq < 0"
        ),
        "audit row 3",
    ),
]


@pytest.mark.parametrize(("name", "statement", "words"), ROWS)
def test_verify_names_what_was_done_to_rows(
    world: World, name: str, statement: str, words: str
) -> None:
    world.sql(*statement.split(";"))
    assert words in world.found()
    assert f"| {name} |" in NOTES.read_text(encoding="utf-8")


@pytest.mark.parametrize("statement", [row[1] for row in ROWS[:12] if "'x'" not in row[1]])
def test_deriving_anew_signs_none_of_it_away(world: World, statement: str) -> None:
    world.sql(statement)
    before = world.found()
    with pytest.raises(TamperedError):
        derive(world.ledger, START, START + 8 * HOUR)
    assert world.found() == before


@pytest.mark.parametrize("payload", ["x", "[]", '{{"outages": 1}}', '{{"reach": []}}'])
def test_a_row_of_the_chain_that_nobody_can_read_is_named_where_it_is_derived_on(
    world: World, payload: str
) -> None:
    world.sql(f"UPDATE audit SET payload = '{payload}' WHERE action = 'derive'")
    assert "audit row 1 was changed" in world.found()
    for _ in range(2):
        with pytest.raises(TamperedError, match="audit row 1 was changed by hand"):
            derive(world.ledger, NOW + 20 * MINUTE, NOW + 30 * MINUTE)


def _cut_off(world: World) -> None:
    """Take out the last rows of the chain with what hangs on them."""
    world.ledger.corrections.add("shop", BEGAN, Correction(NOW, "ann", "note", None, "x", "y"))
    world.head = world.ledger.head() or world.head
    world.sql("DELETE FROM correction WHERE field = 'note'")
    world.sql("DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)")


def _made_anew(world: World) -> None:
    """Change an outage, and chain everything again as if it had always been so."""
    world.sql("UPDATE outage SET end_ms = {b} + {m}")
    with world.ledger.engine.execution_options(write=True).begin() as connection:
        links = list(read(connection))
        connection.execute(sa.text("DELETE FROM audit"))
        ends = f"'{BEGAN + 90 * MINUTE}', '{BEGAN + MINUTE}'"  # a frozen list of outages has them
        frozen = f"UPDATE frozen_period SET figures = replace(figures, {ends})"
        connection.execute(sa.text(frozen))
        previous = GENESIS
        for link in links:
            new = link._replace(
                payload=link.payload.replace(str(BEGAN + 90 * MINUTE), str(BEGAN + MINUTE)),
                previous_hash=previous,
                hash="",
            )
            new = Link(*new[:-1], digest(new))
            previous = new.hash
            columns = ", ".join(f":{name}" for name in new._fields)
            connection.execute(sa.text(f"INSERT INTO audit VALUES ({columns})"), new._asdict())


@pytest.mark.parametrize(
    ("name", "act"),
    [("the end of the chain cut off", _cut_off), ("the whole chain made anew", _made_anew)],
)
def test_only_a_head_that_was_kept_elsewhere_tells(
    world: World, name: str, act: Callable[[World], None]
) -> None:
    act(world)
    assert world.ledger.verify() == []
    assert "was cut off or made anew" in world.ledger.verify(world.head)[0]
    assert f"| {name} |" in NOTES.read_text(encoding="utf-8")


def test_the_head_in_a_sealed_report_tells_as_well(world: World) -> None:
    _made_anew(world)
    assert "cut off, made anew" in world.attested()


def _another_key(world: World) -> bytes:
    found = carried(world.document)
    assert found is not None
    report = frozen_report(Books(catalogue(*SERVICES), world.ledger), OCTOBER, NOW)
    other = Signer(Ed25519PrivateKey.generate())
    return sealed(report, FORMATS["html"], world.ledger, other, NOW).document


def _older_seal(world: World) -> bytes:
    report = frozen_report(Books(catalogue(*SERVICES), world.ledger), OCTOBER, NOW + 1)
    newer = sealed(report, FORMATS["html"], world.ledger, world.signer, NOW + 1).document
    bare, old = carried(newer), carried(world.document)
    assert bare is not None
    assert old is not None
    return bare[0] + world.document[len(old[0]) :]


@pytest.mark.parametrize(
    ("name", "forge", "words"),
    [
        (
            "a figure in a sealed report",
            lambda world: world.document.replace(b"shop", b"shup"),
            "its bytes are not those",
        ),
        ("a report sealed with another key", _another_key, "not the key that was given"),
        ("the seal of another report", _older_seal, "its bytes are not those"),
    ],
)
def test_attest_tells_what_was_done_to_a_report(
    world: World, name: str, forge: Callable[[World], bytes], words: str
) -> None:
    assert words in world.attested(forge(world))
    assert f"| {name} |" in NOTES.read_text(encoding="utf-8")


ASKED = WindowEvent(START, "requested", "ann", "", "login:ann")
LOGINS = [
    ("two names of one login", WindowEvent(NOW, "approved", "bob", "", "login:ann")),
    ("the requester's name with a blank", WindowEvent(NOW, "approved", "ann ", "", "login:bob")),
    (
        "the requester's name in other letters",
        WindowEvent(NOW, "approved", "\u0430nn", "", "login:b"),
    ),
    ("the requester's own name in Slack", WindowEvent(NOW, "approved", "x (ann)", "", "login:ann")),
]


@pytest.mark.parametrize(("name", "event"), LOGINS)
def test_four_eyes_are_not_two(name: str, event: WindowEvent) -> None:
    asked = Request("w", "cli", "Disks", Scope(("shop",)), BEGAN, BEGAN + 30 * MINUTE, "UTC")
    window = of_request(asked, (ASKED,), Interval(START, NOW))
    with pytest.raises(DecisionError, match="four_eyes wants another"):
        decide(window, event, four_eyes=True)
    assert f"| {name} |" in NOTES.read_text(encoding="utf-8")


def test_a_login_of_slack_that_is_typed_is_none() -> None:
    with pytest.raises(ValueError, match="written like a login of Slack"):
        claimed("slack:U9 (boss)")
    typed, real = Actor("slack:U9 (boss)", "login:ann"), Actor("slack:U1 (ann)", "slack:U1")
    assert same(typed, real)
    assert "| a login of Slack that is typed |" in NOTES.read_text(encoding="utf-8")


def test_a_variable_is_no_login() -> None:
    assert login(Machine(4242, {"SUDO_USER": "boss"}, None, contained=False)).account != "boss"
    assert login(Machine(0, {"SUDO_USER": "boss"}, 4242, contained=False)).account != "boss"
    assert "| SUDO_USER set by hand |" in NOTES.read_text(encoding="utf-8")


def test_a_restatement_names_who_planned_the_past(world: World) -> None:
    late = Request("late", "cli", "More", Scope(("shop",)), BEGAN, BEGAN + 2 * HOUR, "UTC")
    ledger = world.ledger
    ledger.windows.add(late, WindowEvent(NOW + 1, "requested", "eve", "it was agreed", "login:eve"))
    ledger.windows.append("late", WindowEvent(NOW + 2, "approved", "carl", "", "login:carl"))
    made = make_report(Books(catalogue(*SERVICES), ledger), OCTOBER, NOW + 3, [FORMATS["json"]])
    [one] = made.restatements
    assert one.author == "carl"
    assert one.before != one.after
    assert "| a window approved after the report |" in NOTES.read_text(encoding="utf-8")


@pytest.mark.parametrize("form", ["html", "text"])
def test_a_report_that_is_sealed_says_that_the_ledger_was_changed(world: World, form: str) -> None:
    books = Books(catalogue(*SERVICES), world.ledger)
    for forged in (False, True):
        if forged:
            world.sql("UPDATE correction SET reason = 'x'")
        report = make_report(books, OCTOBER, NOW, [FORMATS[form]])
        done = sealed(report, FORMATS[form], world.ledger, world.signer, NOW)
        assert (b"The ledger is not as it was written: 2 rows" in done.document) is forged


UNSEEN = [
    (
        "coverage moved within its last quarter of an hour",
        "UPDATE coverage SET end_ms = end_ms - {m}",
    ),
    (
        "attempts and times of a delivery",
        "UPDATE delivery SET attempts = 9, sent_ms = 1 WHERE state = 'sent'",
    ),
    ("where in a channel a message stands", "UPDATE thread SET ts = '1.2'"),
]


@pytest.mark.parametrize(("name", "statement"), UNSEEN)
def test_what_nobody_sees_is_named_in_the_documents(
    world: World, name: str, statement: str
) -> None:
    world.sql(statement)
    assert world.ledger.verify(world.head) == []
    assert name in NOTES.read_text(encoding="utf-8")


def test_samples_that_lie_are_believed(tmp_path: Path) -> None:
    with Ledger.open(f"sqlite:///{tmp_path}/other.db") as ledger:
        ledger.apply([Derived("shop", (Segment(START, END, UP),), START)])
        assert ledger.verify() == []
    assert "samples that were forged before they were read" in NOTES.read_text(encoding="utf-8")


def test_the_list_in_the_documents_has_nothing_that_no_test_tries() -> None:
    text = NOTES.read_text(encoding="utf-8")
    listed = re.findall(
        r"^\| ([^|]+?) \| (?:`verify|`attest|a head|refused|a restatement)", text, re.MULTILINE
    )
    tried = Path(__file__).read_text(encoding="utf-8")
    assert [
        name for name in listed if f'"{name}"' not in tried and f"| {name} |" not in tried
    ] == []
    assert len(listed) >= 35
