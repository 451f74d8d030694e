from typing import Any

import pytest

from stack.demo.slack import Sent, _lines
from stack.demo.verdict import Deed, judge, untold

DEED = Deed("shop", "unplanned", down=1_800_000_000, up=1_800_000_040)
OUTAGE = {
    "start": "2027-01-15T08:00:02Z",
    "end": "2027-01-15T08:00:42Z",
    "class": "unplanned",
    "planned_seconds": 0,
    "unplanned_seconds": 40,
}


def report(*outages: dict[str, Any]) -> dict[str, Any]:
    return {"services": [{"id": "shop", "outages": list(outages)}]}


def test_a_report_within_one_scrape_of_the_deed_is_right() -> None:
    [finding] = judge(report(OUTAGE), [DEED], 5)
    assert (finding.start, finding.end, finding.wrong) == (1_800_000_002, 1_800_000_042, "")


@pytest.mark.parametrize(
    ("outages", "wrong"),
    [
        ([], "expected one outage, the report has 0"),
        ([OUTAGE, OUTAGE], "expected one outage, the report has 2"),
        ([{**OUTAGE, "end": None}], "still open"),
        ([{**OUTAGE, "start": "2027-01-15T08:00:06Z", "unplanned_seconds": 36}], "start is +6.0 s"),
        ([{**OUTAGE, "end": "2027-01-15T08:00:39Z", "unplanned_seconds": 37}], "end is -1.0 s off"),
        ([{**OUTAGE, "class": "planned"}], "class is planned"),
        ([{**OUTAGE, "unplanned_seconds": 12}], "12 s are unplanned, of 40.000 s"),
    ],
)
def test_a_report_that_differs_is_told(outages: list[dict[str, Any]], wrong: str) -> None:
    [finding] = judge(report(*outages), [DEED], 5)
    assert wrong in finding.wrong


def test_slack_must_hear_of_beginning_and_end() -> None:
    opened = Sent(0, "posted", "Web shop is down since 08:00", ())
    resolved = Sent(1, "edited", "Web shop was down for 40s (resolved)", ())
    assert untold([opened, resolved]) == []
    assert untold([opened, Sent(1, "edited", "2 services up again", ())]) == []
    assert untold([opened]) == ["that it was up again"]
    assert untold([]) == ["that the shop was down", "that it was up again"]


def test_the_words_of_a_message_s_sections_are_shown() -> None:
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": "left out"}},
        {"type": "section", "fields": [{"type": "mrkdwn", "text": "*Began*\n08:00"}]},
        {"type": "section", "text": {"type": "mrkdwn", "text": "a line"}},
    ]
    assert list(_lines(blocks)) == ["Began 08:00", "a line"]
