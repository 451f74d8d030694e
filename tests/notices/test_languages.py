"""Notices in the language of their readers: every kind, and no word of ours left in them."""

import re
from collections.abc import Iterator
from dataclasses import asdict, replace
from string import Formatter
from typing import Any, cast

import pytest

from service_catalogue import Catalogue
from service_catalogue.mail import Mail
from sla_engine.domain.notice import Message, Notice, OutageSnapshot
from sla_engine.ledger import Books, Delivery, Ledger, Thread
from sla_engine.notices.compose import compose
from sla_engine.notices.kinds import Writing, spoken
from sla_engine.notices.promised import ended
from sla_engine.notices.registry import NOTICES, OUTAGE_KINDS
from sla_engine.notices.routing import language_at
from sla_engine.notifiers import Capabilities
from sla_engine.notifiers.console import render as on_console
from sla_engine.notifiers.mail import compose as mailed
from sla_engine.reports.language import TRANSLATED, Babel
from sla_engine.slack import blocks
from tests.app.test_forgotten import FACTS
from tests.catalogues import catalogue
from tests.notices.test_patience import Routed
from tests.notices.world import MINUTE, T0, Make
from tests.reports.sample import BERLIN
from tests.reports.wording import texts
from uptime_common.failure import Failure, Failures

HOUR = 3_600_000
BOOK = catalogue(
    {"id": "shop", "name": "Xyzzy", "owner": "qux", "tier": "zz", "objective": 99.9,
     "runbook": "https://runbooks.example.org/a"},
    {"id": "mail", "name": "Plugh", "owner": "qux", "tier": "zz", "labels": {"host": "h1"}},
    timezone="Europe/Berlin",
    external_url="https://u.example.org",
    grafana={"url": "https://g.example.org"},
)  # fmt: skip
OPEN = OutageSnapshot("O-1", HOUR, None, unplanned=HOUR, late=True, unknown=90_000)
OVER = replace(OPEN, end=3 * HOUR, acknowledged_by="nn", cause="cc", ticket="T-1")
WHY = Failures((Failure("probe", "t:1", "fra", "", "refused", "ECONNREFUSED"),) * 2, 3)
SHAPES = (
    OPEN,
    OVER,
    replace(OVER, classification="planned"),
    replace(OPEN, classification="planned"),
    replace(OPEN, classification="overrun", planned=HOUR),
    replace(OPEN, acknowledged_by="nn", asked_by="nn", said_by="nn", said_why="ss"),
    replace(OPEN, budget_used_ratio=0.25, budget_left_ratio=0.5),
    replace(OVER, unwatched=True),
    replace(OVER, withdrawn=True),
)
ENGLISH = re.compile(
    r"\b(is|are|was|were|down|since|the|of|and|by|until|left|work|planned|unplanned|asked|has|its|"
    r"more|services?|outages?|late|lasted|began|ended|why|owner|class|tier|found|status)\b",
    re.IGNORECASE,
)  # fmt: skip
SAME = {"fr": {"service", "services", "cause", "ticket", "classe"},
        "de": {"service", "services", "ticket", "status", "was", "im"}, "es": set()}  # fmt: skip


def _notice(kind: str, facts: OutageSnapshot, service: str = "shop") -> Notice:
    return Notice(f"k{kind}", f"outage:{facts.id}", kind, 4 * HOUR, service, asdict(facts))


def _outages(name: str) -> Iterator[Message | None]:
    say = Babel(name, BERLIN)
    other = replace(OVER, id="O-2", start=HOUR + 1)
    for facts in SHAPES:
        for kind in OUTAGE_KINDS:
            one = _notice(kind, facts)
            for told in (
                [one],
                [_notice("opened", other, "mail"), one],
                [_notice("opened", replace(other, end=None), "mail"), one],
            ):
                made = spoken(
                    compose(BOOK, told, 4 * HOUR, {}, reasons={"O-1": WHY}, fresh=told, say=say),
                    say,
                )
                yield from (made.head, made.reply)


def _others(name: str) -> Iterator[Message | None]:
    decisions = ("approved", "rejected", "cancelled", "revoked")
    given = [(kind, facts) for kind, facts in FACTS.items()]
    asked = FACTS["maintenance_decided"]
    given += [
        ("maintenance_decided", asked | {"decided": {"kind": one, "by": "nn", "why": "ss"}})
        for one in decisions
    ]
    budget = FACTS["budget"]
    given += [
        ("budget", budget | {"left": 0.0, "gone_at": HOUR, "period": [0, 31 * 24 * HOUR]}),
        ("maintenance_soon", FACTS["maintenance_soon"] | {"services": [], "approver": None}),
    ]
    books = Books(BOOK, cast("Ledger", None))
    for kind, facts in given:
        neutral = _neutral(facts)
        notice = Notice("k", "t", kind, 0, "shop", neutral)
        item = Delivery(1, notice, Thread(1, "", "", (), 0), 0, doubtful=False)
        writing = Writing(books, 0, Capabilities(), lambda _: (), {}, language=name)
        made = spoken(NOTICES[kind].compose(item, writing), writing.say)
        yield from (made.head, made.reply)
    yield ended({"period": "P", "agreement": "A"}, Babel(name, BERLIN))


def _neutral(facts: dict[str, Any]) -> dict[str, Any]:
    """Return facts without English words that people wrote."""
    return facts | {
        key: value
        for key, value in {"title": "Tt", "reason": "Rr", "services": ["Xyzzy"]}.items()
        if facts.get(key)
    }


def _words(message: Message) -> str:
    """Return all that any notifier shows of a message, without names and addresses."""
    parts = [
        message.title,
        *(f"{label} {value}" for label, value in message.fields),
        *message.lines,
        *(label for label, _ in message.links),
        *message.captions,
    ]
    return "\n".join(parts)


@pytest.mark.parametrize("name", TRANSLATED)
def test_no_text_of_a_notice_is_left_in_english(name: str) -> None:
    say = Babel(name, BERLIN)
    messages = [one for one in (*_outages(name), *_others(name)) if one is not None]
    assert len(messages) > 100
    shown = "\n".join(sorted({line for one in messages for line in _words(one).split("\n")}))
    left = {word.lower() for word in ENGLISH.findall(shown)} - SAME[name]
    assert {word: line for word in left for line in shown.split("\n")
            if re.search(rf"\b{word}\b", line, re.IGNORECASE)} == {}  # fmt: skip
    ours = [one for one in texts() if isinstance(one, str) and say.phrase(one) != one]
    pieces = {piece for one in ours for piece in _pieces(one) if len(piece.split()) > 1}
    assert [one for one in pieces if one in shown and _stands(one, shown)] == []
    assert {len(m.captions) - len(m.actions) for m in messages} == {0}
    assert {m.language for m in messages if m.actions} == {name}


def _stands(text: str, shown: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(text)}(?!\w)", shown) is not None


def _pieces(text: str) -> list[str]:
    return [piece.strip(" ;:,.()") for piece, _, _, _ in Formatter().parse(text)]


def test_english_words_would_be_found() -> None:
    messages = [one for one in (*_outages("en"), *_others("en")) if one is not None]
    shown = "\n".join(map(_words, messages))
    assert {"down", "since", "planned", "work", "is", "of"} <= set(ENGLISH.findall(shown))


def test_every_way_to_tell_it_says_the_same_words() -> None:
    say = Babel("de", BERLIN)
    facts = replace(OPEN, late=False, unknown=0)
    made = spoken(compose(BOOK, [_notice("opened", facts)], 4 * HOUR, {}, say=say), say).head
    title = f"Xyzzy ist ausgefallen seit {say.moment(HOUR)}"
    assert made.title == title
    slack = str(blocks.render(made, buttons=True))
    assert title in slack
    assert "'text': 'Übernehmen'" in slack
    assert "Acknowledge" not in slack.replace("uptime_acknowledge", "")
    assert title in on_console("", made)
    assert "Stufe zz" in on_console("", made)
    mail = Mail.model_validate({"url": "smtp://localhost", "from": "u@example.org"})
    written = mailed(mail, "a@example.org", made, "k", files=(), topic="k")
    assert written["Subject"] == title
    page = written.get_body(("html",))
    assert page is not None
    assert '<html lang="de">' in page.get_content()


def _routed(*routes: dict[str, Any], **more: Any) -> Catalogue:
    return catalogue({"id": "shop"}, notifications={"routes": list(routes), **more})


NOTICE = Notice("k", "t", "opened", 0, "shop", {"classification": "unplanned"})


@pytest.mark.parametrize(
    ("book", "channel", "language"),
    [
        (_routed({"to": "#ops"}), "slack:#ops", "en"),
        (_routed({"to": "#ops", "language": "de"}), "slack:#ops", "de"),
        (_routed({"to": "#ops"}, language="fr"), "slack:#ops", "fr"),
        (_routed({"to": "#ops", "language": "en"}, language="fr"), "slack:#ops", "en"),
        (_routed({"to": "#ops"}, {"to": "#ops", "language": "es"}), "slack:#ops", "es"),
        (
            _routed({"to": "apprise:x", "language": "es"}, apprise={"x": {"urls_file": "f"}}),
            "apprise:x:abc",
            "es",
        ),
        (_routed({"to": "#ops", "language": "de"}), "slack:#uptime", "de"),
        (_routed(language="de"), "slack:#uptime", "de"),
        (
            _routed({"to": "mail:a@example.org", "language": "fr"}, {"to": "#ops"}),
            "slack:#ops",
            "en",
        ),
    ],
)
def test_an_address_reads_the_language_of_its_route(
    book: Catalogue, channel: str, language: str
) -> None:
    assert language_at(book, NOTICE, channel) == language


def test_each_address_is_told_in_its_own_language(make: Make) -> None:
    german = {"to": "console:", "language": "de"}
    routed = Routed(make, german, {"to": "#ops", "language": "es"})
    routed.world.change("opened", "s0", T0)
    assert routed.at(0) == [f"S0 ist ausgefallen seit {Babel('de', BERLIN).moment(T0)}"]
    [(_, told)] = routed.slack.got
    assert told == f"S0 está caído desde {Babel('es', BERLIN).moment(T0)}"
    routed.world.change("resolved", "s0", T0, T0 + MINUTE)
    when = Babel("de", BERLIN).stretch(T0, T0 + MINUTE)
    [over] = routed.at(MINUTE)[1:]
    assert over.startswith("S0 war 1")
    assert over.endswith(f"min ausgefallen (behoben): {when}")


def test_a_language_that_there_is_not_is_a_mistake_with_its_place() -> None:
    with pytest.raises(ValueError, match="language"):
        _routed({"to": "#ops", "language": "xx-nonsense-yy"})
