"""The sender: what is due in the outbox goes out, in order, exactly once as far as each allows."""

import threading
import traceback
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

import structlog
from sqlalchemy.exc import SQLAlchemyError

from sla_engine.domain.availability import Figures
from sla_engine.domain.notice import Message
from sla_engine.ledger import Books, Delivery, LedgerError, Outbox
from sla_engine.notices.kinds import Rendered, Writing, spoken
from sla_engine.notices.registry import NOTICES, OUTAGE_KINDS, SILENT_KINDS
from sla_engine.notices.routing import address, language_at, patience_at, told_at
from sla_engine.notifiers import (
    Delivered,
    Failed,
    File,
    Gone,
    Missing,
    Notifier,
    Outcome,
    Retry,
    Unreadable,
    parse_address,
)
from sla_engine.prometheus import Client
from sla_engine.reports.seal import Signer
from uptime_common.retry_after import LONGEST

log = structlog.get_logger("notify")

_FIRST_WAIT = 1_000
_LONGEST_WAIT = 300_000
_REVIVED = 24 * 3_600_000
_AT_ONCE = 100
_UNKNOWN = "none"
_LEDGER = (SQLAlchemyError, LedgerError)
"""What no delivery can go on after: the ledger's fault, which is every delivery's."""


@dataclass(slots=True)
class Tally:
    """What a run did, by the notifier's name; ``failures`` has a word for every attempt in vain."""

    delivered: Counter[str] = field(default_factory=Counter)
    failures: list[tuple[str, str]] = field(default_factory=list)

    @property
    def sent(self) -> int:
        """Return how many deliveries were made."""
        return self.delivered.total()

    @property
    def reasons(self) -> list[str]:
        """Return the words for attempts in vain."""
        return [reason for _, reason in self.failures]


class _Sought(NamedTuple):
    """What to look for before sending again, and whether to look."""

    place: str
    key: str
    since: int
    thread: str | None
    doubtful: bool


class Sender:
    """Delivers an outbox, each delivery by the notifier of its address's scheme.

    ``notifiers`` are by scheme, ``clock`` returns milliseconds UTC. ``figures`` are of each
    service's own window; ``client`` is asked for what the ledger does not know; ``signer`` seals
    reports. A notifier that asked us to wait is asked for nothing before ``held_until`` (by
    scheme). `deliver` may run in several threads, one for each scheme; nothing else may.
    """

    def __init__(
        self,
        books: Books,
        outbox: Outbox,
        notifiers: Mapping[str, Notifier],
        clock: Callable[[], int],
        client: Client | None = None,
        *,
        signer: Signer | None = None,
    ) -> None:
        self._books, self._outbox, self._clock, self._client = books, outbox, clock, client
        self._notifiers, self._signer = notifiers, signer
        self._one_place = {s for s, n in notifiers.items() if n.capabilities.one_place}
        self._plain = {s for s, n in notifiers.items() if not n.capabilities.threads}
        self._composing = threading.Lock()  # a report freezes its period and draws: one at a time
        self.figures: Mapping[str, Figures] = {}
        self.held_until: dict[str, int] = {}

    @property
    def threads(self) -> bool:
        """Say whether messages are edited anywhere."""
        return any(notifier.capabilities.threads for notifier in self._notifiers.values())

    def know(self, books: Books) -> None:
        """Take the same catalogue with what the ledger has learned of it."""
        self._books = books

    def revive(self) -> int:
        """Try again what was given up in the last day: a restart may have mended its cause."""
        now = self._clock()
        return self._outbox.revive(now - _REVIVED, now)

    def run(self) -> Tally:
        """Address what is new and deliver what is due; what fails is due again later."""
        self.address()
        return self._deliver_all(None)

    def address(self) -> set[str]:
        """Give new notices their threads; return the schemes in which something is due."""
        now = self._clock()
        address(
            self._books.catalogue,
            self._outbox,
            now,
            one_place=self._one_place,
            plain=self._plain,
            expand=self._expanded,
        )
        return {parse_address(channel).scheme for channel in self._due(now, None)}

    def _expanded(self, channel: str) -> Sequence[str]:
        """Return the addresses that a named one stands for, each a delivery of its own."""
        scheme, place = parse_address(channel)
        notifier = self._notifiers.get(scheme)
        return (notifier.addresses(place) if notifier and place else ()) or (channel,)

    def deliver(self, scheme: str) -> Tally:
        """Deliver what is due by one notifier."""
        return self._deliver_all(scheme)

    def _deliver_all(self, scheme: str | None) -> Tally:
        tally = Tally()
        for _ in range(_AT_ONCE):
            now = self._clock()
            channels = self._due(now, scheme)
            item = self._outbox.next_due(now, channels) if channels else None
            if item is None:
                break
            if self._put_off(item, now):
                continue
            told = [item]
            if item.notice.kind in OUTAGE_KINDS:
                told = self._outbox.batch(item)
                if needless := self._left_out(told, now):
                    told = [one for one in told if one.id not in needless]
                    if not told:
                        continue
            self._settle(told, self._tried(told), tally)
        return tally

    def _put_off(self, item: Delivery, now: int) -> bool:
        """Put off what is not to be told yet, by the catalogue and the ledger as they are now."""
        if item.doubtful or item.thread.doubtful:
            return False
        due = told_at(self._books, item, now)
        if due > now:
            self._outbox.put_off(item, due)
        return due > now

    def _due(self, now: int, scheme: str | None) -> Collection[str]:
        """Return the channels that something is due in, and that may be asked now."""
        return [
            channel
            for channel in self._outbox.channels_due(now)
            if (found := parse_address(channel).scheme) == (scheme or found)
            and not 0 < self.held_until.get(found, 0) - now <= LONGEST
        ]

    def _tried(self, batch: Sequence[Delivery]) -> Outcome:
        """Deliver, or say why nothing could be written: one bad notice never holds up the rest."""
        item = batch[-1]
        scheme, place = parse_address(item.thread.channel)
        notifier = self._notifiers.get(scheme)
        if notifier is None:
            return Failed(f"no notifier for this address: {scheme}")
        if not notifier.capabilities.threads and self._needless(batch):
            return Delivered(place)
        try:
            with self._composing:
                rendered = self._rendered(batch, notifier)
        except _LEDGER:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this notice's alone
            return Failed(f"cannot be written: {type(error).__name__}: {error}")
        try:
            outcome = _Attempt(self._outbox, notifier, batch, place, self._clock).deliver(rendered)
        except _LEDGER:
            raise
        except Exception as error:  # noqa: BLE001 - a notifier's mistake stays its own
            outcome = Retry(f"{scheme}: {_raised(error)}", ours=True)
        return self._given_up(item, notifier, outcome)

    def _left_out(self, batch: Sequence[Delivery], now: int) -> set[int]:
        """Leave out the outages that were over, or somebody's, before they were to be told."""
        item, catalogue = batch[0], self._books.catalogue
        if item.doubtful or item.thread.doubtful:
            return set()
        last = {one.notice.topic: one.notice for one in batch}
        begun = {one.notice.topic for one in batch if one.notice.kind == "opened"}
        again = {one.notice.topic for one in batch if one.notice.kind == "reopened"}
        unheard = (last.keys() - again) & self._outbox.topics_left_out(item.thread.id)
        untold = {
            topic
            for topic in begun
            if patience_at(catalogue, last[topic], item.thread.channel).untold(last[topic])
        }
        found = {one.id for one in batch if one.notice.topic in untold | unheard}
        if found:
            self._outbox.leave_out(found, now)
        return found

    def _needless(self, batch: Sequence[Delivery]) -> bool:
        """Say whether a new message would tell too little, where none can be edited.

        Of several outages the first message counts, what goes down after it, and the end.
        """
        kinds = {item.notice.kind for item in batch} - SILENT_KINDS
        if not kinds:
            return not self._overran(batch)
        if not kinds <= set(OUTAGE_KINDS) or kinds & {"opened", "reopened"}:
            return False
        last = {one.topic: one.facts for one in self._outbox.told(batch[-1])}
        still = [facts["end"] is None and not facts["withdrawn"] for facts in last.values()]
        return len(still) > 1 and any(still)

    def _overran(self, batch: Sequence[Delivery]) -> bool:
        """Say whether planned work that is over is told here for the first time."""
        facts = batch[-1].notice.facts
        first = len(self._outbox.told(batch[-1])) == len(batch)
        return first and facts.get("classification") == "overrun" and facts.get("end") is None

    def _given_up(self, item: Delivery, notifier: Notifier, outcome: Outcome) -> Outcome:
        """Make an end of what is not worth repeating any longer."""
        if not isinstance(outcome, Retry):
            return outcome
        limit = _REVIVED if outcome.ours or outcome.unexplained else notifier.capabilities.retry_for
        if limit is None or self._clock() - item.notice.time <= limit:
            return outcome
        return Failed(f"tried for too long: {outcome.reason}")

    def _rendered(self, batch: Sequence[Delivery], notifier: Notifier) -> Rendered:
        item = batch[-1]
        writing = Writing(
            self._books,
            self._clock(),
            notifier.capabilities,
            self._outbox.told,
            self.figures,
            self._client,
            self._signer,
            tuple(one.notice for one in batch),
            language_at(self._books.catalogue, item.notice, item.thread.channel),
        )
        made = spoken(NOTICES[item.notice.kind].compose(item, writing), writing.say)
        return replace(made, head=replace(made.head, mentions=item.thread.mentions))

    def _settle(self, batch: Sequence[Delivery], outcome: Outcome, tally: Tally) -> None:
        """Write down what came of it."""
        item, ids = batch[0], [one.id for one in batch]
        now, scheme = self._clock(), parse_address(item.thread.channel).scheme
        notifier = self._notifiers.get(scheme)
        name = _UNKNOWN if notifier is None else notifier.name
        match outcome:
            case Delivered():
                self._outbox.sent(ids, now)
                tally.delivered[name] += len(batch)
                if notifier is not None and (spacing := notifier.capabilities.spacing):
                    self.held_until[scheme] = now + spacing
            case Retry(reason, after):
                wait = min(_FIRST_WAIT << min(item.attempts, 16), _LONGEST_WAIT)
                if after is not None:
                    wait = after
                    self.held_until[scheme] = now + after
                self._outbox.postpone(item, now + wait, reason)
                tally.failures.append((name, _word(scheme, outcome)))
                log.warning(
                    "will try again", notice=item.notice.key, by=name, reason=reason, wait_ms=wait
                )
            case Failed(reason):
                self._outbox.give_up(ids, reason, now)
                tally.failures.append((name, _word(scheme, outcome)))
                log.error("given up", notice=item.notice.key, by=name, reason=reason)


def _word(scheme: str, outcome: Retry | Failed) -> str:
    """Return the label of a failure: of few values, whatever the other side says."""
    if isinstance(outcome, Failed):
        return outcome.reason.removeprefix(f"{scheme}: ").partition(":")[0]
    if outcome.ours:
        return "exception"
    return "unavailable" if outcome.after is None else "rate_limited"


def _raised(error: Exception) -> str:
    """Return what was raised, and where; not its text, which may hold a secret."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}"


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One delivery, or several that one message tells, on the way by their notifier."""

    outbox: Outbox
    notifier: Notifier
    batch: Sequence[Delivery]
    place: str
    clock: Callable[[], int]

    @property
    def item(self) -> Delivery:
        """Return the first, whose key the answer has."""
        return self.batch[0]

    @property
    def ids(self) -> list[int]:
        """Return what the answer tells."""
        return [one.id for one in self.batch]

    def deliver(self, made: Rendered) -> Outcome:
        """Tell it, in a thread where the notifier has those."""
        if not self.notifier.capabilities.threads:
            return self._plain(made)
        head = self._head(made)
        if not isinstance(head, Delivered):
            return head
        outcome: Outcome = head
        if made.reply is not None and self.item.thread.ts is not None:
            outcome = self._reply(head, made.reply)
        for file in made.files:
            if isinstance(outcome, Delivered):
                outcome = self._attach(head, file)
        return outcome

    def _plain(self, made: Rendered) -> Outcome:
        """Tell it as a message of its own, where there are no threads."""
        key = self.item.notice.key
        if self.notifier.capabilities.whole:
            topic = self.item.thread.key
            return self.notifier.send(self.place, made.head, key, made.files, topic)
        outcome = self.notifier.post(self.place, made.head, key)
        for file in made.files:
            if isinstance(outcome, Delivered):
                outcome = self.notifier.attach(outcome, file)
        return outcome

    def _reply(self, head: Delivered, reply: Message) -> Outcome:
        key = self.item.notice.key
        return self._inside(
            head, key, lambda: self.notifier.post(head.channel, reply, key, head.ts)
        )

    def _attach(self, head: Delivered, file: File) -> Outcome:
        return self._inside(head, file.title, lambda: self.notifier.attach(head, file))

    def _head(self, made: Rendered) -> Outcome:
        """Begin the thread, or bring its first message up to date."""
        thread = self.item.thread
        if thread.ts is None:
            return self._begin(made)
        at = Delivered(thread.place or self.place, thread.ts)
        if self.outbox.followed(self.batch[-1]):  # the last that waits brings the head up to date
            return at
        outcome = self.notifier.edit(at, made.head, thread.key)
        if isinstance(outcome, Gone):
            log.warning("cannot edit", thread=thread.key, reason=outcome.reason)
            return at
        return outcome

    def _begin(self, made: Rendered) -> Outcome:
        head, whole = made.head, () if made.files else self.ids
        thread, post, place = self.item.thread, self.notifier.post, self.place

        def doubt(doubtful: bool) -> None:
            self.outbox.doubt_thread(thread.id, doubtful=doubtful)

        sought = _Sought(place, thread.key, thread.created, None, thread.doubtful)
        outcome = self._once(sought, doubt, lambda: post(place, head, thread.key))
        if isinstance(outcome, Delivered):
            self.outbox.began(thread.id, outcome.channel, outcome.ts, whole, self.clock())
        return outcome

    def _inside(self, head: Delivered, key: str, send: Callable[[], Outcome]) -> Outcome:
        """Put something into the thread once."""
        item = self.item

        def doubt(doubtful: bool) -> None:
            self.outbox.doubt(self.ids, doubtful=doubtful)

        sought = _Sought(head.channel, key, item.notice.time, head.ts, item.doubtful)
        return self._once(sought, doubt, send)

    def _once(
        self, sought: _Sought, doubt: Callable[[bool], None], send: Callable[[], Outcome]
    ) -> Outcome:
        """Send what is not there yet; the row says beforehand that it may be."""
        if sought.doubtful:
            found = self.notifier.find(sought.place, sought.key, sought.since, sought.thread)
            if isinstance(found, Unreadable):
                log.error("cannot look a message up; it may come twice", reason=found.reason)
            elif not isinstance(found, Missing):
                return found
        doubt(True)
        outcome = send()
        if isinstance(outcome, Failed) or (isinstance(outcome, Retry) and not outcome.doubtful):
            doubt(False)
        return outcome
