from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Derived, Ledger
from sla_engine.reports import FORMATS
from tests.notices.october import HOUR, at
from tests.notices.world import Make, World
from tests.programs.slack import Slack, local_slack


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    with local_slack() as slack, Ledger.open(f"sqlite:///{tmp_path}/l.db") as ledger:
        yield lambda **settings: World(ledger, slack, **settings)


@pytest.fixture
def world(make: Make) -> World:
    return make()


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Return what is known of October 2026: shop was down for an hour on the 5th."""
    start, end, down = at("2026-10-01"), at("2026-11-01T12:00"), at("2026-10-05T14:00")
    up = (Segment(start, end, State.UP),)
    hurt = (
        Segment(start, down, State.UP),
        Segment(down, down + HOUR, State.DOWN),
        Segment(down + HOUR, end, State.UP),
    )
    with Ledger.open(f"sqlite:///{tmp_path}/l.db") as opened:
        opened.apply([Derived("shop", hurt, start), Derived("mail", up, start)])
        yield opened


@pytest.fixture
def slack() -> Iterator[Slack]:
    with local_slack() as server:
        yield server


@pytest.fixture
def blank_paper(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attach a PDF without a page: a real one takes a second, and no reader opens it."""
    monkeypatch.setitem(FORMATS, "pdf", replace(FORMATS["pdf"], render=lambda _: b"%PDF-1.7"))
