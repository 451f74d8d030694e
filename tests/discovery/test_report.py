"""``report --discover`` on an estate as people have it: right, or it says why not."""

import contextlib
import io
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from benchmarks.audit.oracle import Oracle
from benchmarks.audit.world import Meaning
from benchmarks.discovered.case import Series, Wanted, key, of
from benchmarks.discovered.table import differs, world_of
from sla_engine.accounting.report import report
from sla_engine.cli import main
from sla_engine.domain.period import recognized
from sla_engine.ledger import Books, Ledger
from sla_engine.measurement.backfill import backfill
from sla_engine.prometheus import Client
from sla_engine.reports import FORMATS
from tests.catalogues import catalogue
from tests.discovery.estate import ALL, DAY, FAILED, METRICS, NODE, OCTOBER, SHOP, write
from tests.past import outages_of
from tests.programs.prometheus import Prometheus

pytestmark = pytest.mark.integration

NOW = OCTOBER.end + 10 * DAY
BY_HAND = {
    "api": 'probe_success{instance="https://api.example/"}',
    "shop": 'probe_success{instance="https://shop.example/"}',
    "mail": 'probe_success{instance="mail:25"}',
    "front": 'gatus_results_endpoint_success{name="front-end"}',
    "intranet": "monitor_status",
    "node1": 'up{instance="10.0.0.1:9100"}',
    "node2": 'up{instance="10.0.0.2:9100"}',
}

SAID = {"sli": {"total": "hits_total"}, "objective": 99.5, "window": "30d"}
ORACLE = {
    "api.example": of("probe_success", instance="https://api.example/"),
    "shop.example": of("probe_success", instance="https://shop.example/"),
    "mail-25": of("probe_success", job="pair"),
    "core-front-end": of("gatus_results_endpoint_success"),
    "intranet": of("monitor_status"),
    "node-10.0.0.1-9100": of("up", instance="10.0.0.1:9100"),
    "node-10.0.0.2-9100": of("up", instance="10.0.0.2:9100"),
    "web-ok": Wanted((Meaning("hits_total", {"code": "200"}), Meaning("hits_total", {})), SAID),
}


@pytest.fixture(autouse=True, scope="module")
def _in_november() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("sla_engine.commands.report.now", lambda: NOW)
        patched.setattr("sla_engine.app.discovered._BATCH", 3)
        yield


class October(NamedTuple):
    """The services of the report as JSON, and what was said beside it."""

    services: list[dict[str, Any]]
    said: list[str]


@pytest.fixture(scope="module")
def october(
    estate: Prometheus, tmp_path_factory: pytest.TempPathFactory, _in_november: None
) -> October:
    output, said = tmp_path_factory.mktemp("october") / "report.json", io.StringIO()
    arguments = ["report", f"--prometheus.url={estate.url}", "--discover", "--period=last-month"]
    with contextlib.redirect_stderr(said):
        assert main([*arguments, "--format=json", f"--output={output}"]) == 0
    services = json.loads(output.read_text("utf-8"))["services"]
    return October(services, said.getvalue().splitlines())


def _by_hand(estate: Prometheus, tmp_path: Path) -> list[dict[str, Any]]:
    services: list[dict[str, Any]] = [
        {"id": name, "sli": {"promql": source}} for name, source in BY_HAND.items()
    ]
    events = {"errors": FAILED, "total": ALL}
    slo = {"objective": 99.5, "window": "30d", "labels": {"sloth_service": "web"}}
    services.append({"id": "slo", "sli": events} | slo)
    known = catalogue(*services, url=estate.url)
    settings = known.prometheus.model_copy(update={"scrape_interval": None})
    known = known.model_copy(update={"prometheus": settings})
    with (
        Client(known.prometheus) as client,
        Ledger.open(f"sqlite:///{tmp_path}/hand.db") as ledger,
    ):
        backfill(Books(known, ledger), client, OCTOBER, NOW)
        made = report(Books(known, ledger), recognized(OCTOBER, known.timezone), NOW)
    written: list[dict[str, Any]] = json.loads(FORMATS["json"].render(made))["services"]
    return written


def _figures(service: dict[str, Any]) -> dict[str, Any]:
    """Return a service's part of a report without what it is called."""
    outages = [{k: v for k, v in one.items() if k != "id"} for one in service["outages"]]
    return {k: v for k, v in service.items() if k not in {"id", "name"}} | {"outages": outages}


def test_the_figures_are_those_of_a_catalogue_written_by_hand(
    estate: Prometheus, october: October, tmp_path: Path
) -> None:
    written = _by_hand(estate, tmp_path)
    assert [_figures(one) for one in october.services] == [_figures(one) for one in written]
    assert sum(one["outage_count"] for one in october.services) == 5


def compared(
    services: list[dict[str, Any]], wanted: dict[str, Wanted], series: Series
) -> Iterator[str]:
    """Yield where services of October and the oracle disagree."""
    month = (OCTOBER.start, OCTOBER.end)
    oracle = Oracle(world_of(wanted, series, month, NOW))
    for one in services:
        yield from differs(oracle, wanted[one["id"]], one, month, OCTOBER.end)


def read_openmetrics(text: str) -> Series:
    """Return samples by series."""
    found: Series = defaultdict(list)
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        name, value, time = line.rsplit(" ", 2)
        metric, _, labels = name.partition("{")
        told = dict(re.findall(r'(\w+)="([^"]*)"', labels))
        found[key(metric, **told)].append((round(float(time) * 1000), float(value)))
    return found


def test_every_figure_is_that_of_an_oracle_that_shares_no_code(october: October) -> None:
    past = io.StringIO()
    write(past)
    wanted = {one["id"]: ORACLE[one["id"]] for one in october.services}
    assert list(compared(october.services, wanted, read_openmetrics(past.getvalue()))) == []
    assert sum(len(one["outages"]) for one in october.services) == 5


def test_the_figures_are_those_of_the_samples(october: October) -> None:
    found = {one["id"]: one for one in october.services}
    sampled = {"shop.example": ("probe_success", SHOP), "node-10.0.0.1-9100": ("up", NODE)}
    for name, (metric, labels) in sampled.items():
        (span,) = outages_of(METRICS[metric][labels])
        (one,) = found[name]["outages"]
        assert span.end is not None
        assert one["duration_seconds"] * 1000 == span.end - span.start
    assert found["node-10.0.0.2-9100"]["agreed_seconds"] * 1000 == OCTOBER.length - 15 * DAY - 7_000
    assert found["api.example"]["unknown_seconds"] * 1000 == DAY


def test_what_was_found_and_left_out_is_said_in_sentences(october: October) -> None:
    said = october.said
    assert "Left out: https://shop.example/: `up`, as `probe_success` says more of them." in said
    assert "Left out: gatus:8080: `up` of programs that measure others." in said
    assert any(line.startswith("Copies by replicas: mail:25;") for line in said)
    assert any(line.startswith("Lossy: Intranet: ") for line in said)
    assert "First seen inside the period, and counted from then on: node 10.0.0.2:9100." in said


def test_without_an_objective_there_is_no_verdict(october: October) -> None:
    assert {one["met"] for one in october.services[:-1]} == {None}
    assert october.services[-1]["objective_ratio"] == 0.995


def test_retention_that_is_shorter_than_the_period_is_said(
    estate: Prometheus, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["report", f"--prometheus.url={estate.url}", "--discover", "--period=2026-09"]
    assert main(arguments) == 0
    assert "has no sample before 2026-09-30T23:00:07Z (it keeps 100y): " in capsys.readouterr().err


def test_a_period_without_samples_is_refused_with_what_was_looked_for(
    estate: Prometheus, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["report", f"--prometheus.url={estate.url}", "--discover", "--period=2025-10"]
    assert main(arguments) == 1
    said = capsys.readouterr().err
    assert "has nothing to judge from 2025-10-01T00:00:00Z to 2025-11-01T00:00:00Z" in said
    assert "probe_success" in said


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--timezone=Mars"], "--timezone: 'Mars' is not an IANA time zone"),
        (["--objective=2x"], "'2x' is not a percentage"),
        (["--by=a-b"], "'a-b' is not a Prometheus label name"),
        (["--period=2027"], "it has not begun"),
        (["--freeze"], "--discover keeps nothing"),
        (["--prometheus.url=http://ops:secret@h"], "a password in a URL is shown to everybody"),
        (["--prometheus.username=ops"], "and --prometheus.password-file go together"),
        (["--prometheus.key-file=k"], "cert_file and key_file go together"),
        (["--prometheus.url=nowhere"], "is not an http:// or https:// URL"),
        (["--prometheus.header=a b: c"], "is not the name of an HTTP header"),
    ],
)
def test_flags_that_make_no_sense_are_wrong_usage(
    flags: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["report", "--prometheus.url=http://127.0.0.1:1", "--discover", "--period=2026"]
    assert main([*arguments, *flags]) == 2
    assert said in capsys.readouterr().err


def test_flags_of_a_discovery_go_with_it_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "--period=2026-10", "--by=job"]) == 2
    assert "by goes with --discover" in capsys.readouterr().err


def test_a_server_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["report", "--prometheus.url=http://127.0.0.1:1", "--discover", "--period=2026-10"]
    assert main(arguments) == 1
    assert "http://127.0.0.1:1: " in capsys.readouterr().err


def test_a_password_that_cannot_be_read_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    login = ["--prometheus.username=ops", f"--prometheus.password-file={tmp_path}/none"]
    server = "--prometheus.url=http://127.0.0.1:1"
    assert main(["report", server, "--discover", "--period=2026-10", *login]) == 1
    assert f"{tmp_path}/none: No such file or directory" in capsys.readouterr().err


def test_the_readme_shows_what_is_printed(
    estate: Prometheus, capsys: pytest.CaptureFixture[str]
) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    _, command, _, shown, _ = readme.split("## One command")[1].split("```", 4)
    words = command.removeprefix("sh").replace("http://127.0.0.1:9090", estate.url).split()
    assert main(words[1:]) == 0
    said = capsys.readouterr()
    printed = (said.out + said.err).replace(estate.url.removeprefix("http://"), "127.0.0.1:9090")
    known = ["...", *printed.splitlines()]
    assert [line for line in shown.strip().splitlines() if line not in known] == []
    assert len(shown.splitlines()) > 8


@pytest.mark.parametrize(
    ("now", "instead"),
    [
        (OCTOBER.end, "the last hour has 8 services: try --period=this-month, or write"),
        (OCTOBER.start - 300 * DAY, "nor has the last hour any: have it scrape blackbox_exporter"),
    ],
)
def test_where_a_period_has_nothing_it_is_said_whether_there_is_anything_now(
    now: int,
    instead: str,
    estate: Prometheus,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sla_engine.commands.report.now", lambda: now)
    url = f"--prometheus.url={estate.url}"
    assert main(["report", url, "--discover", "--period=2025-10"]) == 1
    assert instead in capsys.readouterr().err
