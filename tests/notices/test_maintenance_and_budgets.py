import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from service_catalogue import Catalogue
from sla_engine.domain.availability import AccountingInput, Figures, Terms, figures
from sla_engine.domain.events import Weighed
from sla_engine.domain.interval import Interval
from sla_engine.domain.notice import Notice, OutageSnapshot
from sla_engine.domain.objective import ratio
from sla_engine.domain.outage import Outage
from sla_engine.domain.period import containing
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Books, Derived, Ledger, Outbox
from sla_engine.notices.budgets import budget_notices
from sla_engine.notices.compose import compose
from sla_engine.notices.maintenance import maintenance_notices
from sla_engine.notices.sender import Sender
from sla_engine.slack.notifier import SlackBot
from tests.catalogues import catalogue
from tests.domain.invented_figures import figures_with
from tests.programs.slack import TOKEN, Slack, local_slack

MINUTE = 60_000
START = 1_791_008_100_000  # 2026-10-03T06:15:00Z
WORK = {
    "id": "w",
    "title": "Upgrade",
    "services": ["shop"],
    "start": "2026-10-03T06:15:00",
    "duration": "1h",
    "requester": "ada",
    "approver": "bob",
}
BOOK = catalogue({"id": "shop", "objective": 99.9}, maintenance=[WORK])


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(f"sqlite:///{tmp_path}/l.db") as opened:
        yield opened


@pytest.fixture
def slack() -> Iterator[Slack]:
    with local_slack() as server:
        yield server


def step(ledger: Ledger, slack: Slack, now: int, book: Catalogue = BOOK) -> None:
    outbox = Outbox(ledger.engine)
    outbox.add(maintenance_notices(Books(book, ledger), outbox, now))
    bot = SlackBot(TOKEN, slack.api_url, timeout=1)
    Sender(Books(book, ledger), outbox, {"slack": bot}, lambda: now).run()


@pytest.mark.parametrize(
    "other",
    [
        WORK | {"id": "z"},
        WORK | {"id": "a"},
        WORK | {"id": "a", "services": [], "tiers": ["gold"], "requester": "eve"},
    ],
)
def test_work_that_two_windows_say_is_told_once_in_one_thread(
    ledger: Ledger, slack: Slack, other: dict[str, object]
) -> None:
    shop = {"id": "shop", "objective": 99.9, "tier": "gold"}
    alone, twice = (catalogue(shop, maintenance=w) for w in ([WORK], [other, WORK]))
    for minute, book in ((-25, alone), (-20, twice), (0, twice), (60, twice)):
        step(ledger, slack, START + minute * MINUTE, book)
    [root] = slack.roots()
    assert "Planned work on shop ended" in root["text"]
    assert len(slack.replies(root["ts"])) == 2


@pytest.mark.parametrize("key", ["services", "title", "duration"])
def test_other_work_at_the_same_time_is_told_beside(ledger: Ledger, slack: Slack, key: str) -> None:
    other = {"services": ["mail"], "title": "Reboot", "duration": "2h"}[key]
    book = catalogue("shop", "mail", maintenance=[WORK, WORK | {"id": "w2", key: other}])
    step(ledger, slack, START, book)
    assert len(slack.roots()) == 2


def test_planned_work_is_told_in_one_thread(ledger: Ledger, slack: Slack) -> None:
    for minute in (-40, -30, -20, 0, 10, 60, 70):
        step(ledger, slack, START + minute * MINUTE)
    [root] = slack.roots()
    assert "Planned work on shop ended at 2026-10-03 07:15:00 UTC" in root["text"]
    told = [m["text"] for m in slack.replies(root["ts"])]
    assert [text.partition("The work ")[2].split()[0] for text in told] == ["is", "ended"]


def test_work_over_its_time_is_told_and_its_end_too(ledger: Ledger, slack: Slack) -> None:
    step(ledger, slack, START)
    down = (Segment(START, START + 61 * MINUTE, State.DOWN),)
    ledger.apply([Derived("shop", down, START)])
    step(ledger, slack, START + 61 * MINUTE)
    [root] = slack.roots()
    assert "is over its time, still down: shop" in root["text"]
    up = (Segment(START + 61 * MINUTE, START + 70 * MINUTE, State.UP),)
    ledger.apply([Derived("shop", up, None)])
    step(ledger, slack, START + 70 * MINUTE)
    assert "ended" in root["text"]


def account(minutes_down: int, now: int) -> Figures:
    month = containing("month", now, BOOK.timezone)
    whole = Interval(month.start, month.end)
    outage = Outage("shop", month.start, month.start + minutes_down * MINUTE)
    facts = AccountingInput((outage,), (), (whole,), (whole,))
    return figures(facts, Terms(ratio(99.9)), now)


def budget(minutes_down: int, now: int) -> list[Notice]:
    return list(budget_notices(BOOK, {"shop": account(minutes_down, now)}, now))


NOON = START + 10 * 24 * 60 * MINUTE


@pytest.mark.parametrize(
    ("minutes", "key"),
    [
        (0, None),
        (20, None),
        (25, "budget:shop:2026-10/0.5"),
        (40, "budget:shop:2026-10/0.2"),
        (45, "budget:shop:2026-10/0"),
    ],
)
def test_a_budget_is_told_of_at_its_thresholds(minutes: int, key: str | None) -> None:
    assert [row.key for row in budget(minutes, NOON)] == ([key] if key else [])


def test_a_budget_warning_foretells_when_it_is_gone(ledger: Ledger, slack: Slack) -> None:
    outbox = Outbox(ledger.engine)
    for _ in range(2):
        outbox.add(budget(25, NOON))
    bot = SlackBot(TOKEN, slack.api_url, timeout=1)
    Sender(Books(BOOK, ledger), outbox, {"slack": bot}, lambda: NOON).run()
    [root] = slack.roots()
    assert "shop has 44.0 % of its error budget of October 2026 left" in root["text"]
    assert "At the pace so far it is used up on 2026-10-22" in str(root["blocks"])


def test_a_budget_of_events_is_told_with_how_many_failed(ledger: Ledger, slack: Slack) -> None:
    outbox = Outbox(ledger.engine)
    counted = replace(account(25, NOON), events=Weighed(899_460.0, 900_000.0))
    outbox.add(budget_notices(BOOK, {"shop": counted}, NOON))
    bot = SlackBot(TOKEN, slack.api_url, timeout=1)
    Sender(Books(BOOK, ledger), outbox, {"slack": bot}, lambda: NOON).run()
    [root] = slack.roots()
    assert "*Failed events*\\n540 of 900,000 events" in json.dumps(root["blocks"])


def test_nothing_known_is_no_warning() -> None:
    unknown = replace(account(0, NOON), budget_remaining=None)
    assert list(budget_notices(BOOK, {"shop": unknown}, NOON)) == []


def test_an_outage_tells_what_it_used_of_the_budget() -> None:
    facts = OutageSnapshot("O-1", START, START + 10 * MINUTE, unplanned=10 * MINUTE)
    told = Notice("k", "outage:O-1", "resolved", NOON, "shop", asdict(facts), 1)
    rendered = compose(BOOK, [told], NOON, {"shop": account(25, NOON)})
    # 10 of October's 44.64 minutes; 25 are used in all.
    assert dict(rendered.head.fields)["Error budget"] == "22.4 % used by this outage, 44.0 % left"


def work(ledger: Ledger, now: int) -> list[str]:
    """Tell what is due of planned work at a moment, and return its kinds."""
    outbox = Outbox(ledger.engine)
    rows = list(maintenance_notices(Books(BOOK, ledger), outbox, now))
    outbox.add(rows)
    return [row.kind.removeprefix("maintenance_") for row in rows]


def test_work_begins_and_ends_at_its_very_moments(ledger: Ledger) -> None:
    end = START + 60 * MINUTE
    steps = (START - 30 * MINUTE, START - 30 * MINUTE + 1, START - 1, START, end - 1, end, end + 1)
    assert [work(ledger, now) for now in steps] == [
        [], ["soon"], [], ["started"], [], ["ended"], [],
    ]  # fmt: skip


def test_the_end_of_work_is_told_for_an_hour(ledger: Ledger) -> None:
    end = START + 60 * MINUTE
    work(ledger, START)
    assert work(ledger, end + 60 * MINUTE) == []
    assert work(ledger, end + 60 * MINUTE - 1) == ["ended"]


@pytest.mark.parametrize(
    ("left", "mark"),
    [(0.5001, None), (0.5, "0.5"), (0.2001, "0.5"), (0.2, "0.2"), (1e-9, "0.2"), (0.0, "0")],
)
def test_a_threshold_is_crossed_when_it_is_reached(left: float, mark: str | None) -> None:
    figures = {"shop": replace(account(0, NOON), budget_remaining=left)}
    keys = [row.key for row in budget_notices(BOOK, figures, NOON)]
    assert keys == ([f"budget:shop:2026-10/{mark}"] if mark else [])


def test_the_end_of_work_whose_start_nobody_was_told_of_is_not_told(ledger: Ledger) -> None:
    assert work(ledger, START + 60 * MINUTE) == []
    assert work(ledger, START + 61 * MINUTE) == []


def test_work_that_was_told_as_ended_does_not_overrun_afterwards(ledger: Ledger) -> None:
    end = START + 60 * MINUTE
    assert [work(ledger, now) for now in (START, end)] == [["started"], ["ended"]]
    ledger.apply([Derived("shop", (Segment(end, end + MINUTE, State.DOWN),), end)])
    assert work(ledger, end + MINUTE) == []


def test_a_budget_that_the_events_to_come_may_still_hold_is_not_used_up() -> None:
    found = replace(figures_with(-0.5), at_most=2.0)
    [early] = budget_notices(BOOK, {"shop": found}, START)
    assert early.key.endswith("/0.2")
    [gone] = budget_notices(BOOK, {"shop": replace(found, at_most=1.4)}, START)
    assert gone.key.endswith("/0")
