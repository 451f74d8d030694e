"""Random samples: jitter, lost scrapes, holes, flapping, outages, counters that begin anew."""

import random
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from benchmarks.audit.states import Point
from benchmarks.audit.time import Span


class Weather(NamedTuple):
    """What happens to all series of a service: when it is down, and when nobody scrapes."""

    down: Sequence[Span]
    blind: Sequence[Span]
    flapping: float
    turn: tuple[int, int] | None = None
    """From when on samples come at another step, and that step (ms)."""


def weather(
    chance: random.Random, span: Span, step: int, turn: tuple[int, int] | None = None
) -> Weather:
    """Return outages and holes of every length, some over the edges of the span."""
    down = [_stretch(chance, span, step, (1, 1, 2, 3, 5, 60, 240, 900)) for _ in _some(chance, 6)]
    blind = [
        _stretch(chance, span, step, (1, 2, 2, 3, 4, 30, 70, 110, 300)) for _ in _some(chance, 4)
    ]
    if chance.random() < 0.3:
        edge = chance.choice(span)
        down.append((edge - 20 * step, edge + chance.randrange(1, 60) * step))
    return Weather(down, blind, chance.choice((0, 0, 0, 0, 0, 0.05)), turn)


def _some(chance: random.Random, most: int) -> range:
    return range(chance.randrange(most + 1))


def _stretch(chance: random.Random, span: Span, step: int, lengths: Sequence[int]) -> Span:
    start = chance.randrange(*span)
    return start, start + chance.choice(lengths) * step


def _in(spans: Iterable[Span], at: int) -> bool:
    return any(start <= at < end for start, end in spans)


def times(chance: random.Random, span: Span, step: int, sky: Weather) -> list[int]:
    """Return when a series is scraped: with jitter, less what is lost; some begin or end inside."""
    jitter = chance.choice((0, 0, 2, 200, min(900, step // 12)))
    lost = chance.choice((0, 0, 0.001, 0.02))
    ours = [_stretch(chance, span, step, (1, 2, 3, 40)) for _ in _some(chance, 2)]
    start, end = span
    if chance.random() < 0.15:
        start = chance.randrange(*span)
    if chance.random() < 0.15:
        end = chance.randrange(start, span[1])
    turn, other = sky.turn or (end, step)
    nominal = (
        *range(start + chance.randrange(step), min(turn, end), step),
        *range(max(turn, start) + chance.randrange(other), end, other),
    )
    found = (
        at + (chance.randint(-jitter, jitter) if jitter else 0)
        for at in nominal
        if not _in((*sky.blind, *ours), at) and chance.random() >= lost
    )
    return sorted(set(found))


def states(
    chance: random.Random, span: Span, step: int, sky: Weather, good: float = 1
) -> list[Point]:
    """Return samples of a state: 0 while down, by now and then of this series alone."""
    own = [_stretch(chance, span, step, (1, 1, 4, 60, 400)) for _ in _some(chance, 3)]
    deaf = chance.random() < 0.2
    spans = own if deaf else [*sky.down, *own]
    return [
        (at, 0 if _in(spans, at) or chance.random() < sky.flapping else good)
        for at in times(chance, span, step, sky)
    ]


def counters(
    chance: random.Random, span: Span, step: int, sky: Weather
) -> tuple[list[Point], list[Point]]:
    """Return good and bad events of an instance as counters that begin anew now and then."""
    restart = chance.choice((0, 0, 0.001, 0.01))
    busy = chance.choice((0.1, 3, 50))
    good, bad = chance.randrange(1000), chance.randrange(10)
    found: tuple[list[Point], list[Point]] = ([], [])
    for at in times(chance, span, step, sky):
        if chance.random() < restart:
            good = bad = 0
        asked = int(chance.expovariate(1 / busy))
        failed = asked if _in(sky.down, at) else round(asked * chance.choice((0, 0, 0, 0.02)))
        good, bad = good + asked - failed, bad + failed
        found[0].append((at, good))
        found[1].append((at, bad))
    return found
