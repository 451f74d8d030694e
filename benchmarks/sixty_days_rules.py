"""Sixty days of an invented estate under the shipped alert rules: pages for each true incident.

    python -m benchmarks.sixty_days_rules [--days 60] [--services 200] [--seed 1] [--part 1/1]

What happens is drawn for the whole time: blips, outages, floods of one owner, hosts that die, work in
approved windows that may overrun, deployments of services that are counted by events, holes in the
data, an engine that restarts or is away. Then the quiet stretches are cut out. A scene is what
happens to services that have to do with each other, from four minutes before to 35 minutes after (8
where nothing was down for long); stretches of a service are less than two hours apart, and then in one
scene with their true distance, or six hours and more, and then apart: no window that pages looks back
further, and the weight that rules give to missing data makes a scene's empty past count as good.
Those of one service that differ in its name alone are played once. Scenes are laid side by side, each
with services, owners, hosts and an engine of its own, and promtool
evaluates on them the rules that are shipped, every 30 seconds: those of pages and of what holds them
back, and all they rest on. Samples are 15 seconds apart; a true incident is an outage with three
failed ones outside of windows. What Alertmanager holds back is worked out from the shipped
configuration by PromQL, its groups and their intervals here.
"""

import argparse
import random
import re
import resource
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

from service_catalogue import Catalogue
from sla_engine.prometheus.rules import rule_file
from tests.rules.cases import ALERT_RULES, asked, load, paced
from tests.rules.nights import held_back

SECONDS: Final = 15
EVERY: Final = 30
HOUR: Final = 3600 // SECONDS
DAY: Final = 24 * HOUR
LEAST: Final = 3
BEFORE, AFTER, SOON = 16, 140, 32
NEAR, FAR = 2 * HOUR, 6 * HOUR
RULES: Final = ("slo", "services", "targets", "inhibitors")
SHARED: Final = ("ManyServicesDown", "TargetsMissing", "LocationDown")
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
    """Return what happens, in order; no two stretches of a service between two and six hours apart."""
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
        latest |= {service: (end, group) for service in event.parts}
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


def series(scene: Scene, services: int) -> Iterator[tuple[str, str]]:
    """Yield what a scene's programs show, each series with its values."""
    engine = f'job="engine_{scene.number}"'
    steps = range(scene.begin, scene.begin + scene.length)
    away = {step for start, end in scene.away for step in range(start, end)}

    def told(values: Sequence[float | None]) -> str:
        return _line([None] * scene.at + [None if n in away else v for n, v in enumerate(values)])

    for service in scene.services:
        mine = [e for e in scene.events if service in e.parts]
        me = f'service="{name(scene, service)}"'
        method = "events" if counted(service) else "probes"
        labels = (
            f'{me},owner="team{service % 7}_{scene.number}",method="{method}",{engine}'
            f',host="h{hosted(service, services)}_{scene.number}"'
        )
        yield f"service_info{{{labels}}}", told([1] * scene.length)
        yield f"service_slo_objective_ratio{{{me},{engine}}}", told([0.999] * scene.length)
        yield (
            f"service_maintenance_active{{{me},{engine}}}",
            told([_active(mine, s) for s in steps]),
        )
        if windows := [e.window for e in mine if e.window]:
            ends = [_end(scene, windows, s) for s in steps]
            nexts = [_next(scene, windows, s) for s in steps]
            yield f"service_maintenance_until_timestamp_seconds{{{me},{engine}}}", told(ends)
            yield f"service_maintenance_next_start_timestamp_seconds{{{me},{engine}}}", told(nexts)
        yield from _measured(scene, service, mine, steps)
    for host in {hosted(s, services) for e in scene.events if e.host for s in e.parts}:
        lost = [e.host for e in scene.events if e.host and hosted(min(e.parts), services) == host]
        up = [int(not _within(lost, s)) for s in steps]
        where = f'job="node_{scene.number}",instance="h{host}_{scene.number}:9100"'
        yield f"up{{{where}}}", _line([None] * scene.at + up)
        yield (
            f"node_boot_time_seconds{{{where}}}",
            _line([None] * scene.at + [v or None for v in up]),
        )


def name(scene: Scene, service: int) -> str:
    """Return the id of a service in a scene; those that are counted begin with e."""
    return f"{'e' if counted(service) else 's'}{service}_{scene.number}"


def _within(spans: Sequence[Span], step: int) -> bool:
    return any(start <= step < end for start, end in spans)


def _active(mine: Sequence[Event], step: int) -> int:
    return int(_within([e.window for e in mine if e.window], step - 1))  # the tick after


def _end(scene: Scene, windows: Sequence[Span], step: int) -> float | None:
    ends = [end for start, end in windows if start < step <= end]
    return scene.world(ends[0]) * SECONDS if ends else None


def _next(scene: Scene, windows: Sequence[Span], step: int) -> float | None:
    starts = [start for start, _ in windows if start >= step]
    return scene.world(starts[0]) * SECONDS if starts else None


def _measured(
    scene: Scene, service: int, mine: Sequence[Event], steps: range
) -> Iterator[tuple[str, str]]:
    id_ = name(scene, service)
    down = [e.parts[service] for e in mine if e.kind not in ("hole", "deploy")]
    holes = [e.parts[service] for e in mine if e.kind == "hole"]
    if not counted(service):
        values = [None if _within(holes, s) else int(not _within(down, s)) for s in steps]
        yield f'service_up{{service="{id_}",location="a"}}', _line([None] * scene.at + values)
        return
    half = [e.parts[service] for e in mine if e.kind == "deploy"]
    count: dict[str, list[float | None]] = {"200": [], "500": []}
    good = bad = 0
    for step in steps:
        failed = 150 if _within(down, step - 1) else 75 if _within(half, step - 1) else 0
        good, bad = good + 150 - failed, bad + failed
        for code, value in (("200", good), ("500", bad)):
            count[code].append(None if _within(holes, step) else value)
    for code, values in count.items():
        yield f'requests_total{{app="{id_}",code="{code}"}}', _line([None] * scene.at + values)


def _line(values: Sequence[float | None]) -> str:
    """Return values as promtool's; a series that ends is stale."""
    parts: list[str] = []
    runs: list[tuple[float | None, int]] = []
    for value in values:
        if runs and runs[-1][0] == value:
            runs[-1] = (value, runs[-1][1] + 1)
        else:
            runs.append((value, 1))
    begun = False
    for value, count in runs:
        if value is not None:
            parts.append(f"{value}x{count - 1}" if count > 1 else str(value))
            begun = True
        elif not begun:
            parts.append(f"_x{count}")
        else:
            parts.append("stale" if count == 1 else f"stale _x{count - 1}")
    return " ".join([*parts, "stale"])


class Page(NamedTuple):
    """A message at the pager: when (step of its world), and the alerts that it is the first to tell."""

    step: int
    alerts: frozenset[str]


def played(world: Sequence[Scene], services: int, folder: Path) -> dict[int, set[str]]:
    """Return which page alerts fire, past what holds them back, at each step of a world."""
    files = [_written(folder, "told.rules.yml", _told())]
    files += [paced(ALERT_RULES / f"{n}.rules.yml", folder, EVERY, _wanted()) for n in RULES]
    files.append(folder / "generated.rules.yml")
    files[-1].write_text(_generated(world), encoding="utf-8")
    steps = max(scene.at + scene.length for scene in world)
    given = [{"series": n, "values": v} for scene in world for n, v in series(scene, services)]
    asked_ = [
        {"expr": "told:pages", "eval_time": f"{step * SECONDS}s", "exp_samples": []}
        for step in range(2, steps, 2)
    ]
    document = {
        "rule_files": [str(path) for path in files],
        "evaluation_interval": f"{EVERY}s",
        "group_eval_order": [
            group["name"] for path in reversed(files) for group in reversed(load(path)["groups"])
        ],
        "tests": [{"interval": f"{SECONDS}s", "input_series": given, "promql_expr_test": asked_}],
    }
    test = _written(folder, "world.test.yml", document)
    command = ["promtool", "test", "rules", str(test)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    if done.returncode and "FAILED" not in said:
        raise RuntimeError(said[-2000:])
    return _parsed(said)


def _parsed(said: str) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    for time, got in re.findall(r"time: (\S+?),\s+exp: nil\s+got: (.+)", said):
        parts = re.findall(r"(\d+)([hms])", time)
        second = sum(int(n) * {"h": 3600, "m": 60, "s": 1}[unit] for n, unit in parts)
        found[second // SECONDS] = set(re.findall(r"\{([^}]*)\}", got))
    return found


def _written(folder: Path, file: str, document: Any) -> Path:
    path = folder / file
    path.write_text(yaml.dump(document, Dumper=yaml.CSafeDumper, sort_keys=False), "utf-8")
    return path


def _told() -> dict[str, Any]:
    pages = 'ALERTS{alertstate="firing", severity="page"}'
    rule = {"record": "told:pages", "expr": f"{pages} unless ({' or '.join(held_back())})"}
    return {"groups": [{"name": "told", "interval": f"{EVERY}s", "rules": [rule]}]}


def _wanted() -> set[str]:
    paths = [f"alert_rules/{n}.rules.yml" for n in RULES]
    alerts = {
        rule["alert"]
        for path in paths
        for group in load(ALERT_RULES.parent / path)["groups"]
        for rule in group["rules"]
        if rule.get("labels", {}).get("severity") in ("page", "none")
    }
    return asked({"rules": paths, "cases": [{"alert": alert} for alert in alerts]})


def _generated(world: Sequence[Scene]) -> str:
    ids = [name(scene, s) for scene in world for s in scene.services if counted(s)]
    listed = [
        {
            "id": id_,
            "name": id_,
            "sli": {
                "errors": f'requests_total{{app="{id_}",code="500"}}',
                "total": f'requests_total{{app="{id_}"}}',
            },
        }
        for id_ in ids
    ]
    book = {"organization": "A", "timezone": "UTC", "services": listed}
    return rule_file(Catalogue.model_validate(book).services, SECONDS * 1000)


def pages(firing: dict[int, set[str]]) -> list[Page]:
    """Group alerts as the shipped configuration does, and return the messages that tell new ones."""
    groups: dict[str, dict[int, set[str]]] = {}
    for step, found in firing.items():
        for alert in found:
            groups.setdefault(_group(alert), {}).setdefault(step, set()).add(alert)
    return sorted(page for of in groups.values() for page in _messages(of))


def _group(alert: str) -> str:
    labels = dict(re.findall(r'(\w+)="([^"]*)"', alert))
    if labels["alertname"] in SHARED:
        return labels["alertname"] + re.sub(
            r".*_", "_", labels.get("owner") or labels.get("job", "")
        )
    quick = labels["alertname"] in ("ServiceDown", "HostDown")
    return f"{quick} {labels.get('service')} {labels.get('instance')}"


def _messages(of: dict[int, set[str]]) -> Iterator[Page]:
    every = 20  # 5 minutes
    told: set[str] = set()
    due = -1
    for step in range(min(of), max(of) + 2 * every + 1, 2):
        now = of.get(step, set())
        if (due < 0 and not now) or step < due:
            continue
        if new := now - told:
            yield Page(step, frozenset(new))
        told = now
        due = step + every if now else -1


class Verdict(NamedTuple):
    """What came of scenes: true incidents, their causes, pages, and what is wrong."""

    incidents: int
    causes: int
    pages: int
    untold: list[str]
    needless: list[str]


def judge(scene: Scene, told: Sequence[Page], services: int) -> Verdict:
    """Compare what was told in a scene with what happened in it."""
    mine = [p for p in told if any(_of(scene, alert) for alert in p.alerts)]
    true = [(e, s) for e in scene.events for s in e.parts if e.unplanned(s) >= LEAST]
    untold = [
        f"{e.kind} {name(scene, s)} {e.parts[s]}"
        for e, s in true
        if not any(_tells(scene, page, e, s, services, 40) for page in mine)
    ]
    needless = [
        f"{page.step} {sorted(page.alerts)}"
        for page in mine
        if not any(_tells(scene, page, e, s, services, 2 * HOUR) for e, s in true)
    ]
    return Verdict(len(true), len({id(e) for e, _ in true}), len(mine), untold, needless)


def _of(scene: Scene, alert: str) -> bool:
    return re.search(rf'_{scene.number}[":]', alert) is not None


def _tells(scene: Scene, page: Page, event: Event, service: int, services: int, late: int) -> bool:
    start, end = event.parts[service]
    if not scene.world(start) <= page.step <= scene.world(end) + late:
        return False
    ways = [
        [f'service="{name(scene, service)}"'],
        ['alertname="ManyServicesDown"', f'owner="team{service % 7}_{scene.number}"'],
        [f'"h{hosted(service, services)}_{scene.number}'],
    ]
    ways += [[f'job="node_{scene.number}"']] if event.host else []
    return any(all(word in alert for word in way) for alert in page.alerts for way in ways)


def main() -> int:
    """Run, print the figures; 1 where the promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--days", type=int, default=60)
    parser.add_argument("--services", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--part", default="1/1", metavar="N/OF", help="of the worlds, for processes side by side"
    )
    options = parser.parse_args()
    dice = random.Random(options.seed)
    events = drawn(dice, options.services, options.days)
    laid = worlds(scenes(dice, events))
    dice.shuffle(laid)
    part, parts = map(int, options.part.split("/"))
    chosen = laid[part - 1 :: parts]
    found: list[Verdict] = []
    elsewhere = 0
    for number, world in enumerate(chosen):
        with tempfile.TemporaryDirectory() as folder:
            told = pages(played(world, options.services, Path(folder)))
        for scene in world:
            found += [judge(scene, told, options.services)] * scene.times
        elsewhere += sum(not any(_of(s, a) for s in world for a in p.alerts) for p in told)
        print(f"world {number + 1} of {len(chosen)}: {_sum(found)}", file=sys.stderr, flush=True)
    kinds: Counter[str] = Counter()
    for scene in chain.from_iterable(chosen):
        kinds.update(dict(Counter(e.kind for e in scene.events for _ in range(scene.times))))
    incidents, causes, count = (sum(v[n] for v in found) for n in range(3))
    wrong = [[line for v in found for line in v[n]] for n in (3, 4)]
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    steps = sum(max(s.at + s.length for s in world) for world in chosen)
    print(
        f"{options.services} services, {options.days} days, seed {options.seed}: {dict(kinds)}, "
        f"{sum(s.times for s in chain.from_iterable(chosen))} scenes, of which "
        f"{sum(map(len, chosen))} differ, in {len(chosen)} of {len(laid)} worlds, "
        f"{steps} evaluations, {spent.ru_utime + spent.ru_stime:.0f} CPU s\n"
        f"{incidents} true incidents of {causes} causes, {count} pages: "
        f"{count / max(1, causes):.2f} a cause, {count / max(1, incidents):.2f} an incident; "
        f"incidents without a page {len(wrong[0])}, pages without an incident {len(wrong[1])}, "
        f"pages of no scene {elsewhere}"
    )
    print(*(f"  {line}" for lines in wrong for line in lines[:20]), sep="\n")
    return int(any(wrong) or elsewhere > 0 or count > 1.2 * causes)


def _sum(found: Sequence[Verdict]) -> str:
    totals = [sum(v[n] if n < 3 else len(v[n]) for v in found) for n in range(5)]  # type: ignore[misc, arg-type]
    return "incidents {}, causes {}, pages {}, untold {}, needless {}".format(*totals)


if __name__ == "__main__":
    sys.exit(main())
