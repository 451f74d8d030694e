"""Samples of many services, written fast: 5 % flap, 3 % have gaps, the others fail now and then."""

from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sla_engine.domain.interval import Interval
from sla_engine.domain.outage import OutageSpan

STEP = 15_000
_TEXT = 'service_up{{service="{name}",location="eu"}} '


class Expected(NamedTuple):
    """What a service's samples mean, worked out where they are made."""

    samples: int
    outages: tuple[OutageSpan, ...]


class Past:
    """Samples of services over a period, made anew whenever they are wanted: a month is large."""

    def __init__(self, services: int, period: Interval, jitter: int) -> None:
        self.names = [f"service-{number:04d}" for number in range(services)]
        self.period = period
        self._jitter = jitter

    def expected(self) -> dict[str, Expected]:
        """Return what the samples mean, by service."""
        return {
            name: Expected(len(times), _outages(times, up))
            for name, (times, up) in zip(self.names, self._all(), strict=True)
        }

    def write(self, path: Path, piece: Interval) -> None:
        """Write the samples of a piece of the period as OpenMetrics text."""
        with path.open("w", encoding="ascii") as out:
            out.write("# TYPE service_up gauge\n")
            for name, (times, up) in zip(self.names, self._all(), strict=True):
                first, last = np.searchsorted(times, piece)
                _write(out, name, times[first:last], up[first:last])
            out.write("# EOF\n")

    def _all(self) -> Iterator[tuple[NDArray[np.int64], NDArray[np.bool_]]]:
        for number in range(len(self.names)):
            chance = np.random.default_rng([1, number])
            yield _service(chance, number, self.period, self._jitter)


def _service(
    chance: np.random.Generator, number: int, period: Interval, jitter: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    times = np.arange(period.start + chance.integers(1, STEP), period.end - 1, STEP)
    if jitter:
        times = times + chance.integers(-jitter, jitter, len(times))
        times = times[(times >= period.start) & (times < period.end)]
    up = np.ones(len(times), np.bool_)
    kept = np.ones(len(times), np.bool_)
    days = period.length // 86_400_000
    if number % 20 == 0:
        for _ in range(max(1, 6 * days)):
            _clear(chance, up, 20)
    else:
        for _ in range(int(chance.integers(0, max(2, days // 4)))):
            _clear(chance, up, 240)
    if number % 33 == 1:
        for _ in range(max(1, days // 3)):
            _clear(chance, kept, 400)
    return times[kept], up[kept]


def _clear(chance: np.random.Generator, flags: NDArray[np.bool_], longest: int) -> None:
    start = int(chance.integers(0, len(flags)))
    flags[start : start + int(chance.integers(1, longest))] = False


def _write(out: IO[str], name: str, times: NDArray[np.int64], up: NDArray[np.bool_]) -> None:
    labels = _TEXT.format(name=name)
    pairs = zip(up.astype(int).tolist(), (times / 1000).tolist(), strict=True)
    out.write("".join([f"{labels}{value} {time:.3f}\n" for value, time in pairs]))


def _outages(times: NDArray[np.int64], up: NDArray[np.bool_]) -> tuple[OutageSpan, ...]:
    found = []
    start = None
    turns = np.flatnonzero(np.diff(up, prepend=True))
    for time, good in zip(times[turns].tolist(), up[turns].tolist(), strict=True):
        if not good:
            start = time
        else:
            found.append(OutageSpan(start, time))
            start = None
    return (*found, OutageSpan(start, None)) if start is not None else tuple(found)
