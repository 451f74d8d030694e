import pytest
from hypothesis import given

from sla_engine.domain.interval import Interval
from sla_engine.domain.outage import Correction, Outage, OutageSpan, gaps, outage_id, outages
from sla_engine.domain.timeline import Segment, State, Timeline
from tests.domain.test_timeline import lines

UP, DOWN, UNKNOWN = State.UP, State.DOWN, State.UNKNOWN


def test_an_outage_lasts_from_the_first_failure_to_the_first_good_sample() -> None:
    line = (Segment(0, 10, UP), Segment(10, 30, DOWN), Segment(30, 50, UP))
    assert outages(line) == (OutageSpan(10, 30),)


def test_unknown_time_after_a_failure_belongs_to_the_outage_and_before_it_does_not() -> None:
    line = (
        Segment(0, 10, UNKNOWN),
        Segment(10, 20, DOWN),
        Segment(20, 30, UNKNOWN),
        Segment(30, 40, DOWN),
        Segment(40, 45, UNKNOWN),
        Segment(45, 50, UP),
    )
    assert outages(line) == (OutageSpan(10, 45),)
    assert gaps(line) == (Interval(0, 10), Interval(20, 30), Interval(40, 45))


def test_an_outage_is_open_until_a_good_sample_comes() -> None:
    assert outages((Segment(0, 10, DOWN),)) == (OutageSpan(0, None),)
    assert outages((Segment(0, 10, DOWN), Segment(10, 20, UNKNOWN))) == (OutageSpan(0, None),)


def test_the_id_is_the_same_on_every_machine() -> None:
    assert outage_id("shop", 1_790_000_000_000) == "O-ZSDLGKLGFP"


@given(lines)
def test_every_moment_of_down_is_in_one_outage_and_no_moment_of_up(line: Timeline) -> None:
    found = [Interval(o.start, o.end or 10**9) for o in outages(line)]
    for segment in line:
        holding = [o for o in found if o.start <= segment.start and segment.end <= o.end]
        if segment.state is DOWN:
            assert len(holding) == 1
        if segment.state is UP:
            assert holding == []


@pytest.mark.parametrize(
    ("said", "waits"),
    [
        ((), False),
        ((("class_asked", "planned"),), True),
        ((("cause", "disk"), ("class_asked", "planned"), ("ticket", "T-1")), True),
        ((("class_asked", "planned"), ("class_asked", None)), False),
        ((("class_asked", "planned"), ("class", "planned")), False),
        ((("class", "planned"), ("class_asked", "unplanned")), True),
        ((("class", "planned"),), False),
        ((("cause", "disk"),), False),
    ],
)
def test_a_class_that_was_asked_for_waits_until_somebody_decides(
    said: tuple[tuple[str, str | None], ...], *, waits: bool
) -> None:
    corrections = tuple(
        Correction(n, "ann", field, None, after, "so") for n, (field, after) in enumerate(said)
    )
    found = Outage("shop", 0, 9, corrections=corrections).asked
    assert (found is not None) is waits
    assert found is None or (found.field == "class_asked" and found.after is not None)
