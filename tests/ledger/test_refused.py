"""A row that somebody changed behind the ledger's back is neither written over nor signed away."""

from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
import sqlalchemy as sa

from sla_engine.domain.actor import Actor
from sla_engine.domain.events import Minute
from sla_engine.domain.interval import Interval
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Derived, Ledger, TamperedError

UP, DOWN, UNKNOWN = State.UP, State.DOWN, State.UNKNOWN
MINUTE, HOUR = 60_000, 3_600_000
START = 480_000 * HOUR
ANN = Actor("ann", "login:ann")

Apply = Callable[[int, int], None]


def sql(ledger: Ledger, *statements: str) -> None:
    """Change rows as somebody with a shell would."""
    with ledger.engine.execution_options(write=True).begin() as connection:
        for statement in statements:
            connection.execute(sa.text(statement.format(s=START, m=MINUTE, h=HOUR)))


def line(start: int, end: int) -> tuple[Segment, ...]:
    """Return what samples say: down from 10:00 to 10:05 after START, a hole at 20:00."""
    whole = (
        Segment(START, START + 10 * MINUTE, UP),
        Segment(START + 10 * MINUTE, START + 15 * MINUTE, DOWN),
        Segment(START + 15 * MINUTE, START + 20 * MINUTE, UP),
        Segment(START + 20 * MINUTE, START + 25 * MINUTE, UNKNOWN),
        Segment(START + 25 * MINUTE, START + 99 * HOUR, UP),
    )
    cut = [Segment(max(s.start, start), min(s.end, end), s.state) for s in whole]
    return tuple(s for s in cut if s.start < s.end)


def events(start: int, end: int) -> tuple[Minute, ...]:
    """Return ten events a minute, of which one fails."""
    return tuple(Minute(moment, 9, 10) for moment in range(start // MINUTE * MINUTE, end, MINUTE))


@pytest.fixture
def ledger_url(tmp_path: Path) -> str:
    """Return SQLite's alone: what is compared is the same in any database (`test_verify`)."""
    return f"sqlite:///{tmp_path}/ledger.db"


@pytest.fixture
def apply(ledger: Ledger) -> Apply:
    """Return what derives shop, by time, and calls, by events, from a moment to another."""

    def derive(start: int, end: int) -> None:
        shop = Derived("shop", line(start, end), start)
        flat = (Segment(start, end, UP),)
        calls = Derived("calls", flat, start, events=events(start, end))
        ledger.apply([shop, calls])

    derive(START, START + 4 * HOUR)
    return derive


def tick(apply: Apply, hours: float = 4) -> None:
    end = START + int(hours * HOUR)
    apply(end - 15 * MINUTE, end + MINUTE)


INSERTED = "INSERT INTO gap VALUES ('shop', {s} + 9 * {m}, {s} + 16 * {m})"
FORGERIES = [
    (INSERTED, "a gap of shop at"),
    ("UPDATE gap SET end_ms = end_ms + {m} WHERE service = 'shop'", "a gap of shop at"),
    ("DELETE FROM gap WHERE service = 'shop'", "a gap of shop at"),
    ("DELETE FROM outage WHERE service = 'shop'", "the outage of shop at"),
    ("UPDATE outage SET end_ms = end_ms - {m}", "the outage of shop at"),
    ("UPDATE coverage SET end_ms = end_ms - {h} WHERE service = 'shop'", "coverage of shop at"),
    ("UPDATE coverage SET end_ms = end_ms + {h} WHERE service = 'shop'", "coverage of shop at"),
    ("UPDATE coverage SET start_ms = start_ms - {h} WHERE service = 'shop'", "coverage of shop at"),
    ("DELETE FROM coverage WHERE service = 'shop'", "coverage of shop at"),
    (
        "UPDATE service_state SET first_sample_ms = 7 WHERE service = 'shop'",
        "the first sample of shop",
    ),
    (
        "UPDATE event_hour SET minutes = '[]' WHERE start_ms = {s} + {h}",
        "the events of calls in the hour",
    ),
    ("DELETE FROM event_hour WHERE start_ms = {s} + {h}", "the events of calls in the hour"),
]


@pytest.mark.parametrize(("statement", "named"), FORGERIES)
def test_a_derivation_refuses_what_is_not_as_chained_and_verify_still_names_it(
    ledger: Ledger, apply: Apply, statement: str, named: str
) -> None:
    assert ledger.verify() == []
    sql(ledger, statement)
    before = list(ledger.export())
    with pytest.raises(TamperedError, match=named):
        apply(START, START + 4 * HOUR)
    assert list(ledger.export()) == before
    assert ledger.verify()


@pytest.mark.usefixtures("apply")
@pytest.mark.parametrize(
    ("statement", "named"),
    [one for one in FORGERIES if "coverage" in one[1] or one[0] == INSERTED],
)
def test_an_engine_that_was_started_anew_refuses_as_well(
    ledger: Ledger, statement: str, named: str
) -> None:
    sql(ledger, statement)
    again = Ledger(ledger.engine)
    with pytest.raises(TamperedError, match=named):
        again.apply([Derived("shop", line(START, START + 5 * HOUR), START)])


def test_a_forgery_that_a_tick_does_not_touch_is_left_as_it_is_for_verify(
    ledger: Ledger, apply: Apply
) -> None:
    sql(ledger, INSERTED)
    tick(apply)
    assert ledger.verify() == [
        f"a gap of shop at {START + 9 * MINUTE} ms was put in by hand",
    ]


@pytest.mark.usefixtures("apply")
def test_what_is_made_of_a_service_with_a_forgery_is_refused_as_well(ledger: Ledger) -> None:
    sql(ledger, INSERTED)
    farm = Derived("farm", (Segment(START, START + HOUR, UP),), START, made_of=("shop",))
    with pytest.raises(TamperedError, match="a gap of shop at"):
        ledger.apply([farm])


def test_within_a_quarter_of_an_hour_samples_decide_and_not_who_edits(
    ledger: Ledger, apply: Apply
) -> None:
    sql(ledger, "UPDATE coverage SET end_ms = end_ms + 14 * {m} WHERE service = 'shop'")
    assert ledger.verify() == []
    tick(apply)  # it derives the last quarter again, and what was claimed with it
    [covered] = ledger.histories(Interval(0, 2**60))["calls"].covered
    assert covered.end == START + 4 * HOUR + MINUTE


def test_coverage_costs_one_small_row_a_quarter_of_an_hour_however_many_services(
    ledger: Ledger,
) -> None:
    names = [f"s{n}" for n in range(50)]
    for at in range(START, START + HOUR, MINUTE):
        flat = (Segment(at, at + MINUTE, UP),)
        ledger.apply([Derived(name, flat, START) for name in names])
    rows = [orjson.loads(row) for row in ledger.export() if b'"table":"audit"' in row]
    moves = [row["row"]["payload"] for row in rows[1:]]
    assert [orjson.loads(payload) for payload in moves] == [
        {"reach": [START + n * 15 * MINUTE, START + (n + 1) * 15 * MINUTE]} for n in range(4)
    ]
    assert ledger.verify() == []


def test_services_that_stop_stay_where_they_are(ledger: Ledger) -> None:
    both = (Segment(START, START + HOUR, UP),)
    ledger.apply([Derived("a", both, START), Derived("b", both, START)])
    ledger.apply([Derived("a", (Segment(START + HOUR, START + 2 * HOUR, UP),), START)])
    later = (Segment(START + 2 * HOUR, START + 3 * HOUR, UP),)
    ledger.apply([Derived("a", later, START), Derived("b", later, START)])
    assert ledger.verify() == []


@pytest.mark.usefixtures("apply")
def test_a_gap_is_chained_from_its_beginning(ledger: Ledger) -> None:
    end = START + 5 * HOUR
    ledger.apply(
        [
            Derived(
                "mail", (Segment(START, end - HOUR, UP), Segment(end - HOUR, end, UNKNOWN)), START
            )
        ]
    )
    sql(ledger, "DELETE FROM gap WHERE service = 'mail'")
    assert ledger.verify() == [f"a gap of mail at {end - HOUR} ms was taken out"]


def test_what_was_changed_is_put_back_as_chained_and_who_did_so_is_written_down(
    ledger: Ledger, apply: Apply
) -> None:
    for statement, _ in FORGERIES[:1] + FORGERIES[4:6] + FORGERIES[9:11]:
        sql(ledger, statement)
    assert len(ledger.verify()) == 5
    done = ledger.restore(ANN, "found by verify", 1)
    assert len(done) == 5
    assert ledger.verify() == []
    [row] = [orjson.loads(row)["row"] for row in ledger.export() if b'"restore"' in row]
    assert (row["actor"], orjson.loads(row["payload"])["login"]) == ("ann", "login:ann")
    apply(START, START + 4 * HOUR)
    assert ledger.verify() == []
    assert len(ledger.events(Interval(START, START + 4 * HOUR))["calls"]) == 240
    assert ledger.restore(ANN, "again", 2) == []


def test_hours_of_events_settle_a_quarter_after_their_end(ledger: Ledger, apply: Apply) -> None:
    edit = "UPDATE event_hour SET minutes = '[]' WHERE start_ms = {s} + 3 * {h}"
    sql(ledger, edit)
    assert ledger.verify() == []  # the last hour is open: nobody can say yet
    assert any("not settled yet: 1" in line for line in ledger.inspect().left_out)
    apply(START + 3 * HOUR, START + 4 * HOUR + 16 * MINUTE)
    assert ledger.verify() == []
    sql(ledger, edit)
    assert "were changed by hand" in ledger.verify()[0]


@pytest.mark.usefixtures("apply")
def test_an_older_export_is_adopted_as_it_is_found(
    ledger: Ledger, tmp_path_factory: pytest.TempPathFactory
) -> None:
    lines = list(ledger.export())
    old = [orjson.dumps(item) for item in map(orjson.loads, lines) if item.get("table") != "audit"]
    old[0] = b'{"uptime_ledger":1}'
    old[-1] = orjson.dumps({"rows": len(old) - 2})
    with Ledger.open(f"sqlite:///{tmp_path_factory.mktemp('old')}/ledger.db") as copy:
        copy.load(old)
        found = copy.inspect()
        assert [line for line in found.findings if "overage" in line or "events" in line] == []
        assert any("before they joined the chain: 4" in line for line in found.left_out)
        sql(copy, "UPDATE coverage SET end_ms = end_ms + {h}")
        assert any("coverage of shop" in line for line in copy.verify())
