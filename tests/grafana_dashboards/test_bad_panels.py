"""Each rule over the JSON fails on a page with one mistake of its kind."""

from collections.abc import Callable, Iterator

import pytest

from grafana_dashboards.queries import panels
from tests.grafana_dashboards import test_what_grafana_draws as rules
from tests.grafana_dashboards.boards import Board, changed, notes, of_type


def _late(board: Board) -> None:
    for panel in of_type(board, "state-timeline"):
        for target in panel["targets"]:
            target["expr"] = target["expr"].replace(" offset -$__interval", "")


def _stepped(board: Board) -> None:
    notes(board)[0]["useValueForTime"] = False


def _untold(board: Board) -> None:
    for panel in panels(board):
        if panel["title"] == "Outages listed since":
            panel["targets"] = []


def _rounded(board: Board) -> None:
    next(of_type(board, "stat"))["fieldConfig"]["defaults"]["unit"] = "dtdurations"


def _foreign(board: Board) -> None:
    notes(board)[0]["expr"] = "max by (service) (sla_outage_start_timestamp_seconds{}) * 1000"


def _wide(board: Board) -> None:
    for override in next(of_type(board, "table"))["fieldConfig"]["overrides"]:
        override["properties"].append({"id": "custom.minWidth", "value": 900})


def _crowded(board: Board) -> None:
    for panel in of_type(board, "state-timeline"):
        for target in panel["targets"]:
            target["expr"] = target["expr"].replace("bottomk(", "bottomk(9")


def _buried(board: Board) -> None:
    for panel in of_type(board, "timeseries"):
        panel["options"]["legend"]["sortBy"] = "Name"


def _alarming(board: Board) -> None:
    next(of_type(board, "stat"))["fieldConfig"]["defaults"]["noValue"] = "none"


def _nameless(board: Board) -> None:
    next(of_type(board, "bargauge"))["fieldConfig"]["defaults"]["displayName"] = ""


def _buttons(board: Board) -> None:
    board["links"][0]["asDropdown"] = False


def _too_early(board: Board) -> None:
    board["time"]["from"] = "now-30d"


MISTAKES = [
    *((rules.late, "probes", _late), (rules.stepped, "outages", _stepped)),
    *((rules.untold, "changes", _untold), (rules.rounded, "one-host", _rounded)),
    *((rules.foreign_marks, "probes", _foreign), (rules.cut_off, "server-health", _wide)),
    *((rules.crowded, "probes", _crowded), (rules.buried, "one-host", _buried)),
    *((rules.alarming, "server-health", _alarming), (rules.nameless, "probes", _nameless)),
    *((rules.buttons, "alerts", _buttons), (rules.too_early, "alerts", _too_early)),
]


@pytest.mark.parametrize(
    ("rule", "page", "mistake"), MISTAKES, ids=[rule.__name__ for rule, _, _ in MISTAKES]
)
def test_a_rule_tells_its_mistake(
    rule: Callable[[Board], Iterator[str]], page: str, mistake: Callable[[Board], None]
) -> None:
    board = changed(page)
    assert [*rule(board)] == []
    mistake(board)
    assert [*rule(board)] != []
