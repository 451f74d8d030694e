"""Notices as readable lines on a stream: what one sees before Slack is set up."""

import sys
from typing import TextIO

from sla_engine.domain.notice import Message
from sla_engine.notifiers.contract import Delivered, File, Found, Missing, Outcome, Retry

_MARKS = {"down": "DOWN", "planned": "PLANNED", "up": "UP", "warning": "WARNING", "info": "INFO"}


class Console:
    """Prints each message; nothing can be edited or found again."""

    threads = False

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream

    def post(self, channel: str, message: Message, key: str, thread: str | None = None) -> Outcome:
        """Print the message, its mentions and facts indented under it."""
        del key, thread
        try:
            print(render(channel, message), file=self._stream or sys.stdout, flush=True)
        except OSError as error:
            return Retry(f"console: {error}", doubtful=False)
        return Delivered(channel)

    def edit(self, at: Delivered, message: Message, key: str) -> Outcome:
        """Print it again: a line once printed stays."""
        return self.post(at.channel, message, key)

    def find(self, channel: str, key: str, since: int, thread: str | None = None) -> Found:
        """Find nothing."""
        del channel, key, since, thread
        return Missing()

    def attach(self, at: Delivered, file: File) -> Outcome:
        """Name the file."""
        return self.post(at.channel, Message(f"{file.title} ({file.name})", "info"), file.name)


def render(channel: str, message: Message) -> str:
    """Return a message as lines of text."""
    told = f" {' '.join(message.mentions)}" if message.mentions else ""
    width = max((len(label) for label, _ in message.facts), default=0)
    return "\n".join(
        [
            f"[{channel}] {_MARKS[message.tone]}: {message.title}{told}",
            *(f"    {label:{width}}  {value}" for label, value in message.facts),
            *(f"    {line}" for line in message.lines),
        ]
    )
