"""The JSON in the tree is what the builders print."""

from pathlib import Path

import pytest

from grafana_dashboards.__main__ import HERE, files


@pytest.mark.parametrize("path", files(), ids=lambda path: path.name)
def test_the_file_is_what_the_builders_print(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == files()[path], "run `make dashboards`"


def test_there_is_no_other_file() -> None:
    assert set(HERE.iterdir()) == set(files())
