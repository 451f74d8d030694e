import re
from dataclasses import replace

from sla_engine.domain.service_level import ServiceState, StatusRow
from sla_engine.web.status import render_status


def _row(name: str, state: ServiceState, availability: float | None = 0.999996) -> StatusRow:
    return StatusRow(
        name.lower(),
        name,
        "ann",
        "gold",
        state,
        None,
        0.999,
        availability,
        -0.5,
        0.87,
    )


def test_the_worst_comes_first() -> None:
    rows = [_row("A", "up"), _row("B", "unknown"), _row("C", "down"), _row("D", "maintenance")]
    page = render_status("Example", rows, "now", "month")
    positions = [page.index(f"<small>{name}") for name in "cdba"]
    assert positions == sorted(positions)
    assert "1 down, 1 in maintenance, 1 unknown, 1 up" in page


def test_names_are_text_not_markup() -> None:
    page = render_status("<b>", [_row("<i>x", "up")], "now", "month")
    assert "<b>" not in page
    assert "&lt;i&gt;x" in page


def test_what_is_not_known_or_not_owed_is_said_in_a_word() -> None:
    known = replace(_row("A", "up"), objective=1.0, budget_remaining=None)
    nothing = replace(known, objective=None, availability=None, coverage=None)
    asked = replace(nothing, objective=0.999)
    cells = [
        re.findall(r'<td class="n"[^>]*>([^<]*)</td>', render_status("Example", [row], "", ""))
        for row in (known, nothing, asked)
    ]
    assert cells == [
        ["100 %", "99.999 %", "-", "87.0 %"],
        ["-", "unknown", "-", "unknown"],
        ["99.9 %", "unknown", "unknown", "unknown"],
    ]


def test_on_a_telephone_every_figure_says_what_it_is() -> None:
    page = render_status("Example", [_row("A", "up")], "now", "month")
    heads = re.findall(r'<th scope="col"[^>]*>([^<]*)</th>', page)
    assert re.findall(r'<td[^>]* data-label="([^"]*)"', page) == heads[1:]
    assert "@media (max-width" in page
