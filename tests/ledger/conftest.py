"""The same tests for every database: a contract that each must keep."""

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from sla_engine.ledger import Ledger
from tests.programs.postgresql import fresh_database, running_postgresql

EmptyLedger = Callable[[], Ledger]


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """Run one server for all tests, with a database that is migrated."""
    with running_postgresql() as url:
        Ledger.open(fresh_database(url, "migrated")).close()
        yield url


# What a test wrote goes, and numbers begin anew; a database to each costs twice the test.
_EMPTIED = """
DO $$
DECLARE each text; written boolean;
BEGIN
    FOR each IN
        SELECT quote_ident(tablename) FROM pg_tables
        WHERE schemaname = 'public' AND tablename <> 'alembic_version'
    LOOP
        EXECUTE 'SELECT EXISTS (SELECT FROM ' || each || ')' INTO written;
        IF written THEN
            EXECUTE 'TRUNCATE ' || each || ' CASCADE';
        END IF;
    END LOOP;
    PERFORM setval(quote_ident(sequencename)::regclass, start_value, false) FROM pg_sequences
    WHERE last_value IS NOT NULL;
END $$
"""


def _emptied(server: str) -> str:
    """Empty the database that is migrated, whoever still holds it; return its URL."""
    url = f"{server}/migrated"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = 'migrated' AND pid <> pg_backend_pid()"
        )
        connection.execute(_EMPTIED)
    return url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.integration)])
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of a database without a row; without a table where the test migrates."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/var/ledger.db"
    server = request.getfixturevalue("postgresql")
    return (
        fresh_database(server, "new") if "migrating" in request.fixturenames else _emptied(server)
    )


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    """Open a ledger without a row."""
    with Ledger.open(ledger_url) as opened:
        yield opened
