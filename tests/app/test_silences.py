"""Alertmanager's silences are a feed: whether they are read is seen in metrics."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from sla_engine.alertmanager import AlertmanagerError
from sla_engine.app import silences as module
from sla_engine.app.context import Context
from sla_engine.app.engine import Engine
from sla_engine.app.silences import SilenceKeeper
from sla_engine.ledger import Ledger
from sla_engine.metrics import EngineMetrics
from sla_engine.prometheus import Client
from tests.catalogues import catalogue

NOW = 1_800_000_000_000
FEED = b"""sla_engine_feed_last_success_timestamp_seconds{feed="Alertmanager's silences"}"""
SILENCES: dict[str, Any] = {"silences": {"url": "http://127.0.0.1:1"}}


def exposed(book_keys: dict[str, Any], tmp_path: Path) -> bytes:
    book = catalogue("shop", maintenance=book_keys)
    client = cast("Client", SimpleNamespace(close=lambda: None))
    with Ledger.open(f"sqlite:///{tmp_path}/l.db") as ledger:
        engine = Engine(Context(book, ledger, client), EngineMetrics("1"))
        SilenceKeeper(engine)()
        return engine.exposition()


def test_a_silent_alertmanager_is_a_feed_that_was_never_read(tmp_path: Path) -> None:
    assert FEED + b" 0.0\n" in exposed(SILENCES, tmp_path)


def test_silences_that_were_read_say_when(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "now", lambda: NOW)
    monkeypatch.setattr(module, "pull", lambda *_: 0)
    assert FEED + b" 1800000000.0\n" in exposed(SILENCES, tmp_path)


def test_a_push_that_fails_is_no_success(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise AlertmanagerError("no")

    monkeypatch.setattr(module, "pull", lambda *_: 0)
    monkeypatch.setattr(module, "push", fail)
    pushing = {"silences": SILENCES["silences"] | {"push": True}}
    assert FEED + b" 0.0\n" in exposed(pushing, tmp_path)


def test_who_reads_no_silences_has_no_such_feed(tmp_path: Path) -> None:
    assert FEED not in exposed({}, tmp_path)
