"""The audit's oracle on contracts: windows that closed in a period, and the one that runs.

Written from docs/accounting.md, "The contract's window"; it shares no code with the engine.
"""

from fractions import Fraction
from typing import Any

from benchmarks.audit.figures import remembered
from benchmarks.audit.oracle import Oracle, ratio
from benchmarks.audit.states import held
from benchmarks.audit.time import Span
from benchmarks.audit.windows import DAY, closed_in, kind_of, running_at

Json = dict[str, Any]
_MUCH_MORE = 10


def contract(oracle: Oracle, name: str, period: Span, now: int) -> Json:
    """Return what a report must say of a service's contract: verdict, credit and windows."""
    entry = oracle.truths[name].entry
    kinds, moment = [(0, kind_of(entry, oracle.world.zone))], min(now, period[1])
    closed = [
        (span, remembered(oracle, name, span, min(now, span[1])))
        for span in closed_in(kinds, period, now)
        if oracle.agreed(name, span)
    ]
    running = None
    found = running_at(kinds, moment)
    if found is not None and moment > period[0] and oracle.agreed(name, found[0]):
        now_so_far = remembered(oracle, name, found[0], moment)
        running = (
            _told(now_so_far, found[0]) | outlook(oracle, name, *found, moment) | {"met": None}
        )
    judged = [found["met"] for _, found in closed if found["met"] is not None]
    due = [credit(entry, found, span) for span, found in closed]
    owed = [one for one in due if one is not None]
    return {
        **_other(closed if judged else [], period),
        "met": all(judged) if judged else None,
        "credit_percent": sum(owed) if owed else None,
        "window_state": None if judged or running is None else running["window_state"],
        "contract": {
            "window": kinds[0][1].name,
            "closed": [
                _told(found, span) | {"met": found["met"], "credit_percent": one}
                for (span, found), one in zip(closed, due, strict=True)
            ],
            "running": running,
        },
    }


def credit(entry: Json, found: Json, span: Span) -> float | None:
    """Return the percent that is due for a window: the highest step that was fallen short of."""
    return step(found["availability_ratio"], held(entry, "credits", span[0]) or ())


def step(availability: Fraction | None, steps: Any) -> float | None:
    """Return the highest step that an availability fell short of; None where there is none."""
    if availability is None or not steps:
        return None
    return max((one["credit"] for one in steps if availability < ratio(one["below"])), default=0)


def outlook(oracle: Oracle, name: str, window: Span, rolls: bool, moment: int) -> Json:
    """Return how a window that runs is doing, and when its budget is gone if this goes on."""
    so_far, agreed = remembered(oracle, name, window, moment), oracle.agreed(name, window)
    nothing = {"window_state": None, "error_budget_exhausted_at": None}
    left = so_far["error_budget_remaining_ratio"]
    if left is None:
        return nothing
    used = _used(so_far)
    to_come = (moment, moment + window[1] - window[0]) if rolls else (moment, window[1])
    gone = None
    if past := _cut(agreed, (window[0], moment)):
        day = (past[-1][1] - DAY, past[-1][1])
        burnt = used - _used(remembered(oracle, name, window, day[0]))
        over = _length(_cut(agreed, day))
        ahead = oracle.agreed(name, to_come)
        gone = forecast(_budget(so_far) - used, burnt, over, ahead)
    state = "on_course" if gone is None else "at_risk"
    if left < 0:
        most = _at_most(so_far, agreed)
        state = "lost" if most is None or used > most else "at_risk"
    return {"window_state": state, "error_budget_exhausted_at": gone}


def _budget(found: Json) -> Any:
    names = ("error_budget_seconds", "error_budget_events", "error_budget_slices")
    return next((found[key] for key in names if found.get(key) is not None), 0)


def _used(found: Json) -> Any:
    left = found["error_budget_remaining_ratio"]
    return 0 if left is None else (1 - left) * _budget(found)


def _at_most(found: Json, agreed: list[Span]) -> Any:
    """Return how many events may fail if far more come than came so far; None where none do."""
    if found.get("error_budget_events") is None:
        return None
    past, whole = found["agreed_seconds"], _length(agreed)
    known, ahead = past - found["unknown_seconds"], whole - past
    if not ahead or not known or known >= min(7 * DAY, Fraction(known + ahead, 2)):
        return None
    total = Fraction(found["events"]["total"])
    share = 1 - found["objective_ratio"]
    return share * total * (1 + _MUCH_MORE * Fraction(ahead, known))


def forecast(left: Any, burnt: Any, over: int, ahead: list[Span]) -> int | None:
    """Return when so much is used up, if what was used in so long goes on (ms UTC)."""
    if burnt <= 0 or not over or left < 0:
        return None
    rest = Fraction(left) * over / Fraction(burnt)
    if _length(ahead) <= rest:
        return None
    for start, end in ahead:
        if rest < end - start:
            return start + int(rest)
        rest -= end - start
    return None


def _cut(spans: list[Span], inside: Span) -> list[Span]:
    cut = ((max(a, inside[0]), min(b, inside[1])) for a, b in spans)
    return [span for span in cut if span[0] < span[1]]


def _length(spans: list[Span]) -> int:
    return sum(end - start for start, end in spans)


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


def _told(found: Json, span: Span) -> Json:
    names = ("availability_ratio", "error_budget_seconds", "error_budget_remaining_ratio")
    return {"start": span[0], "end": span[1]} | {name: found[name] for name in names}
