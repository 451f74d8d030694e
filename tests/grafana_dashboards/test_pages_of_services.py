"""The pages about services ask little, stand on the engine's series, and say what they answer."""

import re

import pytest

from grafana_dashboards.queries import metrics_of
from tests.grafana_dashboards.boards import BOARDS, Board, notes, of_type

PAGES = ("service-levels", "one-service", "outages", "executive", "agreements")
EACH = pytest.mark.parametrize("board", [BOARDS[name] for name in PAGES], ids=PAGES)
MOST = 40  # queries that opening a page asks, its marks among them
# What needs our exporter's probes, by nature: what a probe alone can tell.
OF_PROBES = re.compile(r"service_(up|probe_\w+|tls_\w+|http_\w+)|service:probe_\w+")


def asked(board: Board) -> int:
    """Return how many queries the panels that are not folded away and the marks ask."""
    shown = [panel for panel in board["panels"] if panel["type"] != "row"]
    return sum(len(panel["targets"]) for panel in shown) + len(notes(board))


@EACH
def test_opening_a_page_asks_few_queries(board: Board) -> None:
    assert asked(board) <= MOST


@EACH
def test_a_page_carries_its_question(board: Board) -> None:
    assert "?" in board["description"]


@EACH
def test_what_only_our_exporter_knows_is_never_joined_with_what_the_engine_knows(
    board: Board,
) -> None:
    for panel in of_type(board):
        for target in panel["targets"]:
            names = metrics_of(target["expr"])
            probed = {name for name in names if OF_PROBES.fullmatch(name)}
            assert not probed or names == probed, panel["title"]


@EACH
def test_no_contract_is_judged_by_a_window_that_the_reader_chooses(board: Board) -> None:
    assert "$window" not in str(board)
    for panel in of_type(board):
        for target in panel["targets"]:
            if re.search(r"sla_(error_budget_remaining|window_)\w+\{", target["expr"]):
                assert "service_slo_window_info" in target["expr"], panel["title"]
