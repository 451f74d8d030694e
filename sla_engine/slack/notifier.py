"""Slack by bot token (threads, edits, files) or by incoming webhook, through slack-sdk."""

import json
import logging
import re
import time
from collections.abc import Callable, Iterator
from http.client import HTTPException
from typing import Any
from urllib.error import URLError

from slack_sdk import WebClient, WebhookClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web import SlackResponse

from sla_engine.domain.notice import Message
from sla_engine.notifiers.contract import (
    Capabilities,
    Delivered,
    Edited,
    Failed,
    File,
    Found,
    Gone,
    Missing,
    Notifier,
    Outcome,
    Retry,
    Unreadable,
)
from sla_engine.slack import blocks
from sla_engine.slack.refusals import FINAL
from uptime_common.retry_after import retry_after

EVENT_TYPE = "uptime_ledger_notice"
TIMEOUT_SECONDS = 15
_SPACING = 1_000  # ms: Slack takes one message a second from a webhook
_ID = re.compile(r"[CDG][A-Z0-9]{6,}")
_MOST_PAGES = 5000
_PAGE = 200
_SERVER_ERROR = 500
_TOO_MANY = 429
_PASSING = {
    "internal_error",
    "fatal_error",
    "service_unavailable",
    "request_timeout",
    "rollup_error",
    "team_added_to_org",
    "file_update_failed",
}
# Somebody deleted the message, or it may no longer be edited.
_GONE = ("message_not_found", "cant_update_message", "edit_window_closed")
_NO_RIGHT = "missing_scope"
_SKEW = 300_000  # our clock and Slack's may differ by so many milliseconds
BROKEN = (URLError, HTTPException, OSError, SlackClientError, json.JSONDecodeError)
_MISSHAPEN = (AttributeError, LookupError, TypeError, ValueError)
"""What reading an answer raises that is no text, or JSON and not of Slack's shape."""


class SlackBot(Notifier):
    """Slack's Web API with a bot token; ``buttons`` says that somebody listens to them.

    slack-sdk's own retries stay off: it would send again after a reset connection without looking
    whether the first attempt arrived.
    """

    name = "slack"

    def __init__(
        self, token: str, api_url: str, timeout: int = TIMEOUT_SECONDS, *, buttons: bool = False
    ) -> None:
        self._client = WebClient(
            token, base_url=api_url, timeout=timeout, retry_handlers=[], logger=quiet()
        )
        self.capabilities = Capabilities(threads=True, buttons=buttons, files=True)
        self._ids: dict[str, str] = {}

    def post(self, place: str, message: Message, key: str, thread: str | None = None) -> Outcome:
        """Send by chat.postMessage, with the key as metadata."""
        content = self._content(message)
        return _outcome(
            lambda: self._client.chat_postMessage(
                channel=place,
                thread_ts=thread,
                metadata=_metadata(key),
                unfurl_links=False,
                unfurl_media=False,
                **content,
            )
        )

    def edit(self, at: Delivered, message: Message, key: str) -> Edited:
        """Replace by chat.update; the metadata stays."""
        content = self._content(message)
        outcome = _outcome(
            lambda: self._client.chat_update(
                channel=at.channel,
                ts=at.ts or "",
                metadata=_metadata(key),
                **content,
            )
        )
        if isinstance(outcome, Failed) and outcome.reason.endswith(_GONE):
            return Gone(outcome.reason)
        return outcome

    def find(self, place: str, key: str, since: int, thread: str | None = None) -> Found:
        """Look through the channel's history, or a thread's, for the key in the metadata."""
        found: list[Delivered] = []

        def search() -> SlackResponse:
            channel = self._channel_id(place)
            pages = self._messages(channel, f"{(since - _SKEW) / 1000:.6f}", thread)
            for page in _each(pages):
                found.extend(_matches(page, channel, key))
                if found:
                    break
            return pages

        outcome = _outcome(search)
        if isinstance(outcome, Delivered):
            return found[0] if found else Missing()
        if isinstance(outcome, Failed) and outcome.reason.endswith(_NO_RIGHT):
            return Unreadable(outcome.reason)
        return outcome

    def attach(self, at: Delivered, file: File) -> Outcome:
        """Upload by files.getUploadURLExternal and share it in the message's thread."""
        return _outcome(
            lambda: self._client.files_upload_v2(
                channel=at.channel,
                thread_ts=at.ts,
                filename=file.name,
                content=file.content,
                title=file.title,
                alt_txt=file.alt or file.title,
            )
        )

    def _content(self, message: Message) -> dict[str, Any]:
        rendered = blocks.render(message, buttons=self.capabilities.buttons)
        return {"text": blocks.fallback(message), "blocks": rendered}

    def _messages(self, channel: str, oldest: str, thread: str | None) -> SlackResponse:
        """Return the first page of messages; iterating over it fetches the others."""
        if thread is None:
            return self._client.conversations_history(
                channel=channel, oldest=oldest, include_all_metadata=True, limit=_PAGE
            )
        return self._client.conversations_replies(
            channel=channel, ts=thread, oldest=oldest, include_all_metadata=True, limit=_PAGE
        )

    def _channel_id(self, channel: str) -> str:
        """Return the id of a channel: reading, unlike posting, takes no names."""
        if _ID.fullmatch(channel):
            return channel
        if channel not in self._ids:
            pages = self._client.conversations_list(
                types="public_channel,private_channel", exclude_archived=True, limit=_PAGE
            )
            self._ids = {
                f"#{c['name']}": c["id"] for page in _each(pages) for c in page["channels"]
            }
        return self._ids.get(f"#{channel.removeprefix('#')}", channel)


class SlackWebhook(Notifier):
    """Slack by incoming webhook: messages only, into the webhook's own channel.

    It cannot edit, read or upload: a message says all in words.
    """

    name = "slack-webhook"
    capabilities = Capabilities(one_place=True, spacing=_SPACING)

    def __init__(self, url: str, timeout: int = TIMEOUT_SECONDS) -> None:
        self._client = WebhookClient(url, timeout=timeout, retry_handlers=[], logger=quiet())

    def post(self, place: str, message: Message, key: str, thread: str | None = None) -> Outcome:
        """Send; a webhook has no threads, no buttons and no metadata."""
        del key, thread
        text, rendered = blocks.fallback(message), blocks.render(message)
        try:
            response = self._client.send(text=text, blocks=rendered)
        except BROKEN as error:
            return _broken(error)
        except _MISSHAPEN as error:
            return _misshapen(error)
        if response.status_code == 200:  # noqa: PLR2004 - HTTP
            return Delivered(place)
        return _rejected(response.status_code, response.body.strip(), response.headers)


def quiet() -> logging.Logger:
    """Return a logger for slack-sdk that says nothing: the outcome says it, in one line."""
    logger = logging.getLogger("slack_sdk.quiet")
    logger.setLevel(logging.CRITICAL)
    return logger


def _metadata(key: str) -> dict[str, Any]:
    return {"event_type": EVENT_TYPE, "event_payload": {"key": key}}


def _matches(response: SlackResponse, channel: str, key: str) -> list[Delivered]:
    messages: list[dict[str, Any]] = response.get("messages", [])
    return [
        Delivered(channel, message["ts"])
        for message in messages
        if message.get("metadata", {}).get("event_payload", {}).get("key") == key
        or any(file.get("title") == key for file in message.get("files", ()))
    ]


def _each(pages: SlackResponse) -> Iterator[SlackResponse]:
    """Yield pages until the last one.

    Raises:
        ValueError: they have no end: a cursor comes again, or there are too many.
    """
    seen: set[str] = set()
    for page in pages:
        yield page
        cursor = str((page.get("response_metadata") or {}).get("next_cursor") or "")
        if cursor in seen or len(seen) > _MOST_PAGES:
            raise ValueError("its pages have no end")
        if cursor:
            seen.add(cursor)


def _outcome(call: Callable[[], SlackResponse]) -> Outcome:
    try:
        response = call()
    except SlackApiError as error:
        if not isinstance(error.response, SlackResponse):  # Slack answered, but not in JSON
            return Retry(f"slack: {one_line(error)}")
        said = error.response.data  # what is JSON may be a list, or a word
        reason = str(said.get("error", "no reason given") if isinstance(said, dict) else said)
        return _rejected(error.response.status_code, reason, error.response.headers)
    except BROKEN as error:
        return _broken(error)
    except _MISSHAPEN as error:
        return _misshapen(error)
    return Delivered(str(response.get("channel") or ""), response.get("ts"))


def _rejected(status: int, reason: str, headers: Any) -> Outcome:
    """Judge a refusal; after a server error nobody knows whether the message was taken."""
    if status == _TOO_MANY or reason in {"ratelimited", "rate_limited"}:
        asked = next((str(v) for k, v in headers.items() if k.lower() == "retry-after"), None)
        wait = retry_after(asked, time.time_ns() // 1_000_000)
        return Retry("slack: rate limited", wait, doubtful=False)
    if status >= _SERVER_ERROR or reason in _PASSING:
        return Retry(f"slack: {reason} (HTTP {status})")
    if reason in FINAL:
        return Failed(f"slack: {reason}")
    return Retry(f"slack: {reason}", unexplained=True)


def _broken(error: Exception) -> Retry:
    refused = isinstance(getattr(error, "reason", error), ConnectionRefusedError)
    return Retry(f"slack: {one_line(error)}", doubtful=not refused)


def _misshapen(error: Exception) -> Retry:
    return Retry(f"slack: an answer that is none: {type(error).__name__}", unexplained=True)


def one_line(error: Exception) -> str:
    """Return what an error says in one line."""
    return " ".join(str(error).split()) or type(error).__name__
