import json
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from service_catalogue import Catalogue
from sla_engine.accounting.report import report
from sla_engine.domain.interval import Interval
from sla_engine.domain.period import parse_period
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Books, Derived, Ledger
from sla_engine.reports import FORMATS

BERLIN = ZoneInfo("Europe/Berlin")
MINUTE = 60_000
OCTOBER = parse_period("2026-10", BERLIN, 0)


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=BERLIN).timestamp() * 1000)


CATALOGUE = Catalogue.model_validate(
    {
        "organization": "Example",
        "timezone": "Europe/Berlin",
        "services": [
            {"id": "shop", "name": "Shop", "objective": 99.9, "sli": {"promql": "up"}},
            {"id": "new", "name": "New", "objective": 99, "sli": {"promql": "up"}},
        ],
        "maintenance": [
            {
                "id": "w1",
                "title": "Upgrade",
                "services": ["shop"],
                "start": "2026-10-18T02:00:00",
                "duration": "2h",
                "requester": "ada",
                "approver": "bob",
            },
            {
                "id": "w2",
                "title": "Nobody approved",
                "services": ["shop"],
                "start": "2026-10-05T00:00:00",
                "duration": "1d",
                "requester": "ada",
            },
        ],
    }
)


def timeline(start: int, end: int, *down: tuple[int, int]) -> tuple[Segment, ...]:
    pieces, cursor = [], start
    for begin, finish in down:
        pieces += [Segment(cursor, begin, State.UP), Segment(begin, finish, State.DOWN)]
        cursor = finish
    return (*pieces, Segment(cursor, end, State.UP))


def stretch(start: str, minutes: int) -> Interval:
    return Interval(at(start), at(start) + minutes * MINUTE)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    ledger = Ledger.open(f"sqlite:///{tmp_path}/ledger.db")
    down = (stretch("2026-10-05T14:00:00", 50), stretch("2026-10-18T03:30:00", 45))
    ledger.apply(
        [
            Derived("shop", timeline(OCTOBER.start, OCTOBER.end, *down), OCTOBER.start),
            Derived("new", timeline(at("2026-10-16"), OCTOBER.end), at("2026-10-16")),
        ]
    )
    return ledger


def test_a_month_is_reported_from_the_ledger(ledger: Ledger) -> None:
    result = report(Books(CATALOGUE, ledger), OCTOBER, OCTOBER.end + MINUTE)
    shop, new = result.services
    assert shop.figures.agreed == 745 * 60 * MINUTE
    assert (shop.figures.planned, shop.figures.unplanned) == (30 * MINUTE, 65 * MINUTE)
    assert [share.kind for share in shop.figures.shares] == ["unplanned", "overrun"]
    assert new.figures.agreed == OCTOBER.end - at("2026-10-16")
    assert (result.timezone, new.figures.coverage) == ("Europe/Berlin", 1.0)


def test_a_budget_that_burns_too_fast_has_a_day_on_which_it_is_gone(tmp_path: Path) -> None:
    half = 745 * 60 * MINUTE // 2000  # of the 0.1 % that October may lose
    now, down = at("2026-10-11"), at("2026-10-03")
    with Ledger.open(f"sqlite:///{tmp_path}/l.db") as ledger:
        line = timeline(OCTOBER.start, now, (down, down + half))
        ledger.apply([Derived("shop", line, OCTOBER.start)])
        made = report(Books(CATALOGUE, ledger), OCTOBER, now, ["shop"])
    [shop] = json.loads(FORMATS["json"].render(made))["services"]
    assert shop["error_budget_remaining_ratio"] == 0.5
    assert shop["error_budget_exhausted_at"] == "2026-10-20T22:00:00Z"
    assert shop["burn_rate"] == pytest.approx(745 / 240 / 2)


def test_the_hours_of_windows_that_were_used_are_those_of_downtime_inside_them(
    ledger: Ledger,
) -> None:
    shop, new = report(Books(CATALOGUE, ledger), OCTOBER, OCTOBER.end + MINUTE).services
    assert (shop.windows, shop.windows_used) == (120 * MINUTE, 30 * MINUTE)
    assert (new.windows, new.windows_used) == (0, 0)


def test_only_the_named_services_are_reported(ledger: Ledger) -> None:
    result = report(Books(CATALOGUE, ledger), OCTOBER, OCTOBER.end, ["new"])
    assert [service.id for service in result.services] == ["new"]
    with pytest.raises(KeyError):
        report(Books(CATALOGUE, ledger), OCTOBER, OCTOBER.end, ["none"])
