"""Random calendars and maintenance windows, of the catalogue and of the command line."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from benchmarks.audit.time import Span, duration, moment, wall
from benchmarks.audit.world import Decision, Request

_DAY = 86_400_000
_HOURS = (
    ["00:00-24:00"], ["08:00-18:00"], ["02:00-03:00"], ["01:30-02:30", "22:00-24:00"],
    ["02:30-04:00"], ["00:00-00:30", "00:45-23:15"],
)  # fmt: skip
_NAMES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def calendars(chance: random.Random, span: Span, zone: str) -> dict[str, Any]:
    """Return two calendars with weekly hours, holidays and extra dates."""
    return {name: _calendar(chance, span, zone) for name in ("office", "other")}


def _calendar(chance: random.Random, span: Span, zone: str) -> dict[str, Any]:
    weekly = [{"days": "mon,tue,wed,thu,fri", "hours": chance.choice(_HOURS)}]
    if chance.random() < 0.7:
        weekly.append({"days": "sat,sun", "hours": chance.choice(_HOURS)})
    entry: dict[str, Any] = {"weekly": weekly}
    if chance.random() < 0.4:
        entry["holidays"] = chance.choice(("DE", "DE-BY", "US", "CH-ZH"))
    if chance.random() < 0.4:
        day = wall(chance.randrange(*span), zone).date().isoformat()
        hours = chance.choice(([], *_HOURS))
        entry["extra"] = [{"date": day, **({"hours": hours} if hours else {})}]
    if chance.random() < 0.2:
        entry["timezone"] = chance.choice(("Asia/Kathmandu", "Europe/London", "UTC"))
    return entry


def _scope(chance: random.Random, services: Sequence[dict[str, Any]]) -> dict[str, Any]:
    names = [service["id"] for service in services]
    tiers = sorted({service.get("tier", "default") for service in services})
    everything: tuple[dict[str, Any], ...] = (
        {"services": chance.sample(names, min(2, len(names)))},
        {"services": [chance.choice(names)]},
        {"tiers": [chance.choice(tiers)]},
        {"labels": {"site": "a"}},
        {"tiers": tiers[:2], "labels": {"site": "b"}},
    )
    return chance.choice(everything)


def _start(chance: random.Random, span: Span, zone: str) -> datetime:
    """Return a wall-clock time, often in the hours in which clocks change."""
    at = chance.randrange(span[0] - _DAY, span[1])
    local = wall(at, zone).replace(second=0, microsecond=0)
    if chance.random() < 0.4:
        local = local.replace(hour=chance.choice((0, 1, 2, 3)), minute=chance.choice((0, 15, 30)))
    return local


def _rule(chance: random.Random, local: datetime) -> str:
    """Return a rule that the start itself keeps."""
    named = _NAMES[local.weekday()]
    until = (local + timedelta(hours=chance.randrange(100))).strftime("%Y%m%dT%H%M%SZ")
    return chance.choice(
        (
            "FREQ=DAILY",
            "FREQ=DAILY;INTERVAL=2",
            "FREQ=DAILY;COUNT=2",
            f"FREQ=DAILY;UNTIL={until}",
            f"FREQ=WEEKLY;BYDAY={named},SU",
            f"FREQ=WEEKLY;INTERVAL=2;BYDAY={named}",
            f"FREQ=MONTHLY;BYDAY={(local.day - 1) // 7 + 1}{named}",
            f"FREQ=MONTHLY;BYMONTHDAY={local.day}",
            "FREQ=HOURLY;INTERVAL=12",
        )
    )


def windows(
    chance: random.Random, span: Span, zone: str, services: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return windows of the catalogue."""
    return [_window(chance, i, span, zone, services) for i in range(chance.randrange(5))]


def _window(
    chance: random.Random, number: int, span: Span, zone: str, services: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    entry: dict[str, Any] = {"id": f"window-{number}", "title": "work", "requester": "ann"}
    if chance.random() < 0.85:
        entry["approver"] = "bob"
    if chance.random() < 0.3:
        zone = entry["timezone"] = chance.choice(("Europe/Berlin", "America/New_York", "UTC"))
    local = _start(chance, span, zone)
    recurring = chance.random() < 0.5
    if recurring:
        local -= timedelta(days=chance.choice((0, 0, 7, 35)))
        entry["rrule"] = _rule(chance, local)
    hours = chance.choice((0.5, 1, 2, 5)) if recurring else chance.choice((0.5, 2, 8, 40))
    end: datetime | None = local + timedelta(hours=hours)
    if not recurring and chance.random() < 0.4:
        near = chance.choice((chance.randrange(*span), moment(local, zone) + 3_600_000))
        exact = datetime.fromtimestamp(near // 1000, ZoneInfo(zone))
        local, end = (
            exact,
            (exact.astimezone(UTC) + timedelta(hours=hours)).astimezone(exact.tzinfo),
        )
    entry["start"] = local.isoformat()
    if chance.random() < 0.5:
        entry["duration"] = f"{round(hours * 60)}m"
    else:
        assert end is not None
        entry["end"] = end.isoformat()
    return entry | _scope(chance, services)


def requests(
    chance: random.Random, span: Span, zone: str, services: Sequence[dict[str, Any]]
) -> list[Request]:
    """Return windows that are asked for, and what is decided about them."""
    found = [_request(chance, span, zone, services) for _ in range(chance.randrange(5))]
    return [one for one in found if any(_meant(one.scope, service) for service in services)]


def _meant(scope: dict[str, Any], service: dict[str, Any]) -> bool:
    labels = service.get("labels", {})
    return (
        service["id"] in scope.get("services", [service["id"]])
        and service.get("tier", "default") in scope.get("tiers", [service.get("tier", "default")])
        and all(labels.get(key) == value for key, value in scope.get("labels", {}).items())
    )


def _request(
    chance: random.Random, span: Span, zone: str, services: Sequence[dict[str, Any]]
) -> Request:
    local = _start(chance, span, zone)
    start = moment(local, zone)
    exact = False
    if chance.random() < 0.4:
        exact, start = True, chance.randrange(*span) // 1000 * 1000
    text = chance.choice(("30m", "90m", "4h", "30h"))
    rule, rule_zone, flags = None, zone, []
    if chance.random() < 0.4:
        text = chance.choice(("30m", "2h"))
        rule_zone = chance.choice((zone, "Europe/Berlin", "UTC"))
        rule = _rule(chance, wall(start, rule_zone))
        flags += [f"--rrule={rule}", f"--timezone={rule_zone}"]
    flags.append(f"--from={_written(start, rule_zone, exact=exact)}")
    length = duration(text)
    assert length is not None
    flags.append(f"--duration={text}")
    scope = _scope(chance, services)
    for name in ("services", "tiers"):
        flags += [f"--{name[:-1]}={value}" for value in scope.get(name, ())]
    flags += [f"--label={key}={value}" for key, value in scope.get("labels", {}).items()]
    asked = chance.choice((start - _DAY, span[1]))
    request = Request(flags, scope, (start, start + length), rule_zone, rule, asked)
    request.decisions = _decisions(chance, request)
    return request


def _written(start: int, zone: str, *, exact: bool) -> str:
    """Return a moment as somebody writes it: with an offset where it must have one."""
    shown = datetime.fromtimestamp(start // 1000, ZoneInfo(zone))
    if exact or shown.utcoffset() != shown.replace(fold=1 - shown.fold).utcoffset():
        return datetime.fromtimestamp(start // 1000, UTC).isoformat()
    return shown.replace(tzinfo=None).isoformat()


def _decisions(chance: random.Random, request: Request) -> list[Decision]:
    """Return decisions that the rules allow, each after the one before."""
    at = request.at + chance.randrange(1, _DAY)
    after = at + chance.randrange(1, 3 * _DAY)
    over = request.rrule is None and request.span[1] <= after
    approved = Decision("approve", "bob", at)
    choices: list[list[Decision]] = [
        [],
        [approved],
        [approved],
        [Decision("reject", "bob", at)],
        [Decision("cancel", "ann", at)],
    ]
    if not over:
        choices.append([approved, Decision("cancel", "ann", after)])
    return chance.choice(choices)
