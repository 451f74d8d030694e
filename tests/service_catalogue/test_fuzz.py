"""Whatever the text: a Catalogue, or the mistakes of it, and nothing else."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service_catalogue import Catalogue
from service_catalogue.load import parse_catalogue
from uptime_common.document import DocumentError

HERE = Path(__file__).parent
WHOLE = (HERE / "corpus" / "whole.yml").read_text(encoding="utf-8")
SEEDS = [WHOLE, *(p.read_text("utf-8", "replace") for p in sorted((HERE / "bad").glob("*.yml")))]
SEEDS = [seed for seed in SEEDS if len(seed) < 5000]
NOW = 1_790_000_000_000
VALUES = (
    "",
    "~",
    "yes",
    "012",
    "1:30",
    "-1",
    "1e400",
    ".nan",
    "2026-02-30",
    "0001-01-01",
    "9999-12-31T23:59:59Z",
    "[]",
    "{}",
    "[[]]",
    "{a: b}",
    "*base",
    "&x [*x]",
    "!!int x",
    "!!float 1",
    "!y z",
    "'{{ x }}'",
    "{{ x }}",
    "${X}",
    "#x",
    "'#x'",
    "100y",
    "0s",
    "99999999999y",
    "FREQ=SECONDLY",
    "FREQ=WEEKLY;INTERVAL=0",
    "FREQ=DAILY;COUNT=999999",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
    "* * * * *",
    "0 9 30 2 *",
    "*/0 * * * *",
    "Europe/Berlin",
    "../etc/passwd",
    "DE-",
    "'\\0'",
    '"\\0"',
    '"\\ud800"',
    '"\\u202e"',
    "'('",
    "'(?i)('",
    "a:99999",
    "http://[",
    "http://a:b/",
    "[::1]",
    "'\"'",
    "18446744073709551616",
    "0x_",
    "x" * 2000,
    "\t",
    "'a\n\n b'",
    "<<",
    "'<no value>'",
    "24.12.2026",
)


def outcome(text: str) -> None:
    problems: tuple[object, ...] = ()
    found: Catalogue | None = None
    try:
        found = parse_catalogue(text, "f", NOW)
    except DocumentError as error:
        problems = error.problems
    assert isinstance(found, Catalogue) or problems
    assert all(str(problem).isprintable() for problem in problems)


def _places(text: str) -> list[tuple[int, int]]:
    """Return where the values of a text begin and end, by eye: after a colon, in brackets."""
    ends = [i for i, sign in enumerate(text) if sign in ",]}\n"]
    starts = [i + 1 for i, sign in enumerate(text) if sign in ":[,{"]
    return [(start, next((e for e in ends if e >= start), start)) for start in starts]


PLACES = _places(WHOLE)


@given(
    st.lists(st.tuples(st.sampled_from(PLACES), st.sampled_from(VALUES)), min_size=1, max_size=4)
)
@settings(max_examples=100)
def test_any_value_anywhere(changes: list[tuple[tuple[int, int], str]]) -> None:
    text = WHOLE
    for (start, end), value in sorted(changes, reverse=True):
        text = f"{text[:start]} {value}{text[end:]}"
    outcome(text)


@given(st.sampled_from(SEEDS), st.data())
@settings(max_examples=60)
def test_pieces_of_documents_in_any_order(seed: str, data: st.DataObject) -> None:
    other = data.draw(st.sampled_from(SEEDS))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(seed)), min_size=2, max_size=2)))
    begin = data.draw(st.integers(0, len(other)))
    outcome(seed[: cuts[0]] + other[begin : begin + 200] + seed[cuts[1] :])


@given(
    st.text(
        st.sampled_from("ab:-[]{}#&*!|>'\"%@`,?\n\t .0123456789\\~<=é\u2028\ufeff"), max_size=60
    )
)
@settings(max_examples=100)
def test_any_text(text: str) -> None:
    outcome(text)
    outcome(f"organization: {text}\n")


@pytest.mark.parametrize("turn", range(len(VALUES)))
def test_every_value_at_some_places(turn: int) -> None:
    value = VALUES[turn]
    for start, end in PLACES[turn % 29 :: 29]:
        outcome(f"{WHOLE[:start]} {value}{WHOLE[end:]}")


def test_a_fault_of_ours_is_no_mistake_of_the_document(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_data: object) -> Callable[[], None]:
        raise RuntimeError("ours")

    monkeypatch.setattr("service_catalogue.load.check", broken)
    with pytest.raises(RuntimeError, match="ours"):
        parse_catalogue(WHOLE, "f", NOW)
