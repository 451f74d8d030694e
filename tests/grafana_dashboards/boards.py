"""The dashboards as Grafana loads them: the JSON files, and ways through them."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from grafana_dashboards.__main__ import JSON
from grafana_dashboards.queries import panels

Board = dict[str, Any]
BOARDS: dict[str, Board] = {
    path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(JSON.glob("*.json"))
}
EVERY = pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)


def variables(board: Board) -> list[dict[str, Any]]:
    """Return the variables, in the order of the page."""
    return list(board["templating"]["list"])


def notes(board: Board) -> list[dict[str, Any]]:
    """Return the annotations."""
    return list(board["annotations"]["list"])


def of_type(board: Board, *types: str) -> Iterator[dict[str, Any]]:
    """Yield the panels of these types; of every type where none is given."""
    return (panel for panel in panels(board) if not types or panel["type"] in types)


def changed(name: str) -> Board:
    """Return a copy of a dashboard for a test to break."""
    return copy.deepcopy(BOARDS[name])
