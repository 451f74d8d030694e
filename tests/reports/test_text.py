"""The report as text on a terminal: everything fits its width."""

from dataclasses import replace

import pytest

from sla_engine.reports import to_text
from sla_engine.reports.language import Babel
from tests.reports.sample import BERLIN, REPORT


@pytest.mark.parametrize("name", ["en", "de", "fr"])
def test_no_line_of_a_report_is_wider_than_the_terminal_and_no_word_is_lost(name: str) -> None:
    report = replace(REPORT, language=name)
    shown = to_text.render(report, 80).decode()
    assert [line for line in shown.splitlines() if len(line) > 80] == []
    prose = to_text.render(report).decode().partition(_first_table(name))[0]
    assert prose.split() == shown.partition(_first_table(name))[0].split()


def _first_table(name: str) -> str:
    """Return the heading of the first table."""
    return f"\n{Babel(name, BERLIN).phrase('Services').upper()}\n"
