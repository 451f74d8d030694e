import json
from dataclasses import asdict, replace
from zoneinfo import ZoneInfo

import pytest

from sla_engine.domain.interval import Interval
from sla_engine.domain.notice import (
    OutageSnapshot,
    Subject,
    outage_facts,
    outage_notice,
    running_step,
)
from sla_engine.domain.outage import Outage
from sla_engine.notices.outage_messages import reply_message, root_message
from sla_engine.reports.language import Language
from uptime_common import humanize

BERLIN = ZoneInfo("Europe/Berlin")
START = 1_791_008_130_000  # 2026-10-03 08:15:30 CEST
MINUTE = 60_000
SHOP = Subject("shop", "Shop", "team-shop", "gold")
OPEN = OutageSnapshot("O-ABCDEFGHIJ", START, None)
OVER = replace(OPEN, end=START + 5 * MINUTE, unplanned=5 * MINUTE)


def title(facts: OutageSnapshot) -> str:
    return root_message([(SHOP, facts)], START + MINUTE, Language(BERLIN)).title


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (OPEN, "Shop is down since 2026-10-03 08:15:30 CEST"),
        (
            replace(OPEN, acknowledged_by="Ada"),
            "Shop is down since 2026-10-03 08:15:30 CEST, acknowledged by Ada",
        ),
        (
            replace(OPEN, classification="planned"),
            "Shop is down for planned work since 2026-10-03 08:15:30 CEST",
        ),
        (
            replace(OPEN, classification="overrun"),
            "Shop is still down after its maintenance window, since 2026-10-03 08:15:30 CEST",
        ),
        (OVER, "Shop was down for 5m (resolved): 2026-10-03 08:15:30 to 08:20:30 CEST"),
        (
            replace(OVER, classification="planned"),
            "Shop was down for 5m (planned work): 2026-10-03 08:15:30 to 08:20:30 CEST",
        ),
        (
            replace(OVER, withdrawn=True),
            "Shop: withdrawn, the samples no longer show it",
        ),
    ],
)
def test_the_title_alone_tells_the_story(facts: OutageSnapshot, expected: str) -> None:
    assert title(facts) == expected


def test_the_head_of_a_thread_holds_what_is_known() -> None:
    facts = replace(
        OVER,
        planned=2 * MINUTE,
        unplanned=3 * MINUTE,
        classification="overrun",
        cause="disk full",
        ticket="OPS-7",
        budget_used_ratio=0.069444,
        budget_left_ratio=0.5,
    )
    assert dict(root_message([(SHOP, facts)], START + 60 * MINUTE, Language(BERLIN)).fields) == {
        "Service": "Shop (shop)",
        "Owner": "team-shop, gold tier",
        "Began": "2026-10-03 08:15:30 CEST",
        "Ended": "2026-10-03 08:20:30 CEST",
        "Lasted": "5m",
        "Class": "overrun: 2m planned, 3m unplanned",
        "Cause": "disk full",
        "Ticket": "OPS-7",
        "Error budget": "6.9 % used by this outage, 50.0 % left",
        "Outage": "O-ABCDEFGHIJ",
    }


def test_an_open_outage_tells_how_long_it_lasts_so_far() -> None:
    facts = dict(root_message([(SHOP, OPEN)], START + 90_000, Language(BERLIN)).fields)
    assert facts["So far"] == "1m 30s"
    assert "Ended" not in facts


def test_a_group_tells_who_is_still_down_and_counts_the_rest() -> None:
    members = [(Subject(f"s{i}", f"S{i}", "o", "t"), OPEN) for i in range(57)]
    members[0] = (SHOP, OVER)
    message = root_message(members, START + MINUTE, Language(BERLIN))
    assert message.title == "S1, S2, S3, S4, S5 and 51 more are down; 57 services affected"
    assert message.tone == "down"
    assert message.lines[0] == "Shop: was down for 5m, 2026-10-03 08:15:30 to 08:20:30 CEST"
    assert message.lines[-1] == "and 37 more"


def test_a_group_that_is_over_says_so() -> None:
    mail = Subject("mail", "Mail", "ops", "gold")
    message = root_message([(SHOP, OVER), (mail, OVER)], START, Language(BERLIN))
    said = "what was down: 2026-10-03 08:15:30 to 08:20:30 CEST"
    assert message.title == f"2 services up again; {said}"
    twice = root_message([(SHOP, OVER), (SHOP, OVER)], START, Language(BERLIN))
    assert twice.title == f"1 service up again; {said}"
    assert message.tone == "up"


def test_replies_say_what_changed() -> None:
    resolved = reply_message("resolved", SHOP, OVER, Language(BERLIN), grouped=True)
    assert resolved is not None
    assert resolved.title == "Shop: resolved at 2026-10-03 08:20:30 CEST after 5m"
    assert reply_message("opened", SHOP, OPEN, Language(BERLIN), grouped=False) is None
    opened = reply_message("opened", SHOP, OPEN, Language(BERLIN), grouped=True)
    assert opened is not None
    assert opened.title == "Shop is down since 2026-10-03 08:15:30 CEST"


def test_a_notice_is_plain_json_with_a_key_of_its_own() -> None:
    notice = outage_notice("opened", "shop", OPEN, START + 30_000)
    assert notice.key == "outage:O-ABCDEFGHIJ/opened/1791008160000"
    assert OutageSnapshot(**json.loads(json.dumps(notice.facts))) == OPEN
    assert notice.facts == asdict(OPEN)


@pytest.mark.parametrize(
    ("ratio", "text"),
    [(None, "unknown"), (1.0, "100.000 %"), (0.9999999, "99.999 %"), (0.99931, "99.931 %")],
)
def test_a_miss_never_reads_100_percent(ratio: float | None, text: str) -> None:
    assert humanize.percent(ratio) == text


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0, "0s"),
        (350, "350ms"),
        (61_000, "1m 1s"),
        (90_000_000, "1d 1h"),
        (3_600_499, "1h"),
        (44_999, "45s"),
    ],
)
def test_durations_read_to_the_second(milliseconds: int, text: str) -> None:
    assert humanize.duration(milliseconds) == text


def test_a_stretch_over_the_change_of_clocks_names_both() -> None:
    change = 1_792_890_000_000  # 2026-10-25T01:00:00Z
    assert (
        humanize.stretch(change - 1000, change, BERLIN)
        == "2026-10-25 02:59:59 CEST to 2026-10-25 02:00:00 CET"
    )


def test_the_duration_of_an_open_outage_is_told_in_growing_steps() -> None:
    minute = 60_000
    ages = range(0, 1_441 * minute, 5_000)
    steps = sorted({running_step(age) for age in ages} - {0})
    assert [s // minute for s in steps[:12]] == [1, 2, 3, 4, 5, 10, 15, 20, 25, 30, 45, 60]
    assert len(steps) == 38
    assert running_step(31 * 60 * minute) == 30 * 60 * minute


@pytest.mark.parametrize(
    ("now", "classification", "planned", "unplanned"),
    [
        (START, "planned", 1, 0),
        (START + 2 * MINUTE, "planned", 2 * MINUTE, 0),
        (START + 2 * MINUTE + 1, "overrun", 2 * MINUTE, 1),
        (START - 1, "planned", 1, 0),
    ],
)
def test_an_outage_that_begins_now_is_planned_or_not_already(
    now: int, classification: str, planned: int, unplanned: int
) -> None:
    window = (Interval(START, START + 2 * MINUTE),)
    facts = outage_facts(Outage("shop", START, None), window, now)
    assert (facts.classification, facts.planned, facts.unplanned, facts.owed) == (
        classification,
        planned,
        unplanned,
        None,
    )


def test_an_outage_owes_what_lies_in_the_agreed_time_and_was_known_and_not_planned() -> None:
    outage, edge = Outage("shop", START, START + 10 * MINUTE), START + 2 * MINUTE
    facts = outage_facts(
        outage,
        (Interval(START, edge),),
        START + 60 * MINUTE,
        Outage("shop", START + MINUTE, None),
        (Interval(edge + MINUTE, START + 20 * MINUTE),),
        gaps=(Interval(edge + MINUTE, edge + 2 * MINUTE),),
    )
    assert (facts.planned, facts.unplanned, facts.unknown) == (2 * MINUTE, 7 * MINUTE, MINUTE)
    assert facts.owed == 6 * MINUTE
    assert facts.previous_id == Outage("shop", START + MINUTE, None).id
    assert outage_facts(outage, (), START, outage).previous_id is None
