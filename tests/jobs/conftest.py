from collections.abc import Iterator
from pathlib import Path

import pytest

from sla_engine.ledger import Ledger
from tests.jobs.world import Make, World
from tests.programs.slack import local_slack


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    with local_slack() as slack, Ledger.open(f"sqlite:///{tmp_path}/l.db") as ledger:
        yield lambda **settings: World(ledger, slack, **settings)


@pytest.fixture
def world(make: Make) -> World:
    return make()
