"""Which expressions of events can be read, and as what."""

import string
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service_catalogue.counters import LONGEST, Counters, UnreadableError, read_counters

DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "sli.md"


def rows() -> list[tuple[str, str]]:
    """Return expression and reading of every row of the document's table."""
    found = []
    for line in DOCUMENT.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.replace("\\|", "\x00").split("|")]
        if len(cells) == 5 and cells[1] in {"Sloth", "Pyrra", "OpenSLO"}:
            expression, reading = (cell.replace("\x00", "|") for cell in cells[2:4])
            fence = "``" if expression.startswith("``") else "`"
            found.append((expression.removeprefix(fence).removesuffix(fence).strip(), reading))
    return found


def reading(expression: str) -> str:
    try:
        found = read_counters(expression)
    except UnreadableError as error:
        return f"refused: {error}"
    added = " + ".join(f"`{one}`" for one in found.added)
    return added + "".join(f" \N{MINUS SIGN} `{one}`" for one in found.taken)


def test_the_document_has_fifty_expressions_and_more() -> None:
    assert len({expression for expression, _ in rows()}) >= 50


@pytest.mark.parametrize(("expression", "expected"), rows())
def test_an_expression_is_read_as_the_document_says(expression: str, expected: str) -> None:
    assert reading(expression) == expected


@pytest.mark.parametrize(
    "selector",
    [
        r'a{b="c\"d\\e",f!~"x\\.y"}',
        '{__name__="http.requests","a.b"="c"}',
        'a{x="ü",y="tab\\tline\\n"}',
        'a_bucket{le="+Inf"}',
    ],
)
def test_a_reading_is_read_as_itself(selector: str) -> None:
    (once,) = read_counters(f"sum(rate({selector}[5m]))").added
    assert read_counters(once) == Counters((once,))


@pytest.mark.parametrize(
    ("edge", "expected"),
    [
        ("0.3", '{le="0.3"}'),
        ("1", r'{le=~"1|1\\.0"}'),
        ("10.0", r'{le=~"10\\.0|10"}'),
        ("1e+06", r'{le=~"1e\\+06|1000000|1000000\\.0"}'),
        ("+Inf", '{le="+Inf"}'),
        ("Inf", r'{le=~"Inf|\\+Inf"}'),
        ("0.50", r'{le=~"0\\.50|0\\.5"}'),
        ("1e-3", r'{le=~"1e-3|0\\.001"}'),
        ("0.00001", r'{le=~"0\\.00001|1e-05"}'),
        ("1048576.0", r'{le=~"1048576\\.0|1048576|1\\.048576e\\+06"}'),
    ],
)
def test_a_bucket_is_found_however_prometheus_writes_its_edge(edge: str, expected: str) -> None:
    assert read_counters(f'h_bucket{{le="{edge}"}}').added == (f"h_bucket{expected}",)


@pytest.mark.parametrize(
    "expression",
    [
        'sum(rate({job="shop"}[5m]))',
        '{__name__!="a",job="shop"}',
        'sum(rate({__name__=~"h_bucket|h_count"}[5m]))',
        '{__name__=~"(h|g)_(bucket)?"}',
        'h_bucket{le="nan"}',
        'sum(rate(rpc_seconds{quantile="0.99"}[5m]))',
        "job:errors:increase_5m",
        "shop:requests:burnrate1h",
        "shop:requests:avg5m",
        "sum(rate(shop:requests:sum[5m]))",
        "shop:requests_total:sum_by_pod",
        '{__name__=~"a_total|shop:requests:rate5m"}',
        "sum(http_requests_per_second)",
        "http_errors_rate5m",
        "cache_hit_ratio",
        "sum(requests_created)",
        "sum(rate(probe_success[5m]))",
    ],
)
def test_what_would_count_something_else_in_silence_is_refused(expression: str) -> None:
    with pytest.raises(UnreadableError, match=r"counter|counts|name one bucket|in many buckets"):
        read_counters(expression)


@pytest.mark.parametrize(
    "expression",
    ["t", "shop:errors_total", "conversion_rate_total", "bucket", "rate_limited_total",
     "a:ratio_count", '{__name__=~"(grpc|http)_.*_total"}', '{__name__="t"}', "orders_sum"],
)  # fmt: skip
def test_a_name_that_only_sounds_alike_is_a_counter(expression: str) -> None:
    assert read_counters(expression) == Counters((expression,))


def test_a_difference_taken_off_is_added_again() -> None:
    found = read_counters("sum(a) - (sum(b) - sum(c))")
    assert found == Counters(("a", "c"), ("b",))


@pytest.mark.parametrize("piece", ["(", "-", "+a", "sum(", "a or ", "{"])
def test_however_deep_an_expression_is_it_is_refused_and_no_more(piece: str) -> None:
    text = (piece * LONGEST)[: LONGEST - 2] + "a"
    with pytest.raises(UnreadableError):
        read_counters(text)


@settings(max_examples=200, deadline=None)
@given(st.text(string.printable, max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(UnreadableError):
        assert read_counters(text).added
