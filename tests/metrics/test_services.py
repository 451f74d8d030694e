import re
import subprocess
from dataclasses import replace

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families

from sla_engine.domain.availability import AccountingInput, Terms, figures
from sla_engine.domain.events import Weighed
from sla_engine.domain.interval import Interval
from sla_engine.domain.objective import ratio
from sla_engine.domain.outage import Outage
from sla_engine.domain.service_level import ServiceLevel
from sla_engine.metrics import EngineMetrics, Exposition
from sla_engine.metrics.services import _OF_SERVICES, _OF_WINDOWS
from uptime_common.exposition import EOF, header

MONTH = Interval(0, 1_000_000)
_ORDER = ("service", "window", "kind")


def _level(service: str, *outages: tuple[int, int | None], known: bool = True) -> ServiceLevel:
    found = [Outage(service, *outage) for outage in outages]
    covered = (MONTH,) if known else ()
    facts = AccountingInput(found, (), covered, (MONTH,), (Interval(100_000, 150_000),))
    result = figures(facts, Terms(ratio(99)), MONTH.end)
    return ServiceLevel(
        service, 0.99, maintenance_active=False, open_since=None, windows={"month": result}
    )


def _samples(text: bytes) -> dict[tuple[str, ...], float]:
    return {
        (sample.name, *(sample.labels[k] for k in _ORDER if k in sample.labels)): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def test_the_figures_are_exported_in_seconds_and_ratios() -> None:
    samples = _samples(
        Exposition().render([_level("shop", (100_000, 110_000), (200_000, 205_000))], 1_000_000)
    )
    assert samples["sla_downtime_seconds", "shop", "month", "planned"] == 10
    assert samples["sla_downtime_seconds", "shop", "month", "unplanned"] == 5
    assert samples["sla_outages", "shop", "month", "planned"] == 1
    assert samples["sla_availability_ratio", "shop", "month"] == 985 / 990
    assert samples["sla_mttr_seconds", "shop", "month"] == 5
    assert samples["service_slo_objective_ratio", "shop"] == 0.99


def test_what_is_not_known_has_no_sample() -> None:
    samples = _samples(Exposition().render([_level("shop", known=False)], 1_000_000))
    assert ("sla_availability_ratio", "shop", "month") not in samples
    assert samples["sla_coverage_ratio", "shop", "month"] == 0


def test_what_the_alert_rules_join_is_exported() -> None:
    plain = _level("plain")._replace(objective=None, depends_on=("db", "net"))
    shop = _level("shop")._replace(window="quarter", locations=2)
    all_of = _level("all")._replace(window="month", locations="all")
    lines = Exposition().render([plain, shop, all_of], 1_000_000).decode().splitlines()
    wanted = ("service_slo_window", "service_dependency", "service_location_quorum")
    assert [line for line in lines if line.startswith(wanted)] == [
        'service_slo_window_info{service="shop",window="quarter"} 1.0',
        'service_slo_window_info{service="all",window="month"} 1.0',
        'service_dependency_info{dependency="db",service="plain"} 1.0',
        'service_dependency_info{dependency="net",service="plain"} 1.0',
        'service_location_quorum{need="count",service="shop"} 2.0',
        'service_location_quorum{need="all",service="all"} 1.0',
    ]


def test_what_rules_go_on_with_while_no_engine_runs_is_exported() -> None:
    shop = _level("shop")._replace(maintenance_until=60_000, hours_begin=120_000, told_after=90_000)
    shop = shop._replace(info=(("owner", 'a "b"'), ("method", "events")))
    lines = Exposition().render([shop, _level("plain")], 1_000_000).decode().splitlines()
    wanted = ("service_maintenance_until", "service_hours_begin", "service_outage", "service_info")
    assert [line for line in lines if line.startswith(wanted)] == [
        'service_maintenance_until_timestamp_seconds{service="shop"} 60.0',
        'service_hours_begin_timestamp_seconds{service="shop"} 120.0',
        'service_outage_after_seconds{service="shop"} 90.0',
        'service_info{service="shop",owner="a \\"b\\"",method="events"} 1.0',
    ]


def test_the_contract_s_window_tells_bounds_and_forecast_and_the_one_before_its_verdict() -> None:
    shop = _level("shop", (100_000, 110_000), (200_000, 205_000))
    running = replace(shop.windows["month"], exhausted=900_000)
    kept = _level("x", (100_000, 100_500)).windows["month"]
    windows = {"month": running, "previous_month": kept, "previous_week": shop.windows["month"]}
    shop = shop._replace(window="month", windows=windows, period=Interval(0, 1_000_000))
    rolling = shop._replace(service="roll", window="30d", period=None, windows={"30d": running})
    lines = Exposition().render([shop, rolling], 1_000_000).decode().splitlines()
    wanted = ("sla_window_start", "sla_window_end", "sla_budget_exhausted", "sla_window_met")
    assert [line for line in lines if line.startswith(wanted)] == [
        'sla_window_start_timestamp_seconds{service="shop",window="month"} 0.0',
        'sla_window_end_timestamp_seconds{service="shop",window="month"} 1000.0',
        'sla_budget_exhausted_timestamp_seconds{service="shop",window="month"} 900.0',
        'sla_budget_exhausted_timestamp_seconds{service="roll",window="30d"} 900.0',
        'sla_window_met{service="shop",window="previous_month"} 1.0',
    ]


def test_what_there_is_for_comparison_alone_is_told_in_brief() -> None:
    figures = _level("shop", (200_000, 205_000)).windows["month"]
    names = ("month", "1d", "previous_month")
    shop = _level("shop")._replace(window="month", windows=dict.fromkeys(names, figures))
    samples = _samples(Exposition().render([shop], 1_000_000))
    told = {name: {key[0] for key in samples if name in key[2:]} for name in names}
    assert told["1d"] == told["previous_month"] - {"sla_window_met"}
    assert told["month"] - told["1d"] >= {"sla_outages", "sla_mttr_seconds", "sla_agreed_seconds"}
    assert {"sla_availability_ratio", "sla_coverage_ratio", "sla_downtime_seconds"} <= told["1d"]


def test_a_service_that_counts_events_tells_how_many_were_good_and_may_fail() -> None:
    counted = replace(_level("shop").windows["month"], events=Weighed(90, 100), allowed=12)
    text = (
        Exposition()
        .render([_level("shop")._replace(windows={"month": counted})], 1_000_000)
        .decode()
    )
    assert 'sla_events{service="shop",window="month",result="failed"} 10.0\n' in text
    assert 'sla_events{service="shop",window="month",result="good"} 90.0\n' in text
    assert 'sla_events_allowed{service="shop",window="month"} 12.0\n' in text


@pytest.mark.parametrize(
    ("known_until", "open_since", "gap", "told"),
    [
        (900_000, None, False, ["1.0"]),
        (900_000, 500_000, False, ["0.0"]),
        (900_000, None, True, []),
        (500_000, 400_000, False, []),
        (None, None, False, []),
    ],
)
def test_a_state_is_told_while_it_is_known(
    known_until: int | None, open_since: int | None, told: list[str], *, gap: bool
) -> None:
    shop = _level("shop")._replace(known_until=known_until, open_since=open_since, has_gap=gap)
    text = Exposition().render([shop._replace(max_gap=100_000)], 1_000_000).decode()
    assert re.findall(r"^sla_service_up{.*} (.*)$", text, re.MULTILINE) == told


def test_cost_and_the_next_maintenance_are_exported_where_there_are_any() -> None:
    plain = _level("plain")._replace(currency="EUR")
    shop = plain._replace(service="shop", cost_per_hour=1200, next_maintenance=60_000)
    lines = Exposition().render([plain, shop], 1_000_000).decode().splitlines()
    wanted = ("service_downtime_cost_per_hour{", "service_maintenance_next_start")
    assert [line for line in lines if line.startswith(wanted)] == [
        'service_maintenance_next_start_timestamp_seconds{service="shop"} 60.0',
        'service_downtime_cost_per_hour{currency="EUR",service="shop"} 1200.0',
    ]


@pytest.mark.integration
def test_promtool_has_nothing_to_say() -> None:
    text = EngineMetrics("1.2.3").render() + Exposition().render(
        [_level("shop", (1_000, 2_000))], 1_000_000
    )
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=text, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr.decode()) == (0, "")


def test_a_scrape_of_openmetrics_finds_the_same_samples() -> None:
    metrics, shop = EngineMetrics("1.2.3"), _level("shop", (1_000, 2_000))
    metrics.ticks.labels("ok").inc()
    metrics.tick_duration.observe(0.3)
    levels = Exposition().render([shop._replace(cost_per_hour=12, currency="EUR")], 1_000_000)
    text = (metrics.render("openmetrics") + levels).decode() + EOF
    strict = [s for family in parse_openmetrics(text) for s in family.samples]  # type: ignore[no-untyped-call]
    loose = [
        sample
        for family in text_string_to_metric_families((metrics.render() + levels).decode())
        for sample in family.samples
    ]
    assert {(s.name, *s.labels.items()) for s in strict} == {
        (s.name, *s.labels.items()) for s in loose
    }
    assert 'sla_engine_ticks_total{result="ok"} 1.0' in text
    assert 'sla_engine_tick_duration_seconds_bucket{le="0.5"} 1.0' in text
    assert "_created" not in text


def test_no_help_of_services_needs_an_escape_that_only_one_style_knows() -> None:
    for family in (*_OF_SERVICES, *_OF_WINDOWS):
        assert header(family.metric, "text") == header(family.metric, "openmetrics")


def test_what_is_written_anew_is_what_changed() -> None:
    shop, mail = _level("shop", (100_000, 110_000)), _level("mail")
    text = Exposition()
    assert text.render([shop, mail], 1_000_000) == Exposition().render([shop, mail], 1_000_000)
    assert text.render([shop, mail], 1_000_000) is text.render([shop._replace(), mail], 1_000_000)
    worse, closed = _level("shop", (100_000, 120_000)), mail._replace(windows={})
    assert text.render([worse, mail], 1_000_000) == Exposition().render([worse, mail], 1_000_000)
    assert text.render([worse, closed], 1_000_000) == Exposition().render(
        [worse, closed], 1_000_000
    )
    open_now = worse._replace(open_since=5, known_until=990_000)
    assert text.render([open_now], 1_000_000) == Exposition().render([open_now], 1_000_000)
    assert text.render([], 1_000_000) == Exposition().render([], 1_000_000)


@pytest.mark.parametrize("changed", [0, 49, 50, 129])
def test_of_many_services_one_that_changes_is_written_anew(changed: int) -> None:
    levels = [_level("x")._replace(service=f"s{number}") for number in range(130)]
    text = Exposition()
    text.render(levels, 1_000_000)
    levels[changed] = levels[changed]._replace(open_since=5, known_until=990_000)
    assert text.render(levels, 1_000_000) == Exposition().render(levels, 1_000_000)
    assert text.render(levels[:60], 1_000_000) == Exposition().render(levels[:60], 1_000_000)
    del levels[changed]
    assert text.render(levels, 1_000_000) == Exposition().render(levels, 1_000_000)


def test_where_only_its_data_reach_further_the_rest_of_a_service_stays_as_written() -> None:
    levels = [
        _level("x", (100_000, 110_000))._replace(service=f"s{number}", known_until=1_000)
        for number in range(60)
    ]
    text = Exposition()
    text.render(levels, 1_000_000)
    before = text._known["s7"]
    later = [level._replace(known_until=2_000) for level in levels]
    assert text.render(later, 1_000_000) == Exposition().render(later, 1_000_000)
    assert b'service_data_until_timestamp_seconds{service="s7"} 2.0\n' in text.render(
        later, 1_000_000
    )
    assert text._known["s7"] is before
    assert (
        text.render([level._replace(known_until=None) for level in later], 1_000_000).count(
            b"_until"
        )
        == 6
    )
