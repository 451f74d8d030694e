"""Situations of tests/rules/situations/, played to promtool: what fires when, and who hears of it.

A file is a world: rule files, series, how often they are evaluated, when things begin and end; its
``rows`` say what is shown of whom. Every service of its series gets an objective and an owner, as
the engine and an exporter would publish them. What Alertmanager holds back is left out, by the
shipped configuration's own rules of inhibition, evaluated as PromQL.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from benchmarks.rules_world import sloth
from tests.programs.promtool import promtool
from tests.rules.cases import ALERT_RULES, load, paced, seconds

WORLDS: Final = sorted((Path(__file__).parent / "situations").glob("*.yml"))
_FIRING: Final = 'alertstate="firing"'
_OURS: Final = f'ALERTS{{{_FIRING}, severity=~"page|ticket"}}'
_THEIRS: Final = f"ALERTS{{{_FIRING}, sloth_severity!=''}}"
_SAMPLE: Final = re.compile(r"\{([^}]*)\} ([0-9.E+-]+)")
_PAGED_BY: Final = ("5m", "30m", "1h", "6h")
_SHARED: Final = ("ManyServicesDown", "TargetsMissing", "LocationDown")


@dataclass(frozen=True)
class Told:
    """An alert that somebody hears of: when first (seconds), and how often it begins."""

    labels: dict[str, str]
    first: float
    times: int

    @property
    def severity(self) -> str:
        """Return page or ticket."""
        return self.labels.get("severity") or self.labels["sloth_severity"]

    @property
    def name(self) -> str:
        """Return the alert's name."""
        return self.labels["alertname"]


def play(path: Path, folder: Path) -> tuple[list[Told], list[Told]]:
    """Return what our alerts and Sloth's tell in a world."""
    world = load(path)
    every = seconds(world["every"])
    files = [paced(ALERT_RULES / f"{name}.rules.yml", folder, every) for name in world["rules"]]
    if ids := world.get("sloth"):
        files.append(folder / "sloth.yml")
        files[-1].write_text(_paging(sloth(ids)["sloth.rules.yml"]), encoding="utf-8")
    files.append(folder / "told.rules.yml")
    files[-1].write_text(
        yaml.dump(_heard(world["every"]), Dumper=yaml.CSafeDumper), encoding="utf-8"
    )
    queries = [
        query for series in ("told:ours", "told:theirs") for query in _measures(series, world)
    ]
    found = _evaluated(world, files, queries, folder)
    return _told(*found[:2]), _told(*found[2:])


def _paging(text: str) -> str:
    """Return Sloth's rules without those that only its tickets and its dashboards stand on."""
    document = yaml.load(text, yaml.CSafeLoader)
    for group in document["groups"]:
        group["rules"] = [
            rule
            for rule in group["rules"]
            if rule["labels"].get("sloth_severity") == "page"
            or rule["labels"].get("sloth_window") in _PAGED_BY
        ]
    return yaml.dump(document, Dumper=yaml.CSafeDumper)


def _heard(every: str) -> dict[str, Any]:
    """Return rules that record what of ours Alertmanager lets pass, and Sloth's."""
    visible = f"{_OURS} unless ({' or '.join(held_back())})"
    records = {"told:ours": visible, "told:theirs": _THEIRS}
    rules = [{"record": name, "expr": expression} for name, expression in records.items()]
    return {"groups": [{"name": "told", "interval": every, "rules": rules}]}


def held_back() -> Iterator[str]:
    """Yield what each rule of inhibition holds back, as PromQL."""
    config = load(ALERT_RULES / "alertmanager.yml")
    for rule in config["inhibit_rules"]:
        source, target = (_selector(rule[f"{side}_matchers"]) for side in ("source", "target"))
        yield f"{target} and on ({', '.join(rule['equal'])}) {source}"


def _selector(matchers: list[str]) -> str:
    parts = (re.fullmatch(r"(\w+) (=|!=|=~) (.+)", matcher) for matcher in matchers)
    given = ((found[1], found[2], found[3].strip('"')) for found in parts if found)
    return f"ALERTS{{{_FIRING}, {', '.join(f'{n}{o}{v!r}' for n, o, v in given)}}}"


def _measures(name: str, world: dict[str, Any]) -> Iterator[str]:
    """Yield queries of when series begin first, and how often."""
    span = f"[{world['ends']}:{world['every']}]"
    yield f"min_over_time(timestamp({name}){span})"
    yield f"count_over_time(({name} unless {name} offset {world['every']}){span})"


def _evaluated(
    world: dict[str, Any], files: list[Path], queries: list[str], folder: Path
) -> list[dict[str, float]]:
    """Return the results of queries at the end of a world, by labels."""
    asked = [{"expr": q, "eval_time": world["ends"], "exp_samples": []} for q in queries]
    document = {
        "rule_files": [str(path) for path in files],
        "evaluation_interval": world["every"],
        "group_eval_order": [
            group["name"] for path in files for group in reversed(load(path)["groups"])
        ],
        "tests": [
            {
                "interval": world["every"],
                "input_series": [{"series": n, "values": v} for n, v in _series(world).items()],
                "promql_expr_test": asked,
            }
        ],
    }
    written = folder / path_name(files)
    written.write_text(
        yaml.dump(document, Dumper=yaml.CSafeDumper, sort_keys=False), encoding="utf-8"
    )
    done = promtool("test", "rules", written)
    said = done.stdout + done.stderr
    assert "FAILED" in said or done.returncode == 0, said
    answers = dict(re.findall(r"expr: (\".+\"), time: \S+?,\s+exp: nil\s+got: (.+)", said))
    texts = {yaml.safe_load(text): got for text, got in answers.items()}
    return [{labels: float(v) for labels, v in _SAMPLE.findall(texts.get(q, ""))} for q in queries]


def path_name(files: list[Path]) -> str:
    """Return a name for promtool's file about these rules."""
    return "-".join(path.stem.partition(".")[0] for path in files) + ".test.yml"


def _series(world: dict[str, Any]) -> dict[str, str]:
    """Return a world's series, and what engine and exporter tell of each service."""
    given: dict[str, str] = dict(world["series"])
    ids = dict.fromkeys(re.findall(r'service="([^"]+)"', " ".join(given)))
    for service in ids:
        owner = _by_pattern(world.get("owners", {}), service, service)
        host = f', host="{found}"' if (found := world.get("hosts", {}).get(service)) else ""
        method = "events" if service in world.get("events", ()) else "probes"
        objective = world.get("objectives", {}).get(service, 0.999)
        text = f'service_info{{service="{service}", owner="{owner}", method="{method}"{host}}}'
        given[text] = _engines(world, service, 1)
        text = f'service_slo_objective_ratio{{service="{service}", job="engine"}}'
        given[text] = _engines(world, service, objective)
    return given


def _engines(world: dict[str, Any], service: str, value: float) -> str:
    """Return the values of what the engine publishes of a service while both are there."""
    if until := world.get("gone", {}).get(service):
        return f"{value}x{until} stale"
    if born := world.get("born", {}).get(service):
        return f"_x{born} {value}x700"
    pattern: str = world.get("away", "1x700")
    return re.sub(r"\b1x", f"{value}x", pattern)


def _by_pattern(patterns: dict[str, str], name: str, default: str) -> str:
    return next((v for pattern, v in patterns.items() if re.fullmatch(pattern, name)), default)


def _told(first: dict[str, float], times: dict[str, float]) -> list[Told]:
    found = []
    for text, began in first.items():
        labels = dict(re.findall(r'(\w+)="([^"]*)"', text))
        count = next((v for t, v in times.items() if _same(t, text)), 0)
        found.append(Told(labels, began, int(count)))
    return sorted(found, key=lambda told: (told.first, told.name))


def _same(one: str, other: str) -> bool:
    return re.sub(r'__name__="[^"]*",? ?', "", one) == re.sub(r'__name__="[^"]*",? ?', "", other)


def of_row(told: list[Told], row: dict[str, Any]) -> list[Told]:
    """Return what is told of what a row is about."""
    return [one for one in told if _concerns(one.labels, row)]


def _concerns(labels: dict[str, str], row: dict[str, Any]) -> bool:
    service = labels.get("service") or labels.get("sloth_service", "")
    if "service" in row and re.fullmatch(row["service"], service):
        return True
    wanted = row.get("match", {})
    return bool(wanted) and all(re.fullmatch(v, labels.get(k, "")) for k, v in wanted.items())


def shown(told: list[Told], begins: float) -> str:
    """Return alerts in words: name, minutes after the beginning, how often where several times."""
    texts: dict[str, list[Told]] = {}
    for one in told:
        texts.setdefault(f"{one.name} ({one.severity})", []).append(one)
    return "; ".join(f"{name} {_when(found, begins)}" for name, found in texts.items()) or "-"


def _when(found: list[Told], begins: float) -> str:
    after = found[0].first - begins
    minutes = f"{int(after // 60)}:{int(after % 60):02}"
    times = sum(one.times for one in found)
    return minutes if times == 1 else f"{minutes}, {times} times"


def messages(told: list[Told], severity: str) -> int:
    """Count the notifications that a severity's alerts begin: what many share is one."""
    mine = [one for one in told if one.severity == severity]
    shared = {one.name for one in mine if one.name in _SHARED}
    return len(shared) + sum(one.times for one in mine if one.name not in _SHARED)
