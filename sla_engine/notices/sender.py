"""The sender: what is due in the outbox goes out, in order, exactly once as far as Slack allows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import structlog

from service_catalogue import Catalogue
from sla_engine.domain.availability import Figures
from sla_engine.domain.notice import SILENT_KINDS, Message
from sla_engine.ledger import Delivery, Outbox
from sla_engine.notices.compose import Rendered, compose
from sla_engine.notices.routing import address
from sla_engine.notifiers import (
    APPRISE,
    AppriseNotifier,
    Delivered,
    Failed,
    File,
    Missing,
    Notifier,
    Outcome,
    Retry,
)

log = structlog.get_logger("notify")

_FIRST_WAIT = 1_000
_LONGEST_WAIT = 300_000
_REVIVED = 24 * 3_600_000
_AT_ONCE = 100
# Somebody deleted the message, or it may no longer be edited: the answers still count.
_GONE = ("message_not_found", "cant_update_message", "edit_window_closed")

Compose = Callable[[Delivery], Rendered]


@dataclass(slots=True)
class Tally:
    """What a run did; ``reasons`` has a word for every attempt that did not deliver."""

    sent: int = 0
    reasons: list[str] = field(default_factory=list)


class _Sought(NamedTuple):
    """What to look for before sending again, and whether to look."""

    channel: str
    key: str
    since: int
    thread: str | None
    doubtful: bool


@dataclass
class Sender:
    """Delivers an outbox by a notifier. Not for several threads at once.

    ``clock`` returns milliseconds UTC. ``compose`` maps kinds of notices other than outages'
    to what their messages are; ``figures`` are of each service's own window. Nothing is
    sent before ``held_until``.
    """

    catalogue: Catalogue
    outbox: Outbox
    notifier: Notifier
    clock: Callable[[], int]
    one_channel: bool = False
    elsewhere: AppriseNotifier | None = None
    composers: dict[str, Compose] = field(default_factory=dict)
    figures: Mapping[str, Figures] = field(default_factory=dict)
    held_until: int = 0

    def revive(self) -> int:
        """Try again what was given up in the last day: a restart may have mended its cause."""
        now = self.clock()
        return self.outbox.revive(now - _REVIVED, now)

    def run(self) -> Tally:
        """Deliver what is due; what fails is due again later."""
        tally = Tally()
        address(self.catalogue, self.outbox, self.clock(), one_channel=self.one_channel)
        for _ in range(_AT_ONCE):
            now = self.clock()
            item = None if now < self.held_until else self.outbox.next_due(now)
            if item is None:
                break
            self._settle(item, self._tried(item), tally)
        return tally

    def _tried(self, item: Delivery) -> Outcome:
        """Deliver, or say why no letter could be made: one bad notice never holds up the rest."""
        try:
            letter = self._letter(item)
        except (ValueError, KeyError, TypeError) as error:
            return Failed(f"cannot be written: {type(error).__name__}: {error}")
        return self._deliver(item, letter)

    def _deliver(self, item: Delivery, letter: Rendered) -> Outcome:
        if item.thread.channel.startswith(APPRISE):
            return self._elsewhere(item, letter)
        if not self.notifier.threads:
            return self._plain(item, letter)
        head = self._head(item, letter)
        if not isinstance(head, Delivered):
            return head
        outcome: Outcome = head
        if letter.reply is not None and item.thread.ts is not None:
            outcome = self._reply(item, head, letter.reply)
        if letter.file is not None and isinstance(outcome, Delivered):
            outcome = self._attach(item, head, letter.file)
        return outcome

    def _elsewhere(self, item: Delivery, letter: Rendered) -> Outcome:
        """Send it to another service, which never says whether it is worth to try again: a day."""
        if self.elsewhere is None:
            return Failed("apprise: not configured")
        outcome = self.elsewhere.send(item.thread.channel, letter.head.title, letter.text)
        if isinstance(outcome, Retry) and self.clock() - item.notice.time > _REVIVED:
            return Failed(outcome.reason)
        return outcome

    def _reply(self, item: Delivery, head: Delivered, reply: Message) -> Outcome:
        key = item.notice.key
        return self._inside(
            item, head, key, lambda: self.notifier.post(head.channel, reply, key, head.ts)
        )

    def _attach(self, item: Delivery, head: Delivered, file: File) -> Outcome:
        return self._inside(item, head, file.title, lambda: self.notifier.attach(head, file))

    def _letter(self, item: Delivery) -> Rendered:
        own = self.composers.get(item.notice.kind)
        if own:
            letter = own(item)
        else:
            told = self.outbox.told(item)
            letter = compose(self.catalogue, told, self.clock(), self.figures)
        return replace(letter, head=replace(letter.head, mentions=item.thread.mentions))

    def _plain(self, item: Delivery, letter: Rendered) -> Outcome:
        """Tell it as a message of its own, where there are no threads."""
        if item.notice.kind in SILENT_KINDS:
            return Delivered(item.thread.channel)
        outcome = self.notifier.post(item.thread.channel, letter.head, item.notice.key)
        if letter.file is not None and isinstance(outcome, Delivered):
            return self.notifier.attach(outcome, letter.file)
        return outcome

    def _head(self, item: Delivery, letter: Rendered) -> Outcome:
        """Begin the thread, or bring its first message up to date."""
        thread = item.thread
        if thread.ts is None:
            return self._begin(item, letter.head)
        at = Delivered(thread.place or thread.channel, thread.ts)
        if self.outbox.followed(item):  # the last that waits brings the head up to date
            return at
        outcome = self.notifier.edit(at, letter.head, thread.key)
        if isinstance(outcome, Failed) and outcome.reason.endswith(_GONE):
            log.warning("cannot edit", thread=thread.key, reason=outcome.reason)
            return at
        return outcome

    def _begin(self, item: Delivery, head: Message) -> Outcome:
        thread, post = item.thread, self.notifier.post

        def doubt(doubtful: bool) -> None:
            self.outbox.doubt_thread(thread.id, doubtful=doubtful)

        sought = _Sought(thread.channel, thread.key, thread.created, None, thread.doubtful)
        outcome = self._once(sought, doubt, lambda: post(thread.channel, head, thread.key))
        if isinstance(outcome, Delivered):
            self.outbox.began(thread.id, outcome.channel, outcome.ts)
        return outcome

    def _inside(
        self, item: Delivery, head: Delivered, key: str, send: Callable[[], Outcome]
    ) -> Outcome:
        """Put something into the thread once."""

        def doubt(doubtful: bool) -> None:
            self.outbox.doubt(item.id, doubtful=doubtful)

        sought = _Sought(head.channel, key, item.notice.time, head.ts, item.doubtful)
        return self._once(sought, doubt, send)

    def _once(
        self, sought: _Sought, doubt: Callable[[bool], None], send: Callable[[], Outcome]
    ) -> Outcome:
        """Send what is not there yet; the row says beforehand that it may be."""
        if sought.doubtful:
            found = self.notifier.find(sought.channel, sought.key, sought.since, sought.thread)
            if isinstance(found, Failed) and "missing_scope" in found.reason:
                log.error("cannot look a message up; it may come twice", reason=found.reason)
            elif not isinstance(found, Missing):
                return found
        doubt(True)
        outcome = send()
        if isinstance(outcome, Failed) or (isinstance(outcome, Retry) and not outcome.doubtful):
            doubt(False)
        return outcome

    def _settle(self, item: Delivery, outcome: Outcome, tally: Tally) -> None:
        """Write down what came of it."""
        now = self.clock()
        match outcome:
            case Delivered():
                self.outbox.sent(item.id, now)
                tally.sent += 1
            case Retry(reason, after):
                wait = min(_FIRST_WAIT << min(item.attempts, 16), _LONGEST_WAIT)
                if after is not None:
                    wait = after
                    self.held_until = now + after
                self.outbox.postpone(item, now + wait, reason)
                tally.reasons.append("unavailable" if after is None else "rate_limited")
                log.warning("will try again", notice=item.notice.key, reason=reason, wait_ms=wait)
            case Failed(reason):
                self.outbox.give_up(item.id, reason)
                tally.reasons.append(reason.removeprefix("slack: ").partition(":")[0])
                log.error("given up", notice=item.notice.key, reason=reason)
