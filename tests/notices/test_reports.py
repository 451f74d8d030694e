import json
from pathlib import Path

import pytest

from service_catalogue import Catalogue
from service_catalogue.cron import schedule_mistakes
from service_catalogue.notifications import Report
from sla_engine.domain.interval import Interval
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Books, Derived, Ledger, Outbox
from sla_engine.notices.reports import due_reports, last_fired
from sla_engine.notices.sender import Sender
from sla_engine.reports import FORMATS, charts, to_pdf
from sla_engine.slack.notifier import SlackBot
from tests.notices.october import BERLIN, HOUR, MINUTE, at, book
from tests.programs.slack import TOKEN, Slack
from tests.reports import to_markdown


def send(catalogue: Catalogue, ledger: Ledger, slack: Slack, now: int) -> None:
    outbox = Outbox(ledger.engine)
    outbox.add(due_reports(Books(catalogue, ledger), outbox, now, {}))
    bot = SlackBot(TOKEN, slack.api_url, timeout=1)
    Sender(Books(catalogue, ledger), outbox, {"slack": bot}, lambda: now).run()


def test_a_monthly_report_goes_out_once_with_a_chart(ledger: Ledger, slack: Slack) -> None:
    send(book(), ledger, slack, at("2026-11-01T08:59"))
    assert slack.messages == []
    for minute in range(3):
        send(book(), ledger, slack, at("2026-11-01T09:00") + minute * MINUTE)
    [root] = slack.roots()
    assert root["channel"] == "C0SENIORS0"
    assert "October 2026: 1 of 2 services met the objective; shop did not." in root["text"]
    assert [f[:4] for f in slack.files.values()] == [b"\x89PNG", b"%PDF"]
    assert len(slack.replies(root["ts"])) == 2


def test_a_day_is_told_in_five_lines_with_links_and_without_files(
    ledger: Ledger, slack: Slack
) -> None:
    catalogue = book(period="daily", cron="0 9 * * *").model_copy(
        update={"external_url": "https://uptime.example.org"}
    )
    send(catalogue, ledger, slack, at("2026-11-01T09:00"))
    [root] = slack.roots()
    head, lines, links = (block["text"]["text"] for block in root["blocks"])
    assert "31 October 2026: 1 of 2 services met the objective; shop did not." in head
    assert len(lines.splitlines()) == 5
    assert "<https://uptime.example.org/report?period=2026-10-31|Report>" in links
    assert slack.files == {}


def test_a_scheduled_report_is_frozen_and_kept_as_it_was_sent(ledger: Ledger, slack: Slack) -> None:
    faults = {"files.completeUploadExternal": ["server_error_after"]}
    slack.fault = lambda m: faults[m].pop() if faults.get(m) else None
    for minute in range(4):
        send(book(format="html"), ledger, slack, at("2026-11-01T09:00") + minute * MINUTE)
    period = Interval(at("2026-10-01"), at("2026-11-01"))
    kept = {one.format: one for one in ledger.kept.of(period)}
    assert set(kept) == {"json", "html"}
    assert {one.report for one in kept.values()} == {"seniors"}
    assert set(slack.files.values()) == {kept["html"].body}
    assert set(ledger.frozen.first(period)) == {"shop", "mail"}
    assert ledger.verify() == []


@pytest.mark.usefixtures("blank_paper")
def test_a_report_that_is_sent_before_all_is_known_is_not_frozen(
    tmp_path: Path, slack: Slack
) -> None:
    start, end = at("2026-10-01"), at("2026-10-31T23:59")
    with Ledger.open(f"sqlite:///{tmp_path}/x.db") as ledger:
        ledger.apply([Derived("shop", (Segment(start, end, State.UP),), start)])
        send(book(), ledger, slack, at("2026-11-01T10:00"))
        assert len(slack.roots()) == 1
        period = Interval(at("2026-10-01"), at("2026-11-01"))
        assert ledger.frozen.first(period) == {}
        assert ledger.kept.of(period) == ()


@pytest.mark.usefixtures("blank_paper")
def test_a_report_that_was_missed_is_sent_once_late_and_says_so(
    ledger: Ledger, slack: Slack
) -> None:
    for hour in range(3):
        send(book(), ledger, slack, at("2026-11-01T13:00") + hour * HOUR)
    [root] = slack.roots()
    assert "This report is 4h late." in json.dumps(root["blocks"])


def test_of_several_that_were_missed_only_the_last_is_made(ledger: Ledger, slack: Slack) -> None:
    send(book(period="daily", cron="0 9 * * *"), ledger, slack, at("2026-11-01T11:00"))
    [root] = slack.roots()
    assert "31 October 2026" in root["text"]


@pytest.mark.usefixtures("blank_paper")
def test_a_yearly_report_is_not_taken_for_the_monthly_one_that_it_was(
    ledger: Ledger, slack: Slack
) -> None:
    for period, cron in (("monthly", "0 9 1 * *"), ("yearly", "0 9 1 1 *")):
        send(book(period=period, cron=cron), ledger, slack, at("2027-01-01T12:00"))
    assert ["December" in root["text"] for root in slack.roots()] == [True, False]


def test_a_file_is_attached_once_even_if_its_fate_was_unknown(ledger: Ledger, slack: Slack) -> None:
    faults = {"files.completeUploadExternal": ["server_error_after"]}
    slack.fault = lambda m: faults[m].pop() if faults.get(m) else None
    for minute in range(4):
        send(book(format="csv"), ledger, slack, at("2026-11-01T09:00") + minute * MINUTE)
    [root] = slack.roots()
    assert len(slack.replies(root["ts"])) == 1
    [content] = list(slack.files.values())
    assert content.startswith(b"record,")


def test_a_format_made_by_the_recipe_is_sent_by_a_schedule(
    ledger: Ledger, slack: Slack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FORMATS, "markdown", to_markdown.FORMAT)
    send(book(format="markdown"), ledger, slack, at("2026-11-01T09:00"))
    [content] = slack.files.values()
    assert content.startswith(b"# October 2026: 1 of 2 services met the objective")


def test_without_a_font_a_report_comes_without_a_picture(
    ledger: Ledger, slack: Slack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(charts, "missing", lambda: "a font")
    monkeypatch.setattr(to_pdf, "missing", lambda: True)
    send(book(), ledger, slack, at("2026-11-01T09:00"))
    assert len(slack.roots()) == 1
    assert slack.files == {}


@pytest.mark.usefixtures("blank_paper")
def test_a_report_waits_for_its_period_to_settle(tmp_path: Path, slack: Slack) -> None:
    start, end = at("2026-10-01"), at("2026-10-31T23:59")
    with Ledger.open(f"sqlite:///{tmp_path}/x.db") as ledger:
        ledger.apply([Derived("shop", (Segment(start, end, State.UP),), start)])
        send(book(), ledger, slack, at("2026-11-01T09:00"))
        assert slack.messages == []
        send(book(), ledger, slack, at("2026-11-01T10:00"))
        assert len(slack.roots()) == 1


def test_a_period_before_the_first_sample_has_no_report(tmp_path: Path, slack: Slack) -> None:
    start, end = at("2026-11-01T08:00"), at("2026-11-01T12:00")
    with Ledger.open(f"sqlite:///{tmp_path}/x.db") as ledger:
        ledger.apply([Derived("shop", (Segment(start, end, State.UP),), start)])
        send(book(), ledger, slack, at("2026-11-01T12:00"))
    assert slack.messages == []


@pytest.mark.usefixtures("blank_paper")
def test_an_audience_picks_its_services(ledger: Ledger, slack: Slack) -> None:
    send(book(owners=["b"]), ledger, slack, at("2026-11-01T09:00"))
    [root] = slack.roots()
    assert "All 1 service met the objective." in root["text"]


@pytest.mark.parametrize(
    ("cron", "now", "expected"),
    [
        ("0 9 * * 1", "2026-10-14T12:00", "2026-10-12T09:00"),  # Monday, as in a crontab
        ("0 9 * * 0", "2026-10-14T12:00", "2026-10-11T09:00"),
        ("0 9 * * 1-5", "2026-10-11T12:00", "2026-10-09T09:00"),
        ("0 9 * * 0-6", "2026-10-14T12:00", "2026-10-14T09:00"),
        ("0 9 * * 0-4", "2026-10-17T12:00", "2026-10-15T09:00"),
        ("0 9 * * 5-0", "2026-10-14T12:00", "2026-10-11T09:00"),
        ("0 9 * * sat-sun", "2026-10-14T12:00", "2026-10-11T09:00"),
        ("0 9 * * sun-sun", "2026-10-14T12:00", "2026-10-11T09:00"),
        ("0 9 * * */2", "2026-10-14T08:00", "2026-10-13T09:00"),  # Sunday, Tuesday, Thursday, ...
        ("0 9 * * mon#1", "2026-10-14T12:00", None),  # the 5th is too long ago for a week's report
        ("0 9 * * wed#2", "2026-10-14T12:00", "2026-10-14T09:00"),
        ("0 9 13 * mon", "2026-10-14T12:00", "2026-10-13T09:00"),  # either, as cron does
        ("0 9 L * *", "2026-11-02T12:00", "2026-10-31T09:00"),
        ("0 9 29 2 *", "2026-10-14T12:00", None),
        ("30 2 * * *", "2026-10-25T12:00", "2026-10-25T02:30"),  # the hour that comes twice
        ("30 0 * * *", "2026-03-30T12:00", "2026-03-30T00:30"),  # the day after clocks go forward
        ("30 2 * * *", "2026-03-29T12:00", "2026-03-29T03:00"),  # the hour that does not come
    ],
)
def test_a_schedule_is_a_crontab_in_local_time(cron: str, now: str, expected: str | None) -> None:
    entry = Report(id="r", period="weekly", cron=cron)
    assert last_fired(entry, BERLIN, at(now)) == (None if expected is None else at(expected))


def test_a_wrong_schedule_is_named() -> None:
    data = {"reports": [{"cron": "0 9 1 * *"}, {"cron": "61 9 1 * *"}, {"cron": "0 9 * *"}, 1, {}]}
    (first, message), (second, other) = schedule_mistakes(data)
    assert (first, second) == (("reports", 1, "cron"), ("reports", 2, "cron"))
    assert message.startswith("'61 9 1 * *' is not a crontab line such as 0 9 1 * *: ")
    assert other.endswith(": Wrong number of fields; got 4, expected 5")


@pytest.mark.parametrize(
    "cron",
    ["0 9 30 2 *", "0 9 31 4,6 *", "0 9 * * mon#6", "0 9 last * *", "0 0 9 * * *", "@sometimes"],
)
def test_what_is_never_due_or_no_crontab_line_is_refused(cron: str) -> None:
    assert [where for where, _ in schedule_mistakes({"reports": [{"cron": cron}]})] == [
        ("reports", 0, "cron")
    ]


ENDED, FIRED = at("2026-11-01"), at("2026-11-01T09:00")


def due(now: int, first: int, seen: int) -> list[str]:
    """Return the periods whose reports are due where samples are known from ``first`` to seen."""
    with Ledger.open("sqlite://") as ledger:
        ledger.apply([Derived("shop", (Segment(first, seen, State.UP),), first)])
        rows = list(due_reports(Books(book(), ledger), Outbox(ledger.engine), now, {}))
    return [str(row.facts["period"]) for row in rows]


@pytest.mark.parametrize(
    ("seen", "wait", "periods"),
    [
        (5 * MINUTE, 0, ["2026-10"]),
        (5 * MINUTE - 1, 0, []),
        (5 * MINUTE - 1, HOUR - 1, []),
        (5 * MINUTE - 1, HOUR, ["2026-10"]),
    ],
)
def test_a_report_waits_for_five_minutes_after_its_period_and_an_hour_at_most(
    seen: int, wait: int, periods: list[str]
) -> None:
    assert due(FIRED + wait, at("2026-10-01"), ENDED + seen) == periods


def test_a_period_that_ended_with_the_first_sample_has_no_report() -> None:
    assert due(FIRED, ENDED - 1, FIRED) == ["2026-10"]
    assert due(FIRED, ENDED, FIRED) == []


def test_a_report_is_due_at_its_very_moment() -> None:
    [entry] = book().reports
    found = [last_fired(entry, BERLIN, FIRED + by) for by in (-1, 0, 1)]
    assert found == [at("2026-10-01T09:00"), FIRED, FIRED]
