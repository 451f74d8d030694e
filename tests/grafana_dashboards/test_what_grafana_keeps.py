"""What Grafana keeps by an id or a name is there once, and nothing has keys of another kind."""

from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from grafana_dashboards.queries import panels
from tests.grafana_dashboards.boards import EVERY, Board, changed, notes, of_type, variables

_VARIABLE = {"name", "label", "type", "query", "hide", "skipUrlSync", "multi", "includeAll"}
_VARIABLE |= {"allValue", "current", "regex", "refresh", "options", "description"}
# Grafana's keys of each kind of variable; "auto..." is an interval's, "id" is nobody's.
VARIABLE = {"datasource": _VARIABLE, "query": _VARIABLE | {"datasource", "definition", "sort"}}
NOTE = {"name", "datasource", "enable", "hide", "iconColor", "filter", "expr", "step"}
NOTE |= {"titleFormat", "textFormat", "tagKeys", "useValueForTime"}
REPEATED = {"repeatDirection", "maxPerRow"}


def foreign(board: Board) -> Iterator[str]:
    """Yield every key that Grafana does not have for this kind of variable, note or panel."""
    for variable in variables(board):
        for key in sorted(variable.keys() - VARIABLE[variable["type"]]):
            yield f"variable {variable['name']}: a {variable['type']} variable has no {key!r}"
    for note in notes(board):
        for key in sorted(note.keys() - NOTE):
            yield f"annotation {note['name']}: a Prometheus annotation has no {key!r}"
    for panel in panels(board):
        if not panel.get("repeat"):
            for key in sorted(panel.keys() & REPEATED):
                yield f"panel {panel['title']}: nothing is repeated, so {key!r} means nothing"


def twice(board: Board) -> Iterator[str]:
    """Yield whatever stands twice where Grafana keeps only the last of one id or name."""
    rows = (panel for panel in board["panels"] if panel["type"] == "row")
    kept: dict[str, list[object]] = {
        "variable": [v.get("id", v["name"]) for v in variables(board)],
        "annotation": [note["name"] for note in notes(board)],
        "panel": [panel["id"] for panel in (*rows, *panels(board))],
    }
    for panel in panels(board):
        kept[f"query of {panel['title']}"] = [target["refId"] for target in panel["targets"]]
    for what, ids in kept.items():
        for one, count in Counter(ids).items():
            if count > 1:
                yield f"{count} times {what} {one!r}: Grafana keeps one of them"


def grey(board: Board) -> Iterator[str]:
    """Yield panels of states whose value mappings have colours that Grafana does not draw."""
    for panel in of_type(board, "state-timeline"):
        defaults = panel["fieldConfig"]["defaults"]
        if defaults.get("mappings") and defaults["color"]["mode"] == "thresholds":
            yield f"panel {panel['title']}: colour by thresholds hides the colours of its mappings"


@EVERY
@pytest.mark.parametrize("rule", [foreign, twice, grey])
def test_grafana_reads_every_variable_annotation_and_panel_as_it_is_meant(
    board: Board, rule: Callable[[Board], Iterator[str]]
) -> None:
    assert [*rule(board)] == []


def test_a_variable_with_an_id_and_the_keys_of_an_interval_is_told() -> None:
    board = changed("outages")
    variables(board)[0] |= {"id": "00000000-0000-0000-0000-000000000000", "auto_min": "10s"}
    variables(board)[1] |= {"id": "00000000-0000-0000-0000-000000000000"}
    told = [*foreign(board)]
    assert told[:2] == [
        "variable datasource: a datasource variable has no 'auto_min'",
        "variable datasource: a datasource variable has no 'id'",
    ]
    assert [*twice(board)] == [
        "2 times variable '00000000-0000-0000-0000-000000000000': Grafana keeps one of them"
    ]


def test_two_queries_of_one_letter_two_panels_of_one_id_and_two_notes_of_one_name_are_told() -> (
    None
):
    board = changed("outages")
    counts = next(p for p in panels(board) if p["title"] == "Outages of the contract's window")
    counts["targets"][1]["refId"] = "A"
    board["panels"][1]["id"] = board["panels"][2]["id"]
    notes(board)[0]["name"] = notes(board)[1]["name"]
    assert len([*twice(board)]) == 3


def test_states_coloured_by_thresholds_are_told() -> None:
    board = changed("probes")
    for panel in of_type(board, "state-timeline"):
        panel["fieldConfig"]["defaults"]["color"]["mode"] = "thresholds"
    assert [*grey(board)] == [
        "panel Success over time: colour by thresholds hides the colours of its mappings"
    ]
