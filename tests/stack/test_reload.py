from pathlib import Path

import pytest

from stack.configs import write_configs
from stack.layout import PREFERRED, Layout
from stack.reload import reload
from tests.programs.ports import free_port


def test_where_nothing_runs_that_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert reload(tmp_path) == 1
    ports = {program: free_port() for program in PREFERRED}
    write_configs(Layout(tmp_path, tmp_path / "services.yml", ports))
    assert reload(tmp_path) == 1
    assert capsys.readouterr().err == f"uptime-ledger: no stack runs in {tmp_path}\n" * 2
