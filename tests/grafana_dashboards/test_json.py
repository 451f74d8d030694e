"""The generated files in the tree are what the builders print."""

import subprocess
import sys
from pathlib import Path

import pytest

from grafana_dashboards.__main__ import JSON, ROOT, files, importable
from grafana_dashboards.panel_map import picture
from tests.grafana_dashboards.boards import BOARDS

PRINTED = files()


@pytest.mark.parametrize("path", PRINTED, ids=lambda path: path.name)
def test_the_file_is_what_the_builders_print(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == PRINTED[path], "run `make dashboards`"


def test_there_is_no_other_dashboard() -> None:
    assert set(JSON.glob("*.json")) == {path for path in PRINTED if path.suffix == ".json"}


def test_every_page_has_its_picture_and_no_picture_is_of_another() -> None:
    pictures = {path.name for path in (ROOT / "docs" / "images").glob("dashboard-*.png")}
    assert pictures == {picture(board) for board in BOARDS.values()}


def test_another_process_prints_the_same_bytes() -> None:
    # Another process has another hash seed: no set may decide an order.
    code = "import grafana_dashboards.__main__ as m; print(*m.files().values(), sep='', end='')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, cwd=ROOT, check=True)
    assert done.stdout.decode() == "".join(PRINTED.values())


def test_what_is_imported_by_hand_asks_for_its_data_source_and_is_else_the_same() -> None:
    for board in BOARDS.values():
        found = importable(board)
        (asked,) = found.pop("__inputs")
        chosen = found["templating"]["list"][0]["current"]["value"]
        assert (asked["pluginId"], chosen) == ("prometheus", f"${{{asked['name']}}}")
        assert [one["id"] for one in found.pop("__requires")] == ["grafana", "prometheus"]
        _, *rest = board["templating"]["list"]
        assert found["templating"]["list"][1:] == rest
        assert {**found, "templating": 0, "id": 0} == {**board, "templating": 0, "id": 0}
