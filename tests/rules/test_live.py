"""Nights lived through: docs/alerting.md says what came of them, and the promise is kept.

The records are those of the last ``python -m benchmarks.situations``; ``pytest --update-golden``
writes the table.
"""

import itertools
import json
import re
from typing import Any

import pytest

from benchmarks.situations.count import counted, verdict
from benchmarks.situations.night import Night, closer, nights
from benchmarks.situations.past import past
from benchmarks.situations.stage import Heard, Stage
from benchmarks.situations.table import table
from tests.rules import cases

DOC = cases.ROOT / "docs" / "alerting.md"
RECORDS: list[dict[str, Any]] = json.loads(
    (cases.ROOT / "tests/rules/golden/live.json").read_text(encoding="utf-8")
)
BEGIN = "<!-- records of: python -m benchmarks.situations -->\n"
END = "<!-- end of records -->\n"
KEPT = "Not so:"


def test_the_table_says_what_came_of_the_nights(request: pytest.FixtureRequest) -> None:
    text = DOC.read_text(encoding="utf-8")
    before, mark, rest = text.partition(BEGIN)
    assert mark, "the mark is gone"
    expected = before + BEGIN + "\n" + "".join(table(RECORDS)) + "\n" + END + rest.partition(END)[2]
    if request.config.getoption("--update-golden"):
        DOC.write_text(expected, encoding="utf-8")
    assert DOC.read_text(encoding="utf-8") == expected


def test_every_night_was_lived_through_and_there_are_thirty() -> None:
    assert [one["what"] for one in RECORDS] == [night.what for night in nights()]
    assert len(RECORDS) >= 30


def test_no_night_has_more_pages_than_sloth_or_a_later_one_but_those_that_the_page_names() -> None:
    named = " ".join(DOC.read_text("utf-8").partition(KEPT)[2].partition("\n\n")[0].split())
    assert {one["what"] for one in RECORDS if verdict(one)} == set(re.findall(r"\*(.+?)\*", named))


def test_the_page_names_what_is_meant_and_breaks_the_promise() -> None:
    text = DOC.read_text("utf-8").partition("Meant, because")[2].partition("\n\n")[0]
    named = set(re.findall(r"\*(.+?)\*", " ".join(text.split())))
    plain = ({k: v for k, v in one.items() if k != "meant"} for one in RECORDS if "meant" in one)
    assert {one["what"] for one in plain if verdict(one)} == named


def _record(ours: tuple[int, float | None], theirs: tuple[int, float | None]) -> dict[str, Any]:
    sides = {"ours": ours, "sloth": theirs}
    return {name: {"pages": pages, "first": first} for name, (pages, first) in sides.items()}


def test_the_judge_sees_silence_delay_and_one_page_too_many() -> None:
    assert verdict(_record((0, None), (1, 1.0))) == "silent where Sloth speaks"
    assert verdict(_record((2, 1.0), (1, 1.0))) == "more pages than Sloth's"
    assert verdict(_record((1, 1.6), (1, 1.0))) == "later than Sloth by an interval"
    assert verdict(_record((1, 1.4), (1, 1.0))) == ""
    assert verdict(_record((1, 1.4), (0, None))) == ""
    assert verdict(_record((0, None), (1, 1.0)) | {"meant": "one sample"}) == ""


def test_messages_are_counted_for_the_night_that_they_are_about() -> None:
    night = Night("down", 3, {"services": "web", "down": ["0-6"]})

    def told(place: str, status: str, minute: float, service: str) -> Heard:
        alert = {"status": status, "labels": {"alertname": "ServiceDown", "service": service}}
        return Heard(minute, place, {"status": status, "alerts": [alert]})

    notice = Heard(3.5, "engine/pager", {"data": {"title": "web-service is down"}})
    heard = [
        notice,
        told("ours/pages", "firing", 4.5, "web"),
        told("ours/pages", "firing", 4.6, "other"),
        told("ours/pages", "resolved", 10, "web"),
        told("ours/tickets", "firing", 12, "web"),
    ]
    (one,) = counted([night], heard)
    assert one["ours"] == {
        "told": {"ServiceDown (page)": 1.5, "ServiceDown (ticket)": 9.0},
        "first": 1.5,
        "pages": 1,
        "ends": 1,
        "tickets": 1,
    }
    assert (one["sloth"]["pages"], one["engine"]["messages"]) == (0, 1)


def test_nights_that_are_played_alone_wait_for_nothing() -> None:
    found = [Night(str(at), at) for at in (9, 9, 10, 20)]
    assert closer(found, None) == found
    assert [night.at for night in closer(found, 4)] == [2.5, 2.5, 3.5, 7.5]


def test_a_night_is_played_at_its_minute_and_had_a_day_before() -> None:
    web = Night("down", 3, {"services": "web", "down": ["0-6"], "unknown": ["-30--20"]})
    shop = Night("fails", 3, {"services": "shop", "rate": 10, "failed": {"0-5": 2}})
    host = Night("lost", 3, {"targets": "db", "lost": ["0-1"]})
    shown = {}
    for minute in (2, 3.5, 10):
        stage = Stage([web, shop, host], 0, clock=itertools.repeat(minute * 60.0).__next__)
        shown[minute] = stage.scrape("probes"), stage.scrape("db")
    assert 'service_up{service="web",location="a"} 1' in str(shown[2][0])
    assert 'service_up{service="web",location="a"} 0' in str(shown[3.5][0])
    assert 'requests_total{app="shop",code="500"} 60.0' in str(shown[3.5][0])
    assert 'requests_total{app="shop",code="500"} 600' in str(shown[10][0])
    assert [found is None for _, found in shown.values()] == [False, True, False]
    text = list(past([web, shop, host], 1_800_000_000))
    (samples,) = (part for part in text if part.startswith("service_up{"))
    assert samples.count("\n") == 24 * 240 - 40
    assert text[-1] == "# EOF\n"
