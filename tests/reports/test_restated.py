"""A restatement shows what differs: never the same twice, whatever it was rounded to."""

from dataclasses import replace

import pytest

from sla_engine.domain.report import Changed, Restatement
from sla_engine.reports import FORMATS
from sla_engine.reports.language import TRANSLATED, language
from sla_engine.reports.restated import restated
from tests.reports.sample import REPORT

ENGLISH = language(REPORT)
HOURS = Changed("unplanned", 3_600_000, 5_400_000)


def told(*others: Changed, money: object = None, before: float = 0.9, after: float = 0.9) -> object:
    one = Restatement("Shop", before, after, "ann", "why", money=money, others=others)  # type: ignore[arg-type]
    return restated(one, REPORT, ENGLISH)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (told(before=0.9993, after=1.0), ("99.930 %", "100.000 %")),
        (told(before=0.99900001, after=0.99900004), ("99.900001 %", "99.900004 %")),
        (told(HOURS), ("unplanned 1h", "unplanned 1h 30m")),
        (told(Changed("met", True, False), HOURS), ("met", "missed")),
        (told(Changed("met", None, True)), ("not judged", "met")),
        (told(Changed("cost", 100.001, 100.002), HOURS), ("unplanned 1h", "unplanned 1h 30m")),
        (told(Changed("cost", 100, None)), ("Cost 100.00 EUR", "Cost -")),
        (told(Changed("credit", 5, 10)), ("Credit 5 %", "Credit 10 %")),
        (told(Changed("outages", 1, 2)), ("1 outage", "2 outages")),
        (told(Changed("coverage", 0.991, 0.9912)), ("Coverage 99.100 %", "Coverage 99.120 %")),
        (told(Changed("objective", 0.999, 0.99)), ("objective 99.9 %", "objective 99 %")),
        (told(money=(100, 0, "EUR")), ("100.00 EUR", "0.00 EUR")),
        (told(money=(100, 100, "EUR"), after=0.8), ("90.000 %", "80.000 %")),
        (told(HOURS, money=(100.0, 100.004, "EUR")), ("unplanned 1h", "unplanned 1h 30m")),
        (told(Changed("availability", 0.99, 0.98), money=(1, 1, "EUR")), ("99.000 %", "98.000 %")),
        (told(), ("90.000 %", "the same; the outages or windows behind it are others")),
    ],
)
def test_what_differs_is_shown(found: object, expected: tuple[str, str]) -> None:
    assert found == expected


@pytest.mark.parametrize("name", ["en", *TRANSLATED])
def test_page_and_text_show_it_in_the_language(name: str) -> None:
    one = replace(REPORT.restatements[0], before=0.9, after=0.9, others=(HOURS,))
    report = replace(REPORT, language=name, restatements=(one,))
    before, after = restated(one, report, language(report))
    assert before != after
    assert f": {before} -> {after}, ada" in FORMATS["text"].render(report).decode()
    assert f"<td>{after}</td>" in FORMATS["html"].render(report).decode().replace(' class="n"', "")
