import pytest

from sla_engine.domain.availability import AccountingInput, Figures, Terms, figures
from sla_engine.domain.credits import credit, impact
from sla_engine.domain.interval import Interval
from sla_engine.domain.objective import ratio
from sla_engine.domain.outage import Outage

LENGTH = 1_000_000
STEPS = (99.99, 99.9, 99.5, 99.0, 98.0, 95.0, 75.0)


def account(down: int) -> Figures:
    """Return the figures of a service that was down for so many ms of LENGTH."""
    whole = (Interval(0, LENGTH),)
    outages = (Outage("shop", 0, down),) if down else ()
    return figures(AccountingInput(outages, (), whole, whole), Terms(), LENGTH)


@pytest.mark.parametrize("step", STEPS)
def test_a_credit_is_due_under_its_step_and_not_on_it(step: float) -> None:
    allowed = int(LENGTH * (1 - ratio(step)))
    ladder = ((ratio(step), 10.0),)
    assert [credit(account(down), ladder) for down in (allowed, allowed + 1)] == [0.0, 10.0]


def test_of_several_steps_the_dearest_that_was_reached_is_due() -> None:
    ladder = [(ratio(step), due) for step, due in ((99.9, 10.0), (99.0, 25.0), (95.0, 50.0))]
    dues = [credit(account(down), ladder) for down in (1_000, 1_001, 10_000, 10_001, 50_001)]
    assert dues == [0.0, 10.0, 10.0, 25.0, 50.0]
    assert credit(account(10_001), reversed(ladder)) == 25.0


def test_without_steps_or_knowledge_no_credit_can_be_named() -> None:
    nothing_known = figures(AccountingInput((), (), (), (Interval(0, LENGTH),)), Terms(), LENGTH)
    assert credit(account(0), ()) is None
    assert credit(nothing_known, ((ratio(99.9), 10.0),)) is None


def test_downtime_costs_by_the_hour() -> None:
    assert impact(account(900_000), 400) == 100
    assert impact(account(0), 400) == 0
    assert impact(account(900_000), None) is None
