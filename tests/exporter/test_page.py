"""Whatever collectors, text files and probes yield, the page is one that every parser takes."""

import logging
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.collectors import COLLECTORS, textfile
from exporter.collectors.support.api import Collector, System
from exporter.host.scrape import Host, HostOptions
from exporter.page import claims, render, tidy
from tests.exporter.parsers import parsed
from uptime_common.exposition import (
    Family,
    Metric,
    MetricKind,
    Part,
    Style,
    Template,
    counter,
    gauge,
    untyped,
)

STYLES: tuple[Style, ...] = ("text", "openmetrics")
LOAD = gauge("node_load1", "1m load average.")
SLAVES = gauge("slaves", "Slaves.", "master")
ACTIVE = gauge("active", "Active slaves.", "master")


def _host(folder: Path, files: dict[str, str], **parts: Iterable[Part]) -> Host:
    """Return a host of these collectors, with a textfile collector that reads these files."""
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")

    def reader(given_: list[Part]) -> Collector:
        return Collector(lambda _system: iter(given_))

    registry = {"textfile": COLLECTORS["textfile"]}
    registry |= {name: reader(list(given_)) for name, given_ in parts.items()}
    options = {"textfile.directory": str(folder)}
    return Host(HostOptions(tuple(registry), options), registry)


def _page(host: Host) -> dict[str, list[float]]:
    """Return the values by sample name, of a page that both formats have alike."""
    found: list[dict[str, list[float]]] = []
    for style in STYLES:
        values: dict[str, list[float]] = {}
        for family in parsed(host.collect(style), style).values():
            for sample in family.samples:
                values.setdefault(sample.name, []).append(sample.value)
        found.append({n: v for n, v in values.items() if "scrape_collector" not in n})
    assert found[0] == found[1]
    return found[0]


def test_families_of_one_name_stand_together_under_one_header() -> None:
    bonds: list[Part] = []
    for bond in ("bond0", "bond1"):
        bonds += [SLAVES.of(((bond,), 2)), ACTIVE.of(((bond,), 1))]
    for style in STYLES:
        found = parsed(render(bonds, style), style)
        assert [s.labels["master"] for s in found["slaves"].samples] == ["bond0", "bond1"]
        assert len(found["active"].samples) == 2


def test_a_series_is_shown_once_with_its_first_value() -> None:
    twice = SLAVES.of((("a",), 1), (("b",), 2), (("a",), 3))
    again = [SLAVES.of((("a",), 1)), LOAD.value(0), SLAVES.of((("b",), 2), (("a",), 3))]
    filled = [Template([(SLAVES, (m,)) for m in "aba"]).filled([1, 2, 3])]
    for parts in ([twice], again, filled):
        found = parsed(render(parts, "text"))["slaves"].samples
        assert [(s.labels["master"], s.value) for s in found] == [("a", 1), ("b", 2)]


def test_paths_that_differ_by_bytes_that_are_not_utf8_are_one_series() -> None:
    paths = [raw.decode("utf-8", "surrogateescape") for raw in (b"/\xff", b"/\xfe")]
    series = [SLAVES.of(*(((path,), 1) for path in paths))]
    form = Template([(SLAVES, (path,)) for path in paths])
    for parts in (series, [form.filled([1, 2])]):
        assert len(parsed(render(parts, "text"))["slaves"].samples) == 1


def test_the_first_of_two_kinds_counts() -> None:
    other = counter("slaves", "Something else.", "master")
    for parts in (
        [SLAVES.of((("a",), 1)), other.of((("b",), 2))],
        [Template([(SLAVES, ("a",)), (other, ("b",))]).filled([1, 2])],
    ):
        found = parsed(render(parts, "text"))["slaves"]
        assert (found.type, len(found.samples)) == ("gauge", 1)


def test_a_form_in_another_order_keeps_each_number_with_its_series() -> None:
    form = Template([(SLAVES, ("a",)), (ACTIVE, ("a",)), (SLAVES, ("b",))])
    found = parsed(render([form.filled([1, 2, 3])], "text"))
    assert [s.value for s in found["slaves"].samples] == [1, 3]
    assert list(form.filled([1, 2, 3])) == [
        Family(SLAVES, [(("a",), 1), (("b",), 3)]),
        Family(ACTIVE, [(("a",), 2)]),
    ]
    with pytest.raises(ValueError, match="2 numbers for 3 series"):
        render([form.filled([1, 2])], "text")


@pytest.mark.parametrize(
    ("kind", "name", "owned"),
    [
        ("counter", "x_total", {"x_total", "x", "x_created"}),
        ("counter", "x", {"x"}),
        ("gauge", "x_total", {"x_total"}),
        ("summary", "x", {"x", "x_sum", "x_count", "x_created"}),
        ("histogram", "x", {"x", "x_bucket", "x_sum", "x_count", "x_created"}),
    ],
)
def test_a_metric_owns_what_openmetrics_calls_its_samples(
    kind: MetricKind, name: str, owned: set[str]
) -> None:
    assert claims(name, kind) == owned


def test_names_of_all_collectors_go_together() -> None:
    metrics = {m.name: m for c in COLLECTORS.values() for m in c.metrics}
    families = [Family(m, [(("x",) * len(m.labels), 1)]) for m in metrics.values()]
    assert tidy(families).dropped == []


def test_what_two_collectors_call_alike_is_the_first_one_s(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    host = _host(tmp_path, {}, one=[LOAD.value(1)], two=[LOAD.value(2), SLAVES.of((("a",), 1))])
    for _ in range(2):
        page = _page(host)
        assert (page["node_load1"], page["slaves"]) == ([1], [1])
    assert [r.getMessage() for r in caplog.records if r.levelno == logging.ERROR] == [
        "collector two: left out, another has the name: node_load1"
    ]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("node_load1 7\n", "node_load1"),
        (
            "# TYPE node_load1 gauge\n# HELP node_load1 1m load average.\nnode_load1 7\n",
            "node_load1",
        ),
        ('node_load1{other="label"} 7\n', "node_load1"),
        ("# TYPE done_total gauge\ndone_total 7\n", "done_total"),
        ("done 7\n", "done_total"),
        ("sla_exporter_targets 7\n", ""),
        ("process_open_fds 7\n", ""),
        ('service_up{service="x",location="y"} 7\n', ""),
        ('service_info{service="x"} 7\n', ""),
        ("sla_exporter_probe_lateness_seconds_count 7\n", ""),
        ('node_scrape_collector_success{collector="x"} 7\n', ""),
        ("node_textfile_scrape_error 7\n", ""),
        ('node_textfile_mtime_seconds{file="x"} 7\n', ""),
    ],
)
def test_a_text_file_cannot_take_a_name_of_ours(
    tmp_path: Path, text: str, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    ours = [LOAD.value(1), counter("done_total", "Done.").value(1)]
    host = _host(tmp_path, {"a.prom": text + "good 1\n"}, ours=ours)
    for _ in range(2):
        page = _page(host)
        assert 7 not in [value for values in page.values() for value in values]
        assert page["good"] == [1]
        assert page["node_textfile_scrape_error"] == [1]
        if name:
            assert page[name] == [1]
    assert len([r for r in caplog.records if r.levelno == logging.ERROR]) == 1
    (tmp_path / "a.prom").write_text("good 1\n")
    assert _page(host)["node_textfile_scrape_error"] == [0]


def test_a_name_that_nobody_shows_now_is_free_for_text_files(tmp_path: Path) -> None:
    host = _host(tmp_path, {"a.prom": "node_load1 7\n"}, ours=[])
    page = _page(host)
    assert (page["node_load1"], page["node_textfile_scrape_error"]) == ([7], [0])


NAMES = st.sampled_from(["x", "x_total", "x_count", "x_sum", "x_bucket", "x_created", "y", "_:"])
VALUES = st.floats() | st.integers(-3, 3).map(float)
KINDS: st.SearchStrategy[MetricKind] = st.sampled_from(["gauge", "untyped"])


@st.composite
def _families(draw: st.DrawFn) -> Part:
    """Draw a family of any name, labels and series, or a form of several."""
    labels = draw(st.sampled_from([(), ("a",), ("b", "a")]))
    metric = Metric(draw(NAMES), draw(KINDS), draw(st.sampled_from(["One.", "Two."])), labels)
    texts = st.tuples(*(st.sampled_from(["", "1", "ä", "\udcff", "\udcfe"]) for _ in labels))
    samples = draw(st.lists(st.tuples(texts, VALUES), max_size=4))
    if draw(st.booleans()):
        return Family(metric, samples)
    return Template([(metric, values) for values, _ in samples]).filled([v for _, v in samples])


LINES = st.one_of(
    st.builds("# TYPE {} {}".format, NAMES, st.sampled_from(["counter", "histogram", "summary"])),
    st.builds("# HELP {} {}".format, NAMES, st.sampled_from(["One.", "Two.", ""])),
    st.builds(
        "{}{} {}".format,
        NAMES,
        st.sampled_from(
            [
                *("", '{le="1"}', '{le="+Inf"}', '{quantile="0.5"}', '{a=""}', '{a="1",b="2"}'),
                *('{b="2",a="1"}', '{a="1",a="2"}', '{le="+Inf",a="1"}', '{a="\\xc3"}'),
            ]
        ),
        VALUES,
    ),
)
FILES = st.lists(LINES, max_size=8).map(lambda lines: "\n".join([*lines, ""]))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(_families(), max_size=4), max_size=3), st.lists(FILES, max_size=3))
def test_any_mix_of_families_and_files_yields_a_page_that_all_parsers_take(
    parts: list[list[Part]], files: list[str]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        named = {f"{number}.prom": text for number, text in enumerate(files)}
        host = _host(Path(folder), named, **{f"c{n}": many for n, many in enumerate(parts)})
        for style in STYLES:
            parsed(host.collect(style), style, promtool=False)
        host.close()


def test_what_is_kept_of_a_text_file_is_rendered_once(tmp_path: Path) -> None:
    def read(system: System) -> Iterator[list[Part]]:
        while True:
            yield textfile.read(system)

    (tmp_path / "a.prom").write_text("x 1\n")
    reads = read(System(HostOptions((), {}).roots, {"textfile.directory": str(tmp_path)}))
    first = next(reads)
    assert next(reads) is first
    (tmp_path / "a.prom").write_text("x 12\n")
    assert next(reads) is not first


def test_a_name_of_a_family_that_came_before_a_form_is_merged() -> None:
    field = untyped("field", "A field.", "a")
    parts: list[Part] = [field.of((("1",), 1)), Template([(field, ("2",))]).filled([2])]
    assert len(parsed(render(parts, "text"))["field"].samples) == 2
