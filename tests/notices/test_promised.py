"""Each agreement's report goes to its recipients when its window closes, or by its schedule."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service_catalogue import Catalogue
from service_catalogue.terms import agreement_value
from sla_engine.accounting.past import noted, remembered
from sla_engine.domain.interval import Interval
from sla_engine.domain.notice import Notice
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Books, Derived, Ledger, Outbox
from sla_engine.notices.reports import due_reports
from sla_engine.notices.sender import Sender
from sla_engine.slack.notifier import SlackBot
from tests.catalogues import catalogue
from tests.notices.october import HOUR, MINUTE, at
from tests.programs.slack import TOKEN, Slack

pytestmark = pytest.mark.usefixtures("blank_paper")

FIRST, END = at("2026-09-01"), at("2026-12-01")
OCTOBER = Interval(at("2026-10-01"), at("2026-11-01"))
ACME = {
    "id": "acme", "customer": "ACME", "services": ["shop"], "objective": 99.9, "fee": 1000,
    "credits": [{"below": 99.9, "credit": 10}], "to": ["slack:#gold"],
}  # fmt: skip
ZETA = ACME | {"id": "zeta", "customer": "Zeta", "services": ["mail"], "to": ["slack:#seniors"]}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Two services; the shop was down for two hours on 12 October."""
    with Ledger.open(f"sqlite:///{tmp_path}/l.db") as found:
        start = at("2026-10-12")
        shop = (
            Segment(FIRST, start, State.UP),
            Segment(start, start + 2 * HOUR, State.DOWN),
            Segment(start + 2 * HOUR, END, State.UP),
        )
        found.apply([Derived("shop", shop, FIRST)])
        found.apply([Derived("mail", (Segment(FIRST, END, State.UP),), FIRST)])
        yield found


def book(*agreements: dict[str, Any], **fields: Any) -> Catalogue:
    return catalogue(
        "shop", "mail", timezone="Europe/Berlin", agreements=agreements or [ACME, ZETA], **fields
    )


def due(catalogue_: Catalogue, ledger: Ledger, now: int) -> list[Notice]:
    return list(due_reports(Books(catalogue_, ledger), Outbox(ledger.engine), now, {}))


def send(catalogue_: Catalogue, ledger: Ledger, slack: Slack, now: int) -> None:
    outbox = Outbox(ledger.engine)
    outbox.add(due(catalogue_, ledger, now))
    bot = SlackBot(TOKEN, slack.api_url, timeout=1)
    Sender(Books(catalogue_, ledger), outbox, {"slack": bot}, lambda: now).run()


def test_each_customer_is_told_of_its_own_window_when_it_closes_and_of_nobody_else_s(
    ledger: Ledger, slack: Slack
) -> None:
    send(book(), ledger, slack, OCTOBER.end - MINUTE)
    assert slack.roots() == []
    for minute in range(3):
        send(book(), ledger, slack, OCTOBER.end + (1 + minute) * MINUTE)
    acme, zeta = sorted(slack.roots(), key=lambda root: "Zeta" in str(root["blocks"]))
    assert "100.00 EUR" in str(acme["blocks"])
    assert "mail" not in str(acme["blocks"])
    assert "shop" not in str(zeta["blocks"])
    assert acme["channel"] != zeta["channel"]


def test_what_was_sent_is_frozen_and_kept_by_agreement(ledger: Ledger, slack: Slack) -> None:
    send(book(ACME), ledger, slack, OCTOBER.end + 10 * MINUTE)
    kept = ledger.kept.of(OCTOBER)
    assert {one.report for one in kept} == {"agreement:acme"}
    assert "json" in {one.format for one in kept}
    assert set(ledger.frozen.first(OCTOBER)) == {"shop", "agreement:acme"}
    assert ledger.verify() == []


@pytest.mark.parametrize(
    ("window", "name"),
    [
        ({"window": "week"}, "2026-W44"),
        ({"window": "2w", "window_from": "2026-10-19"}, "2026-10-19_2026-11-01"),
        ({"window": "quarter"}, None),
        ({"window": "30d", "credits": []}, None),
    ],
)
def test_a_report_goes_by_the_window_of_the_agreement(
    ledger: Ledger, window: dict[str, Any], name: str | None
) -> None:
    found = due(book(ACME | window), ledger, at("2026-11-02T00:20"))
    assert [notice.facts["period"] for notice in found] == ([] if name is None else [name])


def test_what_closed_long_ago_is_nobody_s_news(ledger: Ledger) -> None:
    assert due(book(ACME), ledger, at("2026-11-12")) == []


def test_a_window_closes_in_the_zone_of_the_agreement(ledger: Ledger) -> None:
    catalogue_ = book(ACME | {"timezone": "America/New_York"})
    assert due(catalogue_, ledger, at("2026-11-01T04:59")) == []
    [found] = due(catalogue_, ledger, at("2026-11-01T06:00"))
    assert found.facts["span"][1] == at("2026-11-01T05:00")


def test_a_schedule_takes_the_place_of_the_close_and_goes_to_whom_it_names(
    ledger: Ledger,
) -> None:
    entry = {"id": "acme-weekly", "period": "weekly", "cron": "0 8 * * 1", "agreement": "acme"}
    now = at("2026-11-02T09:00")
    [usual] = due(book(ACME, reports=[entry]), ledger, now)
    assert (usual.facts["report"], usual.facts["channels"]) == ("acme-weekly", ["slack:#gold"])
    [other] = due(book(ACME, reports=[entry | {"to": ["slack:#uptime"]}]), ledger, now)
    assert other.facts["channels"] == ["slack:#uptime"]


def test_a_customer_reads_its_report_in_its_own_language(ledger: Ledger, slack: Slack) -> None:
    send(book(ACME | {"language": "de"}, ZETA), ledger, slack, OCTOBER.end + MINUTE)
    acme, zeta = sorted(slack.roots(), key=lambda root: "Zeta" in str(root["blocks"]))
    assert "Oktober 2026" in str(acme["blocks"])
    assert "October 2026" in str(zeta["blocks"])


@pytest.mark.parametrize(("said", "title"), [({}, "octobre"), ({"language": "en"}, "October")])
def test_a_schedule_of_an_agreement_speaks_its_language_unless_it_names_another(
    ledger: Ledger, slack: Slack, said: dict[str, str], title: str
) -> None:
    entry = {"id": "acme", "period": "monthly", "cron": "0 8 1 * *", "agreement": "acme", **said}
    now = at("2026-11-01T09:00")
    send(book(ACME | {"language": "fr"}, reports=[entry]), ledger, slack, now)
    [root] = slack.roots()
    assert f"{title} 2026" in str(root["blocks"])


def test_the_language_of_a_report_is_no_term_of_the_agreement() -> None:
    plain, french = book(ACME), book(ACME | {"language": "fr"})
    assert agreement_value(french.agreements[0]) == agreement_value(plain.agreements[0])


def test_an_agreement_that_is_gone_when_its_report_is_made_shows_nobody_s_services(
    ledger: Ledger, slack: Slack
) -> None:
    outbox, now = Outbox(ledger.engine), OCTOBER.end + 10 * MINUTE
    outbox.add(due(book(ACME), ledger, now))
    bot = SlackBot(TOKEN, slack.api_url, timeout=1)
    Sender(Books(book(ZETA), ledger), outbox, {"slack": bot}, lambda: now).run()
    [root] = slack.roots()
    assert "was not made" in root["text"]
    assert slack.files == {}


def test_the_last_window_of_an_agreement_that_left_is_told_once(
    ledger: Ledger, slack: Slack
) -> None:
    noted(Books(book(ACME, ZETA), ledger), FIRST)
    noted(Books(book(ZETA), ledger), at("2026-10-20"))
    closed = OCTOBER.end + 10 * MINUTE
    for now in (closed, closed + HOUR, closed + 31 * 24 * HOUR):
        send(remembered(Books(book(ZETA), ledger), now).catalogue, ledger, slack, now)
    told = [root["text"] for root in slack.roots() if "ACME" in str(root)]
    assert len(told) == 1
    assert "Service levels for ACME, October 2026: missed" in told[0]


@pytest.mark.parametrize("now_of", ["zeta", None])
def test_a_schedule_that_is_of_another_customer_when_it_is_sent_names_whose_its_report_is(
    ledger: Ledger, slack: Slack, now_of: str | None
) -> None:
    entry = {"id": "mine", "period": "monthly", "cron": "0 8 1 * *", "agreement": "acme"}
    outbox, now = Outbox(ledger.engine), at("2026-11-01T09:00")
    outbox.add(due(book(ACME, reports=[entry]), ledger, now))
    edited = book(ACME, ZETA | {"language": "de"}, reports=[entry | {"agreement": now_of}])
    bot = SlackBot(TOKEN, slack.api_url, timeout=1)
    Sender(Books(edited, ledger), outbox, {"slack": bot}, lambda: now).run()
    [root] = slack.roots()
    assert "Service levels for ACME, October 2026" in str(root["blocks"])
    sent = [body["filename"] for call, body in slack.calls if call.endswith("URLExternal")]
    assert sent
    assert {one.partition(".")[0] for one in sent} == {"mine-agreement-acme-2026-10"}
