"""What happens to an invented estate, and the scenes that are left when its quiet is cut out."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

SECONDS: Final = 15
HOUR: Final = 3600 // SECONDS
DAY: Final = 24 * HOUR
LEAST: Final = 3
BEFORE, AFTER, SOON = 16, 140, 32
NEAR, FAR = 2 * HOUR, 6 * HOUR
WIDTH: Final = 60  # services of a world

Span = tuple[int, int]


@dataclass(frozen=True)
class Event:
    """Something that happens: to services (numbers), when, in steps of 15 seconds."""

    kind: str
    parts: dict[int, Span]
    window: Span | None = None
    host: Span | None = None
    """When the host of these services does not answer."""

    @property
    def span(self) -> Span:
        """Return from when to when anything of it is seen."""
        spans = [*self.parts.values(), *(s for s in (self.window, self.host) if s)]
        return min(s for s, _ in spans), max(e for _, e in spans)

    def unplanned(self, service: int) -> int:
        """Return how many samples of a service failed outside of its window."""
        start, end = self.parts[service]
        if self.kind in ("hole", "deploy"):
            return 0
        if self.window is None:
            return end - start
        return max(0, end - max(start, self.window[1]))


def hosted(service: int, services: int) -> int:
    """Return the host of a service."""
    return service % (services // 10)


def drawn(dice: random.Random, services: int, days: int) -> list[Event]:
    """Return what happens, in order; no stretches of a service between two and six hours apart."""
    found = [*_shared(dice, services, days), *_work(dice, services, days)]
    found += _alone(dice, services, days)
    taken: dict[int, list[Span]] = {}
    kept = []
    for event in found:
        start, end = event.span
        gaps = [
            max(start - e, s - end) for service in event.parts for s, e in taken.get(service, ())
        ]
        if all(40 <= gap <= NEAR or gap >= FAR for gap in gaps):
            kept.append(event)
            for service in event.parts:
                taken.setdefault(service, []).append((start, end))
    return sorted(kept, key=lambda one: one.span)


def _alone(dice: random.Random, services: int, days: int) -> Iterator[Event]:
    for service in range(services):
        for kind, times, least, most in (
            ("blip", days // 10, 1, 2),
            ("outage", days // 30, LEAST, 120),
            ("hole", days // 30, 10, 40),
            ("deploy", days // 6 if counted(service) else 0, 3, 4),
        ):
            for _ in range(times):
                start = dice.randrange(DAY // 2, days * DAY)
                yield Event(kind, {service: (start, start + dice.randint(least, most))})


def counted(service: int) -> bool:
    """Say whether a service is measured by its events."""
    return service % 10 == 3


def _shared(dice: random.Random, services: int, days: int) -> Iterator[Event]:
    for number in range(days // 4):
        start, length = dice.randrange(DAY // 2, days * DAY), dice.randint(8, 80)
        if number % 2:
            these = list(range(dice.randrange(10), services, services // 10))
            span = (start, start + length)
            yield Event("host", dict.fromkeys(these, span), host=span)
            continue
        owned = [s for s in range(services) if s % 7 == number % 7]
        these = dice.sample(owned, 6)
        yield Event(
            "flood",
            {s: (start + (late := dice.randint(0, 2)), start + late + length) for s in these},
        )


def _work(dice: random.Random, services: int, days: int) -> Iterator[Event]:
    for host in range(services // 10):
        for night in range((1 + host % 28) * DAY + 2 * HOUR + host * 10, days * DAY, 28 * DAY):
            over = 120 + dice.randint(12, 40) if dice.randrange(10) == 0 else dice.randint(16, 100)
            these = range(host, services, services // 10)
            start = night + dice.randint(0, 8)
            parts = {s: (start, night + over - dice.randint(0, 3)) for s in these}
            yield Event("work", parts, (night, night + 120), (start, start + 12))


@dataclass
class Scene:
    """Events that have services in common, near each other."""

    number: int
    events: list[Event]
    away: list[Span] = field(default_factory=list)
    at: int = 0
    """The step of its world at which it begins."""
    times: int = 1
    """How often the same happens, but for names."""

    @property
    def begin(self) -> int:
        """Return its first step, in the estate's time."""
        return min(e.span[0] for e in self.events) - BEFORE

    @property
    def length(self) -> int:
        """Return how many steps it has."""
        short = all(e.kind in ("blip", "deploy", "hole") for e in self.events)
        end = max(e.span[1] for e in self.events) + (SOON if short else AFTER)
        return (end - self.begin) // 2 * 2

    @property
    def services(self) -> list[int]:
        """Return the services in it."""
        return sorted({s for e in self.events for s in e.parts})

    @property
    def shape(self) -> tuple[Any, ...]:
        """Return what happens in it, but for the name of a single service, and at which phase."""
        begin, known = self.begin, self.services
        events = tuple(
            (
                event.kind,
                event.window and (event.window[0] - begin, event.window[1] - begin),
                tuple((known.index(s), a - begin, b - begin) for s, (a, b) in event.parts.items()),
            )
            for event in self.events
        )
        who = (counted(known[0]),) if len(known) == 1 else tuple(known)
        return events, who, tuple(self.away), begin % 2

    def world(self, step: int) -> int:
        """Return a step of the estate as one of the world."""
        return step - self.begin + self.at


def scenes(dice: random.Random, events: Sequence[Event]) -> list[Scene]:
    """Return the scenes; in one of four with more than a blip the engine restarts, or is away."""
    groups: list[list[Event]] = []
    latest: dict[int, tuple[int, list[Event]]] = {}
    for event in events:
        start, end = event.span
        near = [latest[s][1] for s in event.parts if s in latest and start - latest[s][0] <= NEAR]
        group = near[0] if near else []
        if not near:
            groups.append(group)
        for other in near[1:]:
            if other is not group:
                group += other
                groups = [g for g in groups if g is not other]
                latest = {s: (e, group if g is other else g) for s, (e, g) in latest.items()}
        group.append(event)
        latest |= dict.fromkeys(event.parts, (end, group))
    found = [Scene(number, group) for number, group in enumerate(groups)]
    for scene in found:
        if any(e.kind != "blip" for e in scene.events) and dice.randrange(4) == 0:
            start = dice.randrange(12, scene.length - 10)
            scene.away.append((start, start + dice.choice((6, 6, 6, 6, 80))))
    different: dict[tuple[Any, ...], Scene] = {}
    for scene in found:
        one = different.setdefault(scene.shape, scene)
        one.times += one is not scene
    return list(different.values())


def worlds(found: Sequence[Scene]) -> list[list[Scene]]:
    """Lay scenes of like length side by side; few begin at once, since ten that do are a flood."""
    made: list[list[Scene]] = []
    width = WIDTH
    for scene in sorted(found, key=lambda one: (one.length // 40, one.number)):
        if width + len(scene.services) > WIDTH or scene.length > 2 * made[-1][0].length:
            made.append([])
            width, at = 0, 0
        scene.at = at + (scene.begin - at) % 2
        made[-1].append(scene)
        width += len(scene.services)
        at += 3 * len(scene.services) if len(scene.services) < 5 else 24
    return made
