"""Scenes as promtool's series, and what the shipped rules tell of them."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

from benchmarks.sixty_days_rules.estate import SECONDS, Event, Scene, Span, counted, hosted
from service_catalogue import Catalogue
from sla_engine.prometheus.rules import rule_file
from tests.programs.promtool import promtool
from tests.rules.cases import ALERT_RULES, asked, load, paced
from tests.rules.nights import held_back

EVERY: Final = 30
ASKED: Final = '{__name__=~"told:pages|service:down_with_others:bool"}'
RULES: Final = ("slo", "services", "targets", "inhibitors")


def series(scene: Scene, services: int) -> Iterator[tuple[str, str]]:
    """Yield what a scene's programs show, each series with its values."""
    engine = f'job="engine_{scene.number}"'
    steps = range(scene.begin, scene.begin + scene.length)
    away = {step for start, end in scene.away for step in range(start, end)}

    def told(values: Sequence[float | None]) -> str:
        return _line(scene.at, [None if n in away else v for n, v in enumerate(values)])

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
        yield f"up{{{where}}}", _line(scene.at, up)
        yield (
            f"node_boot_time_seconds{{{where}}}",
            _line(scene.at, [v or None for v in up]),
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
        yield f'service_up{{service="{id_}",location="a"}}', _line(scene.at, values)
        return
    half = [e.parts[service] for e in mine if e.kind == "deploy"]
    count: dict[str, list[float | None]] = {"200": [], "500": []}
    good = bad = 0
    for step in steps:
        failed = 150 if _within(down, step - 1) else 75 if _within(half, step - 1) else 0
        good, bad = good + 150 - failed, bad + failed
        for code, value in (("200", good), ("500", bad)):
            count[code].append(None if _within(holes, step) else value)
    for code, counts in count.items():
        yield f'requests_total{{app="{id_}",code="{code}"}}', _line(scene.at, counts)


def _line(at: int, values: Sequence[float | None]) -> str:
    """Return values from a step on as promtool's; a series that ends is stale."""
    parts: list[str] = []
    runs: list[tuple[float | None, int]] = [(None, at)] if at else []
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


class Told(NamedTuple):
    """What rules say at each step of a world: page alerts, and who is down together, by owner."""

    firing: dict[int, set[str]]
    together: dict[int, dict[str, set[str]]]


def played(world: Sequence[Scene], services: int, folder: Path) -> Told:
    """Return what the shipped rules tell of a world, past what Alertmanager holds back."""
    files = [_written(folder, "told.rules.yml", _told())]
    files += [paced(ALERT_RULES / f"{n}.rules.yml", folder, EVERY, _wanted()) for n in RULES]
    files.append(folder / "generated.rules.yml")
    files[-1].write_text(_generated(world), encoding="utf-8")
    steps = max(scene.at + scene.length for scene in world)
    given = [{"series": n, "values": v} for scene in world for n, v in series(scene, services)]
    asked_ = [
        {"expr": ASKED, "eval_time": f"{step * SECONDS}s", "exp_samples": []}
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
    done = promtool("test", "rules", test)
    said = done.stdout + done.stderr
    if done.returncode and "FAILED" not in said:
        raise RuntimeError(said[-2000:])
    return _parsed(said)


def _parsed(said: str) -> Told:
    told = Told({}, {})
    for time, got in re.findall(r"time: (\S+?),\s+exp: nil\s+got: (.+)", said):
        parts = re.findall(r"(\d+)([hms])", time)
        second = sum(int(n) * {"h": 3600, "m": 60, "s": 1}[unit] for n, unit in parts)
        for text in re.findall(r"\{([^}]*)\}", got):
            alert = text.removeprefix('__name__="told:pages", ')
            if alert != text:
                told.firing.setdefault(second // SECONDS, set()).add(alert)
                continue
            labels = dict(re.findall(r'(\w+)="([^"]*)"', text))
            owners = told.together.setdefault(second // SECONDS, {})
            owners.setdefault(labels.get("owner", ""), set()).add(labels["service"])
    return told


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
