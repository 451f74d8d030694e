"""The running engine against a Prometheus that comes and goes."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sla_engine.accounting.corrections import correct
from sla_engine.app.context import Context
from sla_engine.app.engine import Engine
from sla_engine.app.notifications import Notifications
from sla_engine.domain.actor import Actor
from sla_engine.domain.availability import AccountingInput, Terms, figures
from sla_engine.domain.interval import Interval
from sla_engine.domain.notice import Notice
from sla_engine.domain.objective import ratio
from sla_engine.domain.outage import outage_id
from sla_engine.domain.service_level import ServiceLevel
from sla_engine.ledger import Ledger, Outbox
from sla_engine.metrics import EngineMetrics
from sla_engine.prometheus import Client
from tests.catalogues import catalogue
from tests.programs.ports import free_port
from tests.programs.prometheus import running_prometheus

MINUTE = Interval(0, 60_000)


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def engine(tmp_path: Path, port: int) -> Iterator[Engine]:
    down = {"id": "down", "name": "Down", "objective": 99, "sli": {"promql": "vector(0)"}}
    agreed = {"id": "a", "customer": "C", "services": ["down"], "objective": 99}
    book = catalogue(down, url=f"http://127.0.0.1:{port}", agreements=[agreed])
    with (
        Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger,
        Client(book.prometheus) as client,
    ):
        yield Engine(Context(book, ledger, client), EngineMetrics("test"))


@pytest.mark.integration
def test_a_tick_that_fails_is_counted_and_the_next_one_catches_up(
    engine: Engine, port: int, tmp_path: Path
) -> None:
    engine.tick()
    assert engine.unready() == "no tick has succeeded yet"
    assert b'sla_engine_ticks_total{result="failed"} 1.0' in engine.exposition()
    assert b"sla_engine_prometheus_errors_total 1.0" in engine.exposition()
    assert b"sla_engine_lag_seconds NaN" in engine.exposition()
    with running_prometheus(tmp_path / "prometheus", port=port):
        engine.tick()
    assert engine.unready() is None
    assert b'sla_engine_ticks_total{result="ok"} 1.0' in engine.exposition()
    assert b'sla_coverage_ratio{service="down",window="month"}' in engine.exposition()
    assert b'sla_service_up{service="down"} 0.0' in engine.exposition()
    assert b'sla_agreement_service_info{agreement="a",service="down"} 1.0' in engine.exposition()
    assert b'sla_agreement_window_end_timestamp_seconds{agreement="a"}' in engine.exposition()


@pytest.mark.integration
def test_the_first_figures_show_with_the_first_samples(
    port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = 1_800_000_000
    since = f"vector(1) and on() vector(time()) >= {begin + 1}"
    book = catalogue(
        {"id": "young", "name": "Young", "sli": {"promql": since}}, url=f"http://127.0.0.1:{port}"
    )
    shown = []
    with (
        running_prometheus(tmp_path / "prometheus", port=port),
        Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger,
        Client(book.prometheus) as client,
    ):
        engine = Engine(Context(book, ledger, client), EngineMetrics("test"))
        for moment in (begin, begin + 60):
            monkeypatch.setattr("sla_engine.app.engine.now", lambda now=moment: now * 1000)
            monkeypatch.setattr(Client, "now", lambda _, now=moment: now * 1000)
            engine.tick()
            shown.append(engine.levels[0].windows["1d"].availability)
    assert shown == [None, 1]


MONTH = 1_793_491_200  # 2026-11-01T00:00:00Z
SHOP = {
    "id": "shop",
    "objective": 99.99,
    "since": "2026-10-01",
    "sli": {"promql": f"vector(1) and on() vector(time()) >= {MONTH - 60} or vector(0)"},
}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    def turn(moment: float) -> None:
        for module in ("engine", "notifications"):
            monkeypatch.setattr(f"sla_engine.app.{module}.now", lambda: int(moment * 1000))
        monkeypatch.setattr(Client, "now", lambda _: int(moment * 1000))

    return turn


@pytest.fixture
def shop(port: int, tmp_path: Path) -> Iterator[Engine]:
    book = catalogue(SHOP, url=f"http://127.0.0.1:{port}")
    with (
        running_prometheus(tmp_path / "prometheus", port=port),
        Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger,
        Client(book.prometheus) as client,
    ):
        yield Engine(Context(book, ledger, client), EngineMetrics("test"))


@pytest.mark.integration
def test_an_outage_is_listed_by_who_leads_and_by_who_follows_until_it_ends(
    tmp_path: Path, port: int, clock: Callable[[float], None]
) -> None:
    begin = MONTH + 3600
    down = f"vector(1) and on() (vector(time()) < {begin - 30} or vector(time()) >= {begin + 90})"
    shop = {"id": "shop", "since": "2026-10-01", "sli": {"promql": f"{down} or vector(0)"}}
    book = catalogue(shop, url=f"http://127.0.0.1:{port}")
    with (
        running_prometheus(tmp_path / "prometheus", port=port),
        Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger,
        Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as second,
        Client(book.prometheus) as client,
    ):
        engines = [
            Engine(Context(book, one, client), EngineMetrics("t")) for one in (ledger, second)
        ]
        shown = []
        for moment in (begin, begin + 60, begin + 120):
            clock(moment)
            for engine in engines:
                engine.tick()
            leader, follower = (_listed(engine) for engine in engines)
            assert leader == follower
            shown.append(leader)
        (one,) = engines[0].context.ledger.outages()
        said = {"cause": "disk full", "class": "planned"}
        name = outage_id(*(one[0], one[1].start))
        correct(ledger, name, said, by=Actor("ann"), reason="seen", now=int(begin + 121) * 1000)
        for engine in engines:
            engine.tick()
            text = engine.exposition().decode()
            assert f'outage="{name}",class="planned",reason="disk full"}}' in text
            assert 'sla_downtime_seconds{kind="planned",service="shop",window="1d"} 120' in text
    assert [engine.leading for engine in engines] == [True, False]
    starts, ends, downtimes = zip(*shown, strict=True)
    assert len(starts[0]) == 1
    assert starts[0] == starts[1] == starts[2]
    assert [len(end) for end in ends] == [0, 0, 1]
    assert downtimes[0] < downtimes[1] < downtimes[2]


def _listed(engine: Engine) -> tuple[list[str], list[str], float]:
    """Return the lines that tell begins and ends, and the unplanned downtime."""
    lines = engine.exposition().decode().splitlines()
    starts, ends, downtimes = (
        [line for line in lines if line.startswith(f"sla_outage_{name}{{")]
        for name in ("start_timestamp_seconds", "end_timestamp_seconds", "downtime_seconds")
    )
    return starts, ends, sum(float(line.rpartition(" ")[2]) for line in downtimes)


@pytest.mark.integration
def test_a_process_tells_what_it_uses(engine: Engine) -> None:
    text = engine.exposition().decode()
    for name in ("cpu_seconds_total", "resident_memory_bytes", "start_time_seconds", "open_fds"):
        assert f"\nprocess_{name} " in text


def _budgets(engine: Engine) -> list[str]:
    return [n.key for n in Outbox(engine.context.ledger.engine).with_key_like("budget:")]


@pytest.mark.integration
def test_no_month_begins_with_the_error_budget_of_the_one_before(
    shop: Engine, clock: Callable[[float], None]
) -> None:
    # The last tick of a month, and what is told in the next before it has a tick of its own.
    for tick, send in ((MONTH - 1, MONTH + 1), (MONTH + 14, MONTH + 15)):
        clock(tick)
        shop.tick()
        clock(send)
        shop.send()
        assert _budgets(shop) == ["budget:shop:2026-10/0"]
    assert shop.levels[0].windows["month"].unplanned == 0


@pytest.mark.parametrize("then", ["the same", "gone", "better"])
def test_a_budget_is_told_of_as_long_as_its_figures_hold(engine: Engine, then: str) -> None:
    good = figures(AccountingInput((), (), (MINUTE,), (MINUTE,), ()), Terms(ratio(99)), MINUTE.end)
    lost = replace(good, budget_remaining=0.1)
    level = ServiceLevel("down", 0.99, False, None, {"month": lost}, window="month")
    after = {"the same": (level,), "gone": (), "better": (level._replace(windows={"month": good}),)}
    notifications = Notifications(engine.context, engine.metrics)
    notifications.judge([level], MINUTE.end)
    notifications.judge(after[then], MINUTE.end)
    notifications.foresee()
    assert _budgets(engine) == (["budget:down:1970-01/0.2"] if then == "the same" else [])


@pytest.mark.integration
def test_a_reload_tells_of_no_budget_by_figures_of_another_window(
    shop: Engine, clock: Callable[[float], None]
) -> None:
    clock(MONTH - 1)
    shop.tick()
    book = catalogue({**SHOP, "window": "year"}, url=shop.context.client.url)
    shop.adopt(replace(shop.context, catalogue=book, client=Client(book.prometheus)))
    shop.send()
    assert _budgets(shop) == []


@pytest.mark.integration
def test_figures_of_a_clock_that_was_ahead_are_not_kept(
    shop: Engine, clock: Callable[[float], None]
) -> None:
    agreed = []
    for moment in (MONTH + 7_200, MONTH + 3_600):
        clock(moment)
        shop.tick()
        agreed.append(shop.levels[0].windows["month"].agreed)
    assert agreed == [7_200_000, 3_600_000]


def test_an_engine_that_leads_no_more_has_no_notices_that_wait(engine: Engine) -> None:
    engine.metrics.outbox_pending.set(3)
    engine.metrics.outbox_oldest.set(1_800_000_000)
    engine.send()
    assert b"sla_engine_outbox_pending 0.0" in engine.exposition()
    assert b"sla_engine_outbox_oldest_timestamp_seconds 0.0" in engine.exposition()


def test_a_tick_never_overtakes_what_is_foreseen(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks_wait = []

    def foreseen(*_: object) -> Iterator[Notice]:
        ticks_wait.append(engine.idle(0))
        yield from ()

    monkeypatch.setattr("sla_engine.app.notifications.due_notices", foreseen)
    monkeypatch.setattr("sla_engine.app.engine._PATIENCE_SECONDS", 0)
    engine.tick()  # it fails, but leads
    engine.send()
    assert ticks_wait == [False]
    with engine._busy:
        engine.send()
    assert ticks_wait == [False]
