"""Sixteen kinds of faults that were seen in Grafana: each rule finds them on the pages of then.

The pages of then are read from the repository's history, with what the engine told of itself.
"""

import json
import re
import runpy
import subprocess
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

import pytest

from grafana_dashboards.queries import panels
from tests.grafana_dashboards import test_what_grafana_draws as drawn
from tests.grafana_dashboards import test_what_grafana_keeps as kept
from tests.grafana_dashboards import test_what_readers_meet as met
from tests.grafana_dashboards.boards import BOARDS, Board, notes
from tests.test_metric_contract import _engine, _exporter, _typed

ROOT = Path(__file__).parent.parent.parent
THEN = "30fc39e"
# Whose metrics these are; what has none of these names is told by every program that we ship.
OWN = {"engine": re.compile("sla_(?!exporter_)"), "exporter": re.compile("sla_exporter_|node_")}
PROMETHEUS_TELLS = ("up", "scrape_")
OF_INSTANCES = re.compile(r"(\w+)\{[^}]*\$instance")
Rule = Callable[[Board], Iterator[str]]


def lacking(board: Board, told: Mapping[str, set[str]]) -> Iterator[str]:
    """Yield what the page about our programs reads of one of them that this one does not tell."""
    if board["uid"] != "uptime-ledger-itself":
        return
    asked = [target["expr"] for panel in panels(board) for target in panel["targets"]]
    asked += [note["expr"] for note in notes(board)]
    for name in sorted({name for expr in asked for name in OF_INSTANCES.findall(expr)}):
        if name.startswith(PROMETHEUS_TELLS):
            continue
        owners = {program for program, own in OWN.items() if own.match(name)}
        for program in sorted(owners or told.keys()):
            if name not in told[program]:
                yield f"{name}: the {program} does not tell it"


# By the numbers of the list of what Grafana made of the pages.
KINDS: dict[int, tuple[Rule, ...]] = {
    1: (kept.twice, kept.foreign),
    2: (kept.grey,),
    3: (drawn.late,),
    4: (drawn.stepped, drawn.untold),
    5: (drawn.rounded,),
    6: (drawn.digits, met.judged),
    7: (drawn.stepped, met.piled),
    8: (drawn.foreign_marks,),
    9: (drawn.cut_off,),
    10: (drawn.crowded,),
    11: (drawn.buried,),
    12: (drawn.alarming,),
    13: (drawn.nameless, drawn.nothing_first),
    14: (drawn.buttons,),
    15: (drawn.too_early, met.undated),
}


def _git(*arguments: str) -> bytes:
    return subprocess.run(
        ["git", "-C", str(ROOT), *arguments], capture_output=True, check=True
    ).stdout


@pytest.fixture(scope="module")
def then() -> dict[str, Board]:
    """The pages in which the kinds were seen."""
    try:
        listed = _git("ls-tree", "-r", "--name-only", THEN, "grafana_dashboards/json")
    except (subprocess.CalledProcessError, FileNotFoundError):
        pytest.skip(f"no {THEN} here: a clone without history, or no repository at all")
    names = [name for name in listed.decode().split() if name.endswith(".json")]
    return {Path(name).stem: json.loads(_git("show", f"{THEN}:{name}")) for name in names}


@pytest.fixture
def told_then(then: dict[str, Board], tmp_path: Path) -> dict[str, set[str]]:
    """What the programs told at the time of those pages, the engine by its code of then."""
    assert then
    code = tmp_path / "health.py"
    code.write_bytes(_git("show", f"{THEN}:sla_engine/metrics/health.py"))
    engine = runpy.run_path(str(code))["EngineMetrics"]("1").render().decode()
    return {"engine": {*_typed(engine)}, "exporter": {*_exporter()}}


@pytest.mark.parametrize(
    ("kind", "rule"),
    [(kind, rule) for kind, rules in KINDS.items() for rule in rules],
    ids=lambda part: getattr(part, "__name__", str(part)),
)
def test_each_kind_is_found_on_the_pages_of_then_and_on_none_of_now(
    then: dict[str, Board], kind: int, rule: Rule
) -> None:
    assert kind in KINDS
    assert [told for board in then.values() for told in rule(board)] != []
    assert [told for board in BOARDS.values() for told in rule(board)] == []


def test_the_engine_of_then_did_not_tell_of_its_process_what_its_page_read(
    then: dict[str, Board], told_then: dict[str, set[str]]
) -> None:
    found = [said for board in then.values() for said in lacking(board, told_then)]
    assert found == [
        "process_cpu_seconds_total: the engine does not tell it",
        "process_resident_memory_bytes: the engine does not tell it",
    ]


def test_every_program_tells_what_the_page_about_them_reads() -> None:
    rule = partial(lacking, told={"engine": {*_engine()}, "exporter": {*_exporter()}})
    assert [said for board in BOARDS.values() for said in rule(board)] == []


def test_sixteen_kinds_have_a_rule() -> None:
    assert {*KINDS, 16} == {*range(1, 17)}
