import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from service_catalogue.notifications import Slack as Settings
from sla_engine.app.notifiers import SocketTokens, choose, socket_tokens
from sla_engine.domain.notice import Message
from sla_engine.notifiers import (
    Delivered,
    Failed,
    File,
    Missing,
    Retry,
)
from sla_engine.slack.notifier import SlackBot, SlackWebhook
from tests.programs.ports import free_port
from tests.programs.slack import TOKEN, Slack, local_slack

MESSAGE = Message(
    "Shop is down",
    "down",
    fields=(("Owner", "<team> & sons"),),
    mentions=("@here", "S0123456"),
    actions=("acknowledge",),
    about=("O-1",),
)
UPTIME = "C0000UPTIME"


@pytest.fixture
def slack() -> Iterator[Slack]:
    with local_slack() as server:
        yield server


@pytest.fixture
def bot(slack: Slack) -> SlackBot:
    return SlackBot(TOKEN, slack.api_url, timeout=1)


def delivered(outcome: object) -> Delivered:
    assert isinstance(outcome, Delivered)
    return outcome


def test_a_message_is_posted_with_its_key_and_found_by_it(slack: Slack, bot: SlackBot) -> None:
    at = delivered(bot.post("#uptime", MESSAGE, "outage:1"))
    assert at.channel == UPTIME
    [message] = slack.messages
    assert message["metadata"]["event_payload"] == {"key": "outage:1"}
    assert message["text"] == "\U0001f534 Shop is down <!here> <!subteam^S0123456>"
    assert bot.find("#uptime", "outage:1", 0) == at
    assert bot.find("#uptime", "outage:2", 0) == Missing()
    assert "actions" not in [block["type"] for block in message["blocks"]]  # nobody listens


def test_a_message_is_found_on_the_second_page(slack: Slack, bot: SlackBot) -> None:
    slack.page = 2
    first = delivered(bot.post("#uptime", MESSAGE, "outage:0"))
    for i in range(1, 5):
        bot.post("#uptime", MESSAGE, f"outage:{i}")
    assert bot.find("#uptime", "outage:0", 0) == first


def test_a_thread_is_answered_searched_and_its_head_edited(slack: Slack, bot: SlackBot) -> None:
    head = delivered(bot.post("#uptime", MESSAGE, "outage:1"))
    reply = delivered(bot.post(UPTIME, replace(MESSAGE, title="Over"), "resolved", head.ts))
    assert bot.find(UPTIME, "resolved", 0, head.ts) == reply
    assert bot.find(UPTIME, "resolved", 0) == Missing()
    assert delivered(bot.edit(head, replace(MESSAGE, title="Shop was down"), "outage:1")) == head
    [root] = slack.roots()
    assert (root["edits"], "Shop was down" in root["text"]) == (1, True)


def test_a_file_goes_into_the_thread(slack: Slack, bot: SlackBot) -> None:
    head = delivered(bot.post("#uptime", MESSAGE, "report"))
    delivered(bot.attach(head, File("chart.png", b"PNG", "October", "alt")))
    assert list(slack.files.values()) == [b"PNG"]
    assert slack.replies(head.ts or "")[0]["files"][0]["title"] == "October"


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("rate_limited", Retry("slack: rate limited", 7_000, doubtful=False)),
        ("invalid_auth", Failed("slack: invalid_auth")),
        ("channel_not_found", Failed("slack: channel_not_found")),
        ("internal_error", Retry("slack: internal_error (HTTP 200)")),
        ("file_update_failed", Retry("slack: file_update_failed (HTTP 200)")),
        ("service_unavailable", Retry("slack: service_unavailable (HTTP 200)")),
        ("request_timeout", Retry("slack: request_timeout (HTTP 200)")),
        ("never_heard_of", Retry("slack: never_heard_of", unexplained=True)),
    ],
)
def test_what_slack_says_is_judged(
    slack: Slack, bot: SlackBot, fault: str, expected: object
) -> None:
    slack.fault = lambda _: fault
    assert bot.post("#uptime", MESSAGE, "k") == expected
    assert bot.edit(Delivered(UPTIME, "1.0"), MESSAGE, "k") == expected
    assert bot.find(UPTIME, "k", 0) == expected
    assert bot.attach(Delivered(UPTIME, "1.0"), File("a", b"a", "a")) == expected


@pytest.mark.parametrize("fault", ["server_error_after", "reset_after", "timeout_after"])
def test_a_send_without_an_answer_is_doubtful_and_sent_once(
    slack: Slack, bot: SlackBot, fault: str
) -> None:
    slack.fault = lambda method: fault if method == "chat.postMessage" else None
    outcome = bot.post("#uptime", MESSAGE, "outage:1")
    assert isinstance(outcome, Retry)
    assert outcome.doubtful
    assert len(slack.messages) == 1
    assert delivered(bot.find("#uptime", "outage:1", 0)).ts == slack.messages[0]["ts"]


@pytest.mark.parametrize("client", [SlackBot, SlackWebhook])
def test_a_refused_connection_is_not_doubtful(client: type) -> None:
    url = f"http://127.0.0.1:{free_port()}/"
    notifier = SlackBot(TOKEN, url) if client is SlackBot else SlackWebhook(url)
    outcome = notifier.post("#uptime", MESSAGE, "k")
    assert isinstance(outcome, Retry)
    assert not outcome.doubtful


def test_a_webhook_posts_and_is_judged(slack: Slack) -> None:
    hook = SlackWebhook(slack.hook_url, timeout=1)
    assert hook.post("#uptime", MESSAGE, "k") == Delivered("#uptime")
    assert "actions" not in [block["type"] for block in slack.messages[0]["blocks"]]
    slack.fault = lambda _: "rate_limited"
    assert hook.post("#uptime", MESSAGE, "k") == Retry("slack: rate limited", 7_000, doubtful=False)
    slack.fault = lambda _: "server_error"
    outcome = hook.post("#uptime", MESSAGE, "k")
    assert isinstance(outcome, Retry)
    assert outcome.doubtful


def test_a_webhook_that_is_gone_fails(slack: Slack) -> None:
    slack.fault = lambda _: "no_service"
    hook = SlackWebhook(slack.hook_url, timeout=1)
    assert hook.post("#uptime", MESSAGE, "k") == Failed("slack: no_service")


def test_the_notifier_is_chosen_by_what_is_configured(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("xoxb-1\n")
    assert choose(Settings(), {}).name == "console"
    assert choose(Settings(), {"SLACK_WEBHOOK_URL": "http://x/"}).name == "slack-webhook"
    both = {"SLACK_WEBHOOK_URL": "http://x/", "SLACK_BOT_TOKEN": "t"}
    assert choose(Settings(), both).name == "slack"
    assert choose(Settings(bot_token_file=token), {}).name == "slack"


def test_an_empty_secret_is_an_error(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("\n")
    with pytest.raises(ValueError, match="is empty"):
        choose(Settings(bot_token_file=token), {})


def test_socket_mode_needs_both_tokens_and_whom_it_obeys() -> None:
    both = {"SLACK_BOT_TOKEN": "b", "SLACK_APP_TOKEN": "a"}
    groups = Settings(user_groups=("S0123456",))
    assert socket_tokens(groups, both) == SocketTokens("a", "b")
    assert socket_tokens(groups, {"SLACK_BOT_TOKEN": "b", "SLACK_APP_TOKEN": ""}) is None
    with pytest.raises(ValueError, match="goes with a bot token"):
        socket_tokens(groups, {"SLACK_APP_TOKEN": "a"})
    with pytest.raises(ValueError, match=r"goes with slack\.user_groups"):
        socket_tokens(Settings(), both)


def test_buttons_are_sent_where_somebody_listens(slack: Slack) -> None:
    for environment in ({}, {"SLACK_APP_TOKEN": "a"}):
        settings = Settings(api_url=slack.api_url)
        choose(settings, {"SLACK_BOT_TOKEN": TOKEN, **environment}).post("#uptime", MESSAGE, "k")
    kinds = [[block["type"] for block in m["blocks"]] for m in slack.messages]
    assert ["actions" in one for one in kinds] == [False, True]


def test_what_the_documentation_says_to_paste_is_what_it_takes() -> None:
    text = (Path(__file__).parents[2] / "docs" / "slack.md").read_text(encoding="utf-8")
    manifest, *catalogues = map(yaml.safe_load, re.findall(r"```yaml\n(.+?)```", text, re.DOTALL))
    assert manifest["settings"]["socket_mode_enabled"] is True
    assert manifest["settings"]["interactivity"]["is_enabled"] is True
    assert [c["command"] for c in manifest["features"]["slash_commands"]] == ["/uptime"]
    assert {"commands", "usergroups:read"} < set(manifest["oauth_config"]["scopes"]["bot"])
    for extract in catalogues:
        Settings.model_validate(extract["slack"])


def test_pages_without_an_end_are_left(slack: Slack, bot: SlackBot) -> None:
    slack.page = 1
    for number in range(3):
        bot.post(UPTIME, MESSAGE, f"outage:{number}")
    assert isinstance(bot.find(UPTIME, "outage:0", 0), Delivered)
    slack.next_cursor = "1"
    outcome = bot.find(UPTIME, "outage:none", 0)
    assert isinstance(outcome, Retry)
    assert outcome.unexplained


@pytest.mark.parametrize("fault", ["garbage", "nonsense", "nothing"])
def test_an_answer_that_is_none_is_tried_again(slack: Slack, bot: SlackBot, fault: str) -> None:
    slack.fault = lambda _: fault
    at = Delivered(UPTIME, "1.2")
    for outcome in (
        bot.post(UPTIME, MESSAGE, "outage:1"),
        bot.edit(at, MESSAGE, "outage:1"),
        bot.find("#uptime", "outage:1", 0),
        bot.attach(at, File("a.pdf", b"x", "A")),
    ):
        assert isinstance(outcome, Retry)
        assert outcome.doubtful


def test_a_webhook_s_answer_that_is_no_text_is_tried_again(slack: Slack) -> None:
    slack.fault = lambda _: "garbage"
    outcome = SlackWebhook(slack.hook_url, timeout=1).post("", MESSAGE, "outage:1")
    assert isinstance(outcome, Retry)
    assert outcome.unexplained
