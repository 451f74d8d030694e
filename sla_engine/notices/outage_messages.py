"""In which words an outage is told, and what can be done about it from there."""

from collections.abc import Sequence
from datetime import tzinfo

from sla_engine.domain.actor import shown
from sla_engine.domain.notice import Message, OutageSnapshot, Subject, Tone
from uptime_common import humanize

_LISTED = 20
_TURNS: dict[str, tuple[str, Tone]] = {
    "reopened": ("down again: later samples show that it never came back", "down"),
    "withdrawn": ("withdrawn: the samples no longer show it", "info"),
    "unwatched": ("no longer watched: it left the catalogue while it was down", "info"),
}


def root_message(
    members: Sequence[tuple[Subject, OutageSnapshot]], now: int, zone: tzinfo
) -> Message:
    """Return the message at the head of a thread, as its outages stand now.

    The first member is the outage that began the thread; others are what it took down with it,
    or, in a flood, what went down with it.
    """
    if len(members) == 1:
        return _single(*members[0], now, zone)
    return _group(members, now, zone)


def reply_message(
    kind: str, subject: Subject, facts: OutageSnapshot, zone: tzinfo, *, grouped: bool
) -> Message | None:
    """Return what is said inside the thread, or None where the head says it all."""
    name = f"{subject.name}: " if grouped else ""
    match kind:
        case "opened" if grouped:
            since = humanize.moment(facts.start, zone)
            return Message(f"{subject.name} is down since {since}", _tone(facts),
                           actions=_actions(facts), about=(facts.id,))  # fmt: skip
        case "resolved" if facts.end is not None:
            lasted = humanize.duration(facts.end - facts.start)
            when = humanize.moment(facts.end, zone)
            return Message(f"{name}resolved at {when} after {lasted}", "up", _burnt(facts))
        case "acknowledged":
            return Message(f"{name}acknowledged by {facts.acknowledged_by or 'unknown'}", "info")
        case "reopened" | "withdrawn" | "unwatched":
            said, tone = _TURNS[kind]
            return Message(f"{name}{said}", tone)
        case "asked" | "refused" | "reclassified":
            return _classed(kind, name, facts)
    return None


def _classed(kind: str, name: str, facts: OutageSnapshot) -> Message:
    """Return what somebody said of the class."""
    who = shown(facts.said_by)
    if kind == "asked":
        what = f"confirm that it was {facts.asked_for}"
        title = f"{name}{who} asks another to {what}: {facts.said_why}"
        return Message(title, "info", actions=("confirm", "refuse"), about=(facts.id,))
    what = "not classed as planned" if kind == "refused" else f"classed as {facts.classification}"
    return Message(f"{name}{what} by {who}: {facts.said_why}", "info")


def _single(subject: Subject, facts: OutageSnapshot, now: int, zone: tzinfo) -> Message:
    return Message(
        title=_title(subject, facts, now, zone),
        tone=_tone(facts),
        fields=_facts(subject, facts, now, zone),
        actions=_actions(facts),
        about=(facts.id,),
    )


def _actions(facts: OutageSnapshot) -> tuple[str, ...]:
    """Return what can be done about an outage as it stands."""
    if facts.withdrawn:
        return ()
    acknowledge = ("acknowledge",) if _waits(facts) else ()
    settled = facts.classification == "planned" or facts.asked_by
    return (*acknowledge, "annotate", *(() if settled else ("reclassify",)))


def _waits(facts: OutageSnapshot) -> bool:
    return facts.state == "open" and facts.acknowledged_by is None


def _title(subject: Subject, facts: OutageSnapshot, now: int, zone: tzinfo) -> str:
    if facts.state == "withdrawn":
        return f"{subject.name}: withdrawn, the samples no longer show it"
    if facts.end is not None:
        when = humanize.stretch(facts.start, facts.end, zone)
        what = "planned work" if facts.classification == "planned" else "resolved"
        what = "no longer watched" if facts.unwatched else what
        return f"{subject.name} was down for {_lasted(facts, now)} ({what}): {when}"
    since = f"since {humanize.moment(facts.start, zone)}"
    match facts.classification:
        case "planned":
            return f"{subject.name} is down for planned work {since}"
        case "overrun":
            return f"{subject.name} is still down after its maintenance window, {since}"
    seen = f", acknowledged by {facts.acknowledged_by}" if facts.acknowledged_by else ""
    return f"{subject.name} is down {since}{seen}"


def _facts(
    subject: Subject, facts: OutageSnapshot, now: int, zone: tzinfo
) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str | None]] = [
        ("Service", f"{subject.name} ({subject.id})"),
        ("Owner", f"{subject.owner}, {subject.tier} tier"),
        ("Began", humanize.moment(facts.start, zone)),
        ("Ended", None if facts.end is None else humanize.moment(facts.end, zone)),
        ("Lasted" if facts.end is not None else "So far", _lasted(facts, now)),
        ("Found", "late: its samples came after the fact" if facts.late else None),
        ("Class", _class(facts)),
        ("Asked for", facts.asked_by and f"{facts.asked_for}, by {shown(facts.asked_by)}"),
        ("Unknown inside", humanize.duration(facts.unknown) if facts.unknown else None),
        ("Acknowledged by", facts.acknowledged_by),
        ("Cause", facts.cause),
        ("Ticket", facts.ticket),
        *_burnt(facts),
        ("Outage", facts.id),
    ]
    return tuple((label, value) for label, value in found if value is not None)


def _class(facts: OutageSnapshot) -> str:
    if facts.classification != "overrun":
        return facts.classification
    planned, unplanned = humanize.duration(facts.planned), humanize.duration(facts.unplanned)
    return f"overrun: {planned} planned, {unplanned} unplanned"


def _burnt(facts: OutageSnapshot) -> tuple[tuple[str, str], ...]:
    if facts.budget_used_ratio is None:
        return ()
    text = f"{humanize.share(facts.budget_used_ratio)} used by this outage"
    if facts.budget_left_ratio is not None:
        text += f", {humanize.share(facts.budget_left_ratio)} left"
    return (("Error budget", text),)


def _group(members: Sequence[tuple[Subject, OutageSnapshot]], now: int, zone: tzinfo) -> Message:
    down = [(s, f) for s, f in members if f.state == "open"]
    first = min(facts.start for _, facts in members)
    if down:
        names = humanize.listed([s.name for s, _ in down], 5)
        verb = "is" if len(down) == 1 else "are"
        title = f"{names} {verb} down; {humanize.counted(len(members), 'service')} affected"
    else:
        title = f"{humanize.counted(len(members), 'service')} up again, down since"
        title = f"{title} {humanize.moment(first, zone)}"
    lines = [_line(subject, facts, now, zone) for subject, facts in members[:_LISTED]]
    if len(members) > _LISTED:
        lines.append(f"and {len(members) - _LISTED} more")
    tone: Tone = "up" if not down else "planned" if all(map(_is_planned, down)) else "down"
    present = sorted((f for _, f in members if not f.withdrawn), key=lambda f: not _waits(f))
    acknowledge = ("acknowledge",) if any(map(_waits, present)) else ()
    actions = (*acknowledge, "annotate") if present else ()
    return Message(title, tone, (), tuple(lines), (), actions, tuple(f.id for f in present))


def _line(subject: Subject, facts: OutageSnapshot, now: int, zone: tzinfo) -> str:
    if facts.end is None:
        how = f"down since {humanize.moment(facts.start, zone)}, {_lasted(facts, now)} so far"
    else:
        how = (
            f"was down for {_lasted(facts, now)}, {humanize.stretch(facts.start, facts.end, zone)}"
        )
    late = ", found late" if facts.late else ""
    return f"{subject.name}: {'withdrawn' if facts.withdrawn else how + late}"


def _is_planned(member: tuple[Subject, OutageSnapshot]) -> bool:
    return member[1].classification == "planned"


def _tone(facts: OutageSnapshot) -> Tone:
    if facts.state != "open":
        return "info" if facts.unwatched else "up"
    return "planned" if facts.classification == "planned" else "down"


def _lasted(facts: OutageSnapshot, now: int) -> str:
    return humanize.duration((now if facts.end is None else facts.end) - facts.start)
