"""In which words an outage is told, and what can be done about it from there."""

from collections import Counter
from collections.abc import Sequence

from sla_engine.domain.actor import shown
from sla_engine.domain.notice import Message, OutageSnapshot, Subject, Tone
from sla_engine.reports.language import PLAIN, Language, marked

_LISTED = 20
_TOGETHER = {
    "opened": marked("{services} down"),
    "resolved": marked("{services} up again"),
    "reopened": marked("{services} down again"),
    "acknowledged": marked("{services} acknowledged"),
    "withdrawn": marked("{services} withdrawn"),
    "unwatched": marked("{services} no longer watched"),
    "asked": marked("{services} to be confirmed"),
    "refused": marked("{services} refused"),
    "reclassified": marked("{services} reclassified"),
}
_TURNS: dict[str, tuple[str, Tone]] = {
    "reopened": (marked("down again: later samples show that it never came back"), "down"),
    "withdrawn": (marked("withdrawn: the samples no longer show it"), "info"),
    "unwatched": (
        marked("no longer watched: it left the catalogue, or its time ended, while it was down"),
        "info",
    ),
}
_CLASSES = {
    "planned": marked("planned"),
    "unplanned": marked("unplanned"),
    "overrun": marked("overrun"),
}


def root_message(
    members: Sequence[tuple[Subject, OutageSnapshot]], now: int, say: Language, cause: str = ""
) -> Message:
    """Return the message at the head of a thread, as its outages stand now.

    The first member is the outage that began the thread; others are what it took down with it,
    or what went down with it. ``cause`` is what they have in common, ``say`` the readers' words.
    """
    if len(members) == 1:
        return _single(*members[0], now, say)
    return _group(members, now, say, cause)


def joined_reply(replies: Sequence[tuple[str, Message]], say: Language = PLAIN) -> Message | None:
    """Return one message of what is said in a thread at once; each comes with its notice's kind."""
    if len(replies) <= 1:
        return replies[0][1] if replies else None
    counts = Counter(kind for kind, _ in replies)
    title = say.also.join(
        say.phrase(_TOGETHER[kind], services=say.counted(number, "service"))
        for kind, number in counts.items()
    )
    shown = [reply.title for _, reply in replies[:_LISTED]]
    if len(replies) > _LISTED:
        shown.append(say.phrase("and {n} more", n=say.number(len(replies) - _LISTED)))
    tones = [reply.tone for _, reply in replies]
    tone = next((t for t in ("down", "planned", "up") if t in tones), "info")
    return Message(title, tone, lines=tuple(shown))  # type: ignore[arg-type] # of the same words


def reply_message(
    kind: str, subject: Subject, facts: OutageSnapshot, say: Language, *, grouped: bool
) -> Message | None:
    """Return what is said inside the thread, or None where the head says it all."""
    name = f"{subject.name}: " if grouped else ""
    match kind:
        case "opened" if grouped:
            return Message(
                f"{_opened(subject, facts, say)}{f'{say.thus}{facts.why}' if facts.why else ''}",
                _tone(facts),
                actions=_actions(facts),
                about=(facts.id,),
            )
        case "resolved" if facts.end is not None:
            lasted = say.duration(facts.end - facts.start)
            when = say.moment(facts.end)
            said = say.phrase("resolved at {when} after {length}", when=when, length=lasted)
            return Message(f"{name}{said}", "up", _burnt(facts, say))
        case "acknowledged":
            who = facts.acknowledged_by or say.phrase("unknown")
            return Message(f"{name}{say.phrase('acknowledged by {name}', name=who)}", "info")
        case "reopened" | "withdrawn" | "unwatched":
            said, tone = _TURNS[kind]
            return Message(f"{name}{say.phrase(said)}", tone)
        case "asked" | "refused" | "reclassified":
            return _classed(kind, name, facts, say)
    return None


def _opened(subject: Subject, facts: OutageSnapshot, say: Language) -> str:
    if facts.end is None:
        when = say.moment(facts.start)
        return say.phrase("{service} is down since {when}", service=subject.name, when=when)
    when = say.stretch(facts.start, facts.end)
    return say.phrase("{service} was down: {when}", service=subject.name, when=when)


def _classed(kind: str, name: str, facts: OutageSnapshot, say: Language) -> Message:
    """Return what somebody said of the class."""
    told = {"who": shown(facts.said_by), "why": facts.said_why}
    if kind == "asked":
        what = _class_word(facts.asked_for, say)
        title = say.phrase(
            "{who} asks another to confirm that it was {what}: {why}", **told, what=what
        )
        return Message(f"{name}{title}", "info", actions=("confirm", "refuse"), about=(facts.id,))
    if kind == "refused":
        return Message(
            f"{name}{say.phrase('not classed as planned by {who}: {why}', **told)}", "info"
        )
    what = _class_word(facts.classification, say)
    return Message(
        f"{name}{say.phrase('classed as {what} by {who}: {why}', **told, what=what)}", "info"
    )


def _class_word(name: str, say: Language) -> str:
    return say.phrase(_CLASSES.get(name, name))


def _single(subject: Subject, facts: OutageSnapshot, now: int, say: Language) -> Message:
    return Message(
        title=_title(subject, facts, now, say),
        tone=_tone(facts),
        fields=_facts(subject, facts, now, say),
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


def _title(subject: Subject, facts: OutageSnapshot, now: int, say: Language) -> str:
    named = {"service": subject.name}
    if facts.state == "withdrawn":
        return say.phrase("{service}: withdrawn, the samples no longer show it", **named)
    if facts.end is not None:
        return _over(subject, facts, now, say)
    named["when"] = say.moment(facts.start)
    match facts.classification:
        case "planned":
            return say.phrase("{service} is down for planned work since {when}", **named)
        case "overrun":
            return say.phrase(_STILL_DOWN, **named)
    title = say.phrase("{service} is down since {when}", **named)
    if facts.acknowledged_by:
        title += f", {say.phrase('acknowledged by {name}', name=facts.acknowledged_by)}"
    return f"{title}{say.thus}{facts.why}" if facts.why else title


_STILL_DOWN = marked("{service} is still down after its maintenance window, since {when}")


def _over(subject: Subject, facts: OutageSnapshot, now: int, say: Language) -> str:
    """Return the title of an outage that is over."""
    what = marked("planned work") if facts.classification == "planned" else marked("resolved")
    what = marked("no longer watched") if facts.unwatched else what
    return say.phrase(
        "{service} was down for {length} ({what}): {when}",
        service=subject.name,
        length=_lasted(facts, now, say),
        what=say.phrase(what),
        when=say.stretch(facts.start, facts.end or now),
    )


def _facts(
    subject: Subject, facts: OutageSnapshot, now: int, say: Language
) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str | None]] = [
        (marked("Service"), f"{subject.name} ({subject.id})"),
        (marked("Owner"), _owner(subject, say)),
        (marked("Began"), say.moment(facts.start)),
        (marked("Ended"), None if facts.end is None else say.moment(facts.end)),
        (
            marked("Lasted") if facts.end is not None else marked("So far"),
            _lasted(facts, now, say),
        ),
        (
            marked("Found"),
            say.phrase("late: its samples came after the fact") if facts.late else None,
        ),
        (marked("Why"), facts.why or None),
        (marked("Class"), _class(facts, say)),
        (marked("Asked for"), facts.asked_by and _asked(facts, facts.asked_by, say)),
        (marked("Unknown inside"), say.duration(facts.unknown) if facts.unknown else None),
        (marked("Acknowledged by"), facts.acknowledged_by),
        (marked("Cause"), facts.cause),
        (marked("Ticket"), facts.ticket),
    ]
    told = [(say.phrase(label), value) for label, value in found if value is not None]
    return (*told, *_burnt(facts, say), (say.phrase("Outage"), facts.id))


def _owner(subject: Subject, say: Language) -> str | None:
    """Return who runs a service and its tier; None where the catalogue says neither."""
    if (subject.owner, subject.tier) == ("unknown", "default"):
        return None
    owner = say.phrase("unknown") if subject.owner == "unknown" else subject.owner
    return say.phrase("{owner}, {tier} tier", owner=owner, tier=subject.tier)


def _asked(facts: OutageSnapshot, who: str, say: Language) -> str:
    what = _class_word(facts.asked_for, say)
    return say.phrase("{what}, by {who}", what=what, who=shown(who))


def _class(facts: OutageSnapshot, say: Language) -> str:
    if facts.classification != "overrun":
        return _class_word(facts.classification, say)
    return say.phrase(
        "overrun: {planned} planned, {unplanned} unplanned",
        planned=say.duration(facts.planned),
        unplanned=say.duration(facts.unplanned),
    )


def _burnt(facts: OutageSnapshot, say: Language) -> tuple[tuple[str, str], ...]:
    if facts.budget_used_ratio is None:
        return ()
    text = say.phrase("{share} used by this outage", share=say.share(facts.budget_used_ratio))
    if facts.budget_left_ratio is not None:
        text += f", {say.phrase('{share} left', share=say.share(facts.budget_left_ratio))}"
    return ((say.phrase("Error budget"), text),)


def _group(
    members: Sequence[tuple[Subject, OutageSnapshot]], now: int, say: Language, cause: str
) -> Message:
    down = [(s, f) for s, f in members if f.state == "open"]
    title = _together(members, down, say)
    title += f" ({cause})" if cause else ""
    lines = [_line(subject, facts, now, say) for subject, facts in members[:_LISTED]]
    if len(members) > _LISTED:
        lines.append(say.phrase("and {n} more", n=say.number(len(members) - _LISTED)))
    tone: Tone = "up" if not down else "planned" if all(map(_is_planned, down)) else "down"
    present = sorted((f for _, f in members if not f.withdrawn), key=lambda f: not _waits(f))
    acknowledge = ("acknowledge",) if any(map(_waits, present)) else ()
    actions = (*acknowledge, "annotate") if present else ()
    return Message(title, tone, (), tuple(lines), (), actions, tuple(f.id for f in present))


def _together(
    members: Sequence[tuple[Subject, OutageSnapshot]],
    down: Sequence[tuple[Subject, OutageSnapshot]],
    say: Language,
) -> str:
    """Return the title of several outages: who is down, or when they were."""
    first = min(facts.start for _, facts in members)
    services = say.counted(len({s.id for s, _ in members}), "service")
    if not down:
        when = say.stretch(first, max(facts.end or first for _, facts in members))
        return say.phrase(
            "{services} up again; what was down: {when}", services=services, when=when
        )
    names = list(dict.fromkeys(s.name for s, _ in down))
    return say.plural(
        "{names} is down; {services} affected",
        "{names} are down; {services} affected",
        len(names),
        names=say.listed(names, 5),
        services=services,
    )


def _line(subject: Subject, facts: OutageSnapshot, now: int, say: Language) -> str:
    how = say.phrase("withdrawn") if facts.withdrawn else _how(facts, now, say)
    return f"{subject.name}{say.thus}{how}"


def _how(facts: OutageSnapshot, now: int, say: Language) -> str:
    """Return since when it is down, or when it was, and why."""
    if facts.end is None:
        told = {"when": say.moment(facts.start), "length": _lasted(facts, now, say)}
        how = say.phrase("down since {when}, {length} so far", **told)
        if facts.classification == "planned":
            how = say.phrase("down for planned work since {when}, {length} so far", **told)
    else:
        when, length = say.stretch(facts.start, facts.end), _lasted(facts, now, say)
        how = say.phrase("was down for {length}, {when}", length=length, when=when)
    if facts.late:
        how += f", {say.phrase('found late')}"
    return f"{how} ({facts.why})" if facts.why else how


def _is_planned(member: tuple[Subject, OutageSnapshot]) -> bool:
    return member[1].classification == "planned"


def _tone(facts: OutageSnapshot) -> Tone:
    if facts.state != "open":
        return "info" if facts.unwatched else "up"
    return "planned" if facts.classification == "planned" else "down"


def _lasted(facts: OutageSnapshot, now: int, say: Language) -> str:
    return say.duration((now if facts.end is None else facts.end) - facts.start)
