"""The audit's oracle, last part: a service's figures in a period, as the JSON report names them."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import Any

from benchmarks.audit.oracle import Oracle, Outage, Truth, inside, least_outage, ratio
from benchmarks.audit.states import held, state, within
from benchmarks.audit.time import Span, duration
from benchmarks.audit.world import Said

Json = dict[str, Any]


@dataclass
class Part:
    """An outage's part of the agreed time of a period (ms)."""

    outage: Outage
    planned: int = 0
    unplanned: int = 0
    unknown: int = 0
    first_planned: int | None = None
    last_unplanned: int = 0

    def add(self, start: int, end: int, *, known: bool, planned: bool) -> None:
        """Take a stretch of it."""
        if not known:
            self.unknown += end - start
        elif planned:
            self.planned += end - start
            self.first_planned = start if self.first_planned is None else self.first_planned
        else:
            self.unplanned += end - start
            self.last_unplanned = end

    @property
    def kind(self) -> str:
        """Return the class: an overrun goes on after its window."""
        if not self.planned:
            return "unplanned"
        if not self.unplanned:
            return "planned"
        assert self.first_planned is not None
        return "overrun" if self.last_unplanned > self.first_planned else "unplanned"


@dataclass
class Sums:
    """What the stretches of a period add up to (ms)."""

    agreed: int = 0
    unknown: int = 0
    parts: list[Part] = field(default_factory=list)
    planned_down: list[Span] = field(default_factory=list)

    def of(self, name: str) -> int:
        """Return the planned or unplanned downtime."""
        return sum(getattr(part, name) for part in self.parts)


def remembered(oracle: Oracle, name: str, period: Span, now: int) -> Json:
    """Return the same as `answer`, worked out once; it must not be changed."""
    key = (name, period, now, len(oracle.world.corrections))
    if key not in oracle.memory:
        oracle.memory[key] = answer(oracle, name, period, now)
    found: Json = oracle.memory[key]
    return found


def answer(oracle: Oracle, name: str, period: Span, now: int) -> Json:
    """Return what a report must say of a service."""
    truth = oracle.truths[name]
    agreed = oracle.agreed(name, period)
    sums = _summed(oracle, truth, period, agreed, now)
    owed = sum(end - start for start, end in agreed)
    found = _timed(truth.entry, sums, owed, period[0])
    longest = least_outage(truth.entry)
    parts = [part for part in sums.parts if part.planned or part.unplanned]
    counted = [p for p in parts if (p.outage.end or now) - p.outage.start >= longest]
    found |= _repairs(counted, found.pop("good"))
    found["outages"] = [_outage(oracle, name, p, now, counted=p in counted) for p in parts]
    if truth.minutes is not None:
        found |= _by_events(oracle, truth, sums, period, now)
    return found


def _summed(oracle: Oracle, truth: Truth, period: Span, agreed: Sequence[Span], now: int) -> Sums:
    name = truth.entry["id"]
    planned = oracle.planned(name, period)
    classes = _classes(oracle, name)
    sums = Sums(parts=[Part(outage) for outage in truth.outages])
    edges = {now, *(e for span in (*agreed, *planned) for e in span)}
    near = within(truth.pieces, (min(edges), max(edges)))
    edges |= {e for piece in near for e in (piece.start, piece.end)}
    marks = sorted(e for e in edges if e <= now)
    for start, end in pairwise(marks):
        if not inside(agreed, start):
            continue
        here = state(truth.pieces, start)
        sums.agreed += end - start
        sums.unknown += end - start if here is None else 0
        part = _part(sums.parts, start)
        if part is not None:
            word = classes.get(part.outage.start)
            plan = inside(planned, start) if word is None else word == "planned"
            part.add(start, end, known=here is not None, planned=plan)
    return sums


def _classes(oracle: Oracle, name: str) -> dict[int, str | None]:
    return {s.start: s.value for s in _of(oracle.world.corrections, name) if s.field == "class"}


def _part(parts: Sequence[Part], at: int) -> Part | None:
    i = bisect_right(parts, at, key=lambda part: part.outage.start) - 1
    if i >= 0 and (parts[i].outage.end is None or at < (parts[i].outage.end or 0)):
        return parts[i]
    return None


def _of(corrections: Sequence[Said], name: str) -> list[Said]:
    return [said for said in corrections if said.service == name]


def _timed(entry: Json, sums: Sums, owed: int, start: int) -> Json:
    policy = {"maintenance": "exclude", "unknown": "exclude"} | entry.get("accounting", {})
    planned, unplanned = sums.of("planned"), sums.of("unplanned")
    excluded, lost = 0, unplanned
    for milliseconds, kind in ((planned, "maintenance"), (sums.unknown, "unknown")):
        excluded += milliseconds if policy[kind] == "exclude" else 0
        lost += milliseconds if policy[kind] == "count_down" else 0
    judged, known = sums.agreed - excluded, sums.agreed - sums.unknown
    good = judged - lost if judged and known else None
    objective = held(entry, "objective", start)
    budget = None if objective is None else (1 - ratio(objective)) * (owed - excluded)
    left = met = None
    if budget is not None and good is not None:
        left = 1 - (judged - good) / budget if budget else None
        met = good >= ratio(objective) * judged
    return {
        "objective_ratio": None if objective is None else ratio(objective),
        "availability_ratio": None if good is None else Fraction(good, judged),
        "met": met,
        "agreed_seconds": sums.agreed,
        "excluded_seconds": excluded,
        "downtime_seconds": {"planned": planned, "unplanned": unplanned},
        "unknown_seconds": sums.unknown,
        "coverage_ratio": Fraction(known, sums.agreed) if sums.agreed else None,
        "error_budget_seconds": budget,
        "error_budget_remaining_ratio": left,
        "good": good,
    }


def _repairs(counted: Sequence[Part], good: int | None) -> Json:
    failures = [part.unplanned for part in counted if part.unplanned]
    known = good is not None and bool(failures)
    mtbf = Fraction(good or 0, len(failures)) if known else None
    mtrs = Fraction(sum(failures), len(failures)) if known else None
    return {
        "outage_count": len(counted),
        "mtbf_seconds": mtbf,
        "mtrs_seconds": mtrs,
        "mtbsi_seconds": None if mtbf is None or mtrs is None else mtbf + mtrs,
        "longest_outage_seconds": max((p.planned + p.unplanned for p in counted), default=None),
    }


def _outage(oracle: Oracle, name: str, part: Part, now: int, *, counted: bool) -> Json:
    start, end = part.outage
    said = {s.field: s.value for s in _of(oracle.world.corrections, name) if s.start == start}
    return {
        "start": start,
        "end": end,
        "duration_seconds": (now if end is None else end) - start,
        "planned_seconds": part.planned,
        "unplanned_seconds": part.unplanned,
        "unknown_seconds": part.unknown,
        "class": part.kind,
        "counted": counted,
        "cause": said.get("cause"),
        "ticket": said.get("ticket"),
    }


def _by_events(oracle: Oracle, truth: Truth, sums: Sums, period: Span, now: int) -> Json:
    """Weigh events: a minute counts where its last millisecond lies."""
    agreed = oracle.agreed(truth.entry["id"], period)
    entry, policy = truth.entry, truth.entry.get("accounting", {}).get("maintenance", "exclude")
    windows, classes = oracle.planned(entry["id"], period), _classes(oracle, entry["id"])

    def planned(moment: int) -> bool:
        part = _part(sums.parts, moment)
        word = None if part is None else classes.get(part.outage.start)
        return inside(windows, moment) if word is None else word == "planned"

    good = total = lost = Fraction(0)
    for minute in truth.minutes or ():
        last, bad = minute.start + 59_999, Fraction(minute.total) - Fraction(minute.good)
        if not inside(agreed, last) or last >= now:
            continue
        is_planned = bad > 0 and planned(last)
        lost += 0 if is_planned else bad / Fraction(minute.total) * 60_000
        if is_planned and policy == "exclude":
            continue
        good += Fraction(minute.total if is_planned and policy == "count_up" else minute.good)
        total += Fraction(minute.total)
    objective = held(entry, "objective", period[0])
    found: Json = {
        "events": {"good": good, "total": total},
        "error_budget_seconds": None,
        "lost_seconds": lost,
    }
    if slicing := entry["sli"].get("timeslice"):
        at = (agreed, period, now)
        found |= _held(objective, *_sliced(truth, slicing, planned, at))
        return found | {"error_budget_slices": found.pop("allowed")}
    known, whole = sums.agreed - sums.unknown, sum(end - start for start, end in agreed)
    ahead = Fraction(whole - sums.agreed, known) if known else Fraction(0)
    found |= _held(objective, good, total, total * (1 + ahead))
    return found | {"error_budget_events": found.pop("allowed")}


def _held(
    objective: float | None, good: Fraction, judged: Fraction, owed: Fraction
) -> dict[str, Any]:
    asked = objective is not None and judged > 0
    allowed = (1 - ratio(objective)) * owed if objective is not None and asked else None
    return {
        "availability_ratio": good / judged if judged else None,
        "met": good >= ratio(objective) * judged if objective is not None and asked else None,
        "error_budget_remaining_ratio": 1 - (judged - good) / allowed if allowed else None,
        "allowed": allowed,
    }


def _sliced(
    truth: Truth,
    slicing: dict[str, Any],
    planned: Callable[[int], bool],
    at: tuple[Sequence[Span], Span, int],
) -> tuple[Fraction, Fraction, Fraction]:
    """Look at every slice by itself: good ones, those that count, and with those to come."""
    agreed, (start, end), now = at
    policy = {"maintenance": "exclude", "unknown": "exclude"} | truth.entry.get("accounting", {})
    length = duration(slicing["length"]) or 60_000
    minutes: dict[int, list[Fraction]] = defaultdict(lambda: [Fraction(0), Fraction(0)])
    for minute in truth.minutes or ():
        sums = minutes[minute.start // length]
        sums[0] += Fraction(minute.good)
        sums[1] += Fraction(minute.total)
    good, judged, ahead, seen = Fraction(0), Fraction(0), Fraction(0), False
    for number in range(start // length, end // length + 1):
        last = (number + 1) * length - 1
        if not start <= last < end or not inside(agreed, last):
            continue
        worth = _worth(minutes.get(number), slicing.get("target"))
        kind = "up"
        if last >= now:
            ahead += 1
            continue
        if state(truth.pieces, last) is None:
            kind, worth = policy["unknown"], Fraction(0)
        else:
            seen = True
            if worth < 1 and planned(last):
                kind = policy["maintenance"]
        if kind == "exclude":
            continue
        judged += 1
        good += 1 if kind == "count_up" else worth
    return (good, judged, judged + ahead) if seen else (Fraction(0), Fraction(0), Fraction(0))


def _worth(sums: Sequence[Fraction] | None, target: float | None) -> Fraction:
    if sums is None or not sums[1]:
        return Fraction(1)
    share = sums[0] / sums[1]
    return share if target is None else Fraction(int(share >= Fraction(str(target))))
