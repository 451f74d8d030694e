"""Reloads of documents that are no catalogue, and windows that cannot be worked out."""

import argparse
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from sla_engine.app.context import Context
from sla_engine.app.engine import Engine
from sla_engine.app.reload import Reloader
from sla_engine.app.slack_listener import SlackListener
from sla_engine.app.windows import WindowWatch
from sla_engine.domain.maintenance import Scope, WindowEvent
from sla_engine.ledger import Ledger
from sla_engine.ledger.maintenance import Request
from sla_engine.metrics import EngineMetrics
from sla_engine.prometheus import Client
from tests.catalogues import catalogue


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with (
        Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger,
        Client(catalogue("a", "b").prometheus) as client,
    ):
        yield Engine(Context(catalogue("a", "b"), ledger, client), EngineMetrics("test"))


def _reloader(engine: Engine, path: Path) -> Reloader:
    options = argparse.Namespace(config_file=path, prometheus_url=None)
    return Reloader(options, engine, SlackListener(engine), lambda: None)


@pytest.mark.parametrize(
    "text",
    [
        "organization: {{ org }}\n",
        "a: 2026-02-30\nb: !!int abc\n",
        "a: &s [*s]\n",
        "a: " + "[" * 5000,
        "\ufeffa: \x07\n",
        "reports: [{id: r, period: daily, cron: 99 * * * *}]\n",
        "maintenance: [{id: m, start: 0001-01-01T00:00, duration: 5h}]\n",
    ],
)
def test_whatever_a_document_holds_the_old_one_stays_and_every_mistake_is_logged(
    engine: Engine, tmp_path: Path, text: str
) -> None:
    before, path = engine.context, tmp_path / "services.yml"
    path.write_text(text, encoding="utf-8")
    with structlog.testing.capture_logs() as logs:
        problems = _reloader(engine, path)()
    assert problems
    assert [entry["problem"] for entry in logs] == list(problems)
    assert engine.context is before
    assert b"\nsla_engine_config_last_reload_successful 0.0" in engine.exposition()


def test_a_fault_of_ours_at_a_reload_is_told_as_ours(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("sla_engine.app.reload.reopened", broken)
    with structlog.testing.capture_logs() as logs:
        [problem] = _reloader(engine, tmp_path / "none")()
    assert problem.startswith("a fault of sla-engine, not of the file")
    assert logs[0]["event"].startswith("catalogue not loaded: a fault of sla-engine")
    assert b"\nsla_engine_config_last_reload_successful 0.0" in engine.exposition()


def test_a_window_that_is_left_out_is_counted(engine: Engine) -> None:
    request = Request("M-1", "cli", "Work", Scope(services=("a",)), 0, 1, "Europe/Atlantis")
    engine.context.ledger.windows.add(request, WindowEvent(0, "requested", "ann"))
    WindowWatch(engine)()
    assert b"\nsla_engine_maintenance_windows_failing 1.0" in engine.exposition()
