"""What every test may use: golden files."""

import gc
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import cast

import pytest
import sqlalchemy as sa
from hypothesis import settings

from sla_engine.ledger import engine as ledger_engine

# Prometheus and its kind live for seconds here: what they would collect costs more than it frees.
os.environ.setdefault("GOGC", "400")

# The same examples on every run, and no clock: a busy machine must not fail a test.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --update-golden."""
    parser.addoption(
        "--update-golden", action="store_true", help="write the golden files instead of comparing"
    )


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that no worker sits alone with it at the end."""
    items.sort(
        key=lambda item: [item.get_closest_marker(m) is None for m in ("e2e", "integration")]
    )


def pytest_collection_finish() -> None:
    """Take what is imported and collected out of the garbage collector's rounds."""
    gc.collect()
    gc.freeze()


MIGRATE = ledger_engine._migrate


@pytest.fixture
def migrating(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each ledger that the test opens go through the migrations."""
    monkeypatch.setattr(ledger_engine, "_migrate", MIGRATE)


@pytest.fixture(autouse=True, scope="session")
def _migrated_once() -> Iterator[None]:
    """Give a new ledger of SQLite the pages of one that was migrated: thousands are opened."""
    migrate = MIGRATE
    with closing(sqlite3.connect(":memory:")) as pages, pytest.MonkeyPatch.context() as patch:
        first = sa.create_engine("sqlite://")
        migrate(first)
        with closing(first.raw_connection()) as raw:
            cast(sqlite3.Connection, raw.driver_connection).backup(pages)
        first.dispose()

        def copied(engine: sa.Engine) -> None:
            if engine.dialect.name != "sqlite" or sa.inspect(engine).get_table_names():
                migrate(engine)
                return
            with closing(engine.raw_connection()) as raw:
                pages.backup(cast(sqlite3.Connection, raw.driver_connection))

        patch.setattr(ledger_engine, "_migrate", copied)
        yield


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Return ``golden(name, text)``: the text equals the file ``golden/NAME`` beside the test.

    ``pytest --update-golden`` writes the files; look at the difference before you commit it.
    """
    folder = request.path.parent / "golden"

    def compare(name: str, text: str) -> None:
        path = folder / name
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        expected = path.read_text(encoding="utf-8") if path.exists() else None
        assert text == expected, f"{path} differs; if that is meant: pytest --update-golden"

    return compare
