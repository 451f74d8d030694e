"""What a kind of notice is made of, and what its functions are given."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from service_catalogue.notifications import Severity
from sla_engine.domain.availability import Figures
from sla_engine.domain.notice import Message, Notice
from sla_engine.ledger import Books, Delivery, Outbox
from sla_engine.notifiers import Capabilities, File
from sla_engine.prometheus import Client
from sla_engine.reports.language import HOUSE, Language, language_of
from sla_engine.reports.seal import Signer
from sla_engine.slack.blocks import ACTIONS


@dataclass(frozen=True, slots=True)
class Rendered:
    """The head of a thread, what is answered in it, and the files that go with it.

    A seal comes before what it seals: without it a file is what it is, and a seal alone is nothing.
    """

    head: Message
    reply: Message | None = None
    files: tuple[File, ...] = ()


@dataclass(frozen=True, slots=True)
class Situation:
    """What notices fall due from, at ``now`` (ms UTC).

    ``threads`` says that some notifier edits messages; ``addresses`` are those of a scheduled
    report, by id, that the catalogue does not name; ``budgets`` are the last levels' warnings.
    """

    books: Books
    outbox: Outbox
    now: int
    threads: bool = True
    addresses: Mapping[str, Sequence[str]] = field(default_factory=dict)
    budgets: Sequence[Notice] = ()


@dataclass(frozen=True, slots=True)
class Writing:
    """What words are made from, at ``now`` (ms UTC), when a delivery is made.

    ``told`` returns all that the delivery's thread tells, its notice last. ``figures`` are of each
    service's own window, by id; ``client`` is asked for what the ledger does not know, such as
    server health: without it that is left out. ``signer`` seals reports, where there is a key.
    ``fresh`` is what this message tells for the first time, ``language`` that of its readers.
    """

    books: Books
    now: int
    capabilities: Capabilities
    told: Callable[[Delivery], Sequence[Notice]]
    figures: Mapping[str, Figures]
    client: Client | None = None
    signer: Signer | None = None
    fresh: tuple[Notice, ...] = ()
    language: str = HOUSE

    @property
    def say(self) -> Language:
        """Return the words and clocks of who reads it."""
        return language_of(self.language, self.books.catalogue.timezone)


def spoken(made: Rendered, say: Language) -> Rendered:
    """Return what is told, with buttons that speak as its words do."""
    reply = None if made.reply is None else _spoken(made.reply, say)
    return replace(made, head=_spoken(made.head, say), reply=reply)


def _spoken(message: Message, say: Language) -> Message:
    captions = tuple(say.phrase(ACTIONS[action]) for action in message.actions)
    if say.code == HOUSE:
        return message
    return replace(message, language=say.code, captions=captions)


Compose = Callable[[Delivery, Writing], Rendered]
Due = Callable[[Situation], Iterator[Notice]]


@dataclass(frozen=True, slots=True)
class NoticeKind:
    """One kind of notice.

    ``severity`` is what routes choose by; None is planned or unplanned, as the outage is classed.
    ``silent`` is only an answer in a thread, or brings its head up to date: not told where there
    are no threads. ``due`` yields what is to be told by now, also of kinds that belong together;
    None where the change itself writes it. ``compose`` makes the words.
    """

    name: str
    severity: Severity | None
    silent: bool
    due: Due | None
    compose: Compose
