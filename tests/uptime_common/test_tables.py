from hypothesis import given, settings
from hypothesis import strategies as st

from uptime_common.tables import fitted, letters, lines, table

CELL = st.text(st.sampled_from("abc XW-東京é"), max_size=90)
NUMBER = st.integers(0, 10**6).map(lambda n: f"{n:,}m {n}s")
ROWS = st.lists(st.tuples(CELL, NUMBER, CELL, NUMBER, CELL), min_size=1, max_size=4)
HEAD = ("Service", "Down in all", "Cause", "Longest", "Ticket")


@settings(max_examples=40, deadline=None)
@given(ROWS, st.integers(40, 200))
def test_a_table_fits_and_loses_no_letter(rows: list[tuple[str, ...]], width: int) -> None:
    blocks = fitted(HEAD, rows, width)
    assert all(letters(line) <= width for block in blocks for line in block.head)
    for i, row in enumerate(rows):
        told = [line for block in blocks for line in block.rows[i]]
        assert all(letters(line) <= width for line in told)
        kept = sorted("".join(told).replace(" ", ""))
        again = (len(blocks) - 1) * row[0]  # the first column stands in each block
        assert kept == sorted(("".join(row) + again).replace(" ", ""))
        assert all(any(number in line for line in told) for number in (row[1], row[3]))


def test_words_give_way_before_numbers_and_columns_before_letters() -> None:
    rows = [("Warehouse of the north", "1h 5m 30s", "disk full on db-1")]
    head = ("Service", "Unplanned", "Cause")
    assert list(lines(head, rows, 40)) == [
        "Service        Unplanned  Cause",
        "Warehouse of   1h 5m 30s  disk full on",
        "the north                 db-1",
    ]
    assert list(lines(head, rows, 24)) == [
        "Service        Unplanned",
        "Warehouse of   1h 5m 30s",
        "the north",
        "",
        "Service       Cause",
        "Warehouse of  disk full on",
        "the north     db-1",
    ]
    assert list(table(head, rows))[1] == "Warehouse of the north  1h 5m 30s  disk full on db-1"
