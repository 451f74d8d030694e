"""Wrong numbers that other tools print, each as a test: from samples in Prometheus to the report.

docs/traps.md says where each was seen, and which tests elsewhere hold the others.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from service_catalogue import Catalogue
from sla_engine.accounting.figures import account
from sla_engine.accounting.report import report
from sla_engine.domain.interval import Interval
from sla_engine.domain.outage import OutageSpan
from sla_engine.domain.period import recognized
from sla_engine.ledger import Books, Ledger
from sla_engine.measurement.backfill import backfill
from sla_engine.prometheus import Client
from sla_engine.prometheus.series import QueryResult
from sla_engine.reports import FORMATS
from tests.programs.prometheus import running_prometheus
from tests.traps.world import BEFORE, DAY, HOUR, MINUTE, START, book, write

pytestmark = pytest.mark.integration

LATER = DAY.end + 30 * 24 * HOUR
SECONDS = DAY.length // 1000


class Recorder(Client):
    """A client that keeps what it asked, and for which last moment (ms UTC)."""

    asked: list[tuple[str, int]]

    def instant(self, promql: str, at: int, *, samples: bool = False) -> QueryResult:
        self.asked.append((promql, at))
        return super().instant(promql, at, samples=samples)

    def range(
        self, promql: str, start: int, end: int, step: int, *, lookback: int | None = None
    ) -> QueryResult:
        self.asked.append((promql, end))
        return super().range(promql, start, end, step, lookback=lookback)


@dataclass
class World:
    """The day in a ledger, and what was asked to get it there."""

    book: Catalogue
    ledger: Ledger
    asked: list[tuple[str, int]]

    def report(self, period: Interval = DAY, now: int = DAY.end) -> dict[str, Any]:
        made = report(Books(self.book, self.ledger), recognized(period, self.book.timezone), now)
        return {s["id"]: s for s in json.loads(FORMATS["json"].render(made))["services"]}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("traps")
    with (folder / "day.om").open("w", encoding="utf-8") as out:
        write(out)
    with running_prometheus(folder / "prometheus", openmetrics=folder / "day.om") as prometheus:
        known = book(prometheus.url)
        with (
            Recorder(known.prometheus) as client,
            Ledger.open(f"sqlite:///{folder}/ledger.db") as ledger,
        ):
            client.asked = []
            backfill(Books(known, ledger), client, Interval(START - HOUR, DAY.end), LATER)
            yield World(known, ledger, client.asked)


@pytest.fixture(scope="module")
def day(world: World) -> dict[str, Any]:
    return world.report()


def test_an_hour_without_prometheus_is_unknown_and_not_averaged_away(
    world: World, day: dict[str, Any]
) -> None:
    blind = day["blind"]
    assert world.ledger.histories(DAY)["blind"].gaps == (
        Interval(START + 5 * HOUR, START + 6 * HOUR),
    )
    assert (blind["unknown_seconds"], blind["coverage_ratio"]) == (3_600, 23 / 24)
    assert blind["availability_ratio"] == (SECONDS - 3_600 - 1_800) / (SECONDS - 3_600)


def test_a_short_lived_series_weighs_no_more_than_its_time(day: dict[str, Any]) -> None:
    # The mean of the two series' means is 50 %.
    assert day["brief"]["availability_ratio"] == (SECONDS - 1_800) / SECONDS


def test_missing_good_events_are_none_and_not_minus_one(day: dict[str, Any]) -> None:
    refused = day["refused"]
    assert refused["events"] == {"good": 0, "total": 1_440}
    assert (refused["availability_ratio"], refused["met"]) == (0, False)
    assert refused["error_budget_remaining_ratio"] == pytest.approx(1 - 100)


def test_every_series_of_a_query_counts(day: dict[str, Any]) -> None:
    # Two instances: in each, 1,380 quiet minutes of one request and 60 busy ones of 1,000.
    assert day["api"]["events"]["total"] == 2 * (1_380 + 60_000)


def test_a_counter_that_restarts_loses_nothing(day: dict[str, Any]) -> None:
    assert day["api"]["events"] == {"good": 2 * (1_380 + 30_000), "total": 2 * (1_380 + 60_000)}


def test_quiet_hours_do_not_weigh_like_busy_ones(day: dict[str, Any]) -> None:
    # The mean of the minutes' ratios is 97.9 %.
    assert day["api"]["availability_ratio"] == 31_380 / 61_380
    assert [o["duration_seconds"] for o in day["api"]["outages"]] == [3_600]


def test_good_and_total_are_asked_for_at_one_moment(world: World) -> None:
    asked = [(q.partition("[")[0], at) for q, at in world.asked if q.startswith("refused_total")]
    total, good, *cadence = asked
    assert {name for name, _ in cadence} <= {"refused_total"}
    # Total first: what is scraped between the two would look like bad events the other way round.
    assert (total[0], good[0]) == ("refused_total", 'refused_total{code="200"}')
    assert total[1] == good[1]


def test_a_past_period_is_asked_for_as_of_then_and_not_now(world: World) -> None:
    # The cadence at the day's end is also read from the hours after it.
    assert {at for _, at in world.asked if at > DAY.end + 3 * HOUR} == set()


def test_the_last_value_is_not_used_again_where_nothing_came(day: dict[str, Any]) -> None:
    assert (day["lost"]["unknown_seconds"], day["lost"]["coverage_ratio"]) == (SECONDS / 2, 0.5)


def test_a_target_that_was_removed_ends_with_its_last_interval(world: World) -> None:
    # A lookback would keep it alive for five minutes more.
    (gone,) = world.ledger.histories(DAY)["lost"].gaps
    assert gone.start == START + 12 * HOUR


def test_a_service_without_history_is_not_assumed_up(day: dict[str, Any]) -> None:
    unseen = day["never-seen"]
    assert (unseen["availability_ratio"], unseen["met"]) == (None, None)
    assert (unseen["coverage_ratio"], unseen["unknown_seconds"]) == (0, SECONDS)


def test_one_lost_scrape_does_not_end_an_outage(day: dict[str, Any]) -> None:
    assert [o["duration_seconds"] for o in day["mended"]["outages"]] == [3_600]
    assert day["mended"]["unknown_seconds"] == 0


def test_replicas_are_neither_stitched_into_gaps_nor_counted_twice(day: dict[str, Any]) -> None:
    pair = day["pair"]
    assert (pair["unknown_seconds"], pair["outage_count"]) == (0, 1)
    assert pair["downtime_seconds"] == {"planned": 0, "unplanned": 1_800}


def test_overlapping_windows_count_once(day: dict[str, Any]) -> None:
    overlapped = day["overlapped"]
    assert overlapped["downtime_seconds"] == {"planned": 3 * 3_600, "unplanned": 0}
    assert (overlapped["excluded_seconds"], overlapped["availability_ratio"]) == (3 * 3_600, 1)


def test_a_window_longer_than_the_period_is_clipped_to_it(world: World) -> None:
    made = report(Books(world.book, world.ledger), recognized(DAY, world.book.timezone), DAY.end)
    (midnight,) = (s for s in made.services if s.id == "midnight")
    assert midnight.windows == DAY.length
    assert midnight.figures.excluded == 30 * MINUTE


def test_nothing_is_more_than_whole(day: dict[str, Any]) -> None:
    for service in day.values():
        down = sum(service["downtime_seconds"].values())
        assert down + service["unknown_seconds"] <= service["agreed_seconds"] <= SECONDS
        assert service["excluded_seconds"] <= service["agreed_seconds"]
        assert 0 <= (service["availability_ratio"] or 0) <= 1
    assert day["outrun"]["availability_ratio"] == 1


def test_the_report_says_whether_maintenance_left_the_denominator(day: dict[str, Any]) -> None:
    excluded, kept = day["excluded"], day["kept"]
    assert excluded["accounting"] == {"maintenance": "exclude", "unknown": "exclude"}
    assert excluded["availability_ratio"] == (SECONDS - 7_200) / (SECONDS - 3_600)
    assert kept["accounting"] == {"maintenance": "count_up", "unknown": "exclude"}
    assert kept["availability_ratio"] == (SECONDS - 3_600) / SECONDS


def test_maintenance_of_one_component_does_not_mask_another_s_failure(day: dict[str, Any]) -> None:
    assert day["worked-on"]["downtime_seconds"] == {"planned": 3_600, "unplanned": 0}
    assert day["whole"]["downtime_seconds"] == {"planned": 1_800, "unplanned": 5_400}


def test_a_service_added_in_a_period_is_held_against_its_own_time(
    world: World, day: dict[str, Any]
) -> None:
    newcomer = day["newcomer"]
    assert newcomer["agreed_seconds"] == SECONDS / 2
    assert newcomer["availability_ratio"] == (SECONDS / 2 - 1_800) / (SECONDS / 2)
    made = report(Books(world.book, world.ledger), recognized(DAY, world.book.timezone), DAY.end)
    assert {s.id: s.began for s in made.services}["newcomer"] == START + 12 * HOUR


def test_an_outage_over_midnight_is_split_to_the_millisecond(
    world: World, day: dict[str, Any]
) -> None:
    yesterday = world.report(BEFORE, BEFORE.end)["midnight"]
    parts = [report["downtime_seconds"]["planned"] for report in (yesterday, day["midnight"])]
    assert parts == [1_800, 1_800]
    (known,) = world.ledger.histories(DAY)["midnight"].outages
    assert known == OutageSpan(START - 30 * MINUTE, START + 30 * MINUTE)


def test_an_outage_counts_from_the_first_failed_sample(day: dict[str, Any]) -> None:
    (outage,) = day["slow-to-tell"]["outages"]
    assert outage["start"] == "2026-10-01T07:00:00Z"


def test_what_is_up_again_after_one_sample_was_down_for_one_interval(day: dict[str, Any]) -> None:
    (outage,) = day["slow-to-tell"]["outages"]
    assert (outage["duration_seconds"], outage["unplanned_seconds"]) == (60, 60)


def test_an_open_outage_in_an_active_window_is_planned_already(world: World) -> None:
    for now, seconds in ((DAY.end - 30 * MINUTE, 1_800), (DAY.end, 3_600)):
        unfinished = world.report(now=now)["unfinished"]
        assert unfinished["downtime_seconds"] == {"planned": seconds, "unplanned": 0}
        assert unfinished["outages"][0]["end"] is None


def test_a_renamed_service_keeps_its_history(world: World, day: dict[str, Any]) -> None:
    renamed = book(world.book.prometheus.url, blind={"name": "Another name"})
    found = World(renamed, world.ledger, []).report()["blind"]
    assert found == day["blind"] | {"name": "Another name"}


def test_a_service_has_one_figure_in_every_report(world: World, day: dict[str, Any]) -> None:
    hours = [Interval(t, t + HOUR) for t in range(START, DAY.end, HOUR)]
    accounts = [account(Books(world.book, world.ledger), hour, DAY.end) for hour in hours]
    whole = account(Books(world.book, world.ledger), DAY, DAY.end)
    for name, figures in whole.items():
        alone = account(Books(world.book, world.ledger), DAY, DAY.end, [world.book.service(name)])
        assert alone[name] == figures
        assert sum(a[name].planned + a[name].unplanned for a in accounts) == (
            figures.planned + figures.unplanned
        )
        assert figures.availability == day[name]["availability_ratio"]
