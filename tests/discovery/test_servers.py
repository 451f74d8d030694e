"""The table of servers as people have them: its rows in the page, and some of them tried."""

from pathlib import Path

import pytest

from benchmarks.discovered.__main__ import HEAD, row
from benchmarks.discovered.cases import cases
from benchmarks.discovered.table import judged

PAGE = Path(__file__).parents[2] / "docs/discover.md"
TRIED = (
    "a job that was relabelled inside the period",
    "kube-state-metrics (Deployments, StatefulSets, DaemonSets)",
    "basic auth, TLS by an authority of one's own, a path before the API",
    "a server whose clock is ten minutes behind",
)


def test_the_page_has_a_row_for_each_server_that_is_tried() -> None:
    table = PAGE.read_text("utf-8").partition(HEAD)[2].partition("\n\n")[0]
    tried = [row(case.title, case.note, refused=bool(case.code)) for case in cases()]
    assert table.splitlines(keepends=True) == [*tried[:-1], tried[-1].rstrip("\n")]
    assert len(tried) > 25


@pytest.mark.integration
def test_a_report_is_the_oracles_or_a_sentence_says_why_not(tmp_path: Path) -> None:
    chosen = [case for case in cases() if case.title in TRIED]
    found = {one.case.title: one.wrong for one in judged(chosen, tmp_path)}
    assert found == dict.fromkeys(TRIED, ())
