import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from service_catalogue import Catalogue
from sla_engine.accounting.corrections import find_outage
from sla_engine.cli import main
from sla_engine.domain.interval import Interval
from sla_engine.domain.isolation import Fault
from sla_engine.domain.outage import Correction, OutageSpan, outage_id
from sla_engine.domain.outage_changes import Change
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Books, Derived, Ledger, audit
from sla_engine.measurement.backfill import backfill
from sla_engine.measurement.explain import explain
from sla_engine.measurement.ingest import ingest
from sla_engine.measurement.recompute import Forget, recompute
from sla_engine.prometheus import Client, QueryError
from tests.catalogues import catalogue
from tests.past import write_openmetrics
from tests.programs.prometheus import create_blocks, running_prometheus

pytestmark = pytest.mark.integration

HOUR = 3_600_000
START = 1_790_812_800_000
DAY = Interval(START, START + 24 * HOUR)
FIRST = START + 6 * HOUR + 5_000  # what Prometheus still keeps begins here
DOWN = OutageSpan(START + 10 * HOUR + 5_000, START + 10 * HOUR + 65_000)
HOLE = range(START + 12 * HOUR, START + 14 * HOUR)  # what it lost of another service
LOST = OutageSpan(START + 13 * HOUR, START + 13 * HOUR + 600_000)
SHORTEST = OutageSpan(FIRST + 10 * HOUR, FIRST + 10 * HOUR + 15_000)  # one sample, lost since
_FAILURES = (
    'service_probe_failures_total{service="shop",probe="http",target="http://a",location="eu",'
    'reason="refused"}'
)
OLD = OutageSpan(START + HOUR, START + 2 * HOUR)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("prometheus")
    times = range(FIRST, DAY.end, 15_000)
    samples = [(t, int(not DOWN.start <= t < (DOWN.end or 0))) for t in times]
    with (folder / "past.om").open("w", encoding="utf-8") as out:
        holed = [(t, 1) for t in times if t not in HOLE]
        write_openmetrics(
            out,
            {
                'service_up{service="shop",location="eu"}': samples,
                'service_up{service="holed"}': holed,
                'service_up{service="thin"}': [(t, 1) for t in times if t != SHORTEST.start],
                _FAILURES: [(t, 2 + 3 * (t >= DOWN.start)) for t in times],
            },
        )
    create_blocks(folder, folder / "past.om")
    with running_prometheus(folder) as prometheus:
        yield prometheus.url


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as opened:
        yield opened


@pytest.fixture
def book(url: str) -> Catalogue:
    return catalogue("shop", {"id": "all", "components": ["shop"]}, url=url)


@pytest.fixture
def holed(url: str) -> Catalogue:
    return catalogue("holed", {"id": "both", "components": ["holed"]}, url=url)


@pytest.fixture
def recorded(holed: Catalogue, ledger: Ledger) -> Books:
    """Return books of what was known while Prometheus still had all."""
    line = (
        Segment(START, LOST.start, State.UP),
        Segment(LOST.start, LOST.end or 0, State.DOWN),
        Segment(LOST.end or 0, DAY.end, State.UP),
    )
    ledger.apply([Derived("holed", line, START), Derived("both", line, START)])
    return Books(holed, ledger)


@pytest.fixture
def client(book: Catalogue) -> Iterator[Client]:
    with Client(book.prometheus) as opened:
        yield opened


def test_what_was_wrong_is_set_right_and_told(
    book: Catalogue, client: Client, ledger: Ledger
) -> None:
    backfill(Books(book, ledger), client, DAY, DAY.end)
    right = list(ledger.export())
    wrong = (Segment(DOWN.start - 10, DOWN.start + 20_000, State.DOWN),)
    ledger.apply([Derived("shop", wrong, None)])
    ledger.corrections.add("shop", DOWN.start - 10, Correction(1, "ann", "cause", None, "x", "y"))
    done = recompute(Books(book, ledger), client, DAY, DAY.end)
    moved = OutageSpan(DOWN.start - 10, DOWN.end)
    assert done.changes == (Change("changed", "shop", moved, DOWN),)
    facts = (b'"coverage"', b'"gap"', b'"outage"', b'"service_state"')
    kept = [line for line in ledger.export() if any(name in line[:20] for name in facts)]
    assert kept == [line for line in right if any(name in line[:20] for name in facts)]
    assert ledger.verify() == []


def test_a_correction_stays_with_its_outage(
    book: Catalogue, client: Client, ledger: Ledger
) -> None:
    late = (Segment(DOWN.start + 15_000, DOWN.start + 60_000, State.DOWN),)
    ledger.apply([Derived("shop", late, None)])
    said = Correction(1, "ann", "cause", None, "disk", "log")
    ledger.corrections.add("shop", DOWN.start + 15_000, said)
    recompute(Books(book, ledger), client, DAY, DAY.end)
    assert find_outage(ledger, outage_id("shop", DOWN.start)).cause == "disk"


def test_what_prometheus_no_longer_keeps_is_not_forgotten(
    book: Catalogue, client: Client, ledger: Ledger
) -> None:
    old = (
        Segment(START, OLD.start, State.UP),
        Segment(OLD.start, START + 2 * HOUR, State.DOWN),
        Segment(START + 2 * HOUR, FIRST, State.UP),
    )
    ledger.apply([Derived("shop", old, START), Derived("all", old, START)])
    done = recompute(Books(book, ledger), client, DAY, DAY.end)
    assert done.since == {"shop": FIRST, "all": START}
    for service in ("shop", "all"):
        history = ledger.histories(DAY)[service]
        assert (history.outages, history.gaps) == ((OLD, DOWN), ())


def test_a_record_is_explained(book: Catalogue, client: Client, ledger: Ledger) -> None:
    backfill(Books(book, ledger), client, DAY, DAY.end)
    identifier = outage_id("shop", DOWN.start)
    lines = list(explain(Books(book, ledger), client, identifier, DAY.end))
    text = "\n".join(lines)
    assert "start  2026-10-01T10:00:05Z  the first failed sample" in text
    assert "end    2026-10-01T10:01:05Z  the first good sample" in text
    assert 'service_up{service=~"shop"}[150000ms] @ ' in text
    assert "    2026-10-01T10:00:05Z  0  <" in lines
    assert "    2026-10-01T10:01:05Z  1  <" in lines
    assert "  http http://a at eu: 3 attempts failed: refused" in lines
    pasted = [line.partition(": ")[2] for line in lines if line.startswith("samples around")]
    assert len(pasted) == 2
    for query in pasted:
        [series] = client.instant(
            query, DAY.end + 9 * HOUR, samples=True
        ).series  # whenever it is asked
        assert len(series.times) > 1
    composite = outage_id("all", DOWN.start)
    lines = list(explain(Books(book, ledger), client, composite, DAY.end))
    assert lines[lines.index("derived from: all of shop") :][:3] == [
        "derived from: all of shop",
        "  shop",
        "    2026-10-01T10:00:05Z  down for 1m",
    ]


def test_samples_that_are_gone_are_said_to_be_gone(
    book: Catalogue, client: Client, ledger: Ledger
) -> None:
    ledger.apply([Derived("shop", (Segment(OLD.start, START + 2 * HOUR, State.DOWN),), None)])
    lines = list(explain(Books(book, ledger), client, outage_id("shop", OLD.start), DAY.end))
    assert "  gone: older than what Prometheus keeps; the ledger stands alone" in lines


def test_a_record_says_that_prometheus_has_no_answer_and_all_the_rest(ledger: Ledger) -> None:
    book = catalogue("shop")
    ledger.apply([Derived("shop", (Segment(OLD.start, START + 2 * HOUR, State.DOWN),), None)])
    identifier = outage_id("shop", OLD.start)
    ledger.corrections.add("shop", OLD.start, Correction(1, "ann", "cause", None, "disk", "log"))
    with Client(book.prometheus) as client:
        lines = list(explain(Books(book, ledger), client, identifier, DAY.end))
    assert sum("not to be had: http://127.0.0.1:1: " in line for line in lines) == 1
    assert lines[-1].endswith("by ann: cause: - -> disk (log)")


def test_a_query_that_fails_keeps_back_no_other_service(
    url: str, client: Client, ledger: Ledger
) -> None:
    broken = {"id": "broken", "sli": {"promql": "sum(up"}}
    book = catalogue("shop", broken, {"id": "all", "components": ["shop"]}, url=url)
    faults: dict[str, Fault] = {}
    done = recompute(Books(book, ledger), client, DAY, DAY.end, faults=faults)
    assert {(name, fault.reason) for name, fault in faults.items()} == {("broken", "rejected")}
    assert {c.service for c in done.changes if c.kind == "opened"} == {"shop", "all"}
    with pytest.raises(QueryError):
        recompute(Books(book, ledger), client, DAY, DAY.end)


def _by_tick(books: Books, client: Client) -> None:
    ingest(books, client, Interval(START + 11 * HOUR, START + 15 * HOUR), DAY.end)


def _by_pieces(books: Books, client: Client) -> None:
    for start in range(START + 11 * HOUR, START + 15 * HOUR, HOUR // 2):
        ingest(books, client, Interval(start, start + HOUR), DAY.end)


def _by_recompute(books: Books, client: Client) -> None:
    assert recompute(books, client, DAY, DAY.end).changes == ()


@pytest.mark.parametrize("derive", [_by_tick, _by_pieces, _by_recompute])
def test_a_hole_that_came_later_takes_nothing_away(
    recorded: Books, client: Client, derive: Callable[[Books, Client], None]
) -> None:
    ledger = recorded.ledger
    before = dict(ledger.histories(DAY))
    derive(recorded, client)
    assert dict(ledger.histories(DAY)) == before
    assert ledger.verify() == []


def test_only_who_says_so_with_a_reason_forgets(recorded: Books, client: Client) -> None:
    ledger = recorded.ledger
    hole = Interval(HOLE.start, HOLE.stop)
    forget = Forget("ann", "the probe was broken")
    done = recompute(recorded, client, hole, DAY.end, forget=forget)
    assert {(c.kind, c.service) for c in done.changes} == {
        ("withdrawn", "holed"),
        ("withdrawn", "both"),
    }
    for history in ledger.histories(DAY).values():
        assert history.outages == ()
        (gap,) = history.gaps
        assert hole.start <= gap.start < hole.start + 15_000
        assert gap.end in range(hole.end, hole.end + 15_000) or gap.end == hole.end
    with ledger.engine.begin() as connection:
        (row,) = [link for link in audit.read(connection) if link.action == "forget"]
    said = json.loads(row.payload)
    assert (row.actor, said["reason"]) == ("ann", "the probe was broken")
    assert (said["from"], said["to"], said["services"]) == (*hole, ["both", "holed"])
    assert ledger.verify() == []


@pytest.mark.parametrize(
    "flags",
    [
        ["--forget"],
        ["--forget", "--to=2026-10-02T00:00:00Z"],
        ["--forget", "--reason=broken"],
        ["--forget", "--to=2026-10-02T00:00:00Z", "--reason= "],
        ["--reason=broken"],
    ],
)
def test_forgetting_needs_its_period_and_a_reason(
    flags: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["recompute", "--from=2026-10-01T00:00:00Z", *flags]) == 2
    assert "--forget" in capsys.readouterr().err


def test_an_outage_of_one_sample_outlives_that_sample(
    url: str, client: Client, ledger: Ledger
) -> None:
    """The loss is no hole: the good sample before it holds to the next."""
    book = catalogue("thin", {"id": "made", "components": ["thin"]}, url=url)
    line = (
        Segment(FIRST, SHORTEST.start, State.UP),
        Segment(SHORTEST.start, SHORTEST.end or 0, State.DOWN),
        Segment(SHORTEST.end or 0, DAY.end, State.UP),
    )
    ledger.apply([Derived("thin", line, FIRST), Derived("made", line, FIRST)])
    assert recompute(Books(book, ledger), client, DAY, DAY.end).changes == ()
    for history in ledger.histories(DAY).values():
        assert history.outages == (SHORTEST,)


def test_what_an_expression_had_as_unknown_stays_so_while_it_goes_on_after_lost_samples(
    url: str, client: Client, ledger: Ledger
) -> None:
    """Its samples from the hole on are lost, and for five minutes Prometheus shows the last one."""
    first = HOLE.start + 60_000
    book = catalogue({"id": "good", "sli": {"promql": 'service_up{service="holed"} == 1'}}, url=url)
    line = (
        Segment(FIRST, first, State.UP),
        Segment(first, first + 120_000, State.UNKNOWN),
        Segment(first + 120_000, DAY.end, State.UP),
    )
    ledger.apply([Derived("good", line, FIRST)])
    before = dict(ledger.histories(DAY))
    recompute(Books(book, ledger), client, DAY, DAY.end)
    assert dict(ledger.histories(DAY)) == before
