"""Seed -> world: zone, catalogue, services of every kind with their samples."""

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from benchmarks.audit import samples
from benchmarks.audit.make_plans import calendars, requests, windows
from benchmarks.audit.make_promises import promise
from benchmarks.audit.states import Key, Point
from benchmarks.audit.time import Span, moment
from benchmarks.audit.world import Meaning, World

_DAY = 86_400_000
_ZONES: dict[str, tuple[str, ...]] = {
    "Europe/Berlin": ("2026-03-29", "2026-10-25", "2026-07-01"),
    "America/New_York": ("2026-03-08", "2026-11-01"),
    "Australia/Lord_Howe": ("2026-04-05", "2026-10-04"),
    "Asia/Kathmandu": ("2026-08-31",),
    "Africa/Cairo": ("2026-04-24", "2026-10-30"),
    "America/Havana": ("2026-03-08", "2026-11-01"),
    "UTC": ("2026-02-28", "2026-10-31"),
}
_STEPS = ("15s", "30s", "60s", "10s", "7s")
_GUESSED = 5 * 60_000
_NEEDS = ("any", "majority", "all", 1, 2, 3)


class Making:
    """A world in the making."""

    def __init__(self, seed: int, *, month: bool = False) -> None:
        chance = self.chance = random.Random(seed)
        self.seed = seed
        self.zone = chance.choice(tuple(_ZONES))
        self.around = date.fromisoformat(chance.choice(_ZONES[self.zone]))
        self.step_text = "60s" if month else chance.choice(_STEPS)
        self.step = int(self.step_text[:-1]) * 1000
        self.span = self._month() if month else self._days()
        self.series: dict[Key, list[Point]] = {}
        self.meanings: dict[str, tuple[Meaning, ...]] = {}
        self.calendars = calendars(chance, self.span, self.zone)
        self.services: list[dict[str, Any]] = []
        self.turn: tuple[int, int] | None = None

    def _days(self) -> Span:
        hours = self.chance.choice((5, 9, 20, 30, 50, 70))
        midnight = moment(datetime.combine(self.around, datetime.min.time()), self.zone)
        start = midnight - self.chance.randrange(hours) * 3_600_000
        if self.chance.random() < 0.5:
            start += self.chance.randrange(3_600_000)
        return start, start + hours * 3_600_000 + self.chance.choice((0, 0, 61_234))

    def _month(self) -> Span:
        first = datetime(self.around.year, self.around.month, 1)  # noqa: DTZ001 - a wall clock's
        following = (first + timedelta(days=32)).replace(day=1)
        return moment(first, self.zone), moment(following, self.zone)

    @property
    def wide(self) -> Span:
        """Return where samples are: from before the span to after it."""
        return self.span[0] - 3_600_000, self.span[1] + 3_600_000

    def when(self) -> str:
        """Return a random time around the span, with an offset."""
        at = self.chance.randrange(self.span[0] - 3_600_000, self.span[1])
        return datetime.fromtimestamp(at // 1000, UTC).isoformat()

    def sky(self) -> samples.Weather:
        """Return the weather of one service."""
        return samples.weather(self.chance, self.span, self.step, self.turn)

    def add(self, metric: str, points: list[Point], **labels: str) -> None:
        """Add a series."""
        self.series[metric, tuple(sorted(labels.items()))] = points


def _probed(making: Making, entry: dict[str, Any]) -> None:
    """Probes at locations, some with replicas."""
    chance, sky = making.chance, making.sky()
    entry["probes"] = [{"type": "http", "url": "http://127.0.0.1:1"}]
    if chance.random() < 0.7:
        entry["quorum"] = {"locations": chance.choice(_NEEDS)}
    for place in range(chance.choice((1, 1, 2, 3, 3, 4))):
        for replica in range(chance.choice((1, 1, 1, 2, 3))):
            points = samples.states(chance, making.wide, making.step, sky)
            labels = {"location": f"l{place}", "replica": f"r{replica}"}
            making.add("service_up", points, service=entry["id"], **labels)
    making.meanings[entry["id"]] = (Meaning("service_up", {"service": entry["id"]}),)


def _several(making: Making, entry: dict[str, Any], metric: str) -> dict[str, str]:
    chance, sky = making.chance, making.sky()
    for number in range(chance.choice((1, 1, 2, 3))):
        points = samples.states(
            chance, making.wide, making.step, sky, chance.choice((1, 1, 1, 2, 0.5))
        )
        labels = {"instance": f"i{number}"}
        if metric == "service_probe_success":
            labels = {"probe": f"p{number % 2}", "location": f"l{number}"}
        making.add(metric, points, job=entry["id"], **labels)
    return {"job": entry["id"]}


def _selected(making: Making, entry: dict[str, Any]) -> None:
    """An SLI by a plain selector."""
    metric = making.chance.choice(("up", "service_probe_success"))
    labels = _several(making, entry, metric)
    entry["sli"] = {"promql": f'{metric}{{job="{entry["id"]}"}}'}
    if making.chance.random() < 0.5:
        entry["quorum"] = {"locations": making.chance.choice(_NEEDS)}
    making.meanings[entry["id"]] = (Meaning(metric, labels),)


def _expressed(making: Making, entry: dict[str, Any]) -> None:
    """An SLI by an expression."""
    labels = _several(making, entry, "up")
    selector = f'up{{job="{entry["id"]}"}}'
    forms: dict[str, tuple[str, float]] = {
        "min": (f"min({selector})", 0),
        "max": (f"max({selector})", 0),
        "each": (f"({selector})", 0),
        "good": (f"{selector} == 1", 0),
        "avg": (f"avg({selector}) >= bool 0.6", 0.6),
        "count": (f"count({selector} == 1) >= bool 2", 2),
    }
    name = making.chance.choice(tuple(forms))
    text, least = forms[name]
    entry["sli"] = {"promql": text}
    making.meanings[entry["id"]] = (Meaning("up", labels, name, least),)


def _counted(making: Making, entry: dict[str, Any]) -> None:
    """An SLI by good and total counters of some instances."""
    sky, name = making.sky(), entry["id"]
    for number in range(making.chance.choice((1, 2))):
        both = samples.counters(making.chance, making.wide, making.step, sky)
        for code, points in zip(("200", "500"), both, strict=True):
            making.add("requests_total", points, job=name, instance=f"i{number}", code=code)
    good = {"job": name, "code": "200"}
    good_ones, all_ones = (
        f'requests_total{{job="{name}",code="200"}}',
        f'requests_total{{job="{name}"}}',
    )
    bad_ones = f'sum by (job) (increase(requests_total{{job="{name}",code="500"}}[5m]))'
    entry["sli"] = making.chance.choice(
        (
            {"good": good_ones, "total": all_ones},
            {"good": f"sum(rate({good_ones}[5m]))", "total": f"sum(rate({all_ones}[1h]))"},
            {"errors": bad_ones, "total": all_ones},
            {"errors": f"sum({all_ones}) - sum({good_ones})", "total": f"sum({all_ones})"},
        )
    )
    if making.chance.random() < 0.4:
        entry["sli"]["outage"] = {"share": making.chance.choice((0.1, 0.5, 1)), "min_events": 1}
    if making.chance.random() < 0.4:
        target = (
            {"target": making.chance.choice((0.9, 0.95))} if making.chance.random() < 0.6 else {}
        )
        entry["sli"]["timeslice"] = {"length": making.chance.choice(("1m", "5m", "1h"))} | target
    making.meanings[name] = (
        Meaning("requests_total", good),
        Meaning("requests_total", {"job": name}),
    )


def _composed(making: Making, entry: dict[str, Any]) -> None:
    """Components, some of them composites."""
    known = [service["id"] for service in making.services]
    entry["components"] = making.chance.sample(known, min(len(known), making.chance.choice((2, 3))))
    if making.chance.random() < 0.6:
        entry["need"] = making.chance.randint(1, len(entry["components"]))


_SOURCES: tuple[Callable[[Making, dict[str, Any]], None], ...] = (
    _probed, _probed, _probed, _selected, _expressed, _counted,
)  # fmt: skip
_POLICIES = ("exclude", "count_up", "count_down")


def add_terms(making: Making, entry: dict[str, Any]) -> None:
    """Give a service an objective, hours, accounting, days and a history, as chance has it."""
    chance = making.chance
    maybe: dict[str, tuple[float, Callable[[], Any]]] = {
        "objective": (0.8, lambda: chance.choice((50, 90, 99, 99.9, 99.95))),
        "calendar": (0.4, lambda: chance.choice(tuple(making.calendars))),
        "min_outage": (0.3, lambda: chance.choice(("30s", "61s", "5m", "1h"))),
        "max_gap": (0.3, lambda: f"{chance.choice((2, 3, 10, 100)) * making.step // 1000}s"),
        "scrape_interval": (0.3, lambda: making.step_text),
        "since": (0.2, making.when),
        "until": (0.1, making.when),
        "labels": (0.5, lambda: {"site": chance.choice(("a", "b"))}),
        "tier": (0.5, lambda: chance.choice(("gold", "silver"))),
        "cost_per_hour": (0.3, lambda: 100),
        "accounting": (
            0.6,
            lambda: {key: chance.choice(_POLICIES) for key in ("maintenance", "unknown")},
        ),
    }
    entry |= {key: make() for key, (odds, make) in maybe.items() if chance.random() < odds}
    if "since" in entry and "until" in entry and entry["since"] > entry["until"]:
        del entry["until"]
    if "objective" in entry and chance.random() < 0.3:
        entry["credits"] = [{"below": 99.5, "credit": 10}, {"below": 95, "credit": 50}]
    if chance.random() < 0.3:
        entry["history"] = [_change(making, entry) for _ in range(chance.choice((1, 2)))]


def _change(making: Making, entry: dict[str, Any]) -> dict[str, Any]:
    chance = making.chance
    change: dict[str, Any] = {"until": making.when()}
    if chance.random() < 0.5:
        change["objective"] = chance.choice((80, 95, 99.5))
    if chance.random() < 0.5:
        change["calendar"] = chance.choice(tuple(making.calendars))
    if "probes" in entry and chance.random() < 0.5:
        change["quorum"] = {"locations": chance.choice(_NEEDS)}
    return change


def make(seed: int, *, month: bool = False) -> World:
    """Return the world of a seed."""
    making = Making(seed, month=month)
    chance = making.chance
    for number in range(chance.choice((2, 3)) if month else chance.randint(3, 7)):
        _service(making, number, chance.choice(_SOURCES))
    for number in range(chance.choice((0, 1, 2))):
        _service(making, 10 + number, _composed)
    prometheus = {} if chance.random() < 0.3 else {"scrape_interval": making.step_text}
    if chance.random() < 0.2:
        prometheus["max_gap"] = f"{4 * making.step // 1000}s"
    catalogue = {
        "organization": f"World {seed}",
        "timezone": making.zone,
        "prometheus": prometheus,
        "calendars": making.calendars,
        "services": making.services,
        "maintenance": {"windows": windows(chance, making.span, making.zone, making.services)},
    }
    clock = making.span[1] + chance.choice((0, 0, 7_000, 600_000, 5 * _DAY, 40 * _DAY))
    asked = requests(chance, making.span, making.zone, making.services)
    world = World(
        seed, making.zone, making.span, clock, catalogue, making.series, making.meanings, asked
    )
    world.losses = _losses(chance, making)
    promise(world)
    return world


def _service(making: Making, number: int, source: Callable[[Making, dict[str, Any]], None]) -> None:
    entry: dict[str, Any] = {"id": f"w{making.seed}-s{number}", "name": f"Service {number}"}
    other = making.chance.choice(_STEPS)
    at = making.chance.randrange(*making.span) // 1000 * 1000
    making.turn = (at, int(other[:-1]) * 1000) if making.chance.random() < 0.3 else None
    source(making, entry)
    add_terms(making, entry)
    if making.turn and "components" not in entry:
        _turned(making, entry, at, other)
    making.services.append(entry)


def _turned(making: Making, entry: dict[str, Any], at: int, other: str) -> None:
    """Let the catalogue tell of the change of cadence, know the later or the earlier, or none."""
    told = making.chance.choice(("history", "later", "earlier", "nothing"))
    if told in {"history", "later"}:
        entry["scrape_interval"] = other
    elif told == "earlier":
        entry["scrape_interval"] = making.step_text
    if told == "history":
        change = {"until": datetime.fromtimestamp(at // 1000, UTC).isoformat()}
        change["scrape_interval"] = making.step_text
        if making.chance.random() < 0.3:
            change["max_gap"] = f"{3 * making.step // 1000}s"
        entry["history"] = [*entry.get("history", ()), change]


def _losses(chance: random.Random, making: Making) -> list[Span]:
    """Return stretches whose samples a Prometheus loses, of every service at once.

    None begins so near the end that what was known there may have been a guess; what is lost of an
    expression shows five minutes later.
    """
    starts = [chance.randrange(*making.span) for _ in range(chance.choice((1, 2, 3)))]
    found = [(at, at + chance.choice((40, 120, 400)) * making.step) for at in starts]
    said = [s for one in making.services for s in (one, *one.get("history", ()))]
    gaps = [int(one["max_gap"][:-1]) * 1000 for one in said if "max_gap" in one]
    guessed = _GUESSED + max([_GUESSED, *(2 * gap for gap in gaps)])
    return [(start, end) for start, end in found if start < making.span[1] - guessed]
