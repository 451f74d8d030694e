"""The same tests for every database: a contract that each must keep."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sla_engine.ledger import Ledger
from tests.programs.postgresql import fresh_database, running_postgresql

EmptyLedger = Callable[[], Ledger]


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """Run one server for all tests, with a database to copy that is migrated and empty."""
    with running_postgresql() as url:
        Ledger.open(fresh_database(url, "migrated")).close()
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.integration)])
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of a database without a row; without a table where the test migrates."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/var/ledger.db"
    template = "template1" if "migrating" in request.fixturenames else "migrated"
    return fresh_database(request.getfixturevalue("postgresql"), "ledger", template)


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    """Open a ledger without a row."""
    with Ledger.open(ledger_url) as opened:
        yield opened
