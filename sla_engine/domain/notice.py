"""Notices: what happened and is to be told, as values; the words are made in ``notices/``."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from sla_engine.domain.availability import share
from sla_engine.domain.interval import Intervals
from sla_engine.domain.outage import Outage

Tone = Literal["down", "planned", "up", "warning", "info"]
OutageState = Literal["open", "resolved", "withdrawn"]

_MINUTE = 60_000
_PACES = (
    (5 * _MINUTE, _MINUTE),
    (30 * _MINUTE, 5 * _MINUTE),
    (120 * _MINUTE, 15 * _MINUTE),
    (1_440 * _MINUTE, 60 * _MINUTE),
)
_SLOWEST = 360 * _MINUTE


@dataclass(frozen=True, slots=True)
class Notice:
    """One event to tell exactly once: what the transaction that made it so writes down.

    ``key`` is unique. ``topic`` is what shares one thread: notices of a topic are told in the
    order in which they were written. ``kind`` is one of the registry's (``notices/registry.py``).
    ``facts`` is JSON, a snapshot taken at ``time`` (ms UTC). ``id`` is its number in the ledger,
    0 before it is written there.
    """

    key: str
    topic: str
    kind: str
    time: int
    service: str | None
    facts: Mapping[str, Any]
    id: int = 0


@dataclass(frozen=True, slots=True)
class OutageSnapshot:
    """An outage as it is to be told; times and durations in milliseconds, ``end`` None while open.

    ``owed`` is the unplanned downtime inside the agreed service time, which is what counts against
    the budget; None where a former version wrote the facts. ``budget_used_ratio`` is the part of
    the window's error budget that this outage used, ``budget_left_ratio`` what remains; None where
    there is no objective. ``previous_id`` is the id that it had before late samples moved its
    start. ``asked_by`` waits for another to confirm what is ``asked_for``; ``said_by`` and
    ``said_why`` are of the correction that is told. ``late``: it was found in samples that came
    late. ``unwatched``: its service left the catalogue while it was down. ``why`` it began
    is put in when it is told: the notice in the ledger has none.
    """

    id: str
    start: int
    end: int | None
    planned: int = 0
    unplanned: int = 0
    unknown: int = 0
    owed: int | None = None
    classification: Literal["planned", "unplanned", "overrun"] = "unplanned"
    cause: str | None = None
    ticket: str | None = None
    acknowledged_by: str | None = None
    budget_used_ratio: float | None = None
    budget_left_ratio: float | None = None
    withdrawn: bool = False
    previous_id: str | None = None
    asked_by: str | None = None
    asked_for: str = "planned"
    said_by: str = ""
    said_why: str = ""
    late: bool = False
    unwatched: bool = False
    why: str = ""

    @property
    def state(self) -> OutageState:
        """Say how it stands."""
        if self.withdrawn:
            return "withdrawn"
        return "open" if self.end is None else "resolved"


@dataclass(frozen=True, slots=True)
class Subject:
    """The service that a notice is about."""

    id: str
    name: str
    owner: str
    tier: str


@dataclass(frozen=True, slots=True)
class Message:
    """Plain text in parts; each notifier escapes and lays them out in its own way.

    ``title`` alone tells the story: telephones show nothing else. ``actions`` are what can be done
    about ``about``, the ids of outages or of a window; not every notifier offers them. ``text`` is
    the whole of it for who takes plain text alone, ``html`` for who takes a page, such as mail;
    empty where fields and lines say all. ``links`` are labels with their URLs. ``captions`` are
    what the buttons of ``actions`` say in ``language``, that of all its words; empty in English.
    """

    title: str
    tone: Tone
    fields: tuple[tuple[str, str], ...] = ()
    lines: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    text: str = ""
    html: str = ""
    links: tuple[tuple[str, str], ...] = ()
    language: str = "en"
    captions: tuple[str, ...] = ()


_OUTAGE = "outage:"


def outage_topic(outage_id: str) -> str:
    """Return the topic of an outage's notices."""
    return f"{_OUTAGE}{outage_id}"


def is_of_outage(notice: Notice) -> bool:
    """Say whether a notice is about an outage."""
    return notice.topic.startswith(_OUTAGE)


def outage_notice(kind: str, service: str, facts: OutageSnapshot, now: int) -> Notice:
    """Return the notice of an outage's change, seen at ``now`` (ms UTC)."""
    topic = outage_topic(facts.id)
    return Notice(f"{topic}/{kind}/{now}", topic, kind, now, service, asdict(facts))


def running_step(age: int) -> int:
    """Return the last age (ms) at which the message of an open outage was to be brought up to date.

    Every minute at first, every six hours after a day: 38 edits on the first day. 0 is the opening.
    """
    pace = next((pace for under, pace in _PACES if age < under), _SLOWEST)
    return max(0, age // pace * pace)


def outage_facts(
    outage: Outage,
    windows: Intervals,
    now: int,
    previous: Outage | None = None,
    agreed: Intervals | None = None,
    *,
    gaps: Intervals = (),
) -> OutageSnapshot:
    """Return an outage's facts at ``now``, split by the approved maintenance windows.

    ``agreed`` is the service time around it; without one, all of it counts against the budget.
    In ``gaps`` nothing is known: they are no downtime.
    """
    now = max(now, outage.start + 1)  # an outage that begins now is planned or not already
    part = share(outage, (outage.until(now),), gaps, windows, now)
    moved = previous is not None and previous.id != outage.id
    return OutageSnapshot(
        id=outage.id,
        start=outage.start,
        end=outage.end,
        planned=part.planned,
        unplanned=part.unplanned,
        unknown=part.unknown,
        owed=None if agreed is None else share(outage, agreed, gaps, windows, now).unplanned,
        classification=part.kind,
        cause=outage.cause,
        ticket=outage.ticket,
        acknowledged_by=outage.owner,
        asked_by=outage.asked.author if outage.asked else None,
        asked_for=(outage.asked.after if outage.asked else None) or "planned",
        previous_id=previous.id if moved and previous else None,
    )
