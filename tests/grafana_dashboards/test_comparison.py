"""What the documents say of the pages beside those of others is true of the pages."""

from collections.abc import Iterator

import pytest

from grafana_dashboards.comparison import PAGES
from grafana_dashboards.queries import panels
from tests.grafana_dashboards.boards import BOARDS, Board, variables

BY_TITLE = {board["title"]: board for board in BOARDS.values()}
# What each claim stands on: a panel, a table's column ("panel: column") or a choice ("$label").
STANDS_ON = {
    "Service levels": {
        *("Lost", "At risk", "On course", "Contracts, most budget used first: Budget ends"),
        *("Availability per day (grey: no data)", "$Owner", "$Tier", "$Agreement", "$Label"),
    },
    "One service": {
        *("State", "Since", "Why it is down", "Budget of the window, burning down"),
        *("Burn rate, and where its alerts stand", "Alerts now", "Outages in the time range"),
        *("Planned work in the time range", "What it depends on", "What depends on it"),
        *("Who and what", "Window of its contract", "Certificate holds until"),
        *("Probes that fail now", "Probe time by percentile", "Probe time by phase"),
        *("Events failed", "Failures allowed"),
    },
    "Outages and planned work": {
        *(f"Outages in the time range: {head}" for head in ("Began", "Ended", "Lasted")),
        *(f"Outages in the time range: {head}" for head in ("Downtime", "Class", "Reason")),
        *("Planned work in the time range", "Planned work to come"),
        *("Outages of the contract's window: Unplanned", "Outages of the contract's window: MTTR"),
    },
    "Executive overview": {
        *("Missed last time", "Met last time", "Lost", "At risk", "Month by month"),
        *("By owner: Unplanned, 13 months", "By owner: Cost, 13 months"),
        "By customer: Credits, all",
    },
    "Agreements": {
        *("Windows that run: Figure", "Verdicts and credits: Verdict"),
        *("Verdicts and credits: Credit", "Services, by their own contracts"),
    },
    "Alerts": {"ServiceDown (page)", "HostDown (page)", "EngineSilent (page)", "$Service"},
    "Fleet": {"Fleet, worst first", "Silent hosts", "Security updates", "Reboots"},
    "One host": {
        *("CPU time by mode (utilisation)", "Load and cores (saturation)", "Memory errors"),
        *("Due now", "Backups", "Certificates on disk", "RAID arrays", "Disks by SMART"),
    },
    "Probes": {
        *("Last run of every probe: Location", "Last run of every probe: Target"),
        *("Time by phase", "Failures by reason"),
    },
    "Changes": {
        *("Changes in the time range: Change", "Hosts rebooted"),
        "Outages within a day after a change",
    },
    "Uptime Ledger itself": {
        *("Ledger behind", "Least known in a day", "Feeds of maintenance", "Processes"),
        *("Services that the engine cannot judge", "Oldest notice", "Probes late"),
    },
}


def _shown(board: Board) -> Iterator[str]:
    yield from (f"${variable['label']}" for variable in variables(board))
    for panel in panels(board):
        yield panel["title"]
        if panel["type"] == "table":
            options = panel["transformations"][-1]["options"]
            yield from (f"{panel['title']}: {head}" for head in options["renameByName"].values())


def test_every_page_is_compared() -> None:
    assert [title for row in PAGES for title in row.page.split(", ")] != []
    assert {title for row in PAGES for title in row.page.split(", ")} == set(BY_TITLE)
    assert set(STANDS_ON) == set(BY_TITLE)


@pytest.mark.parametrize("row", PAGES, ids=lambda row: row.page)
def test_a_page_is_compared_by_the_question_that_it_says_it_answers(row: tuple[str, str]) -> None:
    questions = [f"{one}?" for one in row[1].removesuffix("?").split("? ")]
    for title in row[0].split(", "):
        assert any(BY_TITLE[title]["description"].startswith(one) for one in questions)


@pytest.mark.parametrize("title", STANDS_ON)
def test_what_is_said_to_be_ours_is_on_the_page(title: str) -> None:
    assert STANDS_ON[title] - {*_shown(BY_TITLE[title])} == set()
