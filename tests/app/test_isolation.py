"""The fault of one service stays its own: the running engine and a real Prometheus."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import structlog

from sla_engine.accounting.terms import agreed_time
from sla_engine.app import views
from sla_engine.app.context import Context
from sla_engine.app.engine import Engine
from sla_engine.domain.actor import Actor
from sla_engine.ledger import Ledger, Outbox
from sla_engine.measurement.derive import derive
from sla_engine.metrics import EngineMetrics
from sla_engine.prometheus import Client
from tests.catalogues import catalogue
from tests.programs.ports import free_port
from tests.programs.prometheus import running_prometheus

START = 1_800_000_000
NOW = START + 1_800
DOWN = NOW - 120
STEP = 15
GOOD: list[dict[str, Any]] = [
    {"id": f"s{n:02d}", "sli": {"promql": f'state{{service="s{n:02d}"}}'}} for n in range(19)
]
PROBED: dict[str, Any] = {"id": "probed"}
# Each never works, or not on these samples, in a way of its own.
BROKEN = {
    "parse error": {"promql": 'sum(up{job="x"'},
    "selector with a bad pattern": {"promql": 'state{service=~"(("}'},
    "many to many": {"promql": "state * on () state"},
    "one label set twice": {"promql": 'label_replace(state, "service", "x", "", "")'},
    "text": {"promql": '"up"'},
    "range of samples": {"promql": "state[5m]"},
    "events": {"good": 'requests{code=~"x{1001}"}', "total": "requests"},
    "errors": {"errors": "sum(rate(requests[1m]))", "total": 'requests{code=~"x{1001}"}'},
}


def _past(now: int) -> str:
    lines = ["# TYPE state gauge", "# TYPE service_up gauge"]
    for at in range(START, now + 1, STEP):
        for n in range(19):
            up = int(n != 7 or at < DOWN)
            lines.append(f'state{{service="s{n:02d}"}} {up} {at}')
    lines += [f'service_up{{service="probed"}} 1 {at}' for at in range(START, now + 1, STEP)]
    return "\n".join((*lines, "# EOF", ""))


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("prometheus")
    with running_prometheus(folder, openmetrics=_past(NOW + 7200), port=free_port()) as running:
        yield running.url


@pytest.fixture
def turn(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    def turn(moment: int) -> None:
        for module in ("engine", "notifications", "views"):
            monkeypatch.setattr(f"sla_engine.app.{module}.now", lambda: moment * 1000)
        monkeypatch.setattr(Client, "now", lambda _: moment * 1000)

    return turn


@pytest.fixture
def serve(tmp_path: Path, url: str) -> Iterator[Callable[..., Engine]]:
    opened: list[Any] = []

    def serve(*services: dict[str, Any]) -> Engine:
        book = catalogue(*services, url=url)
        ledger, client = Ledger.open(f"sqlite:///{tmp_path}/ledger.db"), Client(book.prometheus)
        opened.extend((ledger, client))
        return Engine(Context(book, ledger, client), EngineMetrics("test"))

    yield serve
    for one in opened:
        one.close()


def _lines(engine: Engine, name: str) -> list[str]:
    found = engine.exposition().decode().splitlines()
    return [line for line in found if line.startswith(name + "{")]


@pytest.mark.integration
@pytest.mark.parametrize("kind", BROKEN)
def test_an_outage_is_recorded_and_told_in_the_tick_in_which_the_query_of_another_fails(
    serve: Callable[..., Engine], turn: Callable[[int], None], kind: str
) -> None:
    engine = serve({"id": "broken", "sli": BROKEN[kind]}, *GOOD, PROBED)
    ledger = engine.context.ledger
    with structlog.testing.capture_logs() as logs:
        for later in range(3):
            turn(NOW + later)
            engine.tick()
            if not later:
                assert list(ledger.open_outages()) == ["s07"]
                told = Outbox(ledger.engine).with_key_like("")
                assert [(n.kind, n.service) for n in told] == [("opened", "s07")]
    covered = ledger.covered_until()
    assert covered == {s["id"]: (NOW + 2) * 1000 for s in (*GOOD, PROBED)}
    said = [entry for entry in logs if entry["event"] == "service not measured"]
    assert [entry["service"] for entry in said] == ["broken"]
    assert _lines(engine, "sla_engine_service_failing") == [
        'sla_engine_service_failing{service="broken",reason="rejected"} 1.0'
    ]
    assert b'sla_engine_ticks_total{result="ok"} 3.0' in engine.exposition()
    page = views.pages(engine).status()
    assert page.count("cannot be measured: rejected: ") == 1
    assert "18 up" not in page
    assert "19 up" in page  # eighteen of the others, and the one that is probed


@pytest.mark.integration
def test_a_service_whose_query_is_mended_has_its_past_again(
    serve: Callable[..., Engine], turn: Callable[[int], None]
) -> None:
    engine = serve(*GOOD)
    turn(NOW - 900)
    engine.tick()
    bad = ({"id": "s07", "sli": BROKEN["parse error"]}, *(s for s in GOOD if s["id"] != "s07"))
    for services, moment in ((bad, NOW), (bad, NOW + 3600), (GOOD, NOW + 7200)):
        book = catalogue(*services, url=engine.context.client.url)
        engine.adopt(replace(engine.context, catalogue=book, client=Client(book.prometheus)))
        turn(moment)
        engine.tick()
        covered = engine.context.ledger.covered_until()["s07"]
        assert covered == ((NOW - 900) if services is bad else moment) * 1000
    assert engine.context.ledger.open_outages()["s07"].start == DOWN * 1000
    assert _lines(engine, "sla_engine_service_failing") == []


@pytest.mark.integration
def test_an_open_outage_of_a_service_that_fails_stays_as_it_is_known(
    serve: Callable[..., Engine], turn: Callable[[int], None]
) -> None:
    engine = serve(*GOOD)
    turn(NOW)
    engine.tick()
    before = engine.context.ledger.open_outages()
    book = catalogue({"id": "s07", "sli": BROKEN["parse error"]}, url=engine.context.client.url)
    engine.adopt(replace(engine.context, catalogue=book, client=Client(book.prometheus)))
    for later in range(60, 600, 60):
        turn(NOW + later)
        engine.tick()
    assert engine.context.ledger.open_outages() == before
    assert engine.context.ledger.covered_until()["s07"] == NOW * 1000


@pytest.mark.integration
def test_a_composite_is_unknown_where_a_component_that_fails_could_decide(
    serve: Callable[..., Engine], turn: Callable[[int], None]
) -> None:
    both = {"id": "both", "components": ["broken", "s01"]}
    one = {"id": "one", "components": ["broken", "s01"], "need": 1}
    down = {"id": "down", "components": ["broken", "s07"]}
    engine = serve({"id": "broken", "sli": BROKEN["parse error"]}, *GOOD, both, one, down)
    turn(NOW)
    engine.tick()
    figures = {level.service: level.windows["1d"] for level in engine.levels if level.windows}
    assert figures["both"].availability is None
    assert figures["one"].availability == 1
    assert set(engine.context.ledger.open_outages()) == {"s07", "down"}


@pytest.mark.integration
def test_a_failure_of_ours_in_one_service_leaves_the_others_alone(
    serve: Callable[..., Engine], turn: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = serve(*GOOD, PROBED)

    def faulty(service: Any, *rest: Any) -> Any:
        if service.id == "s07":
            raise ZeroDivisionError("a bug")
        return derive(service, *rest)

    monkeypatch.setattr("sla_engine.measurement.screening.derive", faulty)
    turn(NOW)
    engine.tick()
    assert set(engine.context.ledger.covered_until()) == {s["id"] for s in (*GOOD, PROBED)} - {
        "s07"
    }
    assert _lines(engine, "sla_engine_service_failing") == [
        'sla_engine_service_failing{service="s07",reason="derivation"} 1.0'
    ]


@pytest.mark.integration
def test_a_tick_writes_nothing_over_what_somebody_changed_by_hand_and_says_so(
    serve: Callable[..., Engine], turn: Callable[[int], None]
) -> None:
    farm = {"id": "farm", "components": ["s07", "s01"]}
    engine = serve(*GOOD, farm)
    ledger = engine.context.ledger
    turn(NOW)
    engine.tick()
    before = ledger.open_outages()
    assert set(before) == {"s07", "farm"}
    hides = f"INSERT INTO gap VALUES ('s07', {DOWN - 30}000, {NOW + 30}000)"
    with ledger.engine.execution_options(write=True).begin() as connection:
        connection.execute(sa.text(hides))
    with structlog.testing.capture_logs() as logs:
        turn(NOW + 60)
        engine.tick()
    assert ledger.open_outages() == before
    assert ledger.verify() == [f"a gap of s07 at {DOWN - 30}000 ms was put in by hand"]
    assert _lines(engine, "sla_engine_service_failing") == [
        f'sla_engine_service_failing{{service="{name}",reason="tampered"}} 1.0'
        for name in ("s07", "farm")
    ]
    said = {entry["service"] for entry in logs if entry["event"] == "service not measured"}
    assert said == {"s07", "farm"}
    moved = {name for name, end in ledger.covered_until().items() if end == (NOW + 60) * 1000}
    assert moved == {service["id"] for service in GOOD} - {"s07"}

    ledger.restore(Actor("ann", "login:ann"), "found by verify", (NOW + 61) * 1000)
    turn(NOW + 120)
    engine.tick()
    assert _lines(engine, "sla_engine_service_failing") == []
    assert ledger.open_outages() == before
    assert ledger.verify() == []


@pytest.mark.integration
def test_a_forged_gap_of_an_hour_that_no_tick_derives_again_is_told_as_well(
    serve: Callable[..., Engine], turn: Callable[[int], None]
) -> None:
    engine = serve(*GOOD)
    ledger = engine.context.ledger
    turn(NOW)
    engine.tick()
    with ledger.engine.execution_options(write=True).begin() as connection:
        forged = f"INSERT INTO gap VALUES ('s03', {NOW - 1500}000, {NOW - 1200}000)"
        connection.execute(sa.text(forged))
    told = ['sla_engine_service_failing{service="s03",reason="tampered"} 1.0']
    for later in (601, 661, 1202):
        turn(NOW + later)
        engine.tick()
        assert _lines(engine, "sla_engine_service_failing") == told
    assert len(ledger.verify()) == 1
    ledger.restore(Actor("ann", "login:ann"), "found by verify", (NOW + 1203) * 1000)
    turn(NOW + 1803)
    engine.tick()
    assert _lines(engine, "sla_engine_service_failing") == []


@pytest.mark.integration
def test_figures_that_cannot_be_worked_out_leave_those_of_others_on_the_page(
    serve: Callable[..., Engine], turn: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(book: Any, service: Any, *rest: Any) -> Any:
        if service.id == "s03":
            raise ValueError("terms that make no sense")
        return agreed_time(book, service, *rest)

    monkeypatch.setattr("sla_engine.accounting.figures.agreed_time", faulty)
    engine = serve(*GOOD)
    turn(NOW)
    engine.tick()
    assert _lines(engine, "sla_engine_service_failing") == [
        'sla_engine_service_failing{service="s03",reason="accounting"} 1.0'
    ]
    shown = {line.split('"')[1] for line in _lines(engine, "sla_coverage_ratio")}
    assert shown == {service["id"] for service in GOOD} - {"s03"}
    assert "accounting: terms that make no sense" in views.pages(engine).status()
    assert list(engine.context.ledger.open_outages()) == ["s07"]


@pytest.mark.parametrize(
    ("error", "kind"),
    [(ZeroDivisionError("x"), "internal"), (OSError("disk"), "ledger"), (KeyError(), "internal")],
)
def test_a_tick_that_fails_for_whatever_reason_is_counted_by_kind(
    serve: Callable[..., Engine], monkeypatch: pytest.MonkeyPatch, error: Exception, kind: str
) -> None:
    def faulty(*_: object, **__: object) -> None:
        raise error

    engine = serve(*GOOD)
    monkeypatch.setattr("sla_engine.measurement.failing.tick_periods", faulty)
    engine.tick()
    assert f'sla_engine_tick_failures_total{{kind="{kind}"}} 1.0' in engine.exposition().decode()
    assert b'sla_engine_ticks_total{result="failed"} 1.0' in engine.exposition()
