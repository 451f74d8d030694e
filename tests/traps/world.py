"""One day of services that are each a trap, as samples and as a catalogue."""

from collections.abc import Iterable, Iterator
from typing import Any, TextIO

from service_catalogue import Catalogue
from sla_engine.domain.interval import Interval
from tests.catalogues import catalogue
from tests.past import Pair

MINUTE = 60_000
HOUR = 60 * MINUTE
STEP = MINUTE
START = 1_790_812_800_000  # 2026-10-01
DAY = Interval(START, START + 24 * HOUR)
BEFORE = Interval(START - 24 * HOUR, START)

Spans = tuple[tuple[float, float], ...]
"""Hours after the start, half-open."""


def series(down: Spans = (), gone: Spans = ()) -> tuple[Pair, ...]:
    """Return a sample a minute from an hour before the day to its end, on whole minutes."""
    return tuple(
        (time, int(not _within(down, time)))
        for time in range(START - HOUR, DAY.end, STEP)
        if not _within(gone, time)
    )


def _within(spans: Spans, time: int) -> bool:
    return any(start * HOUR <= time - START < end * HOUR for start, end in spans)


def _at_odd_minutes(gone: bool) -> tuple[Pair, ...]:
    """Return one of two replicas whose holes of ten minutes take turns with the other's."""
    turns = tuple((h / 6, (h + 1) / 6) for h in range(int(gone), 144, 2))
    return series(down=((10, 10.5),), gone=turns)


UP: dict[str, tuple[Pair, ...]] = {
    'service="blind"': series(down=((4, 4.5),), gone=((5, 6),)),
    'service="brief",location="old"': series(),
    'service="brief",location="new"': series(down=((12, 24),), gone=((-1, 12), (12.5, 24))),
    'service="lost"': series(gone=((12, 24),)),
    'service="mended"': series(down=((3, 4),), gone=((3.5, 3.5 + 1 / 60),)),
    'service="pair",location="eu",replica="a"': _at_odd_minutes(False),
    'service="pair",location="eu",replica="b"': _at_odd_minutes(True),
    'service="overlapped"': series(down=((2, 5),)),
    'service="excluded"': series(down=((2, 3), (8, 9))),
    'service="kept"': series(down=((2, 3), (8, 9))),
    'service="worked-on"': series(down=((2, 3),)),
    'service="broken"': series(down=((2.5, 4),)),
    'service="newcomer"': series(down=((18, 18.5),), gone=((-1, 12),)),
    'service="midnight"': series(down=((-0.5, 0.5),)),
    'service="slow-to-tell"': series(down=((7, 7 + 1 / 60),)),
    'service="unfinished"': series(down=((23, 24),)),
}


def _window(name: str, service: str, start: str, length: str) -> dict[str, Any]:
    return {
        "id": name,
        "title": name,
        "services": [service],
        "start": start,
        "duration": length,
        "requester": "ann",
        "approver": "bob",
    }


WINDOWS = [
    _window("first", "overlapped", "2026-10-01T02:00", "2h"),
    _window("second", "overlapped", "2026-10-01T03:00", "2h"),
    _window("third", "excluded", "2026-10-01T02:00", "1h"),
    _window("fourth", "kept", "2026-10-01T02:00", "1h"),
    _window("fifth", "worked-on", "2026-10-01T02:00", "2h"),
    _window("sixth", "midnight", "2026-09-30T12:00", "3d"),
    _window("seventh", "unfinished", "2026-10-01T22:00", "8h"),
]


def _busy_at_noon(minute: int) -> tuple[int, int]:
    """Return good and bad requests of a minute: 500 each from 12:00 to 13:00, else 1 and none."""
    return (500, 500) if 720 <= minute < 780 else (1, 0)


def _restarted(restart: int) -> Iterator[tuple[int, int, int]]:
    """Yield (minute, good, bad) as counters that begin anew at a minute."""
    good = bad = 0
    for minute in range(-60, 1440):
        if minute == restart:
            good = bad = 0
        more_good, more_bad = _busy_at_noon(minute)
        good, bad = good + more_good, bad + more_bad
        yield minute, good, bad


def _events() -> Iterator[tuple[str, int, int]]:
    """Yield (series, value, minute) of two instances, and of requests that are never good."""
    for name, restart in (("a", 750), ("b", 300)):
        for minute, good, bad in _restarted(restart):
            yield f'requests_total{{instance="{name}",code="200"}}', good, minute
            yield f'requests_total{{instance="{name}",code="500"}}', bad, minute
    for minute in range(-60, 1440):
        yield 'refused_total{code="500"}', minute + 60, minute


def write(out: TextIO) -> None:
    """Write the day as OpenMetrics text."""
    out.write("# TYPE service_up gauge\n")
    for labels, samples in UP.items():
        out.writelines(f"service_up{{{labels}}} {v} {t // 1000}\n" for t, v in samples)
    lines = sorted(_events(), key=lambda event: (event[0], event[2]))
    for family in ("refused", "requests"):
        out.write(f"# TYPE {family} counter\n")
        out.writelines(
            f"{name} {value} {START // 1000 + minute * 60}\n"
            for name, value, minute in lines
            if name.startswith(family)
        )
    out.write("# EOF\n")


def _services() -> Iterable[dict[str, Any]]:
    yield from (
        {"id": name, "objective": 99}
        for name in (
            "blind", "lost", "mended", "never-seen", "pair", "overlapped", "excluded", "worked-on",
            "broken", "newcomer", "midnight", "slow-to-tell", "unfinished",
        )
    )  # fmt: skip
    yield {"id": "brief", "objective": 99, "quorum": {"locations": "all"}}
    yield {"id": "kept", "objective": 99, "accounting": {"maintenance": "count_up"}}
    yield {"id": "whole", "components": ["worked-on", "broken"]}
    events = {"good": 'requests_total{code="200"}', "total": "requests_total"}
    yield {"id": "api", "objective": 99, "sli": events}
    outrun = {"good": "requests_total", "total": 'requests_total{code="200"}'}
    yield {"id": "outrun", "objective": 99, "sli": outrun}
    refused = {"good": 'refused_total{code="200"}', "total": "refused_total"}
    yield {"id": "refused", "objective": 99, "window": "day", "sli": refused}


def book(url: str, **changed: dict[str, Any]) -> Catalogue:
    """Return the catalogue of the day; ``changed`` are other keys by service."""
    services = [service | changed.get(service["id"], {}) for service in _services()]
    cadence = {"scrape_interval": "60s"}
    return catalogue(*services, url=url, prometheus=cadence, maintenance=WINDOWS)
