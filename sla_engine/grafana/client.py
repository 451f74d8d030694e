"""The annotations of one organisation of a Grafana."""

from typing import Any, Self

import requests

from sla_engine.grafana.annotation import TAG, Annotation, parse

_SECONDS = (5, 15)
_OK, _NOT_FOUND = 200, 404
_FOREVER = 253_402_300_799_000  # the year 9999
MOST = 5000
"""Annotations in one answer; were there more, we would not know which are there."""


class GrafanaError(Exception):
    """Grafana did not do it; the message names it and the reason in one line."""


class Client:
    """Finds, writes, changes and removes the annotations of outages.

    Args:
        url: where Grafana is, with the path that it is served at.
        token: of a service account that may read and write annotations of the organisation.
    """

    def __init__(self, url: str, token: str) -> None:
        self.url = url.rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False  # neither a proxy nor a .netrc between us and Grafana
        self._session.headers["Authorization"] = f"Bearer {token}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def annotations(self, start: int) -> list[Annotation]:
        """Return those of outages that had not ended at a time (ms UTC), or began later.

        Raises:
            GrafanaError: see there; or there are more than one answer holds.
        """
        asked = {"tags": TAG, "type": "annotation", "from": start, "to": _FOREVER, "limit": MOST}
        reply = self._ask("GET", "", params=asked)
        try:
            told = reply.json()
            found = [one for item in told if (one := parse(item)) is not None]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise GrafanaError(f"{self.url}: no answer of Grafana: {error!r}") from error
        if len(told) >= MOST:
            raise GrafanaError(f"{self.url}: more than {MOST} annotations with the tag {TAG}")
        return found

    def post(self, annotation: Annotation) -> None:
        """Write a new one.

        Raises:
            GrafanaError: see there.
        """
        self._ask("POST", "", json=annotation.document())

    def change(self, annotation: Annotation) -> None:
        """Give the one of its number other times and words.

        Raises:
            GrafanaError: see there; also where somebody removed it.
        """
        times = {"time": annotation.start, "timeEnd": annotation.end or annotation.start}
        self._ask("PATCH", f"/{annotation.number}", json={**times, "text": annotation.text})

    def remove(self, number: int) -> None:
        """Remove one; one that is gone already is fine.

        Raises:
            GrafanaError: see there.
        """
        self._ask("DELETE", f"/{number}", missing_ok=True)

    def _ask(
        self, method: str, path: str, *, missing_ok: bool = False, **more: Any
    ) -> requests.Response:
        address = f"{self.url}/api/annotations{path}"
        try:
            reply = self._session.request(
                method, address, timeout=_SECONDS, allow_redirects=False, **more
            )
        except requests.RequestException as error:
            raise GrafanaError(f"{self.url}: {error}") from error
        if reply.status_code != _OK and not (missing_ok and reply.status_code == _NOT_FOUND):
            said = " ".join(reply.text.split())[:200]
            raise GrafanaError(f"{self.url}: HTTP {reply.status_code}: {said}")
        return reply
