"""The judge of ``python -m benchmarks.sixty_days``: what is missed, and told for nothing."""

from pathlib import Path

from benchmarks.sixty_days import BEGIN, DAY, HOUR, STEP, Drawn, book, judge, play
from sla_engine.domain.interval import Interval
from sla_engine.domain.notice import Message
from sla_engine.domain.outage import outage_id
from sla_engine.domain.timeline import State
from sla_engine.ledger import Books, Ledger

NOON = BEGIN + 12 * HOUR
LONG = Drawn("s0", NOON, NOON + 8 * STEP, State.DOWN, "alone0")
BLIP = Drawn("s1", NOON + HOUR, NOON + HOUR + 2 * STEP, State.DOWN, "blip")
NIGHT = BEGIN + 2 * DAY + HOUR
WORK = Drawn("s2", NIGHT, NIGHT + 20 * STEP, State.DOWN, "work2@0")
EVENTS = [LONG, BLIP, WORK]
SPAN = Interval(BEGIN, BEGIN + 3 * DAY)


def test_one_incident_is_one_page_and_neither_blips_nor_work_are_any(tmp_path: Path) -> None:
    with Ledger.open(f"sqlite:///{tmp_path}/l.db") as ledger:
        books = Books(book(3, 3), ledger)
        away = [Interval(NOON + STEP, NOON + 3 * STEP)]
        heard = play(books, EVENTS, away, SPAN.end).heard
        found = judge(books, EVENTS, heard, SPAN)
    assert (found.incidents, found.pages, found.untold, found.needless) == (1, 1, [], [])


def test_the_judge_sees_what_was_missed_and_what_was_told_for_nothing(tmp_path: Path) -> None:
    told = Message("S1 is down", "down", about=(outage_id(BLIP.service, BLIP.start),))
    with Ledger.open(f"sqlite:///{tmp_path}/l.db") as ledger:
        found = judge(Books(book(3, 3), ledger), EVENTS, [(NOON, told), (NOON, told)], SPAN)
    assert (found.untold, found.needless, found.pages) == ([LONG], ["S1 is down"], 1)
