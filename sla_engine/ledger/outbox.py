"""The outbox: what is still to be told, to whom, and how far that has come.

A notice is a row of the transaction that made it true. Addressing gives it one delivery in one
thread per channel; deliveries of a thread are made strictly in order. Before a message is sent the
row is marked doubtful: after a crash, or an attempt without an answer, the sender looks before it
sends again.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile, zip_longest
from typing import Any, NamedTuple

import sqlalchemy as sa

from sla_engine.domain.notice import Notice
from sla_engine.ledger import audit
from sla_engine.ledger.delivery_facts import chain_deliveries
from sla_engine.ledger.outbox_tables import delivery, thread
from sla_engine.ledger.store import add_notices
from sla_engine.ledger.tables import notice

_MOST = 1_000
"""How many deliveries one message tells at the most."""
FARTHEST = 2 * 86_400_000
"""No delivery is put off for longer (ms); what is due still later was by a clock that was wrong."""


@dataclass(frozen=True, slots=True)
class Thread:
    """One message and its answers in a channel; ``ts`` is None until it has begun.

    ``channel`` is the name it was addressed to, ``place`` the id that the channel turned out to
    have; ``doubtful`` says that its first message may be there all the same.
    """

    id: int
    key: str
    channel: str
    mentions: tuple[str, ...]
    created: int
    place: str | None = None
    ts: str | None = None
    doubtful: bool = False


class Told(NamedTuple):
    """A notice at an address, with how far it has come (times in ms UTC).

    ``state`` is pending, sent, failed or left_out; ``address`` is None where none was chosen yet.
    ``at`` is when it was sent, None before.
    """

    notice: Notice
    address: str | None
    state: str
    at: int | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """A notice on its way into a thread."""

    id: int
    notice: Notice
    thread: Thread
    attempts: int
    doubtful: bool


class Outbox:
    """The outbox of a ledger; every method is one transaction, times are milliseconds UTC."""

    def __init__(self, engine: sa.Engine) -> None:
        self._reading = engine
        self._writing = engine.execution_options(write=True)

    def add(self, notices: Iterable[Notice]) -> None:
        """Write notices that no change of an outage brought; a key seen before is ignored."""
        rows = list(notices)  # making them may take longer than a lock should be held
        if rows:
            with self._writing.begin() as connection:
                add_notices(connection, rows)

    def unaddressed(self, limit: int = 1000) -> list[Notice]:
        """Return the notices that have no delivery yet, in order."""
        query = (
            sa.select(notice)
            .outerjoin(delivery, delivery.c.notice_id == notice.c.id)
            .where(delivery.c.id.is_(None))
            .order_by(notice.c.id)
            .limit(limit)
        )
        return self._stored(query)

    def address(
        self, notice_id: int, threads: Iterable[Thread], now: int, due: Sequence[int] = ()
    ) -> None:
        """Give a notice a delivery in each thread, which is made when its id is 0.

        ``due`` says when each is to be made, ``now`` unless given.
        """
        with self._writing.begin() as connection:
            audit.alone(connection)
            for one, moment in zip_longest(threads, due):
                values = {
                    "notice_id": notice_id,
                    "thread_id": one.id or _made(connection, one),
                    "state": "pending",
                    "attempts": 0,
                    "due_ms": now if moment is None else moment,
                    "doubtful": False,
                }
                connection.execute(sa.insert(delivery).values(values))
            chain_deliveries(connection, delivery.c.notice_id == notice_id, now)

    def threads_of(self, topic: str) -> list[Thread]:
        """Return the threads in which a topic is told."""
        query = (
            sa.select(thread)
            .distinct()
            .join(delivery, delivery.c.thread_id == thread.c.id)
            .join(notice, delivery.c.notice_id == notice.c.id)
            .where(notice.c.topic == topic)
        )
        return self._threads(query)

    def threads_since(self, since: int) -> list[Thread]:
        """Return the threads that began at ``since`` or later."""
        return self._threads(sa.select(thread).where(thread.c.created_ms >= since))

    def latest(self, service: str, kinds: Sequence[str]) -> Notice | None:
        """Return the last notice of these kinds about a service."""
        query = (
            sa.select(notice)
            .where(notice.c.service == service, notice.c.kind.in_(kinds))
            .order_by(notice.c.id.desc())
            .limit(1)
        )
        return next(iter(self._stored(query)), None)

    def with_key_like(self, prefix: str) -> list[Notice]:
        """Return the notices whose key begins so, in order."""
        query = sa.select(notice).where(notice.c.key.startswith(prefix, autoescape=True))
        return self._stored(query.order_by(notice.c.id))

    def keys_of(self, topics: Iterable[str]) -> dict[str, set[str]]:
        """Return the keys of what was told of each topic; topics without any are left out."""
        query = sa.select(notice.c.topic, notice.c.key).where(notice.c.topic.in_(list(topics)))
        found: dict[str, set[str]] = {}
        with self._reading.begin() as connection:
            for topic, key in connection.execute(query):
                found.setdefault(topic, set()).add(key)
        return found

    def heard(self, topics: Collection[str]) -> list[Told]:
        """Return every notice of some topics with each address that it goes to, in order."""
        query = (
            sa.select(
                notice, thread.c.channel, delivery.c.state, delivery.c.sent_ms, delivery.c.error
            )
            .outerjoin(delivery, delivery.c.notice_id == notice.c.id)
            .outerjoin(thread, delivery.c.thread_id == thread.c.id)
            .where(notice.c.topic.in_(list(topics)))
            .order_by(notice.c.id, delivery.c.id)
        )
        with self._reading.begin() as connection:
            return [
                Told(_notice(r), r.channel, r.state or "pending", r.sent_ms, r.error)
                for r in connection.execute(query)
            ]

    def channels_due(self, now: int) -> list[str]:
        """Return the channels in which something is to be told now."""
        query = _due(sa.select(thread.c.channel).distinct(), now).order_by(thread.c.channel)
        with self._reading.begin() as connection:
            return list(connection.execute(query).scalars())

    def next_due(self, now: int, channels: Collection[str] | None = None) -> Delivery | None:
        """Return the delivery to make now: the oldest that is first in its thread and due.

        Where ``channels`` are given, in one of them.
        """
        query = (
            _due(sa.select(delivery.c.id, delivery.c.notice_id, delivery.c.thread_id), now)
            .add_columns(delivery.c.attempts, delivery.c.doubtful)
            .order_by(delivery.c.id)
            .limit(1)
        )
        if channels is not None:
            query = query.where(thread.c.channel.in_(channels))
        with self._reading.begin() as connection:
            row = connection.execute(query).first()
        if row is None:
            return None
        [told] = self._stored(sa.select(notice).where(notice.c.id == row.notice_id))
        [where] = self._threads(sa.select(thread).where(thread.c.id == row.thread_id))
        return Delivery(row.id, told, where, row.attempts, row.doubtful)

    def told(self, item: Delivery) -> list[Notice]:
        """Return what a thread tells once this delivery is made, in order.

        A delivery that was given up and revived does not unsay what was told after it.
        """
        query = (
            sa.select(notice)
            .join(delivery, delivery.c.notice_id == notice.c.id)
            .where(
                delivery.c.thread_id == item.thread.id,
                (delivery.c.id <= item.id) | (delivery.c.state == "sent"),
                delivery.c.state != "left_out",
            )
            .order_by(delivery.c.id)
        )
        return self._stored(query)

    def batch(self, item: Delivery) -> list[Delivery]:
        """Return what one message can tell: a delivery and those that wait behind it.

        After an attempt whose answer was lost these are the same as then.
        """
        query = (
            sa.select(delivery.c.id, delivery.c.notice_id, delivery.c.attempts, delivery.c.doubtful)
            .where(
                delivery.c.thread_id == item.thread.id,
                delivery.c.state == "pending",
                delivery.c.id >= item.id,
            )
            .order_by(delivery.c.id)
            .limit(_MOST)
        )
        with self._reading.begin() as connection:
            rows = connection.execute(query).all()
        rows = list(takewhile(lambda row: row.doubtful == item.doubtful, rows))
        wanted = [row.notice_id for row in rows]
        notices = {n.id: n for n in self._stored(sa.select(notice).where(notice.c.id.in_(wanted)))}
        return [
            Delivery(row.id, notices[row.notice_id], item.thread, row.attempts, row.doubtful)
            for row in rows
        ]

    def followed(self, item: Delivery) -> bool:
        """Say whether another delivery waits behind this one in its thread."""
        query = sa.select(delivery.c.id).where(
            delivery.c.thread_id == item.thread.id,
            delivery.c.state == "pending",
            delivery.c.id > item.id,
        )
        with self._reading.begin() as connection:
            return connection.execute(query.limit(1)).first() is not None

    def pending(self) -> int:
        """Return how many deliveries wait, notices without one included."""
        waiting = sa.select(sa.func.count()).where(delivery.c.state == "pending")
        new = (
            sa.select(sa.func.count())
            .select_from(notice)
            .outerjoin(delivery, delivery.c.notice_id == notice.c.id)
            .where(delivery.c.id.is_(None))
        )
        with self._reading.begin() as connection:
            return int(connection.scalar(waiting) or 0) + int(connection.scalar(new) or 0)

    def oldest(self) -> int | None:
        """Return when the oldest notice that waits was written, if any waits."""
        query = (
            sa.select(sa.func.min(notice.c.time_ms))
            .outerjoin(delivery, delivery.c.notice_id == notice.c.id)
            .where(delivery.c.id.is_(None) | (delivery.c.state == "pending"))
        )
        with self._reading.begin() as connection:
            oldest: int | None = connection.scalar(query)
        return oldest

    def doubt_thread(self, thread_id: int, *, doubtful: bool) -> None:
        """Note whether a thread's first message may be there without our knowing."""
        self._update(thread, thread_id, doubtful=doubtful)

    def began(
        self, thread_id: int, place: str, ts: str | None, told: Collection[int] = (), now: int = 0
    ) -> None:
        """Note that a thread's first message is there, which tells these deliveries whole."""
        values = {"place": place, "ts": ts, "doubtful": False}
        with self._writing.begin() as connection:
            audit.alone(connection)
            update = sa.update(thread).where(thread.c.id == thread_id)
            connection.execute(update.values(values))
            _settle(connection, told, now, _done(now))

    def doubt(self, deliveries: Collection[int], *, doubtful: bool) -> None:
        """Note whether the answer that tells these may be there without our knowing."""
        update = sa.update(delivery).where(delivery.c.id.in_(list(deliveries)))
        with self._writing.begin() as connection:
            connection.execute(update.values(doubtful=doubtful))

    def sent(self, deliveries: Collection[int], now: int) -> None:
        """Note that deliveries are made."""
        with self._writing.begin() as connection:
            audit.alone(connection)
            _settle(connection, deliveries, now, _done(now))

    def postpone(self, item: Delivery, due: int, error: str) -> None:
        """Note a failed attempt and when to try again."""
        self._update(delivery, item.id, attempts=item.attempts + 1, due_ms=due, error=error)

    def put_off(self, item: Delivery, due: int) -> None:
        """Note when a delivery is to be made that nobody tried yet."""
        self._update(delivery, item.id, due_ms=due)

    def leave_out(self, deliveries: Collection[int], now: int) -> None:
        """Note that nobody there is to hear of these."""
        with self._writing.begin() as connection:
            audit.alone(connection)
            _settle(connection, deliveries, now, {"state": "left_out", "doubtful": False})

    def topics_left_out(self, thread_id: int) -> set[str]:
        """Return the topics whose beginning nobody heard of in a thread."""
        query = (
            sa.select(notice.c.topic)
            .distinct()
            .join(delivery, delivery.c.notice_id == notice.c.id)
            .where(delivery.c.thread_id == thread_id, delivery.c.state == "left_out")
        )
        with self._reading.begin() as connection:
            return set(connection.execute(query).scalars())

    def give_up(self, deliveries: Collection[int], error: str, now: int) -> None:
        """Note that deliveries cannot be made until somebody mends what is wrong."""
        with self._writing.begin() as connection:
            audit.alone(connection)
            _settle(connection, deliveries, now, {"state": "failed", "error": error})

    def revive(self, since: int, now: int) -> int:
        """Try again what was given up since a time; return how many deliveries that are."""
        recent = sa.select(notice.c.id).where(notice.c.time_ms >= since)
        which = (delivery.c.state == "failed") & delivery.c.notice_id.in_(recent)
        with self._writing.begin() as connection:
            audit.alone(connection)
            found = list(connection.execute(sa.select(delivery.c.id).where(which)).scalars())
            chosen = delivery.c.id.in_(found)
            update = sa.update(delivery).where(chosen).values(state="pending", due_ms=now)
            connection.execute(update)
            chain_deliveries(connection, chosen, now)
        return len(found)

    def _update(self, table: sa.Table, row: int, **values: Any) -> None:
        with self._writing.begin() as connection:
            connection.execute(sa.update(table).where(table.c.id == row).values(values))

    def _stored(self, query: sa.Select[Any]) -> list[Notice]:
        with self._reading.begin() as connection:
            return [_notice(row) for row in connection.execute(query)]

    def _threads(self, query: sa.Select[Any]) -> list[Thread]:
        with self._reading.begin() as connection:
            return [
                Thread(
                    r.id,
                    r.key,
                    r.channel,
                    tuple(json.loads(r.mentions)),
                    r.created_ms,
                    r.place,
                    r.ts,
                    r.doubtful,
                )
                for r in connection.execute(query.order_by(thread.c.id))
            ]


def _notice(row: sa.Row[Any]) -> Notice:
    facts = json.loads(row.facts)
    return Notice(row.key, row.topic, row.kind, row.time_ms, row.service, facts, row.id)


def _done(now: int) -> dict[str, Any]:
    return {"state": "sent", "sent_ms": now, "doubtful": False, "error": None}


def _settle(
    connection: sa.Connection, deliveries: Collection[int], now: int, values: dict[str, Any]
) -> None:
    if deliveries:
        which = delivery.c.id.in_(list(deliveries))
        connection.execute(sa.update(delivery).where(which).values(values))
        chain_deliveries(connection, which, now)


def _due(query: sa.Select[Any], now: int) -> sa.Select[Any]:
    """Narrow a query to what is due and first in its thread."""
    first = (
        sa.select(sa.func.min(delivery.c.id))
        .where(delivery.c.state == "pending")
        .group_by(delivery.c.thread_id)
    )
    joined = query.select_from(delivery).join(thread, delivery.c.thread_id == thread.c.id)
    wrong = delivery.c.due_ms > now + FARTHEST
    return joined.where(delivery.c.id.in_(first), (delivery.c.due_ms <= now) | wrong)


def _made(connection: sa.Connection, new: Thread) -> int:
    """Return the id of the thread of that key, which is made when there is none."""
    found = connection.scalar(sa.select(thread.c.id).where(thread.c.key == new.key))
    if found is not None:
        return int(found)
    values = {
        "key": new.key,
        "channel": new.channel,
        "mentions": json.dumps(new.mentions),
        "created_ms": new.created,
        "doubtful": False,
    }
    [made] = connection.execute(sa.insert(thread).values(values)).inserted_primary_key or [0]
    return int(made)
