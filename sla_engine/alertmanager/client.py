"""The silences of one Alertmanager; a cluster shares them."""

from typing import Any, Self

import requests

from sla_engine.alertmanager.silence import Silence, document, parse

_SECONDS = (5, 15)
_NOT_FOUND = 404


class AlertmanagerError(Exception):
    """Alertmanager did not do it; the message names it and the reason in one line."""


class Client:
    """Reads, writes and expires silences."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy between us and Alertmanager

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def silences(self) -> list[Silence]:
        """Return every silence, those that expired of late too.

        Raises:
            AlertmanagerError: see there.
        """
        try:
            return [parse(item) for item in self._ask("GET", "silences").json()]
        except (ValueError, KeyError, TypeError) as error:
            raise AlertmanagerError(f"{self.url}: no answer of Alertmanager: {error!r}") from error

    def post(self, silence: Silence) -> None:
        """Create a silence, or change the one of its id.

        Raises:
            AlertmanagerError: see there.
        """
        self._ask("POST", "silences", document(silence))

    def expire(self, identifier: str) -> None:
        """End a silence now; one that is gone already is fine.

        Raises:
            AlertmanagerError: see there.
        """
        self._ask("DELETE", f"silence/{identifier}", missing_ok=True)

    def _ask(
        self, method: str, path: str, body: Any = None, *, missing_ok: bool = False
    ) -> requests.Response:
        try:
            reply = self._session.request(
                method, f"{self.url}/api/v2/{path}", json=body, timeout=_SECONDS
            )
        except (requests.RequestException, ValueError) as error:
            raise AlertmanagerError(f"{self.url}: {error}") from error
        if not reply.ok and not (missing_ok and reply.status_code == _NOT_FOUND):
            said = " ".join(reply.text.split())[:200]
            raise AlertmanagerError(f"{self.url}: HTTP {reply.status_code}: {said}")
        return reply
