"""The colours of days and outages, and the words that go with them."""

from collections.abc import Iterable
from typing import Literal

from sla_engine.domain.report import Day
from sla_engine.reports.language import marked

DayState = Literal["ok", "partly", "miss", "planned", "unknown", "none"]

COLOURS: dict[DayState, str] = {
    "ok": "#0072b2",
    "partly": "#e69f00",
    "miss": "#d55e00",
    "planned": "#56b4e9",
    "unknown": "#999999",
    "none": "#e3e6e9",
}
WORDS: dict[DayState, str] = {
    "ok": marked("up"),
    "planned": marked("planned work"),
    "partly": marked("down, in budget"),
    "miss": marked("under the objective"),
    "unknown": marked("unknown"),
    "none": marked("not owed"),
}
_UNJUDGED = marked("down")
LINES = ("#d55e00", "#0072b2", "#009e73")


def word(state: DayState, objective: float | None) -> str:
    """Return what a state is called; without an objective nothing is in budget, or under it."""
    return _UNJUDGED if state == "partly" and objective is None else WORDS[state]


def key(objectives: Iterable[float | None]) -> dict[DayState, str]:
    """Return the states that days of services with these objectives can have, with their words."""
    goals = [one for one in objectives if one is not None]
    if goals:
        return WORDS
    return {one: word(one, None) for one in WORDS if one != "miss"}


def state(day: Day, objective: float | None) -> DayState:
    """Return what a day looks like: its worst comes first."""
    if not day.agreed:
        return "none"
    if day.availability is None:
        return "unknown"
    if day.unplanned:
        missed = objective is not None and day.availability < objective
        return "miss" if missed else "partly"
    if day.unknown:
        return "unknown"
    return "planned" if day.planned else "ok"
