"""A composite's components stand under it in a report, and are not counted beside it."""

import json
from dataclasses import replace
from typing import Any

from sla_engine.accounting.components import with_components
from sla_engine.domain.report import PeriodReport
from sla_engine.domain.summary import summarize
from sla_engine.reports import FORMATS, view
from tests.catalogues import catalogue
from tests.reports.sample import REPORT, outage, service

DOWN = outage("farm", "2026-10-05T14:00:00", 60)


def reported(*composites: dict[str, Any]) -> PeriodReport:
    made = {one["id"]: one for one in composites}
    ids = [*made, *(c for c in ("a", "b", "c", "lone") if c not in made)]
    book = catalogue(*(made.get(name, {"id": name}) for name in ids))
    names = sorted(ids)
    services = tuple(service(n, DOWN._replace(service=n), impact=100) for n in names)
    return with_components(replace(REPORT, services=services), book)


def order(report: PeriodReport) -> list[tuple[str, str | None]]:
    return [(one.id, one.part_of) for one in report.services]


FARM = {"id": "farm", "components": ["b", "a"], "need": 1}


def test_components_follow_their_composite_in_its_order() -> None:
    assert order(reported(FARM)) == [
        ("c", None), ("farm", None), ("b", "farm"), ("a", "farm"), ("lone", None),
    ]  # fmt: skip


def test_what_is_of_two_stands_under_one_and_what_is_nested_under_its_own() -> None:
    top = {"id": "top", "components": ["farm", "a"], "need": 1}
    assert order(reported(top, FARM)) == [
        ("c", None), ("lone", None), ("top", None), ("farm", "top"), ("b", "farm"), ("a", "farm"),
    ]  # fmt: skip


def test_parts_of_a_group_stand_under_it_though_it_is_measured_by_itself() -> None:
    """Three of a shop's parts: one composite, one grouped, and one that is grouped under that."""
    farm = FARM | {"group": "shop", "components": ["b"]}
    report = reported({"id": "shop"}, {"id": "a", "group": "shop"}, farm, {"id": "c", "group": "a"})
    assert order(report) == [
        ("lone", None), ("shop", None), ("a", "shop"), ("c", "a"), ("farm", "shop"), ("b", "farm"),
    ]  # fmt: skip
    summary = summarize(report.services)
    assert (summary.unplanned, summary.outages) == (2 * 3_600_000, 2)
    assert (len(summary.missed), len(report.services)) == (2, 6)


def test_a_group_that_is_not_reported_on_hides_nobody() -> None:
    report = reported({"id": "a", "group": "gone"})
    assert dict(order(report))["a"] is None


def test_totals_count_a_composite_once() -> None:
    report = reported(FARM)
    summary = summarize(report.services)
    assert summary.unplanned == 3 * 3_600_000  # c, farm, lone; a and b are in the farm's
    assert (summary.outages, len(summary.missed)) == (3, 3)
    tiles = {tile.label: tile for tile in view.tiles(report)}
    assert tiles["Unplanned downtime"].value == "3h"
    assert tiles["Business impact"].value == "300 EUR"
    assert "2 components under an objective of their own" in tiles["Objectives met"].note


def test_a_component_is_told_by_a_mark_and_in_json() -> None:
    report = reported(FARM)
    assert "\n\N{BOX DRAWINGS LIGHT UP AND RIGHT} B " in FORMATS["text"].render(report).decode()
    told = {
        s["id"]: s["component_of"] for s in json.loads(FORMATS["json"].render(report))["services"]
    }
    assert told == {"c": None, "farm": None, "b": "farm", "a": "farm", "lone": None}


def test_without_its_composite_a_component_counts() -> None:
    report = reported(FARM)
    alone = with_components(
        replace(report, services=[s for s in report.services if s.id != "farm"]),
        catalogue(FARM, {"id": "a"}, {"id": "b"}, {"id": "c"}, {"id": "lone"}),
    )
    assert len(summarize(alone.services).missed) == 4
