"""Signed JSON to an address of one's own."""

import base64
import hashlib
import hmac
import json
from pathlib import Path

import pytest
import requests

from service_catalogue.notifications import Webhook
from sla_engine.domain.notice import Message
from sla_engine.notifiers import Delivered, Failed, Retry, WebhookNotifier, webhook_notifier
from sla_engine.notifiers.webhook import WebhookTarget
from tests.notifiers.far_end import far_end, nobody

NOW = 1_791_008_130_250
MESSAGE = Message("Shop is down", "down", (("Owner", "team"),), mentions=("@here",))


def _seen(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """Return the headers of what is sent from here on."""
    seen: list[dict[str, str]] = []
    post = requests.Session.post

    def noting(self: requests.Session, url: str, **given: object) -> requests.Response:
        seen.append(dict(given["headers"]))  # type: ignore[call-overload]
        return post(self, url, **given)  # type: ignore[arg-type]

    monkeypatch.setattr(requests.Session, "post", noting)
    return seen


@pytest.mark.parametrize(
    ("written", "key"),
    [("correct horse", b"correct horse"), ("whsec_" + base64.b64encode(b"k").decode(), b"k")],
)
def test_whoever_has_the_secret_can_prove_who_sent_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str, key: bytes
) -> None:
    seen = _seen(monkeypatch)
    with far_end() as end:
        (tmp_path / "url").write_text(f"{end.url}\n")
        (tmp_path / "secret").write_text(f"{written}\n")
        hook = Webhook(url_file=tmp_path / "url", secret_file=tmp_path / "secret")
        notifier = webhook_notifier({"pager": hook})
        assert notifier.post("pager", MESSAGE, "outage:O-1/opened/1") == Delivered("pager")
    [headers], [body] = seen, end.got
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{body}".encode()
    digest = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{digest}"


def test_a_notice_is_one_cloud_event_under_a_key_of_its_own() -> None:
    with far_end() as end:
        targets = {"pager": WebhookTarget(end.url)}
        WebhookNotifier(targets, lambda: NOW).post("pager", MESSAGE, "k1")
    event = json.loads(end.got[0])
    assert (event["specversion"], event["id"]) == ("1.0", "k1")
    assert event["time"] == "2026-10-03T06:15:30.250Z"
    assert event["data"]["title"] == "Shop is down"
    assert event["data"]["fields"] == {"Owner": "team"}


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (301, Failed("webhook: HTTP 301")),
        (401, Failed("webhook: HTTP 401")),
        (408, Retry("webhook: HTTP 408")),
        (500, Retry("webhook: HTTP 500")),
    ],
)
def test_answers_are_judged_by_whether_a_repetition_helps(
    status: int, outcome: Failed | Retry
) -> None:
    with far_end() as end:
        end.answer = (status, "no")
        targets = {"pager": WebhookTarget(end.url)}
        assert WebhookNotifier(targets).post("pager", MESSAGE, "k") == outcome


def test_no_reason_holds_the_url() -> None:
    outcome = WebhookNotifier({"p": WebhookTarget(nobody().url)}).post("p", MESSAGE, "k")
    assert outcome == Retry("webhook: no connection")


@pytest.mark.parametrize(("url", "secret"), [("ftp://x", "s"), ("https://x", " ")])
def test_files_that_hold_nothing_of_use_are_refused_at_the_start(
    tmp_path: Path, url: str, secret: str
) -> None:
    (tmp_path / "url").write_text(url)
    (tmp_path / "secret").write_text(secret)
    hook = Webhook(url_file=tmp_path / "url", secret_file=tmp_path / "secret")
    with pytest.raises(ValueError, match=r"holds no URL|is empty"):
        webhook_notifier({"pager": hook})
