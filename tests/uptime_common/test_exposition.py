"""Our text, read back by the parsers that Prometheus users trust."""

import math
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import Metric as Parsed

from exporter.page import render
from tests.exporter.parsers import linted, parsed
from uptime_common.exposition import (
    Family,
    Metric,
    Sample,
    Style,
    Template,
    counter,
    gauge,
    header,
    lines,
    untyped,
)

REQUESTS = counter("demo_requests_total", "Requests served.", "path")
LOAD = gauge("demo_load_ratio", 'A "quoted" help\nof two lines \\ a backslash.')
FIELD = untyped("demo_field", "Something the kernel counts.")


def _parse(families: Iterable[Family], style: Style) -> dict[str, Parsed]:
    return parsed(render(families, style), style, promtool=False)


@pytest.mark.parametrize("style", ["text", "openmetrics"])
def test_names_kinds_help_labels_and_values_survive_the_parser(style: Style) -> None:
    found = _parse(
        [REQUESTS.of((("/a",), 3), (("/b",), 0.5)), LOAD.value(2), FIELD.value(7)], style
    )
    requests = found["demo_requests"]
    assert (requests.type, requests.documentation) == ("counter", "Requests served.")
    assert [(s.name, s.labels, s.value) for s in requests.samples] == [
        ("demo_requests_total", {"path": "/a"}, 3),
        ("demo_requests_total", {"path": "/b"}, 0.5),
    ]
    assert found["demo_load_ratio"].documentation == LOAD.help
    assert found["demo_field"].type == "unknown"


def test_the_text_style_is_what_node_exporter_prints() -> None:
    assert render([REQUESTS.of((("/a",), 3))], "text") == (
        "# HELP demo_requests_total Requests served.\n"
        "# TYPE demo_requests_total counter\n"
        'demo_requests_total{path="/a"} 3\n'
    )


def test_a_counter_without_total_keeps_its_name_in_openmetrics() -> None:
    odd = counter("demo_odd", "An old name.")
    assert header(odd, "openmetrics").endswith("# TYPE demo_odd unknown\n")
    assert header(odd, "text").endswith("# TYPE demo_odd counter\n")


@pytest.mark.parametrize("style", ["text", "openmetrics"])
def test_a_form_says_what_its_families_say(style: Style) -> None:
    form = Template([(LOAD, ()), (REQUESTS, ("/a",)), (REQUESTS, ("/\n",)), (FIELD, ())])
    numbers: list[float | str] = [0.5, 3, "12345678901234567890", math.inf]
    families = [LOAD.value(0.5), REQUESTS.of((("/a",), 3), (("/\n",), 12345678901234567890))]
    expected = render([*families, FIELD.value(math.inf)], style)
    for _ in range(2):
        assert render([form.filled(numbers)], style) == expected


def test_a_form_filled_is_families() -> None:
    filled = Template([(REQUESTS, ("/a",)), (REQUESTS, ("/b",)), (LOAD, ())]).filled(
        [1, "2", math.pi]
    )
    assert list(filled) == [
        Family(REQUESTS, [(("/a",), 1), (("/b",), 2)]),
        Family(LOAD, [((), math.pi)]),
    ]


def test_a_form_stands_among_families_and_may_be_empty() -> None:
    text = render(
        [LOAD.value(1), Template([(FIELD, ())]).filled([2]), Template(()).filled(())], "text"
    )
    assert text == render([LOAD.value(1), FIELD.value(2)], "text")


@pytest.mark.parametrize("number", [True, False, math.nan, math.inf, -math.inf, -1.5, 1e-9, 1e300])
def test_a_form_prints_a_number_as_a_family_does(number: float) -> None:
    assert render([Template([(LOAD, ())]).filled([number])], "text") == render(
        [LOAD.value(number)], "text"
    )


def test_a_form_wants_a_number_for_each_series() -> None:
    for numbers in ((), (1, 2)):
        with pytest.raises(ValueError, match="extended slice"):
            render([Template([(LOAD, ())]).filled(numbers)], "text")


def test_numbers_that_are_no_numbers() -> None:
    samples = [(("n",), math.nan), (("p",), math.inf), (("m",), -math.inf)]
    assert [line.split()[-1] for line in lines(Family(REQUESTS, samples)).splitlines()] == [
        "NaN",
        "+Inf",
        "-Inf",
    ]


def test_bytes_that_are_not_utf8_are_replaced() -> None:
    path = b"/mnt/\xff".decode("utf-8", "surrogateescape")
    assert lines(REQUESTS.of(((path,), 1))) == 'demo_requests_total{path="/mnt/\ufffd"} 1\n'


def test_a_family_without_samples_is_left_out() -> None:
    assert render([REQUESTS.of()], "text") == ""


def test_a_histogram_has_one_header() -> None:
    buckets = Metric("demo_wait_seconds", "histogram", "Waits.", ("le",))
    plain = Metric("demo_wait_seconds", "histogram", "Waits.")
    families = [
        Family(buckets, [(("1.0",), 2), (("+Inf",), 3)], "_bucket"),
        Family(plain, [((), 3)], "_count"),
        Family(plain, [((), 4.5)], "_sum"),
    ]
    for style in ("text", "openmetrics"):
        found = _parse(families, style)["demo_wait_seconds"]
        assert found.type == "histogram"
        assert [s.value for s in found.samples] == [2, 3, 3, 4.5]


def test_wrong_names_and_a_wrong_number_of_label_values_are_refused() -> None:
    with pytest.raises(ValueError, match="'no-name' is no metric name"):
        gauge("no-name", "x")
    with pytest.raises(ValueError, match="'__x' is no label name"):
        gauge("x", "x", "__x")
    with pytest.raises(ValueError, match=r"demo_requests_total has labels \('path',\)"):
        lines(REQUESTS.of(((), 1)))


def test_prefixes_of_series_that_are_gone_do_not_pile_up() -> None:
    churn = gauge("demo_churn", "x", "device")
    for number in range(2000):
        lines(churn.of(((f"veth{number}",), 1)))
    assert len(churn._prefixes[""]) < 300


@given(
    st.lists(
        st.tuples(st.tuples(st.text(st.characters(codec="utf-8"))), st.floats()),
        unique_by=lambda sample: sample[0],
    ).filter(bool)
)
def test_any_text_and_any_number_survive_both_parsers(samples: list[Sample]) -> None:
    metric = gauge("demo_any", "x", "label")
    for style in ("text", "openmetrics"):
        found = _parse([Family(metric, samples)], style)["demo_any"].samples
        assert [s.labels["label"] for s in found] == [values[0] for values, _ in samples]
        for sample, (_, value) in zip(found, samples, strict=True):
            assert sample.value == value or (math.isnan(sample.value) and math.isnan(value))


def test_a_truth_value_is_a_number() -> None:
    assert lines(LOAD.value(True)) == "demo_load_ratio 1\n"


@pytest.mark.integration
def test_promtool_finds_nothing_to_say() -> None:
    text = render([REQUESTS.of((('/ä\n"\\',), 3)), LOAD.value(math.inf)], "text")
    assert linted(text) == []
