"""Notices as JSON to an address of one's own, signed as Standard Webhooks has it."""

import base64
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import NamedTuple

import orjson
import requests

from service_catalogue.notifications import Webhook
from sla_engine.domain.notice import Message
from sla_engine.notifiers.contract import Capabilities, Delivered, Failed, Notifier, Outcome, Retry
from uptime_common.retry_after import retry_after

SCHEME = "webhook"
TIMEOUT_SECONDS = 15
_TYPE = "uptime-ledger.notice"
_PREFIX = "whsec_"
_DAY = 24 * 3_600_000
_TOO_MANY, _BUSY, _SERVER_ERROR = 429, 408, 500


class WebhookTarget(NamedTuple):
    """Where to send, and the key to sign with (empty: unsigned)."""

    url: str
    key: bytes = b""


class WebhookNotifier(Notifier):
    """Webhooks by their names in the catalogue; ``clock`` returns ms UTC.

    Whoever receives sees a notice again under the same ``webhook-id`` where an answer was lost.
    """

    name = SCHEME
    capabilities = Capabilities(retry_for=_DAY)

    def __init__(
        self,
        targets: Mapping[str, WebhookTarget],
        clock: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self._targets, self._clock = targets, clock
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy or netrc of the environment

    def post(self, place: str, message: Message, key: str, thread: str | None = None) -> Outcome:
        """Send a message as one CloudEvent."""
        del thread
        target = self._targets.get(place)
        if target is None:
            return Retry("webhook: this name is no longer configured", doubtful=False)
        body = _body(message, key, self._clock())
        try:
            answer = self._session.post(
                target.url,
                data=body,
                headers=_headers(target.key, key, self._clock() // 1000, body),
                timeout=TIMEOUT_SECONDS,
                allow_redirects=False,
            )
        except requests.ConnectionError:
            return Retry("webhook: no connection")
        except (requests.RequestException, OSError) as error:
            return Retry(f"webhook: {type(error).__name__}")
        return _judged(place, answer, self._clock())


def _judged(place: str, answer: requests.Response, now: int) -> Outcome:
    status = answer.status_code
    if answer.ok and status < 300:  # noqa: PLR2004 - HTTP: a redirect is followed by nobody
        return Delivered(place)
    if status == _TOO_MANY:
        wait = retry_after(answer.headers.get("Retry-After"), now)
        return Retry("webhook: rate limited", wait, doubtful=False)
    if status == _BUSY or status >= _SERVER_ERROR:
        return Retry(f"webhook: HTTP {status}")
    return Failed(f"webhook: HTTP {status}")


def _body(message: Message, key: str, now: int) -> bytes:
    """Return a CloudEvent (1.0, JSON) of a message."""
    seconds, milliseconds = divmod(now, 1000)
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    event = {
        "specversion": "1.0",
        "type": _TYPE,
        "source": "uptime-ledger",
        "id": key,
        "time": f"{stamp}.{milliseconds:03d}Z",
        "datacontenttype": "application/json",
        "data": asdict(message) | {"fields": dict(message.fields)},
    }
    return orjson.dumps(event)


def _headers(key: bytes, identifier: str, seconds: int, body: bytes) -> dict[str, str]:
    headers = {
        "Content-Type": "application/cloudevents+json",
        "webhook-id": identifier,
        "webhook-timestamp": str(seconds),
    }
    if key:
        signed = f"{identifier}.{seconds}.".encode() + body
        digest = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        headers["webhook-signature"] = f"v1,{digest}"
    return headers


def webhook_notifier(webhooks: Mapping[str, Webhook]) -> WebhookNotifier:
    """Return the notifier of the catalogue's webhooks.

    Raises:
        OSError: a file of a URL or secret cannot be read.
        ValueError: it holds none.
    """
    targets = {}
    for name, webhook in webhooks.items():
        url = webhook.url_file.read_text(encoding="utf-8").strip()
        if not url.startswith(("https://", "http://")):
            raise ValueError(f"{webhook.url_file} holds no URL")
        secret = ""
        if webhook.secret_file is not None:
            secret = webhook.secret_file.read_text(encoding="utf-8").strip()
            if not secret:
                raise ValueError(f"{webhook.secret_file} is empty")
        targets[name] = WebhookTarget(url, _key(secret))
    return WebhookNotifier(targets)


def _key(secret: str) -> bytes:
    """Return the key of a secret: the bytes behind ``whsec_`` in base 64, else its text."""
    if not secret.startswith(_PREFIX):
        return secret.encode()
    return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
