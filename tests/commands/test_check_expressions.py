"""``check --prometheus.url``: a real Prometheus judges every expression."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sla_engine.cli import main
from tests.programs.ports import free_port
from tests.programs.prometheus import running_prometheus

CATALOGUE = """\
organization: Example
timezone: UTC
services:
  - {{id: good, name: Good, sli: {{promql: vector(1)}}}}
  - id: shop
    name: Shop
    sli:
      {sli}
"""
FATAL = {
    "promql: 'sum(up{job=\"x\"'": "Prometheus rejects it: ",
    "promql: '\"up\"'": "it is a string",
    "promql: '1'": "it is a scalar",
    "promql: 'state[5m]'": "it is a range of samples",
    "promql: state or vector(0)": "one of its series has no labels",
    "promql: vector(1) * on () pair": "Prometheus rejects it: ",
    'promql: label_replace(pair, "n", "x", "", "")': "Prometheus rejects it: ",
}
WARNED = {"promql: absent_metric": "it has no series at this time"}
PAIR = 'label_replace(vector(1), "n", "a", "", "") or label_replace(vector(0), "n", "b", "", "")'


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("prometheus")
    with running_prometheus(folder, port=free_port()) as running:
        yield running.url


def _check(tmp_path: Path, sli: str, url: str) -> int:
    sli = sli.replace("pair", f"({PAIR})").replace("state[", "up[")
    sli = sli.replace("state or", 'label_replace(vector(1), "n", "a", "", "") or')
    if not sli.startswith("promql: '"):
        sli = "promql: >-\n        " + sli.removeprefix("promql: ")
    path = tmp_path / "services.yml"
    path.write_text(CATALOGUE.format(sli=sli))
    return main(["check", f"--config.file={path}", f"--prometheus.url={url}"])


@pytest.mark.integration
@pytest.mark.parametrize("sli", FATAL)
def test_what_can_never_work_is_refused_with_its_line(
    tmp_path: Path, url: str, sli: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _check(tmp_path, sli, url) == 1
    said = capsys.readouterr()
    assert "services.yml:8: services[1].sli.promql: " + FATAL[sli] in said.err
    assert "no mistakes" not in said.out


@pytest.mark.integration
@pytest.mark.parametrize("sli", WARNED)
def test_what_may_work_another_time_is_a_warning(
    tmp_path: Path, url: str, sli: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _check(tmp_path, sli, url) == 0
    said = capsys.readouterr()
    assert f"services.yml:8: services[1].sli.promql: {WARNED[sli]}" in said.err
    assert "warning: " in said.err
    assert "2 services, no mistakes" in said.out


@pytest.mark.integration
def test_series_that_always_disagree_are_a_warning(
    tmp_path: Path, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _check(tmp_path, "promql: pair", url) == 0
    assert "its 2 series disagree now and did a day ago" in capsys.readouterr().err


def test_a_server_that_does_not_answer_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _check(tmp_path, "promql: '1'", f"http://127.0.0.1:{free_port()}") == 1
    assert "refused" in capsys.readouterr().err
