from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests
import yaml

from sla_engine.app.errors import JobError
from sla_engine.app.rules import keep, rule_text
from sla_engine.cli import main
from sla_engine.prometheus import Client
from sla_engine.prometheus.judge import RulesRejectedError
from sla_engine.prometheus.rule_file import update
from sla_engine.prometheus.rules import rule_file
from tests.catalogues import catalogue
from tests.programs.prometheus import running_prometheus

SERVICES = (
    "probed",
    {"id": "blackbox", "sli": {"promql": 'probe_success{job="blackbox"}'}},
    {
        "id": "any-one",
        "sli": {"promql": "up{job='node'} > 0  # a comment"},
        "quorum": {"locations": "any"},
    },
    {"id": "all-of", "sli": {"promql": "replica_ok"}, "quorum": {"locations": "all"}},
    {"id": "two-of", "sli": {"promql": "replica_ok"}, "quorum": {"locations": 2}},
    {
        "id": "api",
        "objective": 99.9,
        "sli": {
            "good": 'http_requests_total{code!~"5.."}',
            "total": "http_requests_total",
        },
    },
    {"id": "defaulted", "sli": {"promql": 'up{job="batch"} or 0 * sum(wanted)'}},
    {"id": "shop", "components": ["blackbox", "api", "two-of"], "need": 2},
)


def test_the_rule_file(golden: Callable[[str, str], None]) -> None:
    golden("generated.rules.yml", rule_file(catalogue(*SERVICES).services, 15_000))


def test_the_order_is_that_of_the_ids_whatever_the_catalogue_s() -> None:
    backwards = catalogue(*reversed(SERVICES)).services
    assert rule_file(backwards) == rule_file(catalogue(*SERVICES).services)


def test_services_with_probes_need_no_rules() -> None:
    assert yaml.safe_load(rule_file(catalogue("one", "two").services)) == {"groups": []}


def test_rates_span_four_scrapes() -> None:
    slow = catalogue({"id": "api", "sli": {"good": "g", "total": "t"}}).services
    assert "[240s]" in rule_file(slow, 60_000)
    assert "[120s]" in rule_file(slow, 15_000)


def test_a_rate_is_read_as_the_counter_inside_it() -> None:
    plain, rates = (
        rule_file(catalogue({"id": "api", "sli": sli}).services)
        for sli in (
            {"good": "g", "total": "t"},
            {"good": "sum(rate(g[1m]))", "total": "sum by (job) (increase(t[9m]))"},
        )
    )
    assert rates == plain


@pytest.mark.integration
def test_rules_that_are_rejected_keep_back_no_others_and_are_tried_once(tmp_path: Path) -> None:
    path, left_out = tmp_path / "made.rules.yml", dict[str, str]()
    broken = [{"id": f"bad{n}", "sli": {"promql": e}} for n, e in enumerate(("sum(up", "up[5m]"))]
    book = catalogue(*SERVICES, *broken)
    with Client(book.prometheus) as client:
        assert keep(path, book, client, left_out)
        assert set(left_out) == {"bad0", "bad1"}
        assert "parse" in left_out["bad0"]
        assert path.read_text() == rule_text(catalogue(*SERVICES))
        assert not keep(path, book, client, left_out)
    assert sorted(tmp_path.iterdir()) == [path]


def _nothing(*_: object) -> None:
    pass


def test_a_file_is_replaced_once(tmp_path: Path) -> None:
    path = tmp_path / "a.rules.yml"
    assert update(path, "new\n", _nothing, _nothing)
    assert not update(path, "new\n", _nothing, _nothing)
    assert path.read_text() == "new\n"
    assert list(tmp_path.iterdir()) == [path]


def test_rules_that_are_rejected_replace_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.rules.yml"
    path.write_text("good\n")

    def judge(draft: Path) -> None:
        assert not draft.match("*.rules.yml")
        raise RulesRejectedError("no")

    with pytest.raises(RulesRejectedError):
        update(path, "bad\n", judge, _nothing)
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("a.rules.yml", "good\n")]


@pytest.mark.parametrize("before", ["good\n", None])
def test_a_reload_that_is_refused_brings_the_old_file_back(
    tmp_path: Path, before: str | None
) -> None:
    path = tmp_path / "a.rules.yml"
    if before is not None:
        path.write_text(before)
    seen = []

    def reload() -> None:
        seen.append(path.read_text() if path.exists() else None)
        raise RulesRejectedError("no")

    with pytest.raises(RulesRejectedError):
        update(path, "bad\n", _nothing, reload)
    assert seen == ["bad\n", before]
    assert [p.name for p in tmp_path.iterdir()] == ([path.name] if before else [])


CATALOGUE = """\
organization: Example
timezone: UTC
services:
  - {id: shop, name: Shop, sli: {promql: 'EXPRESSION'}}
"""


@pytest.fixture
def flags(tmp_path: Path) -> list[str]:
    """Return the flags of a catalogue; nobody listens where its Prometheus should be."""
    path = tmp_path / "services.yml"
    path.write_text(CATALOGUE.replace("EXPRESSION", "up == 1"))
    return ["rules", f"--config.file={path}", "--prometheus.url=http://127.0.0.1:1"]


@pytest.mark.integration
def test_the_command_prints_or_writes(
    flags: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "made.rules.yml"
    assert main(flags) == 0
    printed = capsys.readouterr().out
    for said in ("written", "up to date"):
        assert main([*flags, f"--output={path}"]) == 0
        assert capsys.readouterr().out == f"{path}: {said}\n"
    assert path.read_text() == printed


@pytest.mark.integration
def test_promtool_s_complaint_is_told_and_the_file_stays(
    flags: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "services.yml").write_text(CATALOGUE.replace("EXPRESSION", "sum(up"))
    path = tmp_path / "made.rules.yml"
    path.write_text("good\n")
    assert main([*flags, f"--output={path}"]) == 1
    assert "is left as it was: " in (complaint := capsys.readouterr().err)
    assert "parse" in complaint
    assert path.read_text() == "good\n"


def _groups(url: str) -> list[str]:
    reply = requests.get(f"{url}/api/v1/rules", timeout=10).json()
    return [group["name"] for group in reply["data"]["groups"]]


@pytest.mark.integration
def test_prometheus_judges_where_there_is_no_promtool_and_reads_the_file_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = SimpleNamespace(which=lambda _name: None)
    monkeypatch.setattr("sla_engine.app.rules.shutil", nowhere)
    path = tmp_path / "made.rules.yml"
    with running_prometheus(tmp_path, config="rule_files: ['*.rules.yml']\n") as prometheus:
        good = catalogue({"id": "web", "sli": {"promql": "up"}}, url=prometheus.url)
        bad = catalogue({"id": "web", "sli": {"promql": "sum(up"}}, url=prometheus.url)
        with Client(good.prometheus) as client:
            assert keep(path, good, client)
            assert _groups(prometheus.url) == ["sla_engine"]
            kept = path.read_text()
            with pytest.raises(JobError, match=r"left as it was: service 'web': .*parse error"):
                keep(path, bad, client)
            assert path.read_text() == kept
            # Somebody else's file makes Prometheus refuse: ours goes back too, and that is told.
            (tmp_path / "broken.rules.yml").write_text("groups: [{name: x, rules: [{record: 1}]}]")
            other = catalogue({"id": "web", "sli": {"promql": "up == 1"}}, url=prometheus.url)
            with pytest.raises(JobError, match="left as it was"):
                keep(path, other, client)
            assert path.read_text() == kept
            assert _groups(prometheus.url) == ["sla_engine"]


@pytest.mark.parametrize("command", ["check", "rules"])
def test_check_and_rules_refuse_the_same(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "services.yml"
    text = CATALOGUE.replace("promql: 'EXPRESSION'", "good: sum(g) / sum(t), total: t")
    path.write_text(text)
    assert main([command, f"--config.file={path}"]) == 1
    said = capsys.readouterr()
    assert f"{path}:4: services[0].sli.good: is a ratio: give its two sides" in said.err
    assert not said.out
