"""What is told about an outage, and in which words: pure, the same for Slack and the console."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import tzinfo
from typing import Any, Literal

from sla_engine.domain import wording
from sla_engine.domain.availability import share
from sla_engine.domain.interval import Intervals
from sla_engine.domain.outage import Outage

Kind = Literal[
    "opened", "acknowledged", "resolved", "reopened", "withdrawn", "changed", "running",
    "maintenance_soon", "maintenance_started", "maintenance_ended", "maintenance_overrun",
    "budget", "forecast", "report",
]  # fmt: skip
OUTAGE_KINDS: tuple[Kind, ...] = (
    "opened", "acknowledged", "resolved", "reopened", "withdrawn", "changed", "running",
)  # fmt: skip
SILENT_KINDS: frozenset[Kind] = frozenset({"changed", "running"})
"""What only brings a message up to date: where nothing can be edited it is not told."""
Tone = Literal["down", "planned", "up", "warning", "info"]
State = Literal["open", "resolved", "withdrawn"]

_LISTED = 20
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
    order in which they were written. ``facts`` is JSON, a snapshot taken at ``time`` (ms UTC).
    """

    key: str
    topic: str
    kind: Kind
    time: int
    service: str | None
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class OutageFacts:
    """An outage as it is to be told; times and durations in milliseconds, ``end`` None while open.

    ``budget_used_ratio`` is the part of the window's error budget that this outage used,
    ``budget_left_ratio`` what remains; None where there is no objective. ``previous_id`` is the id
    that it had before late samples moved its start.
    """

    id: str
    start: int
    end: int | None
    planned: int = 0
    unplanned: int = 0
    unknown: int = 0
    classification: Literal["planned", "unplanned", "overrun"] = "unplanned"
    cause: str | None = None
    ticket: str | None = None
    acknowledged_by: str | None = None
    budget_used_ratio: float | None = None
    budget_left_ratio: float | None = None
    withdrawn: bool = False
    previous_id: str | None = None

    @property
    def state(self) -> State:
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

    ``title`` alone tells the story: telephones show nothing else.
    """

    title: str
    tone: Tone
    facts: tuple[tuple[str, str], ...] = ()
    lines: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()


def outage_topic(outage_id: str) -> str:
    """Return the topic of an outage's notices."""
    return f"outage:{outage_id}"


def outage_notice(kind: Kind, service: str, facts: OutageFacts, now: int) -> Notice:
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
    outage: Outage, windows: Intervals, now: int, previous: Outage | None = None
) -> OutageFacts:
    """Return an outage's facts at ``now``, split by the approved maintenance windows."""
    now = max(now, outage.start + 1)  # an outage that begins now is planned or not already
    part = share(outage, (outage.until(now),), (), windows, now)
    moved = previous is not None and previous.id != outage.id
    return OutageFacts(
        id=outage.id,
        start=outage.start,
        end=outage.end,
        planned=part.planned,
        unplanned=part.unplanned,
        classification=part.kind,
        cause=outage.cause,
        ticket=outage.ticket,
        acknowledged_by=outage.owner,
        previous_id=previous.id if moved and previous else None,
    )


def root_message(members: Sequence[tuple[Subject, OutageFacts]], now: int, zone: tzinfo) -> Message:
    """Return the message at the head of a thread, as its outages stand now.

    The first member is the outage that began the thread; others are what it took down with it,
    or, in a flood, what went down with it.
    """
    if len(members) == 1:
        return _single(*members[0], now, zone)
    return _group(members, now, zone)


def reply_message(
    kind: Kind, subject: Subject, facts: OutageFacts, zone: tzinfo, *, grouped: bool
) -> Message | None:
    """Return what is said inside the thread, or None where the head says it all."""
    name = f"{subject.name}: " if grouped else ""
    match kind:
        case "opened" if grouped:
            return Message(f"{subject.name} is down since {wording.moment(facts.start, zone)}",
                           _tone(facts))  # fmt: skip
        case "resolved" if facts.end is not None:
            lasted = wording.duration(facts.end - facts.start)
            when = wording.moment(facts.end, zone)
            return Message(f"{name}resolved at {when} after {lasted}", "up", _burnt(facts))
        case "acknowledged":
            return Message(f"{name}acknowledged by {facts.acknowledged_by or 'unknown'}", "info")
        case "reopened":
            return Message(f"{name}down again: later samples show that it never came back", "down")
        case "withdrawn":
            return Message(f"{name}withdrawn: the samples no longer show it", "info")
    return None


def _single(subject: Subject, facts: OutageFacts, now: int, zone: tzinfo) -> Message:
    return Message(
        title=_title(subject, facts, now, zone),
        tone=_tone(facts),
        facts=_facts(subject, facts, now, zone),
        actions=("acknowledge", "annotate", "reclassify") if facts.state != "withdrawn" else (),
    )


def _title(subject: Subject, facts: OutageFacts, now: int, zone: tzinfo) -> str:
    if facts.state == "withdrawn":
        return f"{subject.name}: withdrawn, the samples no longer show it"
    if facts.end is not None:
        when = wording.stretch(facts.start, facts.end, zone)
        what = "planned work" if facts.classification == "planned" else "resolved"
        return f"{subject.name} was down for {_lasted(facts, now)} ({what}): {when}"
    since = f"since {wording.moment(facts.start, zone)}"
    match facts.classification:
        case "planned":
            return f"{subject.name} is down for planned work {since}"
        case "overrun":
            return f"{subject.name} is still down after its maintenance window, {since}"
    seen = f", acknowledged by {facts.acknowledged_by}" if facts.acknowledged_by else ""
    return f"{subject.name} is down {since}{seen}"


def _facts(
    subject: Subject, facts: OutageFacts, now: int, zone: tzinfo
) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str | None]] = [
        ("Service", f"{subject.name} ({subject.id})"),
        ("Owner", f"{subject.owner}, {subject.tier} tier"),
        ("Began", wording.moment(facts.start, zone)),
        ("Ended", None if facts.end is None else wording.moment(facts.end, zone)),
        ("Lasted" if facts.end is not None else "So far", _lasted(facts, now)),
        ("Class", _class(facts)),
        ("Unknown inside", wording.duration(facts.unknown) if facts.unknown else None),
        ("Acknowledged by", facts.acknowledged_by),
        ("Cause", facts.cause),
        ("Ticket", facts.ticket),
        *_burnt(facts),
        ("Outage", facts.id),
    ]
    return tuple((label, value) for label, value in found if value is not None)


def _class(facts: OutageFacts) -> str:
    if facts.classification != "overrun":
        return facts.classification
    planned, unplanned = wording.duration(facts.planned), wording.duration(facts.unplanned)
    return f"overrun: {planned} planned, {unplanned} unplanned"


def _burnt(facts: OutageFacts) -> tuple[tuple[str, str], ...]:
    if facts.budget_used_ratio is None:
        return ()
    text = f"{wording.percent(facts.budget_used_ratio, 1)} used by this outage"
    if facts.budget_left_ratio is not None:
        text += f", {wording.percent(facts.budget_left_ratio, 1)} left"
    return (("Error budget", text),)


def _group(members: Sequence[tuple[Subject, OutageFacts]], now: int, zone: tzinfo) -> Message:
    down = [(s, f) for s, f in members if f.state == "open"]
    first = min(facts.start for _, facts in members)
    if down:
        names = wording.listed([s.name for s, _ in down], 5)
        verb = "is" if len(down) == 1 else "are"
        title = f"{names} {verb} down; {wording.counted(len(members), 'service')} affected"
    else:
        title = f"{wording.counted(len(members), 'service')} up again, down since"
        title = f"{title} {wording.moment(first, zone)}"
    lines = [_line(subject, facts, now, zone) for subject, facts in members[:_LISTED]]
    if len(members) > _LISTED:
        lines.append(f"and {len(members) - _LISTED} more")
    tone: Tone = "up" if not down else "planned" if all(map(_is_planned, down)) else "down"
    return Message(title, tone, lines=tuple(lines))


def _line(subject: Subject, facts: OutageFacts, now: int, zone: tzinfo) -> str:
    if facts.end is None:
        how = f"down since {wording.moment(facts.start, zone)}, {_lasted(facts, now)} so far"
    else:
        how = f"was down for {_lasted(facts, now)}, {wording.stretch(facts.start, facts.end, zone)}"
    return f"{subject.name}: {'withdrawn' if facts.withdrawn else how}"


def _is_planned(member: tuple[Subject, OutageFacts]) -> bool:
    return member[1].classification == "planned"


def _tone(facts: OutageFacts) -> Tone:
    if facts.state != "open":
        return "up"
    return "planned" if facts.classification == "planned" else "down"


def _lasted(facts: OutageFacts, now: int) -> str:
    return wording.duration((now if facts.end is None else facts.end) - facts.start)
