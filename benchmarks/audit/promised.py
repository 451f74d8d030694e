"""The audit's oracle on agreements: what was kept of each, by its rule and in money.

Written from docs/accounting.md, "Agreements"; it shares no code with the engine.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

from benchmarks.audit.contracts import credit, forecast, outlook, step
from benchmarks.audit.figures import remembered
from benchmarks.audit.oracle import Oracle, inside, ratio, united
from benchmarks.audit.plans import means
from benchmarks.audit.states import state
from benchmarks.audit.time import Span
from benchmarks.audit.windows import DAY, Kind, closed_in, kind_of, running_at

Json = dict[str, Any]
_WORST_FIRST = ("lost", "at_risk", "on_course")
_OWN = ("objective", "calendar", "timezone")


def promised(oracle: Oracle, period: Span, now: int) -> list[Json]:
    """Return what a report must say of every agreement."""
    known = oracle.world.agreements
    return [_promised(oracle, one["id"], period, now) for one in known[-1][1]]


def _promised(oracle: Oracle, name: str, period: Span, now: int) -> Json:
    said = [(at, one) for at, many in oracle.world.agreements for one in many if one["id"] == name]
    moment = min(now, period[1])
    last = _held(said, moment - 1)
    kinds = [(at, _kind(oracle, one)) for at, one in said]
    closed = [
        found
        for span in closed_in(kinds, period, now)
        if (found := _closed(oracle, _held(said, span[0]), span, now)) is not None
    ]
    running, runs = None, running_at(kinds, moment)
    if runs is not None and moment > period[0]:
        running = _running(oracle, _held(said, runs[0][0]), *runs, moment)
    judged = [one["met"] for one in closed if one["met"] is not None]
    currency = (closed[-1] if closed else last).get("currency", "EUR")
    due = [
        one["credit_amount"]
        for one in closed
        if one["credit_amount"] is not None and one["currency"] == currency
    ]
    goal = last.get("objective")
    paid = _held(said, closed[-1]["start"]) if closed else last
    return {
        "id": name,
        "customer": last["customer"],
        "rule": last.get("rule", "each"),
        "window": last.get("window", "month"),
        "objective_ratio": None if goal is None else ratio(goal),
        "fee": Fraction(str(paid["fee"])) if "fee" in paid else None,
        "currency": currency,
        "met": all(judged) if judged else None,
        "credit_amount": sum(due) if due else None,
        "closed": closed,
        "running": running,
    }


def _held(said: Sequence[tuple[int, Json]], at: int) -> Json:
    return ([one for begin, one in said if begin <= at] or [said[0][1]])[-1]


def _kind(oracle: Oracle, agreement: Json) -> Kind:
    """Return its window: of the zone that it names, or that all of its services have."""
    home = oracle.world.zone
    zones = {t.entry.get("timezone", home) for t in _covered(oracle, agreement)}
    return kind_of(agreement, zones.pop() if len(zones) == 1 else home)


def _covered(oracle: Oracle, agreement: Json) -> list[Any]:
    return [truth for truth in oracle.truths.values() if means(agreement, truth.entry)]


def _view(oracle: Oracle, agreement: Json) -> Oracle:
    """Return the same world with its services by the terms of an agreement."""
    key = json.dumps(agreement)
    if key in oracle.memory:
        known: Oracle = oracle.memory[key]
        return known
    own = {key: agreement[key] for key in _OWN if key in agreement}
    own["credits"] = agreement.get("credits", [])
    own["window"] = agreement.get("window", "month")
    found = {}
    for truth in _covered(oracle, agreement):
        history = [
            {key: value for key, value in change.items() if key not in own}
            for change in truth.entry.get("history", ())
        ]
        found[truth.entry["id"]] = replace(truth, entry=truth.entry | own | {"history": history})
    view = oracle.memory[key] = oracle.seen_as(found)
    return view


def _parts(view: Oracle, span: Span) -> list[str]:
    return [name for name in view.chosen if view.agreed(name, span)]


def _part(view: Oracle, name: str, found: Json) -> Json:
    return {
        "name": view.truths[name].entry["name"],
        "availability_ratio": found["availability_ratio"],
        "met": None,
        "credit_percent": None,
        "unplanned_seconds": found["downtime_seconds"]["unplanned"],
    }


def _closed(oracle: Oracle, agreement: Json, span: Span, now: int) -> Json | None:
    view = _view(oracle, agreement)
    names = _parts(view, span)
    if not names:
        return None
    parts = []
    for name in names:
        found = remembered(view, name, span, min(now, span[1]))
        due = credit(view.truths[name].entry, found, span)
        parts.append(_part(view, name, found) | {"met": found["met"], "credit_percent": due})
    if agreement.get("rule", "each") == "each":
        judged = [one["met"] for one in parts if one["met"] is not None]
        owed = [one["credit_percent"] for one in parts if one["credit_percent"] is not None]
        figure, met = None, all(judged) if judged else None
        percent = min(100, sum(owed)) if owed else None
    else:
        figure = _figure(view, agreement, span, min(now, span[1]))
        met = None if figure is None else figure >= ratio(agreement["objective"])
        percent = step(figure, agreement.get("credits"))
    fee = agreement.get("fee")
    amount = None if fee is None or percent is None else Fraction(str(fee)) * percent / 100
    return {
        "start": span[0],
        "end": span[1],
        "availability_ratio": figure,
        "met": met,
        "window_state": None,
        "error_budget_exhausted_at": None,
        "credit_percent": percent,
        "credit_amount": amount,
        "currency": agreement.get("currency", "EUR"),
        "services": parts,
    }


def _figure(view: Oracle, agreement: Json, span: Span, moment: int) -> Fraction | None:
    """Return the one figure of an agreement in a window, up to a moment."""
    if agreement["rule"] == "all":
        judged, good = _all_up(view, view.chosen, span, moment)
        return Fraction(good, judged) if judged else None
    shown = {name: remembered(view, name, span, moment) for name in _parts(view, span)}
    known = {
        name: Fraction(found["availability_ratio"])
        for name, found in shown.items()
        if found["availability_ratio"] is not None
    }
    if not known:
        return None
    if agreement["rule"] == "worst":
        return min(known.values())
    weights = {n: Fraction(str(agreement["weights"].get(n, 1))) for n in known}
    return sum(weights[n] * known[n] for n in known) / sum(weights.values(), Fraction(0))


def _all_up(view: Oracle, names: list[str], span: Span, moment: int) -> tuple[int, int]:
    """Look at every stretch of the time that is agreed for all: is one known to be down?

    Return how much of it is judged, and in how much of that all are up (ms).
    """
    agreed = {name: view.agreed(name, span) for name in names}
    plans = {name: view.planned(name, span) for name in names}
    edges = {moment, *(e for many in (agreed, plans) for n in names for s in many[n] for e in s)}
    edges |= {e for n in names for p in view.truths[n].pieces for e in (p.start, p.end)}
    marks = sorted(e for e in edges if span[0] <= e <= min(moment, span[1]))
    judged = good = 0
    for start, end in pairwise(marks):
        if not all(inside(agreed[name], start) for name in names):
            continue
        states = {name: state(view.truths[name].pieces, start) for name in names}
        down = [name for name in names if states[name] is False]
        if any(not _is_planned(view, name, plans[name], start) for name in down):
            judged += end - start
        elif not down and None not in states.values():
            judged += end - start
            good += end - start
    return judged, good


def _is_planned(view: Oracle, name: str, plans: list[Span], at: int) -> bool:
    for outage in view.truths[name].outages:
        if outage.start <= at and (outage.end is None or at < outage.end):
            said = [
                s.value
                for s in view.world.corrections
                if (s.service, s.start, s.field) == (name, outage.start, "class")
            ]
            if said and said[-1] is not None:
                return said[-1] == "planned"
    return inside(plans, at)


def _running(oracle: Oracle, agreement: Json, span: Span, rolls: bool, moment: int) -> Json | None:
    view = _view(oracle, agreement)
    names = _parts(view, span)
    if not names:
        return None
    found: Json = {
        "start": span[0],
        "end": span[1],
        "availability_ratio": None,
        "met": None,
        "window_state": None,
        "error_budget_exhausted_at": None,
        "credit_percent": None,
        "credit_amount": None,
        "services": [_part(view, name, remembered(view, name, span, moment)) for name in names],
    }
    rule = agreement.get("rule", "each")
    if rule != "each":
        found["availability_ratio"] = _figure(view, agreement, span, moment)
    if rule in {"each", "worst"}:
        both = [outlook(view, name, span, rolls, moment) for name in names]
        states = {one["window_state"] for one in both}
        gone = [one["error_budget_exhausted_at"] for one in both]
        found["window_state"] = next((s for s in _WORST_FIRST if s in states), None)
        found["error_budget_exhausted_at"] = min((e for e in gone if e is not None), default=None)
        return found
    return found | _lost_time(view, agreement, span, rolls, moment)


def _lost_time(view: Oracle, agreement: Json, span: Span, rolls: bool, moment: int) -> Json:
    """Say how a window with one figure is doing, by what it may lose and has lost."""
    names = _parts(view, span)

    def owed(stretch: Span) -> list[Span]:
        if agreement["rule"] == "all":
            return _for_all(view, names, stretch)
        return united(s for name in names for s in view.agreed(name, stretch))

    def lost(at: int) -> Fraction:
        if at <= span[0]:
            return Fraction(0)
        if agreement["rule"] == "all":
            judged, good = _all_up(view, names, span, at)
            return Fraction(judged - good)
        figure = _figure(view, agreement, span, at)
        return Fraction(0) if figure is None else (1 - figure) * _length(owed((span[0], at)))

    if _figure(view, agreement, span, moment) is None:
        return {}
    counts = _length(owed(span))
    if agreement["rule"] == "all":  # what is planned or unknown has no share in the budget
        counts -= _length(owed((span[0], moment))) - _all_up(view, names, span, moment)[0]
    left = (1 - ratio(agreement["objective"])) * counts - lost(moment)
    if left < 0:
        return {"window_state": "lost"}
    past, gone = owed((span[0], moment)), None
    if past:
        day = (max(span[0], past[-1][1] - DAY), past[-1][1])
        ahead = owed((moment, moment + span[1] - span[0]) if rolls else (moment, span[1]))
        gone = forecast(left, lost(moment) - lost(day[0]), _length(owed(day)), ahead)
    state_ = "on_course" if gone is None else "at_risk"
    return {"window_state": state_, "error_budget_exhausted_at": gone}


def _for_all(view: Oracle, names: list[str], span: Span) -> list[Span]:
    """Return the time that is agreed for every one of some services."""
    agreed = [view.agreed(name, span) for name in names]
    marks = sorted({edge for many in agreed for stretch in many for edge in stretch})
    return united(s for s in pairwise(marks) if all(inside(many, s[0]) for many in agreed))


def _length(spans: list[Span]) -> int:
    return sum(end - start for start, end in spans)
