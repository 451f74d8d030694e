"""Messages in Block Kit: its limits, and that what people wrote stays what they wrote."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_engine.domain.notice import Message
from sla_engine.notifiers.console import render
from sla_engine.slack import blocks
from tests.programs.slack_rules import mistakes

text = st.text(min_size=1, max_size=20) | st.sampled_from(
    ["&" * 3_100, "x" * 3_100, "<!channel>" * 200]
)
messages = st.builds(
    Message,
    title=text,
    tone=st.sampled_from(["down", "planned", "up", "warning", "info"]),
    fields=st.lists(st.tuples(text, text), max_size=25).map(tuple),
    lines=st.lists(text, max_size=80).map(tuple),
    mentions=st.lists(st.sampled_from(["@here", "U0123456", "<!channel>"]), max_size=2).map(tuple),
    actions=st.just(("acknowledge", "annotate")),
    about=st.lists(text, min_size=1, max_size=300).map(tuple),
)


def body(message: Message) -> dict[str, object]:
    return {"text": blocks.fallback(message), "blocks": blocks.render(message, buttons=True)}


@given(messages)
def test_no_message_ever_exceeds_slacks_limits(message: Message) -> None:
    assert mistakes(body(message)) == []


def test_lines_that_find_no_room_are_counted() -> None:
    lines = tuple(f"{i} {'x' * 2_900}" for i in range(60))
    rendered = blocks.render(Message("Many", "down", lines=lines))
    assert len(rendered) == 50
    assert rendered[-1]["text"]["text"] == "and 12 more"


def test_a_message_cannot_mention_anybody_by_its_text() -> None:
    rendered = blocks.render(Message("x", "down", fields=(("Cause", "<!channel> & <@U1>"),)))
    assert rendered[1]["fields"][0]["text"] == "*Cause*\n&lt;!channel&gt; &amp; &lt;@U1&gt;"


def test_cutting_leaves_no_half_escape() -> None:
    rendered = blocks.render(Message("x", "down", lines=("&" * 3_000,)))
    cut = rendered[1]["text"]["text"]
    assert cut.endswith("&amp;…")
    assert len(cut) <= 3_000


def test_the_console_shows_all_parts() -> None:
    message = Message(
        "Shop is down", "down", (("Owner", "shop"), ("Began", "now")), ("a line",), ("@here",)
    )
    assert render("#uptime", message) == (
        "[#uptime] DOWN: Shop is down @here\n    Owner  shop\n    Began  now\n    a line"
    )


@pytest.mark.parametrize(
    "name",
    ["*Bold* GmbH", "_it_ and _that_", "~gone~", "`code` (`x`)", "@channel 5", "ask @here, now",
     "> quoted", "**twice**", "(*Acme*)", "@everyone"],
)  # fmt: skip
def test_a_name_formats_and_calls_nothing(name: str) -> None:
    [*_, section] = blocks.render(Message("x", "down", lines=(name,)))
    shown = section["text"]["text"]
    assert shown.replace("\u200b", "").replace("&gt;", ">") == name
    apart = shown.split("\u200b")
    assert len(apart) > 1
    for mark in "*_~`":
        assert not re.search(rf"(?:^|[\s(]){re.escape(mark)}[^\s\u200b{re.escape(mark)}]", shown)
    assert not re.search(r"@(channel|here|everyone)|^&gt;", shown)


@pytest.mark.parametrize(
    "name",
    ["web_shop_1", "5 * 3 * 2", "a*b*c", "https://x.example/_a_/b", "me@here.example", "R&D *",
     "~5 and ~6", "*.example.org and *.example.com"],
)  # fmt: skip
def test_what_slack_does_not_format_stays_as_it_is(name: str) -> None:
    [*_, section] = blocks.render(Message("x", "down", lines=(name,)))
    assert section["text"]["text"] == name.replace("&", "&amp;")


def test_a_name_from_the_right_moves_no_figure() -> None:
    [head, line] = blocks.render(Message("מרכז 5", "down", lines=("מרכז 210.3 %",)))
    assert head["text"]["text"].endswith("\u2068מרכז\u2069 5")
    assert line["text"]["text"] == "\u2068מרכז\u2069 210.3 %"


def test_a_long_title_is_told_once_and_cut_between_sentences() -> None:
    title = f"October: 8 of 11 {'x' * 60}. One is on course. Agreements missed: {'y' * 60}, Retail."
    [head, section] = blocks.render(Message(title, "up"))
    assert head["text"]["text"].endswith("One is on course.")
    assert section["text"]["text"] == f"Agreements missed: {'y' * 60}, Retail."
    [head, section] = blocks.render(Message("z" * 200, "up"))
    assert (head["text"]["text"][-1], section["text"]["text"]) == ("…", "z" * 200)
