"""Files that scripts write: what Prometheus' parser takes, we take; what it refuses, we refuse."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.collectors import textfile
from exporter.collectors.support.api import System
from exporter.page import render
from tests.exporter.collectors.fake import system, values
from tests.exporter.parsers import parsed
from uptime_common.exposition import Family, gauge

HISTOGRAM = """\
# HELP wait_seconds How long it waited.
# TYPE wait_seconds histogram
wait_seconds_bucket{queue="a",le="1"} 2
wait_seconds_bucket{queue="a",le="+Inf"} 3
wait_seconds_sum{queue="a"} 4.5
wait_seconds_count{queue="a"} 3
# TYPE jobs_total counter
jobs_total 7
plain{path="C:\\\\x, \\"y\\"",} +Inf
"""


def _host(folder: Path, files: dict[str, str]) -> System:
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return system(folder, **{"textfile.directory": str(folder)})


def test_files_come_out_as_they_went_in(tmp_path: Path) -> None:
    text = render(textfile.read(_host(tmp_path, {"a.prom": HISTOGRAM, "b.txt": "no"})), "text")
    found = parsed(text)
    assert found["wait_seconds"].type == "histogram"
    assert found["wait_seconds"].documentation == "How long it waited."
    assert len(found["wait_seconds"].samples) == 4
    assert found["jobs"].samples[0].value == 7
    assert found["plain"].samples[0].labels == {"path": 'C:\\x, "y"'}
    assert found["plain"].documentation == f"Metric read from {tmp_path / 'a.prom'}"
    assert text.count("# TYPE wait_seconds ") == 1


def test_the_time_of_a_file_and_no_error(tmp_path: Path) -> None:
    host = _host(tmp_path, {"a.prom": "x 1\n"})
    os.utime(tmp_path / "a.prom", (0, 1000.5))
    found = values(textfile.read(host))
    assert found["node_textfile_mtime_seconds"] == {(str(tmp_path / "a.prom"),): 1000.5}
    assert found["node_textfile_scrape_error"] == {(): 0}


@pytest.mark.parametrize(
    "text",
    [
        "x 1 1600000000000\n",
        "x one\n",
        "x{a=b} 1\n",
        "# TYPE x something\n",
        'x{a="1" b="2"} 1\n',
        "1x 1\n",
        "x",
        "# TYPE x gauge\n# TYPE x counter\nx 1\n",
        "# HELP x One.\n# HELP x Two.\nx 1\n",
        'x{a="1",a="2"} 1\n',
    ],
)
def test_a_wrong_file_loses_only_itself(tmp_path: Path, text: str) -> None:
    found = values(textfile.read(_host(tmp_path, {"bad.prom": text, "good.prom": "y 2\n"})))
    assert found["y"] == {(): 2}
    assert "x" not in found
    assert found["node_textfile_scrape_error"] == {(): 1}
    assert list(found["node_textfile_mtime_seconds"]) == [(str(tmp_path / "good.prom"),)]


def test_a_file_is_parsed_again_when_it_changed_and_forgotten_when_gone(tmp_path: Path) -> None:
    host = _host(tmp_path, {"a.prom": "x 1\n"})
    assert values(textfile.read(host))["x"] == {(): 1}
    (tmp_path / "a.prom").write_text("x 22\n")
    assert values(textfile.read(host))["x"] == {(): 22}
    (tmp_path / "a.prom").unlink()
    assert "x" not in values(textfile.read(host))
    assert host.part(textfile.Files)._known == {}


def test_one_name_in_two_files_has_one_header(tmp_path: Path) -> None:
    host = _host(tmp_path, {"a.prom": 'x{f="a"} 1\ny 1\n', "b.prom": 'x{f="b"} 2\n'})
    page = render(textfile.read(host), "text")
    assert len(parsed(page)["x"].samples) == page.count("x{") == 2


def test_a_missing_folder_is_an_error_unless_it_is_the_default(tmp_path: Path) -> None:
    missing = system(tmp_path, **{"textfile.directory": str(tmp_path / "none")})
    assert values(textfile.read(missing))["node_textfile_scrape_error"] == {(): 1}


CLASHES = {
    "one series twice": ("x 1\n", "x 2\n"),
    "labels in another order": ('x{a="1",b="2"} 1\n', 'x{b="2",a="1"} 2\n'),
    "an empty label": ("x 1\n", 'x{a=""} 2\n'),
    "another type": ("# TYPE x counter\nx 1\n", '# TYPE x gauge\nx{a="1"} 2\n'),
    "a type, and none": ("# TYPE x gauge\nx 1\n", 'x{a="1"} 2\n'),
    "a sample of a histogram's name": (
        '# TYPE x histogram\nx_bucket{le="+Inf"} 1\nx_sum 1\nx_count 1\n',
        "x_count 2\n",
    ),
    "a name that differs in OpenMetrics alone": ("# TYPE x_total counter\nx_total 1\n", "x 2\n"),
    "twice in one file": ("x 1\nx 2\n", ""),
}


@pytest.mark.parametrize("case", CLASHES)
def test_what_clashes_is_left_out_and_told(
    tmp_path: Path, case: str, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = CLASHES[case]
    host = _host(tmp_path, {"a.prom": first, "b.prom": second + "good 1\n"})
    for style in ("text", "openmetrics"):
        found = parsed(render(textfile.read(host), style), style)
        samples = [s for family in found.values() for s in family.samples]
        assert [s.value for s in samples if s.name.startswith("x")] == [1] * first.count(" 1\n")
        assert found["node_textfile_scrape_error"].samples[0].value == 1
        assert found["good"].samples[0].value == 1
    assert len(caplog.records) == 1


def test_of_two_helps_the_first_counts_and_it_is_told(tmp_path: Path) -> None:
    files = {f"{n}.prom": f'# HELP x {n}.\nx{{f="{n}"}} 1\n' for n in ("One", "Two")}
    found = parsed(render(textfile.read(_host(tmp_path, files)), "text"))
    assert found["x"].documentation == "One."
    assert len(found["x"].samples) == 2
    assert found["node_textfile_scrape_error"].samples[0].value == 1


def test_a_name_without_help_in_two_files_names_both(tmp_path: Path) -> None:
    host = _host(tmp_path, {"a.prom": 'x{f="a"} 1\n', "b.prom": 'x{f="b"} 2\n'})
    found = parsed(render(textfile.read(host), "text"))
    assert found["x"].documentation == f"Metric read from {tmp_path}/a.prom, {tmp_path}/b.prom"
    assert found["node_textfile_scrape_error"].samples[0].value == 0


@pytest.mark.parametrize(
    "text",
    [
        "# TYPE x_total counter\nx_total -1\n",
        "# TYPE x_total counter\nx_total NaN\n",
        '# TYPE x histogram\nx_bucket{le="1"} 1\nx_sum 1\nx_count 1\n',
        '# TYPE x summary\nx{quantile="2"} 1\n',
    ],
)
def test_what_is_not_of_its_type_is_shown_untyped(tmp_path: Path, text: str) -> None:
    host = _host(tmp_path, {"a.prom": text})
    for style in ("text", "openmetrics"):
        found = parsed(render(textfile.read(host), style), style)
        shown = [family for name, family in found.items() if name.startswith("x")]
        assert {family.type for family in shown} == {"unknown"}
        assert sum(len(family.samples) for family in shown) == text.count("\n") - 1
        assert found["node_textfile_scrape_error"].samples[0].value == 0


def test_a_histogram_s_samples_stand_by_their_labels(tmp_path: Path) -> None:
    text = HISTOGRAM + HISTOGRAM.replace('"a"', '"b"').split("\n", 2)[2].split("# TYPE")[0]
    found = parsed(
        render(textfile.read(_host(tmp_path, {"a.prom": text})), "openmetrics"), "openmetrics"
    )
    assert [s.labels["queue"] for s in found["wait_seconds"].samples] == ["a"] * 4 + ["b"] * 4


def test_folders_may_be_several_and_globs(tmp_path: Path) -> None:
    for name in ("one/a", "one/b", "two"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "f.prom").write_text(f'x{{f="{name}"}} 1\n')
    folders = f"{tmp_path}/one/*\n{tmp_path}/two"
    found = values(textfile.read(system(tmp_path, **{"textfile.directory": folders})))
    assert set(found["x"]) == {("one/a",), ("one/b",), ("two",)}
    assert found["node_textfile_scrape_error"] == {(): 0}


@given(st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=8), st.floats(), min_size=1))
def test_what_we_render_we_parse(samples: dict[str, float]) -> None:
    metric = gauge("x", 'help\n\\"', "label")
    given_ = Family(metric, [((label,), value) for label, value in samples.items()])
    (found,) = textfile.parse(render([given_], "text"), "f")
    assert found.metric.help == metric.help
    assert len(found.samples) == len(samples)
