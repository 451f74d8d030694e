"""Notices as readable lines on a stream: what one sees before Slack is set up."""

import sys
from typing import TextIO

from sla_engine.domain.notice import Message
from sla_engine.notifiers.contract import (
    Capabilities,
    Delivered,
    File,
    Notifier,
    Outcome,
    Retry,
    plain,
)

_MARKS = {"down": "DOWN", "planned": "PLANNED", "up": "UP", "warning": "WARNING", "info": "INFO"}


class Console(Notifier):
    """Prints each message; nothing can be edited or found again."""

    name = "console"
    capabilities = Capabilities(files=True)

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream

    def post(self, place: str, message: Message, key: str, thread: str | None = None) -> Outcome:
        """Print the message, its mentions and facts indented under it."""
        del key, thread
        try:
            print(render(place, message), file=self._stream or sys.stdout, flush=True)
        except OSError as error:
            return Retry(f"console: {error}", doubtful=False)
        return Delivered(place)

    def attach(self, at: Delivered, file: File) -> Outcome:
        """Name the file."""
        return self.post(at.channel, Message(f"{file.title} ({file.name})", "info"), file.name)


def render(place: str, message: Message) -> str:
    """Return a message as lines of text."""
    told = f" {' '.join(message.mentions)}" if message.mentions else ""
    head = f"[{place or 'console'}] {_MARKS[message.tone]}: {message.title}{told}"
    return "\n".join([head, *(f"    {line}" for line in plain(message).splitlines())])
