"""The recipe for a notifier, followed: Teams by incoming webhook. One file, one registry line."""

import requests

from sla_engine.domain.notice import Message
from sla_engine.notifiers import Capabilities, Delivered, Failed, Notifier, Outcome, Retry, plain
from tests.notifiers.far_end import Taken

_SERVER_ERROR = 500
_TOO_MANY = 429


class Teams(Notifier):
    """A channel of Teams, by the URL of its incoming webhook."""

    name = "teams"
    capabilities = Capabilities(one_place=True)

    def __init__(self, url: str) -> None:
        self._url = url

    def post(self, place: str, message: Message, key: str, thread: str | None = None) -> Outcome:
        """Send a card."""
        del key, thread
        card = {"@type": "MessageCard", "summary": message.title, "title": message.title}
        try:
            answer = requests.post(self._url, json=card | {"text": plain(message)}, timeout=1)
        except requests.RequestException:
            return Retry("teams: nobody answers")
        if answer.ok:
            return Delivered(place)
        if answer.status_code >= _SERVER_ERROR or answer.status_code == _TOO_MANY:
            return Retry(f"teams: HTTP {answer.status_code}", doubtful=False)
        return Failed(f"teams: HTTP {answer.status_code}")


TEAMS = Taken(lambda end: Teams(end.url), never=(410, "gone"))
