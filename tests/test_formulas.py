"""The worked example of docs/accounting.md, computed."""

from fractions import Fraction
from pathlib import Path

import pytest

from sla_engine.domain.availability import AccountingInput, Terms, figures
from sla_engine.domain.interval import Interval
from sla_engine.domain.objective import Accounting, Policy
from sla_engine.domain.outage import Outage

MINUTE = 60_000
DAY = Interval(0, 1440 * MINUTE)
POLICIES: dict[str, Policy] = {
    "exclude": "exclude",
    "count_up": "count_up",
    "count_down": "count_down",
}


def _rows() -> list[list[str]]:
    text = (Path(__file__).parent.parent / "docs" / "accounting.md").read_text(encoding="utf-8")
    table = text.split("| `maintenance`, `unknown` |")[1].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in table]


def _minutes(length: float | None) -> str:
    assert length is not None
    return f"{length / MINUTE:g}"


def _between(start: float, end: float) -> Interval:
    return Interval(int(start * 60 * MINUTE), int(end * 60 * MINUTE))


@pytest.mark.parametrize("row", _rows(), ids=lambda row: row[0])
def test_the_worked_example_is_what_is_computed(row: list[str]) -> None:
    maintenance, unknown = (POLICIES[word.strip("` ")] for word in row[0].split(","))
    facts = AccountingInput(
        outages=(
            Outage("shop", *_between(2, 2 + 1 / 3)),
            Outage("shop", *_between(10, 10.5)),
        ),
        gaps=(_between(15, 16),),
        covered=(DAY,),
        agreed=(DAY,),
        planned=(_between(10, 10 + 1 / 3),),
    )
    terms = Terms(Fraction("0.995"), Accounting(maintenance, unknown))
    found = figures(facts, terms, DAY.end)
    judged = found.agreed - found.excluded
    assert found.availability is not None
    assert found.coverage is not None
    assert row[1:] == [
        _minutes(found.excluded),
        _minutes(judged),
        _minutes(found.availability * judged),
        f"{found.availability * 100:.4f} %",
        f"{found.coverage * 100:.4f} %",
        _minutes(found.budget),
        _minutes(found.mtbf),
        _minutes(found.mtrs),
        _minutes(found.mtbsi),
    ]


def test_every_accounting_is_worked_out_once() -> None:
    assert len({row[0] for row in _rows()}) == len(_rows()) == 4
