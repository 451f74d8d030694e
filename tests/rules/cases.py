"""Cases of alerts, written short, as unit tests for promtool.

A file of cases names its rule files and how often they are evaluated (``every``); a case has an
alert, the series (promtool's notation, one value per ``interval``, which a file may set for all its
cases and is else ``every``), and the times at which the alert is
``quiet``, ``fires`` (with the labels of each alert) and is quiet again (``clears``). ``expect``
adds the results of expressions.
"""

import re
from collections.abc import Collection, Container, Iterator
from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).parents[2]
FILES: Final = sorted((Path(__file__).parent / "cases").glob("*.yml"))
ALERT_RULES: Final = ROOT / "alert_rules"
RULES: Final = sorted(ALERT_RULES.glob("*.rules.yml"))


_NAMES: Final = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_ALERTS: Final = re.compile(r"\bALERTS\{([^}]*)\}")
_ALERTNAME: Final = re.compile(r'alertname=~?"([^"]*)"')


def load(path: Path) -> dict[str, Any]:
    """Return a file of cases as it is written."""
    document: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
    return document


def rules() -> Iterator[dict[str, Any]]:
    """Yield every rule, recording and alerting."""
    for path in RULES:
        for group in load(path)["groups"]:
            yield from group["rules"]


def alerts() -> dict[str, list[str]]:
    """Return the name of every alert, with its severities."""
    found: dict[str, list[str]] = {}
    for rule in rules():
        if "alert" in rule:
            found.setdefault(rule["alert"], []).append(rule["labels"]["severity"])
    return found


def unit_tests(document: dict[str, Any], folder: Path) -> Iterator[Path]:
    """Write promtool's files for a file of cases, one each, and yield their paths.

    promtool evaluates whatever it is given: a case has what it asks for and what that rests on.
    """
    for number, case in enumerate(document["cases"]):
        place = folder / str(number)
        place.mkdir()
        path = place / "test.yml"
        one = document | {"cases": [case]}
        path.write_text(unit_test(one, place, asked(one)), encoding="utf-8")
        yield path


def unit_test(document: dict[str, Any], folder: Path, wanted: Container[str] | None = None) -> str:
    """Return promtool's file for a file of cases; its rules are written to a folder."""
    every = document.get("every", "1m")
    paths = [str(paced(ROOT / name, folder, seconds(every), wanted)) for name in document["rules"]]
    # promtool evaluates groups in random order unless told. Backwards, because a file goes from
    # what is used to what it rests on.
    order = [group["name"] for path in paths for group in reversed(load(Path(path))["groups"])]
    interval = document.get("interval", every)
    tests = [_test(case, interval) for case in document["cases"]]
    text: str = yaml.dump(
        {
            "rule_files": paths,
            "evaluation_interval": every,
            "group_eval_order": order,
            "tests": tests,
        },
        Dumper=yaml.CSafeDumper,
        sort_keys=False,
    )
    return text


def asked(document: dict[str, Any]) -> set[str]:
    """Return the names of what cases ask for, and of what that rests on."""
    texts = [case["alert"] for case in document["cases"]]
    texts += [item["expr"] for case in document["cases"] for item in case.get("expect", ())]
    known: dict[str, list[str]] = {}
    for name in document["rules"]:
        for group in load(ROOT / name)["groups"]:
            for rule in group["rules"]:
                known.setdefault(_name(rule), []).append(rule["expr"])
    found: set[str] = set()
    while texts:
        new = _named(texts.pop(), known) - found
        found |= new
        texts += [text for name in new for text in known[name]]
    return found


def _named(text: str, known: Collection[str]) -> set[str]:
    """Return the rules whose series, or whose alerts, an expression reads."""
    patterns = [
        match[1] if (match := _ALERTNAME.search(matchers)) else ".*"
        for matchers in _ALERTS.findall(text)
    ]
    by_pattern = {n for n in known for pattern in patterns if re.fullmatch(pattern, n)}
    return by_pattern | (set(_NAMES.findall(text)) & set(known))


def _name(rule: dict[str, Any]) -> str:
    name: str = rule.get("alert") or rule["record"]
    return name


def paced(path: Path, folder: Path, every: int, wanted: Container[str] | None = None) -> Path:
    """Copy rules, blocks as far apart as their group makes them: promtool has one interval.

    An hour has as many evaluations as it then has, not 120.

    With names ``wanted``, only the rules of those: promtool evaluates whatever it is given.
    """
    document = load(path)
    for group in document["groups"]:
        if wanted is not None:
            group["rules"] = [rule for rule in group["rules"] if _name(rule) in wanted]
        apart = seconds(group["interval"])
        for rule in group["rules"]:
            rule["expr"] = rule["expr"].replace("120 * avg", f"{3600 / every} * avg")
        for rule in group["rules"] if group["name"].endswith("_blocks") and every < apart else ():
            rule["expr"] = f"({rule['expr']}) and on () vector(time()) % {apart} < {every}"
    copy = folder / f"rules-{path.name}"
    copy.write_text(yaml.dump(document, Dumper=yaml.CSafeDumper), encoding="utf-8")
    return copy


def seconds(length: str) -> int:
    """Return how many seconds a length of time has, such as ``2m30s``."""
    parts = re.findall(r"(\d+)([hms])", length)
    return sum(int(number) * {"h": 3600, "m": 60, "s": 1}[unit] for number, unit in parts)


def _test(case: dict[str, Any], interval: str) -> dict[str, Any]:
    series = [{"series": name, "values": _values(v)} for name, v in case["series"].items()]
    return {
        "name": f"{case['alert']}: {case.get('why', 'fires and clears')}",
        "interval": case.get("interval", interval),
        "input_series": series,
        "promql_expr_test": [*_states(case), *_expectations(case)],
    }


def _values(given: str) -> str:
    """Refuse 0x20 without quotes: to YAML it is 32, in hexadecimal."""
    if not isinstance(given, str):
        raise TypeError(f"{given!r}: quote the values")
    return given


def _states(case: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what ALERTS, the series in which Prometheus shows its alerts, must be."""
    head = f'alertname="{case["alert"]}",alertstate="firing"'
    expected: dict[str, list[str]] = {
        time: [] for key in ("quiet", "clears") for time in _times(case.get(key))
    }
    for time, found in (expected | case.get("fires", {})).items():
        samples = [{"labels": f"ALERTS{{{head},{labels}}}", "value": 1} for labels in found]
        yield {"expr": f"ALERTS{{{head}}}", "eval_time": time, "exp_samples": samples}


def _times(value: str | list[str] | None) -> list[str]:
    return [value] if isinstance(value, str) else value or []


def _expectations(case: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for item in case.get("expect", ()):
        samples = [{"labels": name, "value": value} for name, value in item["is"].items()]
        yield {"expr": item["expr"], "eval_time": item["at"], "exp_samples": samples}
