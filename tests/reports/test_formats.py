import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from sla_engine.domain.summary import summarize
from sla_engine.reports import REPORTS
from sla_engine.reports.to_json import document, seconds
from tests.reports.sample import REPORT

Golden = Callable[[str, str], None]


@pytest.mark.parametrize("format_", ["json", "text"])
def test_golden(format_: str, golden: Golden) -> None:
    golden(f"october.{format_}", REPORTS[format_](REPORT).decode())


def test_the_json_keeps_the_contract() -> None:
    data = json.loads(REPORTS["json"](REPORT))
    assert {"policy_version", "generated_at", "period", "services"} <= data.keys()
    assert data["period"] == {
        "start": "2026-09-30T22:00:00Z",
        "end": "2026-10-31T23:00:00Z",
        "timezone": "Europe/Berlin",
    }
    assert {
        "id", "name", "owner", "tier", "objective_ratio", "availability_ratio", "met",
        "agreed_seconds", "excluded_seconds", "downtime_seconds", "unknown_seconds",
        "coverage_ratio", "error_budget_seconds", "error_budget_remaining_ratio", "outage_count",
        "mtbf_seconds", "mtrs_seconds", "longest_outage_seconds", "outages",
    } <= data["services"][0].keys()  # fmt: skip
    assert {
        "id", "start", "end", "duration_seconds", "planned_seconds", "unplanned_seconds",
        "unknown_seconds", "class", "cause", "ticket", "corrections",
    } <= data["services"][0]["outages"][0].keys()  # fmt: skip


def test_the_figures_are_those_of_a_hand_calculation() -> None:
    """October 2026 in Berlin has 31 days and an hour: 745 h = 2,682,000 s."""
    shop, payments, search, mail, wiki, lake = document(REPORT)["services"]
    assert shop["agreed_seconds"] == 2_682_000
    # 03:30 to 04:15 against a window until 04:00: 30 min planned, 15 min over it.
    assert shop["downtime_seconds"] == {"planned": 1_800, "unplanned": 3_030 + 900}
    assert shop["availability_ratio"] == (2_682_000 - 1_800 - 3_930) / (2_682_000 - 1_800)
    assert [o["class"] for o in shop["outages"]] == ["unplanned", "overrun"]
    assert shop["met"] is False
    assert (payments["availability_ratio"], payments["met"]) == (1.0, True)
    # An outage over the change of clocks lasts what it lasts: 15 s.
    assert search["outages"][0]["duration_seconds"] == 15
    assert (search["outage_count"], search["outages"][0]["counted"]) == (0, False)
    assert mail["outages"][0]["end"] is None
    assert mail["outages"][0]["unplanned_seconds"] == 600
    assert mail["unknown_seconds"] == 12 * 3600
    assert (wiki["objective_ratio"], wiki["met"]) == (None, None)
    assert (lake["availability_ratio"], lake["coverage_ratio"], lake["met"]) == (None, 0.0, None)


def test_the_percentage_and_the_outage_list_agree() -> None:
    for service in document(REPORT)["services"]:
        for kind in ("planned", "unplanned"):
            listed = sum(o[f"{kind}_seconds"] for o in service["outages"])
            assert listed == service["downtime_seconds"][kind]


def test_seconds_are_whole_or_carry_milliseconds() -> None:
    assert json.dumps([seconds(5_000), seconds(5_250), seconds(None)]) == "[5, 5.25, null]"


def test_the_summary_names_the_worst_first() -> None:
    summary = summarize(REPORT.services)
    assert [s.id for s in summary.worst] == ["web-shop", "mail", "search"]
    assert [s.id for s in summary.thin] == ["mail", "lake"]
    assert [s.id for s in summary.missed] == ["web-shop"]


def test_a_report_about_nothing_is_still_a_report() -> None:
    empty = replace(REPORT, services=())
    for render in REPORTS.values():
        assert render(empty)
