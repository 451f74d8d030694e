"""Does a report say what the oracle says? Every difference as one line."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from benchmarks.audit.contracts import contract
from benchmarks.audit.figures import answer
from benchmarks.audit.oracle import Oracle
from benchmarks.audit.promised import promised
from benchmarks.audit.time import Span, instant
from benchmarks.audit.world import World

Json = dict[str, Any]
Same = Callable[[str, Any, Any], bool]

_SETTLING = 120_000
_GOES_ON = 300 + 150  # five minutes, and two and a half steps of the slowest cadence
_CLOSE = 1e-12
_MILLISECOND = 0.001
_SECONDS = "_seconds"
_TEXT = (
    "agreed_seconds", "excluded_seconds", "planned", "unplanned", "unknown_seconds",
    "longest_outage_seconds", "mtbf_seconds", "mtrs_seconds",
)  # fmt: skip

_TIMES = ("start", "end", "error_budget_exhausted_at")
_TIME = r"(?:(\d+)d ?)?(?:(\d+)h ?)?(?:(\d+)m ?)?(?:(\d+)s)?(?:(\d+)ms)?"
_UNITS = (86_400, 3_600, 60, 1, 0.001)
_ROUNDED = 0.5001  # seconds


def as_of(oracle: Oracle, now: int) -> int:
    """Return up to when figures go: the last look where that is not long ago, else now."""
    zone, (_, end) = oracle.world.zone, oracle.world.span
    ends = [
        min(end, instant(entry["until"], zone)) if "until" in entry else end
        for entry in oracle.world.catalogue["services"]
    ]
    last = min(max(ends), now)
    return last if now - _SETTLING <= last else now


def differences(oracle: Oracle, document: Json, clock: int) -> Iterator[str]:
    """Yield where a JSON report and the oracle disagree."""
    period = milliseconds(document["period"]["start"]), milliseconds(document["period"]["end"])
    now = as_of(oracle, clock)
    for service in document["services"]:
        wanted = answer(oracle, service["id"], period, now)
        wanted |= contract(oracle, service["id"], period, now)
        found = service | {"outages": [_plain(one) for one in service["outages"]]}
        found["contract"] = _timed(service["contract"])
        for one in wanted["outages"]:
            if one["end"] is None:
                one["duration_seconds"] = clock - one["start"]
        wanted["outages"].sort(key=_by_start)
        found["outages"].sort(key=_by_start)
        for line in unlike(service["id"], wanted, found):
            yield f"{_name(period)} {line}"
        yield from (f"{_name(period)} {line}" for line in inconsistencies(service))
    found = _timed(document.get("agreements", []))
    for line in unlike("agreements", promised(oracle, period, now), found):
        yield f"{_name(period)} {line}"


def _timed(value: Any) -> Any:
    """Return windows of contracts with their times in milliseconds."""
    if isinstance(value, list):
        return [_timed(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        key: milliseconds(one) if key in _TIMES and one is not None else _timed(one)
        for key, one in value.items()
    }


def _plain(outage: Json) -> Json:
    end = outage["end"]
    times = {"start": milliseconds(outage["start"]), "end": end and milliseconds(end)}
    return outage | times


def _by_start(outage: Json) -> int:
    return int(outage["start"])


def _name(period: Span) -> str:
    return f"{period[0]}/{period[1]}"


def milliseconds(text: str) -> int:
    """Return a time of RFC 3339 in milliseconds UTC."""
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def changed(path: str, before: Any, after: Any) -> Iterator[str]:
    """Yield the leaves of one report that another one has otherwise."""
    return unlike(path, before, after, lambda _, left, right: bool(left == right))


def less_known(
    path: str, whole: Any, found: Any, loose: Mapping[str, float] = MappingProxyType({})
) -> Iterator[str]:
    """Yield the services of a report of which less time is known than in another one.

    Seconds are compared, not shares: what is known earlier makes the agreed time longer, too.
    ``loose`` is how much less may be (seconds), by service.
    """
    for wanted, service in zip(whole["services"], found["services"], strict=True):
        least, known = _known_seconds(wanted), _known_seconds(service)
        may = loose.get(service["id"], 0) + _MILLISECOND
        if known < least - may:
            yield f"{path}.{service['id']}: known are {known} s, and of all samples {least} s"


def carried(world: World) -> dict[str, float]:
    """Return how long expressions go on after the last samples before losses (seconds).

    By service; those that are made of such a one are among them.
    """
    found: dict[str, float] = {}
    for entry in world.catalogue["services"]:
        expressed = world.meanings.get(entry["id"], ())
        if any(meaning.name != "raw" for meaning in expressed):
            found[entry["id"]] = len(world.losses) * _GOES_ON
        elif parts := found.keys() & set(entry.get("components", ())):
            found[entry["id"]] = sum(found[part] for part in parts)
    return found


def unlike(path: str, wanted: Any, found: Any, same: Same | None = None) -> Iterator[str]:
    """Yield the leaves that differ; what the oracle does not name is not looked at."""
    same = same or _same
    if isinstance(wanted, dict):
        if not isinstance(found, dict):
            yield f"{path}: wanted {wanted}, found {found}"
            return
        for key, value in wanted.items():
            yield from unlike(f"{path}.{key}", value, found.get(key, "nothing"), same)
    elif isinstance(wanted, list):
        if len(wanted) != len(found):
            yield f"{path}: wanted {len(wanted)} of them, found {len(found)}"
        for i, (left, right) in enumerate(zip(wanted, found, strict=False)):
            yield from unlike(f"{path}[{i}]", left, right, same)
    elif not same(path, wanted, found):
        number = isinstance(wanted, Fraction)
        yield f"{path}: wanted {float(wanted) if number else wanted}, found {found}"


def _same(path: str, wanted: Any, found: Any) -> bool:
    exact = isinstance(wanted, bool) or not isinstance(wanted, (int, Fraction))
    if exact or isinstance(found, str) or found is None:
        return bool(wanted == found) and type(found) is not float
    if path.endswith((".start", ".end")):
        return bool(wanted == found)
    seconds = _SECONDS in path.rpartition(".")[2] or ".downtime_seconds." in path
    if seconds and isinstance(wanted, int):
        return bool(abs(found * 1000 - wanted) < 1e-3)
    value = float(wanted / 1000) if seconds else float(wanted)
    return bool(abs(found - value) <= _CLOSE * max(1.0, abs(value)))


def inconsistencies(service: Json) -> Iterator[str]:
    """Yield where a report's own figures do not fit together."""
    down, listed = service["downtime_seconds"], service["outages"]
    for kind in ("planned", "unplanned"):
        if not _equal(sum(one[f"{kind}_seconds"] for one in listed), down[kind]):
            yield f"{service['id']}: outages do not add up to downtime_seconds.{kind}"
    if sum(one["counted"] for one in listed) != service["outage_count"]:
        yield f"{service['id']}: outage_count is not that of the list"
    if service["method"] == "time" and service["availability_ratio"] is not None:
        policy = service["accounting"]
        lost = down["unplanned"]
        lost += down["planned"] if policy["maintenance"] == "count_down" else 0
        lost += service["unknown_seconds"] if policy["unknown"] == "count_down" else 0
        judged = service["agreed_seconds"] - service["excluded_seconds"]
        if not _equal((judged - lost) / judged, service["availability_ratio"]):
            yield f"{service['id']}: availability_ratio does not follow from the seconds"


def _equal(left: float, right: float) -> bool:
    return abs(left - right) < 1e-6


def sums_differ(whole: Json, parts: Sequence[Json]) -> Iterator[str]:
    """Yield where days do not add up to the span that they make."""
    for i, service in enumerate(whole["services"]):
        days = [part["services"][i] for part in parts]
        for key in ("agreed_seconds", "excluded_seconds", "unknown_seconds"):
            if not _equal(sum(day[key] for day in days), service[key]):
                yield f"{service['id']}: the days' {key} do not add up"
        for kind in ("planned", "unplanned"):
            total = sum(day["downtime_seconds"][kind] for day in days)
            if not _equal(total, service["downtime_seconds"][kind]):
                yield f"{service['id']}: the days' {kind} downtime does not add up"


def csv_differs(document: Json, text: str) -> Iterator[str]:
    """Yield where the CSV report says something else than the JSON one."""
    rows = list(csv.DictReader(io.StringIO(text)))
    services = [row for row in rows if row["record"] == "service"]
    outages = [row for row in rows if row["record"] == "outage"]
    if len(outages) != sum(len(s["outages"]) for s in document["services"]):
        yield "csv: another number of outages"
    for row, service in zip(services, document["services"], strict=True):
        figures = service | {f"{k}_seconds": v for k, v in service["downtime_seconds"].items()}
        for key, cell in row.items():
            value = figures.get(key)
            number = isinstance(value, float | int) and not isinstance(value, bool)
            if number and (not cell or float(cell) != value):
                yield f"csv: {service['id']}.{key} is {cell}, not {value}"


def text_differs(document: Json, text: str) -> Iterator[str]:
    """Yield where the text report does not show the times of the JSON one, to the second."""
    lines = [
        line.removeprefix("\N{BOX DRAWINGS LIGHT UP AND RIGHT} ") for line in text.splitlines()
    ]
    for service in document["services"]:
        begins = tuple(f"{service['name']}{rest}" for rest in ("  ", ", verdict of "))
        row = next(line for line in lines if line.startswith(begins))
        shown = [_seconds(cell) for cell in re.split(r" {2,}", row)]
        figures = service | service["downtime_seconds"]
        for key in _TEXT:
            value = figures[key]
            known = [one for one in shown if one is not None]
            if value is None and "-" not in row.split():
                yield f"text: {service['id']}.{key} is not shown as nothing"
            elif value is not None and not any(abs(one - value) <= _ROUNDED for one in known):
                yield f"text: {service['id']}.{key} is not shown as {value} s"


def _seconds(cell: str) -> float | None:
    """Return how long ``1d 2h 3m 4s`` is, in seconds; None for what is no time."""
    parts = re.fullmatch(_TIME, cell.replace(",", ""))
    if parts is None or not cell:
        return None
    return sum(int(part or 0) * unit for part, unit in zip(parts.groups(), _UNITS, strict=True))


def _known_seconds(service: Mapping[str, Any]) -> float:
    """Return how much of the agreed time of a service is known (seconds)."""
    ratio = service.get("coverage_ratio")
    return 0.0 if ratio is None else float(ratio * service["agreed_seconds"])
