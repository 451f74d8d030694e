"""The contract of notifiers: what each is asked for, can do, and says of an attempt."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from sla_engine.domain.notice import Message


@dataclass(frozen=True, slots=True)
class Delivered:
    """It is there. ``ts`` is the message's id in its channel, None where nothing can be edited."""

    channel: str
    ts: str | None = None


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again: not before ``after`` milliseconds when the service said so.

    ``doubtful`` says that the message may have arrived all the same: look before sending again;
    ``ours`` that the notifier itself failed; ``unexplained`` that the other side
    refused it for a reason that nobody here knows. Both are tried for a day.
    """

    reason: str
    after: int | None = None
    doubtful: bool = True
    ours: bool = False
    unexplained: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """It will not get through as it is: somebody must mend something first."""

    reason: str


@dataclass(frozen=True, slots=True)
class Missing:
    """A look-up found no such message."""


@dataclass(frozen=True, slots=True)
class Gone:
    """The message is there no more, or may no longer be edited: its thread still counts."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """We may not look messages up: nobody knows whether it is there."""

    reason: str


@dataclass(frozen=True, slots=True)
class File:
    """A file to attach to a thread; ``alt`` says what an image shows."""

    name: str
    content: bytes
    title: str
    alt: str = ""


Outcome = Delivered | Retry | Failed
Edited = Delivered | Gone | Retry | Failed
Found = Delivered | Missing | Unreadable | Retry | Failed


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a notifier can do beyond sending a message.

    ``threads``: messages are edited, answered and found again; ``buttons``: people can act from a
    message; ``files``: files are taken, else a report goes as text; ``one_place``: every address
    of its scheme is one and the same place; ``whole``: a message goes in one piece with its files
    (`Notifier.send`), as a page where it has one. ``retry_for`` is how long (ms) an attempt is
    worth repeating where the other side never says that it is hopeless; None is without end.
    ``spacing`` is the least time (ms) from one message to the next.
    """

    threads: bool = False
    buttons: bool = False
    files: bool = False
    one_place: bool = False
    whole: bool = False
    retry_for: int | None = None
    spacing: int = 0


class Notifier(ABC):
    """Where notices go. Methods return an outcome for whatever the other side does.

    ``name`` is its label in metrics and logs. ``place`` is an address without its scheme. A reason
    is one line, begins with the scheme and a colon, and holds no secret. Only ``post`` must be
    written; what has no capability is never asked for the rest but for what stands here.
    """

    name: str
    capabilities = Capabilities()

    @abstractmethod
    def post(self, place: str, message: Message, key: str, thread: str | None = None) -> Outcome:
        """Send a message, into a thread when given; ``key`` identifies it in ``find``."""

    def send(
        self, place: str, message: Message, key: str, files: Sequence[File], topic: str
    ) -> Outcome:
        """Send a message in one piece with its files; ``topic`` is what its like share."""
        del files
        return self.post(place, message, key, topic)

    def addresses(self, report: str) -> tuple[str, ...]:
        """Return where a scheduled report, by its id, goes besides the channel that it names."""
        del report
        return ()

    def edit(self, at: Delivered, message: Message, key: str) -> Edited:
        """Replace a message's content; where nothing can be edited it is sent again."""
        return self.post(at.channel, message, key)

    def find(self, place: str, key: str, since: int, thread: str | None = None) -> Found:
        """Look for a message of that key, or a file of that title, since a time (ms UTC)."""
        del place, key, since, thread
        return Missing()

    def attach(self, at: Delivered, file: File) -> Outcome:
        """Put a file into the thread of a message; left out where files are not taken."""
        del file
        return at


def plain(message: Message) -> str:
    """Return what a message says under its title, for who takes plain text alone."""
    if message.text:
        return message.text
    width = max((len(label) for label, _ in message.fields), default=0)
    return "\n".join(
        [
            *(f"{label:{width}}  {value}" for label, value in message.fields),
            *message.lines,
            *(f"{label}: {url}" for label, url in message.links),
        ]
    )
