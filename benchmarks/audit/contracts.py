"""The audit's oracle on contracts: the months that closed in a period, and the one that runs."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from benchmarks.audit.figures import answer
from benchmarks.audit.oracle import Oracle
from benchmarks.audit.time import Span

Json = dict[str, Any]


def contract(oracle: Oracle, name: str, period: Span, now: int) -> Json:
    """Return what a report must say of a service's contract by months: verdict and windows."""
    zone, moment = ZoneInfo(oracle.world.zone), min(now, period[1])
    closed, spans, running = [], [], None
    window = _month(period[0], zone)
    while window[0] < period[1]:
        if oracle.agreed(name, window):
            found = answer(oracle, name, window, min(now, window[1]))
            if period[0] < window[1] <= moment:
                closed.append(found)
                spans.append(window)
            elif window[0] < moment < window[1] and moment > period[0]:
                running = answer(oracle, name, window, moment)
        window = _month(window[1], zone)
    judged = [found["met"] for found in closed if found["met"] is not None]
    return {
        **_other(list(zip(spans, closed, strict=True)) if judged else [], period),
        "met": all(judged) if judged else None,
        "contract": {
            "closed": [_told(found) | {"met": found["met"]} for found in closed],
            "running": None if running is None else _told(running) | {"met": None},
        },
    }


def _other(closed: list[tuple[Span, Json]], period: Span) -> Json:
    """Return the budget of the window that the verdict is of, where that is not of the period."""
    left = "error_budget_remaining_ratio"
    known = [(window, found) for window, found in closed if found[left] is not None]
    if not known:
        return {}
    (start, end), found = min(known, key=lambda item: item[1][left])
    if period[0] <= start and end <= period[1]:
        return {}
    return {name: value for name, value in found.items() if name.startswith("error_budget_")}


def _told(found: Json) -> Json:
    names = ("availability_ratio", "error_budget_seconds", "error_budget_remaining_ratio")
    return {name: found[name] for name in names}


def _month(at: int, zone: ZoneInfo) -> Span:
    first = datetime.fromtimestamp(at / 1000, zone)
    months = first.year * 12 + first.month
    after = datetime(months // 12, months % 12 + 1, 1, tzinfo=zone)
    begin = datetime(first.year, first.month, 1, tzinfo=zone)
    return (_ms(begin), _ms(after))


def _ms(moment: datetime) -> int:
    return round(moment.astimezone(UTC).timestamp() * 1000)
