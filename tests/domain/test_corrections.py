from sla_engine.domain.corrections import with_corrections
from sla_engine.domain.history import History
from sla_engine.domain.outage import Correction, OutageSpan

HISTORY = History(outages=(OutageSpan(10, 20), OutageSpan(50, None)))


def said(time: int, field: str, after: str | None) -> Correction:
    return Correction(time, "ann", field, None, after, "because")


def test_the_last_word_on_each_field_holds_and_all_are_kept() -> None:
    corrections = (
        (10, said(1, "cause", "disk")),
        (10, said(2, "ticket", "T-1")),
        (10, said(3, "cause", "power")),
    )
    first, second = with_corrections("shop", HISTORY, corrections)
    assert (first.cause, first.ticket) == ("power", "T-1")
    assert len(first.corrections) == 3
    assert second.corrections == ()


def test_a_correction_follows_an_outage_whose_start_moved() -> None:
    first, second = with_corrections(
        "shop", HISTORY, ((12, said(1, "note", "x")), (99, said(1, "note", "y")))
    )
    assert (first.note, second.note) == ("x", "y")


def test_a_class_can_be_given_and_taken_back() -> None:
    given = (10, said(1, "class", "planned"))
    assert with_corrections("shop", HISTORY, (given,))[0].reclassified == "planned"
    taken = (10, said(2, "class", None))
    assert with_corrections("shop", HISTORY, (given, taken))[0].reclassified is None


def test_a_correction_at_an_outages_end_is_not_of_it() -> None:
    corrections = (
        (9, said(1, "note", "before")),
        (19, said(2, "note", "last")),
        (20, said(3, "note", "end")),
        (49, said(4, "note", "between")),
    )
    first, second = with_corrections("shop", HISTORY, corrections)
    assert (first.note, len(first.corrections)) == ("last", 1)
    assert (second.note, second.corrections) == (None, ())


def test_of_two_outages_that_meet_the_second_has_the_moment_between() -> None:
    meeting = History(outages=(OutageSpan(10, 20), OutageSpan(20, 30)))
    first, second = with_corrections("shop", meeting, ((20, said(1, "cause", "disk")),))
    assert (first.cause, second.cause) == (None, "disk")
