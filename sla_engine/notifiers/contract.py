"""What came of an attempt to tell somebody something."""

from dataclasses import dataclass
from typing import Protocol

from sla_engine.domain.notice import Message


@dataclass(frozen=True, slots=True)
class Delivered:
    """It is there. ``ts`` is the message's id in its channel, None where nothing can be edited."""

    channel: str
    ts: str | None = None


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again: not before ``after`` milliseconds when the service said so.

    ``doubtful`` says that the message may have arrived all the same: look before sending again.
    """

    reason: str
    after: int | None = None
    doubtful: bool = True


@dataclass(frozen=True, slots=True)
class Failed:
    """It will not get through as it is: somebody must mend something first."""

    reason: str


@dataclass(frozen=True, slots=True)
class Missing:
    """A look-up found no such message."""


@dataclass(frozen=True, slots=True)
class File:
    """A file to attach to a thread; ``alt`` says what an image shows."""

    name: str
    content: bytes
    title: str
    alt: str = ""


Outcome = Delivered | Retry | Failed
Found = Delivered | Missing | Retry | Failed


class Notifier(Protocol):
    """Where notices go. Methods never raise for what the other side does: they return an outcome.

    ``threads`` says whether messages can be edited, answered and found again.
    """

    threads: bool

    def post(self, channel: str, message: Message, key: str, thread: str | None = None) -> Outcome:
        """Send a message, into a thread when given; ``key`` identifies it in ``find``."""
        ...

    def edit(self, at: Delivered, message: Message, key: str) -> Outcome:
        """Replace a message's content."""
        ...

    def find(self, channel: str, key: str, since: int, thread: str | None = None) -> Found:
        """Look for a message of that key, or a file of that title, since a time (ms UTC)."""
        ...

    def attach(self, at: Delivered, file: File) -> Outcome:
        """Put a file into the thread of a message."""
        ...
