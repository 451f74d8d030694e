from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from sla_engine.ledger import Ledger
from sla_engine.ledger.leader import leadership
from tests.programs.postgresql import fresh_database


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.integration)])
def two(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Ledger, Ledger]]:
    """Return one ledger as two engines open it."""
    url = f"sqlite:///{tmp_path}/ledger.db"
    if request.param == "postgresql":
        url = fresh_database(request.getfixturevalue("postgresql"), "leader")
    with Ledger.open(url) as first, Ledger.open(url) as second:
        yield first, second


def test_one_leads_and_the_other_takes_over(two: tuple[Ledger, Ledger]) -> None:
    first, second = (leadership(ledger.engine) for ledger in two)
    assert [first.held(), second.held(), first.held(), second.held()] == [True, False, True, False]
    first.release()
    assert [second.held(), first.held()] == [True, False]
    second.release()


def _advisory_locks(ledger: Ledger) -> int:
    count = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
    with ledger.engine.connect() as connection:
        return int(connection.execute(sa.text(count)).scalar_one())


@pytest.mark.integration
def test_a_session_that_the_server_ended_leads_no_longer(postgresql: str) -> None:
    url = fresh_database(postgresql, "ended")
    with Ledger.open(url) as one, Ledger.open(url) as other:
        first, second = leadership(one.engine), leadership(other.engine)
        assert first.held()
        with other.engine.connect() as connection:
            ending = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
            connection.execute(sa.text(ending))
        with pytest.raises(sa.exc.SQLAlchemyError):
            first.held()
        while _advisory_locks(other):  # the server says goodbye before it lets go
            pass
        assert [second.held(), first.held()] == [True, False]
        second.release()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_a_ledger_in_memory_has_no_rival(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with Ledger.open(url) as ledger:
        assert leadership(ledger.engine).held()
    assert list(tmp_path.iterdir()) == []
