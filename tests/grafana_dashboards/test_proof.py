"""Every query of every panel, variable and annotation, asked of a real Prometheus."""

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from grafana_dashboards.catalog import DASHBOARDS
from grafana_dashboards.queries import Query, panels, plain, queries
from grafana_dashboards.style.promql import RANK
from tests.grafana_dashboards.grafana import Grafana
from tests.grafana_dashboards.month import (
    BLIP,
    BLIP_SPAN,
    COMPLETE_SINCE,
    DAY,
    HOUR,
    MINUTE,
    NOW,
    OPEN_SINCE,
    SERVICES,
    SILENT,
    TIMES,
    WINDOW_SPAN,
    month,
)
from tests.grafana_dashboards.test_pages_of_services import PAGES
from tests.grafana_dashboards.test_without_our_exporter import NEEDS_OURS as NEEDS_EXPORTER
from tests.grafana_dashboards.test_without_our_exporter import OURS as NOBODY_ELSE_TELLS
from tests.programs.prometheus import create_blocks, running_prometheus

pytestmark = pytest.mark.integration

# (dashboard, place): why the answer is empty although all is as it should be.
EMPTY_WHEN_HEALTHY = {
    ("executive", "Most unplanned downtime"): "only services with downtime are listed",
    ("outages", "Outages in the time range"): "no outage was open",
    ("outages", "Planned work in the time range"): "none was planned",
    ("one-service", "Outages in the time range"): "no outage was open",
    ("one-service", "Planned work in the time range"): "none was planned",
    ("one-service", "Since"): "no outage is listed",
    ("one-service", "Why it is down"): "it is not",
    ("one-service", "Alerts now"): "no alert fires",
    ("one-service", "Probes that fail now"): "no probe fails",
    ("one-service", "What depends on it"): "nothing does",
    ("one-service", "Who and what"): "its hours have begun",
    **{
        (page, mark): "nothing began or was over"
        for page in ("one-service", "outages", "probes", "service-levels", "changes")
        for mark in ("Outages", "Outages over", "Planned", "Planned over")
    },
    ("alerts", "Alerts of services"): "none fires",
    ("alerts", "Alerts of hosts and programs"): "none fires of the service",
    ("alerts", "Alerts of the last seven days"): "none fired",
    ("alerts", "Alerts began"): "none began",
    ("changes", "Outages within a day after a change"): "no outage began",
    ("changes", "Outages in the time range"): "no outage was open",
    ("outages", "Outages open now"): "none is open",
    ("outages", "Longest open outage"): "none is open",
    ("outages", "Alerts firing"): "no alert fires",
    ("outages", "Planned work to come"): "no window is announced",
}


@pytest.fixture(scope="module")
def grafana(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grafana]:
    folder = tmp_path_factory.mktemp("month")
    text = folder / "month.om"
    text.write_text(month(), encoding="utf-8")
    create_blocks(folder, text, block="744h")
    with running_prometheus(folder) as prometheus:
        yield Grafana(prometheus.url, NOW)


def _empty(grafana: Grafana, choose: Mapping[str, Sequence[str]]) -> Iterator[Query]:
    """Yield the queries without an answer, with these variables chosen by hand."""
    chosen = {name: grafana.open(name, choose) for name in DASHBOARDS}
    for query in queries():
        if query.place.startswith("$"):
            found: Sequence[Any] = grafana.label_values(
                query.dashboard, query.expr, chosen[query.dashboard]
            )
        else:
            found = grafana.ask(query, chosen[query.dashboard])
        if not found:
            yield query


def test_every_query_returns_data(grafana: Grafana, capsys: pytest.CaptureFixture[str]) -> None:
    asked, empty = len([*queries()]), [*_empty(grafana, {})]
    # Of one service not everything can be told: what one has not, another has.
    for service in SERVICES:
        chosen = grafana.open("one-service", {"one": [service]})
        empty = [q for q in empty if q.dashboard != "one-service" or not grafana.ask(q, chosen)]
    with capsys.disabled():
        sys.stdout.write(f"\n{asked} queries asked, {asked - len(empty)} returned data\n")
    assert [(q.dashboard, q.place) for q in empty if not _of_quiet_rules(q)] == []


def _of_quiet_rules(query: Query) -> bool:
    """Return whether a query counts what fires of some rules: most of them are quiet."""
    return query.place.startswith("Rules: ") and "ALERTS" in query.expr


def test_series_have_the_labels_that_legends_and_rows_are_made_of(grafana: Grafana) -> None:
    chosen = {name: grafana.open(name) for name in DASHBOARDS}
    for query in queries():
        if query.place.startswith("$") or not (query.legend or query.keys):
            continue
        for series in grafana.ask(query, chosen[query.dashboard]):
            labels = set(series["metric"]) - {"__name__", RANK}
            told = set(re.findall(r"{{(\w+)}}", query.legend))
            # One legend for all rules: of several labels each series has some.
            assert told <= labels or query.dashboard == "alerts", query
            # Rows of several queries become one where they share every label.
            # An empty label is none: of an outage without a known cause there is no reason.
            optional = {"reason", "fires"}  # what a rule fires on is told by one of its columns
            assert not query.keys or labels | optional == query.keys | optional, query


def _values(grafana: Grafana, dashboard: str, place: str, number: int = 0) -> dict[str, float]:
    """Return the last value of each series of a panel's query, by what tells the series apart."""
    asked = [q for q in queries() if (q.dashboard, q.place) == (dashboard, place)][number]
    return {
        " ".join(
            v for k, v in sorted(series["metric"].items()) if k not in {"__name__", RANK}
        ): float((series.get("values") or [series["value"]])[-1][1])
        for series in grafana.ask(asked, grafana.open(dashboard))
    }


def test_the_manager_reads_the_right_figures(grafana: Grafana) -> None:
    read = partial(_values, grafana, "executive")
    assert [read(state) for state in ("Lost", "At risk", "On course", "Not judged")] == [
        *({"": 1}, {"": 0}, {"": 1}, {"": 1})
    ]
    assert read("Met last time") == read("Missed last time") == {"": 1}
    assert read("Unplanned downtime") == {"": 7200}
    # Two hours of the mail's, and 90 seconds in which the shop's events failed.
    assert read("Business impact so far") == {"EUR": 2430}
    assert read("Worst five") == {"mail": 20, "shop": 0}
    assert read("By owner", 1) == {"office": 1, "sales": 0}
    assert read("By owner", 3) == {"office": 2, "sales": 2}
    assert read("Every contract that runs") == {"mail": 2, "shop": 0, "wiki": -1}
    # Of what closed last nothing is due; of what closed before it a quarter of the fee, twice.
    assert read("Credits due, last windows") == {"EUR": 0}
    assert read("Month by month", 1) == {"2026-08": 2, "2026-09": 2}
    assert read("Month by month", 4) == {"2026-08": 2400, "2026-09": 2400}
    customers = [read("By customer", number) for number in range(6)]
    assert [one["EUR ACME"] for one in customers] == [1, 0, 1, 1, 0, 250]
    assert [one["EUR Borg"] for one in customers] == [1, 1, 0, 1, 0, 250]


def test_an_agreement_tells_its_windows_and_what_is_due(grafana: Grafana) -> None:
    read = partial(_values, grafana, "agreements")
    assert [read(state) for state in ("Lost", "At risk", "On course")] == [
        *({"": 1}, {"": 1}, {"": 0})
    ]
    assert read("Credits, all that closed") == {"EUR": 500}
    assert read("Windows that run") == {"x ACME": 1, "y Borg": 2}
    assert read("Windows that run", 1) == {"x ACME": 0.9985}
    assert read("Verdicts and credits", 4)["x 2026-08-31 ACME"] == 250
    assert read("Services, by their own contracts", 1) == {
        f"{agreement} {service}": used
        for agreement in ("x", "y")
        for service, used in (("mail", 20), ("shop", 0))
    }


@pytest.mark.parametrize(
    ("service", "told"),
    [
        ("mail", {"State": 0, "This window is": 2, "Error budget left": -19}),
        (
            "shop",
            {"State": 1, "This window is": 0, "Events failed": 40, "Failures allowed": 99},
        ),
        ("wiki", {"State": 1, "Down, unplanned": 0}),
    ],
)
def test_one_service_tells_how_it_is(
    grafana: Grafana, service: str, told: dict[str, float]
) -> None:
    chosen = grafana.open("one-service", {"one": [service]})
    found = {
        query.place: float(grafana.ask(query, chosen)[0]["value"][1])
        for query in queries()
        if query.dashboard == "one-service" and query.place in told
    }
    assert found == told


def test_one_service_tells_since_when_why_and_what_is_with_its_neighbours(grafana: Grafana) -> None:
    mail = grafana.open("one-service", {"one": ["mail"]})
    asked = {q.place: q for q in queries() if q.dashboard == "one-service"}
    assert float(grafana.ask(asked["Since"], mail)[0]["value"][1]) == OPEN_SINCE * 1000
    [needed] = grafana.ask(asked["What depends on it"], mail)
    assert needed["metric"] == {"service": "shop"}
    failing = [series["metric"] for series in grafana.ask(asked["Probes that fail now"], mail)]
    assert {(one["location"], one["detail"]) for one in failing} == {
        *(("ber", "ECONNREFUSED"), ("par", "ECONNREFUSED"))
    }
    told = grafana.ask(asked["Alerts now"], mail)
    assert {(s["metric"]["alertname"], s["metric"]["alertstate"]) for s in told} == {
        *(("ServiceDown", "firing"), ("ServiceSlow", "firing"))
    }
    shop = grafana.open("one-service", {"one": ["shop"]})
    states = next(q for q in queries() if q.place == "What it depends on")
    found = grafana.ask(states, shop)
    assert {s["metric"]["dependency"]: s["value"][1] for s in found} == {"mail": "0", "wiki": "1"}


def test_a_state_is_down_up_or_in_maintenance(grafana: Grafana) -> None:
    timeline = partial(_values, grafana, "outages")
    assert timeline("State of every service") == {"mail": 0, "shop": 1, "wiki": 1}
    assert timeline("Longest open outage") == {"mail": 25 * MINUTE}
    assert timeline("State unknown") == {"": 1}
    (wiki,) = [
        series["values"]
        for query in queries()
        if (query.dashboard, query.place) == ("outages", "State of every service")
        for series in grafana.ask(query, grafana.open("outages"))
        if series["metric"]["service"] == "wiki"
    ]
    assert {value for _, value in wiki} == {"1", "3"}


def _series(grafana: Grafana, dashboard: str, place: str) -> Sequence[dict[str, Any]]:
    """Return the answer of a panel's only query, in the order in which Grafana draws it."""
    asked = next(q for q in queries() if (q.dashboard, q.place) == (dashboard, place) and q.legend)
    return grafana.ask(asked, grafana.open(dashboard))


@pytest.mark.parametrize(
    ("dashboard", "place"),
    [
        ("outages", "State of every service"),
        ("service-levels", "Availability per day (grey: no data)"),
    ],
)
def test_rows_of_states_begin_with_the_worst(grafana: Grafana, dashboard: str, place: str) -> None:
    order = [series["metric"]["service"] for series in _series(grafana, dashboard, place)]
    assert order == ["wiki", "mail", "shop"]


def test_probes_that_failed_most_come_first(grafana: Grafana) -> None:
    order = [s["metric"]["service"] for s in _series(grafana, "probes", "Success over time")]
    assert (order[:2], sorted(order[2:])) == (
        ["mail"] * 2,
        ["blackbox", "shop", "shop", "wiki", "wiki"],
    )


ZOOMS = {"1 h": (BLIP_SPAN[1] + 2867, HOUR), "24 h": (NOW, DAY)}
ZOOMS |= {"7 d": (NOW, 7 * DAY), "30 d": (NOW, 30 * DAY)}


@pytest.mark.parametrize("zoom", ZOOMS)
def test_an_outage_has_the_same_begin_end_and_length_wherever_it_is_told(
    grafana: Grafana, zoom: str
) -> None:
    zoomed = grafana.at(*ZOOMS[zoom])
    told: dict[str, set[float]] = {"Began": set(), "Ended": set(), "Lasted": set()}
    places = set()
    for title, head, query in _told_of_outages():
        for series in zoomed.ask(query, zoomed.open(query.dashboard, {"one": ["wiki"]})):
            if series["metric"]["service"] != "wiki":
                continue
            values = [value for _, value in series.get("values") or [series["value"]]]
            told[head] |= {float(value) for value in values}
            places.add((query.dashboard, title, head))
    times = {kind: {_time(ms) for ms in told[kind]} for kind in ("Began", "Ended")}
    assert times == {"Began": {"22:08:58"}, "Ended": {"22:12:13"}}
    assert told["Lasted"] == {3 * MINUTE + 15}
    # Lists on three pages, the last outage on one, marks on five; since when it is up, on one.
    assert len(places) == 3 * 3 + 2 + 5 * 2 + 1


def _time(ms: float) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%H:%M:%S.%f").removesuffix(".000000")


def _told_of_outages() -> Iterator[tuple[str, str, Query]]:
    """Yield place, kind and query of all that tells when an outage was, or how long."""
    kinds = {"Downtime": "Lasted", "Last began": "Began", "Last lasted": "Lasted"}
    kinds |= {"Began": "Began", "Ended": "Ended", "Lasted": "Lasted"}
    for name, build in DASHBOARDS.items():
        for panel in panels(plain(build())):
            if panel["type"] != "table" or panel["title"].startswith("Planned work"):
                continue
            names = panel["transformations"][-1]["options"]["renameByName"]
            for target in panel["targets"]:
                kind = kinds.get(names.get(f"Value #{target['refId']}", ""))
                if kind:
                    yield panel["title"], kind, Query(name, "", target["expr"], instant=True)
    marks = {"Outages": "Began", "Outages over": "Ended", "Since": "Ended"}
    yield from ((q.place, marks[q.place], q) for q in queries() if q.place in marks)


def test_lists_tell_class_reason_and_since_when_they_are_complete(grafana: Grafana) -> None:
    rows = [
        series["metric"]
        for query in queries()
        if (query.dashboard, query.place) == ("outages", "Outages in the time range")
        for series in grafana.ask(query, grafana.open("outages"))
    ]
    blip = {"service": "wiki", "outage": BLIP, "class": "unplanned", "reason": "disk full"}
    assert rows.count(blip) == 4
    for page in ("outages", "one-service"):
        assert _values(grafana, page, "Outages listed since") == {"": COMPLETE_SINCE * 1000}


def test_of_an_open_outage_nothing_tells_an_end(grafana: Grafana) -> None:
    by_kind: dict[str, set[str]] = {}
    for _, kind, query in _told_of_outages():
        for series in grafana.ask(query, grafana.open(query.dashboard)):
            by_kind.setdefault(kind, set()).add(series["metric"].get("outage", ""))
    assert "O-MAILOPENNOW" in by_kind["Began"] & by_kind["Lasted"]
    assert "O-MAILOPENNOW" not in by_kind["Ended"]


def test_a_window_is_marked_where_it_began_and_was_over(grafana: Grafana) -> None:
    marked: dict[str, set[float]] = {}
    for query in queries():
        if (
            query.dashboard == "outages"
            and query.place in {"Planned", "Planned over"}
            and ("sla_maintenance_" in query.expr)
        ):
            for series in grafana.ask(query, grafana.open("outages")):
                marked[query.place] = {float(value) for _, value in series["values"]}
    begin, end = WINDOW_SPAN
    assert marked == {"Planned": {begin * 1000}, "Planned over": {end * 1000}}


def test_a_bar_stands_where_its_window_was(grafana: Grafana) -> None:
    [wiki] = _series(grafana, "outages", "Maintenance windows")
    within = [int(at) for at, value in wiki["values"] if value == "1"]
    step = within[1] - within[0]
    assert NOW - 150 * MINUTE <= within[0] < NOW - 149 * MINUTE
    assert NOW - 91 * MINUTE < within[-1] + step <= NOW - 90 * MINUTE


def test_the_day_that_has_not_ended_has_its_cell(grafana: Grafana) -> None:
    midnight = NOW - NOW % DAY
    for series in _series(grafana, "service-levels", "Availability per day (grey: no data)"):
        days = [int(at) for at, _ in series["values"]]
        assert days == [midnight - DAY * ago for ago in range(90, -1, -1)]
        known = [value != "NaN" for _, value in series["values"]]
        wanted = 0 if series["metric"]["service"] == "wiki" else 31
        assert known == [False] * (91 - wanted) + [True] * wanted


def test_a_strip_of_days_is_drawn_in_its_first_hour(grafana: Grafana) -> None:
    early = grafana.at(TIMES[0] + HOUR)
    strip = {
        series["metric"]["service"]: [value for _, value in series["values"]]
        for series in _series(early, "service-levels", "Availability per day (grey: no data)")
    }
    assert strip["mail"] == ["NaN"] * 90 + ["0.98"]
    assert strip["wiki"] == ["NaN"] * 91


def test_a_host_that_went_silent_is_told(grafana: Grafana) -> None:
    assert _values(grafana, "server-health", "Silent") == {"": 1}
    assert _values(grafana, "server-health", "Reporting") == {"": 2}
    worst = _values(grafana, "server-health", "Fleet, worst first")
    assert worst == _values(grafana, "server-health", "Fleet, worst first", 1)
    assert [*_values(grafana, "server-health", "Silent hosts")] == [SILENT]


def test_a_collector_without_hardware_does_not_fail(grafana: Grafana) -> None:
    assert _values(grafana, "uptime-ledger-itself", "Processes", 4) == {"web-1:9710": 1}


def test_an_outage_is_told_beside_the_change_of_its_host_that_it_followed(grafana: Grafana) -> None:
    table = "Outages within a day after a change"
    followed = _values(grafana, "changes", table)
    # Four hours after the boot the earlier outage of the mail had begun; the wiki's was before it.
    assert followed["db-1 O-MAILEARLIER mail rebooted"] == 140 * MINUTE
    assert followed["db-1 O-MAILOPENNOW mail package: upgrade"] == 35 * MINUTE
    assert not any(BLIP in row for row in followed)


def test_a_rule_says_whether_it_fires_and_for_how_long_it_did(grafana: Grafana) -> None:
    place = "Rules: Service levels: outages and burn rates"
    read = [_values(grafana, "alerts", place, number) for number in range(3)]
    down = "ServiceDown page"
    assert (read[1], read[2]) == ({down: 1}, {down: 1800})
    assert read[0]["ServiceDown whenever its expression holds page"] > 1000
    assert "HostFilesystemFillsUp pending ticket db-1:9100" in _values(
        grafana, "alerts", "Alerts of hosts and programs"
    )


def test_of_a_healthy_service_only_these_queries_are_empty(grafana: Grafana) -> None:
    asked = _empty(grafana, {"service": ["shop"]})
    empty = {(q.dashboard, q.place) for q in asked if not _of_quiet_rules(q)}
    assert empty == set(EMPTY_WHEN_HEALTHY)


# What only probes tell, and what only the recording rules do: burn rates, of the rules' alerts.
OURS = re.compile(r"\b(?:service|location):[\w:]+|\bservice_(?:up|probe_\w+|tls_\w+)\b|\bALERTS\w*")
NEEDS_OURS = {
    *(("service-levels", "Burn rate"), ("one-service", "Burn rate, and where its alerts stand")),
    *(("one-service", "Probe time by percentile"), ("one-service", "Probe time by phase")),
    *(("one-service", "By location"), ("one-service", "Certificate holds until")),
    *(("one-service", "Probes that fail now"), ("one-service", "Alerts now")),
    ("outages", "Alerts firing"),
}


def test_without_our_exporter_and_without_our_rules_the_pages_of_services_tell_all_else(
    grafana: Grafana,
) -> None:
    opened = {
        name: [grafana.open(name, {"one": [service]}) for service in SERVICES] for name in PAGES
    }
    empty = set()
    for query in queries():
        if query.dashboard in PAGES and not query.place.startswith("$"):
            bare = replace(query, expr=OURS.sub("nobody_tells", query.expr))
            if not any(grafana.ask(bare, chosen) for chosen in opened[query.dashboard]):
                empty.add((query.dashboard, query.place))
    assert empty == NEEDS_OURS


OF_HOSTS = ("server-health", "one-host", "probes", "changes", "uptime-ledger-itself")


def test_on_node_exporter_and_blackbox_exporter_the_pages_of_hosts_and_probes_tell_all_else(
    grafana: Grafana,
) -> None:
    told: dict[str, set[str]] = {name: set() for name in OF_HOSTS}
    missed: dict[str, set[str]] = {name: set() for name in OF_HOSTS}
    for page in OF_HOSTS:
        chosen = grafana.open(page)
        for query in (q for q in queries() if q.dashboard == page and q.place[0] != "$"):
            bare = replace(query, expr=NOBODY_ELSE_TELLS.sub("nobody_tells", query.expr))
            (told if grafana.ask(bare, chosen) else missed)[page].add(query.place)
    wanted = {name: NEEDS_EXPORTER.get(name, set()) - {"$location"} for name in OF_HOSTS}
    assert {name: missed[name] - told[name] for name in OF_HOSTS} == wanted


def test_a_reader_chooses_by_agreement_and_by_label(grafana: Grafana) -> None:
    offered = grafana.open("service-levels", {"label": ["of=office"], "agreement": ["y"]})
    assert offered["service"] == "(mail|wiki)"
    with pytest.raises(AssertionError, match="service has no values"):
        grafana.open("service-levels", {"label": ["of=offic"]})
