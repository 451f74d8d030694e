"""Files that scripts write: what Prometheus' parser takes, we take; what it refuses, we refuse."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from exporter.collectors import textfile
from exporter.collectors.support.api import System
from tests.exporter.collectors.fake import system, values
from uptime_common.exposition import Family, gauge, render

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
    found = {f.name: f for f in text_string_to_metric_families(text)}
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
    assert render(textfile.read(host), "text").count("# TYPE x untyped") == 1


def test_a_missing_folder_is_an_error_unless_it_is_the_default(tmp_path: Path) -> None:
    missing = system(tmp_path, **{"textfile.directory": str(tmp_path / "none")})
    assert values(textfile.read(missing))["node_textfile_scrape_error"] == {(): 1}


@given(st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=8), st.floats(), min_size=1))
def test_what_we_render_we_parse(samples: dict[str, float]) -> None:
    metric = gauge("x", 'help\n\\"', "label")
    given_ = Family(metric, [((label,), value) for label, value in samples.items()])
    (found,) = textfile.parse(render([given_], "text"), "f")
    assert found.metric.help == metric.help
    assert len(found.samples) == len(samples)
