"""A broken query among 100 services, a broken window and a broken feed, and one that goes down."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sla_engine.app.context import Context
from sla_engine.app.engine import Engine
from sla_engine.app.feeds import FeedReader
from sla_engine.app.windows import WindowWatch
from sla_engine.domain.maintenance import Scope, WindowEvent
from sla_engine.ledger import Ledger
from sla_engine.ledger.maintenance import Request
from sla_engine.metrics import EngineMetrics
from sla_engine.prometheus import Client
from tests.catalogues import catalogue
from tests.programs.ports import free_port
from tests.programs.prometheus import running_prometheus
from tests.programs.slack import TOKEN, Slack, local_slack

START = 1_794_312_000
NOW = START + 900
STEP = 15
COUNT = 100
BROKEN: dict[str, Any] = {"id": "s42", "sli": {"promql": 'sum(up{job="x"'}}


def _past() -> str:
    lines = ["# TYPE state gauge"]
    for at in range(START, NOW + 2 * STEP + 1, STEP):
        lines += [
            f'state{{service="s{n:02d}"}} {int(n != 7 or at < NOW)} {at}' for n in range(COUNT)
        ]
    return "\n".join((*lines, "# EOF", ""))


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Engine, Slack]]:
    feed = tmp_path / "feed.ics"
    feed.write_text("<html>log in</html>")
    services: list[dict[str, Any]] = [
        {"id": f"s{n:02d}", "sli": {"promql": f'state{{service="s{n:02d}"}}'}} for n in range(COUNT)
    ]
    services[42] = BROKEN
    monkeypatch.setenv("SLACK_BOT_TOKEN", TOKEN)
    with (
        running_prometheus(
            tmp_path / "prometheus", openmetrics=_past(), port=free_port()
        ) as server,
        local_slack() as slack,
        Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger,
    ):
        book = catalogue(
            *services,
            url=server.url,
            slack={"api_url": slack.api_url, "channel": "#uptime"},
            maintenance={"feeds": [{"id": "ops", "file": str(feed), "services": ["s07"]}]},
        )
        scope = Scope(services=("s07",))
        bad = Request("W-1", "cli", "x", scope, 0, 1, "UTC", "FREQ=WEEKLY;INTERVAL=0")
        ledger.windows.add(bad, WindowEvent(0, "requested", "ann"))
        ledger.windows.append("W-1", WindowEvent(0, "approved", "bob"))
        with Client(book.prometheus) as client:
            yield Engine(Context(book, ledger, client), EngineMetrics("test")), slack


@pytest.fixture
def turn(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    def turn(moment: int) -> None:
        for module in ("engine", "notifications", "views", "windows", "feeds"):
            monkeypatch.setattr(f"sla_engine.app.{module}.now", lambda: moment * 1000)
        monkeypatch.setattr(Client, "now", lambda _: moment * 1000)

    return turn


@pytest.mark.integration
def test_an_outage_is_told_within_two_ticks_whatever_else_is_broken(
    engine: tuple[Engine, Slack], turn: Callable[[int], None]
) -> None:
    running, slack = engine
    context = running.context
    read = FeedReader(context, context.catalogue.maintenance.feeds[0], running.metrics)
    for moment in (NOW - STEP, NOW + 1, NOW + 1 + STEP):
        turn(moment)
        running.tick()
        read()
        WindowWatch(running)()
        running.send()
        assert running.idle(30)
    assert [message["text"].partition(" since")[0] for message in slack.roots()] == [
        "🔴 s07 is down"
    ]
    assert set(context.ledger.open_outages()) == {"s07"}
    page = running.exposition().decode()
    assert 'sla_engine_service_failing{service="s42",reason="rejected"} 1.0' in page
    assert "sla_engine_maintenance_windows_failing 1.0" in page
    assert 'sla_engine_feed_last_success_timestamp_seconds{feed="ops"} 0.0' in page
    assert 'sla_engine_ticks_total{result="ok"} 3.0' in page
