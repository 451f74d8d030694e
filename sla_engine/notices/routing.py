"""Who is told of a notice, and in which thread."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from service_catalogue import Catalogue, Service
from service_catalogue.notifications import NotificationRoute, Route, Severity
from sla_engine.accounting.terms import least_downtime
from sla_engine.domain.interval import Interval, clip, total
from sla_engine.domain.notice import Notice, is_of_outage
from sla_engine.ledger import Books, Delivery, Outbox, Thread
from sla_engine.ledger.outbox import FARTHEST
from sla_engine.notices.patience import AT_ONCE, Patience
from sla_engine.notices.registry import OUTAGE_KINDS, severity_of
from sla_engine.notifiers import canonical, parse_address

_TOGETHER = 2 * 60_000
"""What opens within so many milliseconds of a tick's several outages joins them."""
_GROWS = 60_000
_HOUR = 3_600_000
_FLOOD = 10 * 60_000
"""Outages that open within so many milliseconds of each other are one flood."""


@dataclass(frozen=True, slots=True)
class Destination:
    """An address, as the ledger spells it, whom to mention there, and how patient to be.

    ``language`` is what its route says that is read there; None where none does.
    """

    channel: str
    mentions: tuple[str, ...]
    patience: Patience = AT_ONCE
    language: str | None = None


def address(
    catalogue: Catalogue,
    outbox: Outbox,
    now: int,
    *,
    one_place: Collection[str] = (),
    plain: Collection[str] = (),
    expand: Callable[[str], Sequence[str]] = lambda channel: (channel,),
) -> int:
    """Give every new notice its threads; return how many notices that were.

    ``one_place`` are the schemes all of whose addresses are the same place, ``plain`` those where
    nothing can be edited; ``expand`` returns the addresses that one stands for. What a failed
    service takes down with it is told in that service's thread; outages of one tick share one, and
    in a flood all that come after the limit do.
    """
    new = outbox.unaddressed()
    below = _below(catalogue) if new else {}

    def order(notice: Notice) -> tuple[int, bool, int]:
        """Put causes first, and what mentions people before what does not."""
        depth = len(_dependencies(below, notice.service or ""))
        return depth, severity_of(notice) == "planned", notice.id

    for notice in sorted(new, key=order):
        named = [replace(t, channel=c) for t in targets_of(catalogue, notice)
                 for c in expand(t.channel)]  # fmt: skip
        targets = _in_one(named, one_place, catalogue.slack.channel)
        tick = _tick(notice, new, outbox)
        flood = _flooding(catalogue, outbox, () if tick else new, now)
        group = _Group(flood, tick, outbox.threads_since(notice.time - _TOGETHER) if tick else [])
        threads = [_thread(catalogue, outbox, notice, t, now=now, group=group) for t in targets]
        due = [
            _soon(target.patience.due(notice, _due(notice, thread, now, plain), catalogue), now)
            for thread, target in zip(threads, targets, strict=True)
        ]
        outbox.address(notice.id, threads, now, due)
    return len(new)


@dataclass(frozen=True, slots=True)
class _Group:
    """What an outage that opens now may share a message with: a flood, a tick's others."""

    flood: str
    tick: str
    recent: list[Thread]


def _tick(notice: Notice, new: Iterable[Notice], outbox: Outbox) -> str:
    """Return the key of what opened in the same tick, or nothing for one that is alone."""
    if notice.kind != "opened":
        return ""
    key = f"tick:{notice.time}"
    several = sum(one.kind == "opened" and one.time == notice.time for one in new) > 1
    recent = outbox.threads_since(notice.time - _TOGETHER)
    joins = any(thread.key.startswith("tick:") for thread in recent)
    return key if several or joins else ""


def _due(notice: Notice, thread: Thread, now: int, plain: Collection[str]) -> int:
    """Return when to tell: what grows where nothing is edited waits for what grows with it."""
    grows = notice.kind == "opened" and thread.id != 0
    return now + _GROWS if grows and parse_address(thread.channel).scheme in plain else now


def _soon(due: int, now: int) -> int:
    """Return when to look again at what is due: what lies farther ahead is no wrong clock's."""
    return min(due, now + FARTHEST - _HOUR)


def _in_one(
    targets: Iterable[Destination], one_place: Collection[str], default: str
) -> list[Destination]:
    """Leave one target of a scheme that is one place, under one name, so that threads go on."""
    found: dict[str, Destination] = {}
    for target in targets:
        scheme = parse_address(target.channel).scheme
        if scheme not in one_place:
            found[target.channel] = target
        elif f"{scheme}:" not in found:
            name = default if parse_address(default).scheme == scheme else target.channel
            found[f"{scheme}:"] = replace(target, channel=canonical(name))
    return list(found.values())


def targets_of(catalogue: Catalogue, notice: Notice) -> list[Destination]:
    """Return where a notice goes: to every route that fits it, else to the default channel."""
    if "channels" in notice.facts:
        return [Destination(canonical(channel), ()) for channel in notice.facts["channels"]]
    if "channel" in notice.facts:  # of a version that knew Slack alone
        return [Destination(canonical(notice.facts["channel"]), ())]
    severity = severity_of(notice)
    service = catalogue.find(notice.service)
    least = AT_ONCE
    if service is not None:
        needed = least_downtime(catalogue, service, service.min_samples or 0)
        least = Patience(service.after or 0, least=needed)
    found: dict[str, Destination] = {}
    for one in _matching(catalogue, service, severity):
        before = found.get(one.channel)
        patient = one.patience.at_least(least)
        found[one.channel] = Destination(
            one.channel,
            (*(before.mentions if before else ()), *one.mentions),
            patient if before is None else before.patience.shorter(patient),
            (before.language if before else None) or one.language,
        )
    loud = severity in {"unplanned", "budget"}
    targets = [
        replace(one, mentions=tuple(dict.fromkeys(one.mentions)) if loud else ())
        for one in found.values()
    ]
    return targets or [Destination(canonical(catalogue.slack.channel), (), least)]


def told_at(books: Books, item: Delivery, now: int) -> int:
    """Return when a delivery that is due may be made, at or after ``now`` (ms UTC).

    Hours may have ended since it was due, and of an outage that goes on too little may be known.
    """
    catalogue, notice = books.catalogue, item.notice
    patience = patience_at(catalogue, notice, item.thread.channel)
    due = patience.due(notice, now, catalogue)
    if due == now and patience.least and notice.kind == "opened" and is_of_outage(notice):
        due = now + _missing(books, notice, patience.least, now)
    return _soon(due, now)


def _missing(books: Books, notice: Notice, least: int, now: int) -> int:
    """Return how long (ms) an outage that goes on has to be down until that is known of it."""
    start, name = int(notice.facts["start"]), notice.service or ""
    lasted = Interval(start, max(now, start + 1))
    held = books.ledger.histories(lasted, [name]).get(name)
    if held is None or (start, None) not in held.outages:
        return 0
    return max(0, least - lasted.length + total(clip(held.gaps, lasted)))


def patience_at(catalogue: Catalogue, notice: Notice, channel: str) -> Patience:
    """Return how patient a notice is at an address, by the catalogue in force."""
    for target in targets_of(catalogue, notice):
        if channel == target.channel or channel.startswith(f"{target.channel}:"):
            return target.patience
    return AT_ONCE


def language_at(catalogue: Catalogue, notice: Notice, channel: str) -> str:
    """Return in which language a notice is told at an address, by the catalogue in force.

    Where all addresses of a scheme are one place, it is that of the first that was meant.
    """
    targets = targets_of(catalogue, notice)
    there = [t for t in targets if channel == t.channel or channel.startswith(f"{t.channel}:")]
    scheme = parse_address(channel).scheme
    there = there or [t for t in targets if parse_address(t.channel).scheme == scheme]
    said = (one.language for one in there if one.language is not None)
    return next(said, catalogue.notifications.language)


_GROUPS: Mapping[Severity, str] = {"unplanned": "outage"}


def _matching(
    catalogue: Catalogue, service: Service | None, severity: Severity
) -> Iterator[Destination]:
    for route in catalogue.slack.routes:
        if _fits(route, service, severity):
            yield Destination(canonical(route.channel), route.mentions)
    group = _GROUPS.get(severity, severity)
    for one in catalogue.notifications.routes:
        if (not one.kinds or group in one.kinds) and _concerns(one, service):
            samples = one.min_samples or 0
            least = least_downtime(catalogue, service, samples) if service is not None else 0
            patience = Patience(
                one.after or 0, one.unacknowledged or 0, one.quiet, least, one.hours
            )
            for address_ in one.to:
                yield Destination(canonical(address_), one.mentions, patience, one.language)


def _concerns(route: NotificationRoute, service: Service | None) -> bool:
    if service is None:
        return not (route.tiers or route.owners or route.services or route.labels)
    return (
        (not route.tiers or service.tier in route.tiers)
        and (not route.owners or service.owner in route.owners)
        and (not route.services or service.id in route.services)
        and route.labels.items() <= service.labels.items()
    )


def _fits(route: Route, service: Service | None, severity: Severity) -> bool:
    return (
        (not route.tiers or (service is not None and service.tier in route.tiers))
        and (not route.owners or (service is not None and service.owner in route.owners))
        and (not route.severities or severity in route.severities)
    )


def _thread(
    catalogue: Catalogue,
    outbox: Outbox,
    notice: Notice,
    target: Destination,
    *,
    now: int,
    group: _Group,
) -> Thread:
    """Return the thread of a notice in a channel: the topic's, a cause's, a flood's, or its own."""
    candidates = outbox.threads_of(notice.topic)
    if previous := notice.facts.get("previous_id"):
        candidates += outbox.threads_of(f"outage:{previous}")
    # What is told later keeps nothing else waiting.
    delay = target.patience.delay
    hours = target.patience.waits_for_hours(notice, now, catalogue)
    later = delay or hours
    if notice.kind == "opened" and not later:
        candidates += _upstream(catalogue, outbox, notice)
    known = next((t for t in candidates if t.channel == target.channel), None)
    if known is not None:
        return known
    key = f"{notice.topic}@{target.channel}"
    if notice.kind == "opened" and group.flood and not later:
        key = f"{group.flood}@{target.channel}"
    elif notice.kind == "opened" and group.tick:
        beginning = f"tick:{delay}{f'/{hours}' if hours else ''}:"
        for one in group.recent:
            if one.channel == target.channel and one.key.startswith(beginning):
                return one
        key = f"{beginning}{notice.time}@{target.channel}"
    return Thread(0, key, target.channel, target.mentions, created=now)


def _upstream(catalogue: Catalogue, outbox: Outbox, notice: Notice) -> Iterator[Thread]:
    """Yield the threads of open outages of what a service depends on, nearest first."""
    for service in _dependencies(_below(catalogue), notice.service or ""):
        last = outbox.latest(service, OUTAGE_KINDS)
        if last is not None and last.facts["end"] is None and not last.facts["withdrawn"]:
            yield from outbox.threads_of(last.topic)


def _flooding(catalogue: Catalogue, outbox: Outbox, new: Iterable[Notice], now: int) -> str:
    """Return the key of the flood that an outage which opens now belongs to, or nothing."""
    recent = [t for t in outbox.threads_since(now - _FLOOD) if _is_outage(t)]
    known = next((t.key.partition("@")[0] for t in recent if t.key.startswith("flood:")), "")
    if known:
        return known
    opened = [notice for notice in new if notice.kind == "opened"]
    begun = {t.key.partition("@")[0] for t in recent}
    coming = [n for n in opened if n.topic not in begun]
    if len(begun) + len(coming) <= catalogue.slack.flood_limit or not coming:
        return ""
    return f"flood:{coming[0].topic}"


def _is_outage(thread: Thread) -> bool:
    return thread.key.startswith(("outage:", "flood:", "tick:"))


def _dependencies(below: Mapping[str, tuple[str, ...]], service: str) -> list[str]:
    """Return what a service depends on, directly or not, nearest first."""
    found: dict[str, None] = {}
    level = list(below.get(service, ()))
    while level:
        found |= dict.fromkeys(level)
        level = [s for name in level for s in below.get(name, ()) if s not in found]
    return list(found)


def _below(catalogue: Catalogue) -> Mapping[str, tuple[str, ...]]:
    return {s.id: (*s.depends_on, *s.components) for s in catalogue.services}
