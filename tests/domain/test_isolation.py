"""Whose fault a failure is: found in halves, within bounds."""

from collections.abc import Sequence
from math import ceil, log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_engine.domain.isolation import FaultReason, Isolation


class _DeadError(Exception):
    pass


def _judge(error: Exception) -> FaultReason:
    if isinstance(error, _DeadError):
        raise error
    return "derivation"


class _Work:
    """Fails where a culprit is in the part; counts how often it is asked."""

    def __init__(self, culprits: set[str], dead_after: int | None = None) -> None:
        self.culprits, self.dead_after, self.runs = culprits, dead_after, 0

    def __call__(self, part: Sequence[str]) -> list[str]:
        self.runs += 1
        if self.dead_after is not None and self.runs > self.dead_after:
            raise _DeadError("nobody answers")
        if found := self.culprits.intersection(part):
            raise ValueError(f"{min(found)}\nfails")
        return list(part)


@given(st.integers(1, 300), st.sets(st.integers(0, 299), max_size=8))
def test_the_culprits_fail_and_nobody_else_in_few_questions(count: int, bad: set[int]) -> None:
    names = [f"s{n}" for n in range(count)]
    culprits = {f"s{n}" for n in bad if n < count}
    isolation, work = Isolation(_judge), _Work(culprits)
    parts = list(isolation.divided(names, str, work))
    assert [name for part in parts for name in part] == [n for n in names if n not in culprits]
    assert isolation.faults.keys() == culprits
    assert all("\n" not in fault.text for fault in isolation.faults.values())
    assert work.runs <= 1 + 2 * len(culprits) * ceil(log2(max(2, count)))


def test_who_failed_before_is_not_asked_again() -> None:
    isolation, work = Isolation(_judge), _Work({"b"})
    list(isolation.divided("abc", str, work))
    before = work.runs
    assert list(isolation.divided("abc", str, work)) == [["a", "c"]]
    assert list(isolation.divided("b", str, work)) == []
    assert work.runs == before + 1


@given(st.integers(0, 60))
def test_when_the_server_goes_away_everything_fails_and_nothing_more_is_asked(after: int) -> None:
    names = [f"s{n}" for n in range(100)]
    isolation, work = Isolation(_judge), _Work(set(names), dead_after=after)
    with pytest.raises(_DeadError):
        list(isolation.divided(names, str, work))
    assert work.runs == after + 1
    with pytest.raises(_DeadError):
        list(isolation.divided(names, str, work))


def test_more_culprits_than_the_bound_finds_are_left_for_the_next_pass() -> None:
    names = [f"s{n}" for n in range(64)]
    isolation, work = Isolation(_judge, splits=10), _Work(set(names))
    with pytest.raises(ValueError, match="fails"):
        list(isolation.divided(names, str, work))
    assert isolation.faults
    assert work.runs <= 2 * 10 + 2


def test_what_goes_wrong_with_the_results_is_not_a_fault_of_the_work() -> None:
    isolation, work = Isolation(_judge), _Work(set())
    parts = isolation.divided("ab", str, work)
    next(parts)
    with pytest.raises(ZeroDivisionError):
        parts.throw(ZeroDivisionError)  # type: ignore[attr-defined]
    assert not isolation.faults
