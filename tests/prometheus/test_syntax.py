"""What is refused without a server is refused by every Prometheus; what one takes never is."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sla_engine.cli import main
from sla_engine.prometheus import Client, QueryError
from sla_engine.prometheus.selectors import selectors
from sla_engine.prometheus.syntax import doubt_of, no_state
from tests.catalogues import catalogue
from tests.programs.newer import RELEASES
from tests.programs.prometheus import running_prometheus

REFUSED = {
    'sum(up{job="x"': "'{' does not close",
    "sum(up": "'(' does not close",
    "sum(up))": "')' closes nothing",
    "up[5m)": "')' closes nothing",
    'up{job="x}': "does not close",
    "up{job='x\n'}": "does not close",
    "rate(up[5m]": "'(' does not close",
    "up ==": "nothing follows '='",
    "up +": "nothing follows '+'",
    "(up) and": "nothing follows 'and'",
    "up or": "nothing follows 'or'",
    "* up": "it begins with '*'",
    "== 1": "it begins with '='",
    "   ": "it is empty",
    "# a comment": "it is empty",
    'up{job="x"} # }\n)': "')' closes nothing",
}
MIXED = [
    "rate(up)",
    "avg_over_time(up)",
    "quantile_over_time(0.5, up)",
    "predict_linear(up, 3)",
    "abs(up[5m])",
    "up[5m] + 1",
    "rate(sum(up))[5m:]",
]
TAKEN_BY_BOTH = [
    "up",
    "or",
    "up or or",
    "up == bool or",
    "sum(up) by (job)",
    "up # sum(",
    'up{job="(["}',
    'up{job=`[{"`}',
    "up{job='\\''}",
    "-up",
    "+up",
    "up offset -5m",
    "up @ start()",
    "up @ 1609746000",
    "rate(up[5m:30s])",
    "max_over_time(up[1h30m])",
    "0x1F",
    "1e-5 * up",
    "-Inf",
    "up * on () group_left () vector(1)",
    "up atan2 up",
    'count_values("x", up)',
    "sum{job='x'}",
    '{__name__=~"up|down"}',
    "absent_over_time(up[5m])",
    "(((up)))",
    "up\n# a comment (\n+ # another [\nup",
    "histogram_quantile(0.9, rate(x_bucket[5m]))",
    "quantile by (job) (0.5, up)",
    "time()",
    "ABSENT",
    "sum BY (job) (up) AND up",
]
TAKEN_BY_NEWER = [
    '{"up"}',
    '{"a.b", job="x"}',
    "up == 1h",
    "1_000 * up",
    "up + 5m",
    'sum by ("a.b") (up)',
    "histogram_avg(up)",
]
NOT_BY_ALL = [
    "no_such_function(up)",
    "info(up)",
    "limitk(1, up)",
    "rate(up[5m + 1m])",
    "double_exponential_smoothing(up[5m], 0.5, 0.5)",
    "$interval",
    "up up",
]


@pytest.mark.parametrize("expression", REFUSED)
def test_what_no_version_takes_is_refused_with_what_is_wrong(expression: str) -> None:
    doubt = doubt_of(expression)
    assert doubt is not None
    assert doubt.fatal
    assert REFUSED[expression] in doubt.text


@pytest.mark.parametrize("expression", MIXED)
def test_samples_of_a_range_are_no_value(expression: str) -> None:
    pytest.importorskip("promql_parser")
    doubt = doubt_of(expression)
    assert doubt is not None
    assert doubt.fatal
    assert "matrix: samples of a range" in doubt.text


@pytest.mark.parametrize("expression", [*TAKEN_BY_BOTH, *TAKEN_BY_NEWER, *NOT_BY_ALL])
def test_what_some_version_takes_is_never_refused(expression: str) -> None:
    doubt = doubt_of(expression)
    assert doubt is None or not doubt.fatal


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("up[5m]", "leave [...] out"),
        ("((up)[1h:1m])", "leave [...] out"),
        ('"up"', "is a text"),
        ("1", "vector(...)"),
        ("up @ end()", "at the start or end"),
        ("max_over_time(up[5m] @ start ())", "at the start or end"),
    ],
)
def test_check_refuses_what_has_no_value_of_its_own_at_each_time(
    expression: str, why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("promql_parser")
    assert _check(tmp_path, f"'{expression}'") == 1
    assert why in capsys.readouterr().err


@pytest.mark.parametrize(
    "expression", ['up{x="@ end()"}', "(up)", "vector(1)", "up @ 1609746000", "start", "-up"]
)
def test_what_has_a_value_at_each_time_is_taken(expression: str) -> None:
    assert no_state(expression) is None


@pytest.mark.parametrize("repeated", ["up + ", "up or ", "-", "up ^ "])
def test_a_chain_too_long_for_the_parser_does_not_end_the_process(repeated: str) -> None:
    assert doubt_of(repeated * 16_000 + "up") is None
    assert selectors(repeated * 2_700 + "up") == (("up{}",) if len(repeated) == 1 else ())


@pytest.fixture(scope="module", params=RELEASES)
def release(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Client]]:
    program = RELEASES[request.param]("prometheus")
    with (
        running_prometheus(tmp_path_factory.mktemp("prometheus"), program=program) as running,
        Client(catalogue("x", url=running.url).prometheus) as client,
    ):
        yield request.param, client


@pytest.mark.integration
def test_prometheus_is_of_the_same_mind(release: tuple[str, Client]) -> None:
    name, client = release
    for expression in [*REFUSED, *MIXED]:
        with pytest.raises(QueryError):
            client.kind(expression, 1_800_000_000_000)
    for expression in [*TAKEN_BY_BOTH, *(TAKEN_BY_NEWER if name == "newer" else ())]:
        assert client.kind(expression, 1_800_000_000_000)


@pytest.mark.parametrize("depth", [1_000, 100_000])
def test_what_is_made_to_hurt_a_parser_is_not_given_to_it(depth: int) -> None:
    assert doubt_of("(" * depth + "up" + ")" * depth) is None
    assert doubt_of("up + " * depth + "up") is None
    refused = doubt_of("(" * depth)
    assert refused is not None
    assert refused.fatal


CATALOGUE = """\
organization: Example
timezone: UTC
services:
  - {id: good, name: Good, sli: {promql: vector(1)}}
  - id: shop
    name: Shop
    sli:
      promql: EXPRESSION
"""


def _check(tmp_path: Path, expression: str) -> int:
    path = tmp_path / "services.yml"
    path.write_text(CATALOGUE.replace("EXPRESSION", expression))
    return main(["check", f"--config.file={path}"])


def test_check_refuses_with_file_line_and_what_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _check(tmp_path, "'sum(up{job=\"x\"'") == 1
    told = capsys.readouterr().err
    assert "services.yml:8: services[1].sli.promql: is no PromQL: '{' does not close" in told


def test_check_warns_of_what_it_does_not_know(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("promql_parser")
    assert _check(tmp_path, "no_such_function(up)") == 0
    said = capsys.readouterr()
    assert "no mistakes" in said.out
    assert "warning: " in said.err
    assert "services.yml:8: services[1].sli.promql: may be no PromQL" in said.err
