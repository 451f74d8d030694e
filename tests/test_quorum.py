"""One table of verdicts; exporter, engine and alert rules give the same for each of its entries."""

import subprocess
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from exporter.probes.transport.result import ProbeResult
from exporter.services.store import Store
from exporter.services.target import targets
from service_catalogue import Service
from service_catalogue.quorum import Need, quorum
from sla_engine.domain.cadence import CadenceTerms
from sla_engine.domain.interval import Interval
from sla_engine.domain.timeline import Segment, State
from sla_engine.measurement.derive import derive, paced, state_of
from sla_engine.prometheus import Series
from sla_engine.prometheus.rules import rule_file
from tests.catalogues import catalogue
from tests.programs.newer import RELEASES
from tests.rules.cases import unit_test

# Parts that are up and down; what the whole is then: up, down, or ? for unknown.
TABLE = """
up down  any  all  majority 1    2    3
0  0     ?    ?    ?        ?    ?    ?
1  0     up   up   up       up   ?    ?
0  1     down down down     down ?    ?
2  0     up   up   up       up   up   ?
1  1     up   down ?        up   down ?
0  2     down down down     down down ?
3  0     up   up   up       up   up   up
2  1     up   down up       up   up   down
1  2     up   down down     up   down down
0  3     down down down     down down down
4  0     up   up   up       up   up   up
3  1     up   down up       up   up   up
2  2     up   down ?        up   up   down
1  3     up   down down     up   down down
0  4     down down down     down down down
2  3     up   down down     up   up   down
3  3     up   down ?        up   up   up
5  5     up   down ?        up   up   up
"""
VERDICTS = {"up": True, "down": False, "?": None}
PERIOD = Interval(0, 60)


class Case(NamedTuple):
    """How many are needed, up, down, and what follows."""

    need: Need
    up: int
    down: int
    expected: bool | None

    @property
    def id(self) -> str:
        return f"{self.need}-of-{self.up}-up-{self.down}-down"


def _cases() -> Iterator[Case]:
    head, *rows = [line.split() for line in TABLE.strip().splitlines()]
    for up, down, *verdicts in rows:
        for word, verdict in zip(head[2:], verdicts, strict=True):
            need: Any = int(word) if word.isdigit() else word
            yield Case(need, int(up), int(down), VERDICTS[verdict])


CASES = list(_cases())
with_and_without_silent_parts = pytest.mark.parametrize(
    ("case", "silent"), list(product(CASES, (0, 2))), ids=lambda value: getattr(value, "id", value)
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_catalogue_says_what_a_quorum_means(case: Case) -> None:
    assert quorum(case.need, case.up, case.down) is case.expected


@with_and_without_silent_parts
def test_the_exporter_judges_probes_by_the_table(case: Case, silent: int) -> None:
    results = [ProbeResult()] * case.up + [ProbeResult("refused")] * case.down
    probes = [
        {"type": "tcp", "name": str(i), "target": "127.0.0.1:1"}
        for i in range(len(results) + silent)
    ]
    if not probes:
        return
    service = Service.model_validate(
        {"id": "s", "name": "S", "probes": probes, "quorum": {"probes": case.need}}
    )
    store, watched = Store("here"), targets([service])
    store.replace([service], watched)
    for target, result in zip(watched, results, strict=False):
        store.record(target, result, 1000.0)
    text = b"".join(store.render("text", 1001.0)).decode()
    shown = [line for line in text.splitlines() if line.startswith("service_up{")]
    head = 'service_up{service="s",location="here"}'
    assert shown == ([] if case.expected is None else [f"{head} {float(case.expected)}"])


@with_and_without_silent_parts
def test_the_engine_judges_locations_by_the_table(case: Case, silent: int) -> None:
    known = [1.0] * case.up + [0.0] * case.down
    times = np.arange(0, 60, 10)
    series = [
        Series({"location": str(i)}, times, np.full(6, value)) for i, value in enumerate(known)
    ]
    nothing = np.array([], dtype=np.int64)
    series += [Series({"location": f"s{i}"}, nothing, np.array([])) for i in range(silent)]
    fields: dict[str, Any] = {"probes": [{"type": "tcp", "target": "127.0.0.1:1"}]}
    service = Service.model_validate(
        {"id": "s", "name": "S", "quorum": {"locations": case.need}, **fields}
    )
    expected = {True: State.UP, False: State.DOWN, None: State.UNKNOWN}[case.expected]
    found = derive(service, paced(series, (CadenceTerms(10, 25, fixed=True),)), PERIOD, 60)
    assert found == (Segment(0, 60, expected),)
    states = [State.UP] * case.up + [State.DOWN] * case.down + [State.UNKNOWN] * silent
    given = [({"location": str(i)}, state) for i, state in enumerate(states)]
    assert state_of(service, PERIOD, given) is expected


def _judged(tmp_path: Path, release: str, rules: list[str], series: dict[str, str]) -> None:
    """Let promtool compare ``service:up:quorum`` of every case with the table."""
    expected = {
        f'service:up:quorum{{service="{case.id}"}}': int(case.expected)
        for case in CASES
        if case.expected is not None
    }
    judged: dict[str, Any] = {"alert": "ServiceDown", "why": "by the table", "series": series}
    judged["expect"] = [{"expr": "service:up:quorum", "at": "5m", "is": expected}]
    written = tmp_path / "quorum.test.yml"
    written.write_text(unit_test({"rules": rules, "cases": [judged]}, tmp_path), encoding="utf-8")
    command: list[str | Path] = [RELEASES[release]("promtool"), "test", "rules", written]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def _values(case: Case) -> Iterator[tuple[int, str]]:
    yield from enumerate(["1x6"] * case.up + ["0x6"] * case.down)


@pytest.mark.integration
@pytest.mark.parametrize("release", RELEASES)
def test_the_alert_rules_judge_locations_by_the_table(tmp_path: Path, release: str) -> None:
    series = {}
    for case in CASES:
        for place, value in _values(case):
            series[f'service_up{{service="{case.id}",location="{place}"}}'] = value
        counted = isinstance(case.need, int)
        if case.need != "majority":
            kind, number = ("count", case.need) if counted else (case.need, 1)
            name = f'service_location_quorum{{service="{case.id}",need="{kind}"}}'
            series[name] = f"{number}x6"
    _judged(tmp_path, release, ["alert_rules/slo.rules.yml"], series)


@pytest.mark.integration
@pytest.mark.parametrize("release", RELEASES)
def test_the_alert_rules_judge_replicas_of_one_location_by_majority(
    tmp_path: Path, release: str
) -> None:
    series = {}
    for case in CASES:
        if case.need == "majority":
            for i, value in _values(case):
                series[f'service_up{{service="{case.id}",location="a",replica="{i}"}}'] = value
        elif case.expected is not None:
            series[f'service_up{{service="{case.id}",location="a"}}'] = f"{int(case.expected)}x6"
    _judged(tmp_path, release, ["alert_rules/slo.rules.yml"], series)


@pytest.mark.integration
@pytest.mark.parametrize("release", RELEASES)
def test_the_generated_rules_judge_series_by_the_table(tmp_path: Path, release: str) -> None:
    services: list[dict[str, Any]] = []
    series = {}
    for case in CASES:
        services.append(
            {
                "id": case.id,
                "sli": {"promql": f'state{{case="{case.id}"}}'},
                "quorum": {"locations": case.need},
            }
        )
        for i, value in _values(case):
            series[f'state{{case="{case.id}",i="{i}"}}'] = value
    made = tmp_path / "made.rules.yml"
    made.write_text(rule_file(catalogue(*services).services, 15_000), encoding="utf-8")
    _judged(tmp_path, release, [str(made), "alert_rules/slo.rules.yml"], series)
