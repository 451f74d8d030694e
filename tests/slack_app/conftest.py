"""Fixtures of the tests that act from Slack."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sla_engine.ledger import Ledger
from tests.programs.slack import Slack, local_slack
from tests.slack_app.world import World


@pytest.fixture
def slack() -> Iterator[Slack]:
    with local_slack() as server:
        yield server


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(f"sqlite:///{tmp_path}/l.db") as opened:
        yield opened


@pytest.fixture
def world(ledger: Ledger, slack: Slack) -> World:
    made = World(ledger, slack)
    made.fails("shop")
    made.tell()
    return made
