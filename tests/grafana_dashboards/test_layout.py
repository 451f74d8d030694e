"""The layout of each dashboard, and the rules of the community's dashboard linter."""

import itertools
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models import units
from grafana_foundation_sdk.models.dashboard import Dashboard

from grafana_dashboards.catalog import DASHBOARDS
from grafana_dashboards.queries import Query, metrics_of, panels, plain, queries

ALL = {name: plain(build()) for name, build in DASHBOARDS.items()}
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
# In Grafana 9.4 and every newer one.
TYPES = {
    *("timeseries", "stat", "gauge", "bargauge", "table"),
    *("state-timeline", "status-history", "text"),
}
# Metrics that describe a process or a host: their series are told apart by job and instance.
# A service is told apart by its own label, whichever replica reports it.
OF_PROCESSES = re.compile(r"(up|scrape_\w+|process_\w+|node_\w+|sla_engine_\w+|sla_exporter_\w+)")
# What is marked on the pages that are not about services.
NOTES = {
    "alerts": ["Alerts began"],
    "server-health": ["Boots"],
    "one-host": ["Boots"],
    "changes": [
        *("Boots", "Packages", "Outages", "Outages over"),
        *("Planned", "Planned over"),
    ],
    "uptime-ledger-itself": ["Starts"],
    "agreements": [],
    "executive": [],
}
# What is of no service: agreements, and months of owners; and what another service needs of it.
CHOSEN = (
    'service=~"$service|"',
    *('service=~"$service"', 'dependency=~"$service"'),
    *('owner=~"$owner"', 'agreement=~"$agreement"'),
)
register_default_plugins()
EVERY = pytest.mark.parametrize("name", ALL)


def _titled(name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    return ((panel["title"], panel) for panel in panels(ALL[name]))


@EVERY
def test_panels_do_not_overlap_and_stay_on_the_grid(name: str) -> None:
    taken: dict[tuple[int, int], str] = {}
    for panel in ALL[name]["panels"]:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24, panel["title"]
        for cell in itertools.product(range(at["w"]), range(at["h"])):
            place = (at["x"] + cell[0], at["y"] + cell[1])
            assert place not in taken, f"{panel['title']} lies on {taken[place]}"
            taken[place] = panel["title"]
    # No holes either: a line that does not fill its 24 columns is a mistake.
    assert len(taken) == 24 * (max(y for _, y in taken) + 1)


@EVERY
def test_ids_are_unique_and_titles_tell_panels_apart(name: str) -> None:
    ids = [panel["id"] for panel in ALL[name]["panels"]]
    titles = [title for title, _ in _titled(name)]
    assert len(ids) == len(set(ids))
    assert sorted(titles) == sorted(set(titles))


@EVERY
def test_a_panel_says_what_it_means(name: str) -> None:
    for title, panel in _titled(name):
        defaults = panel["fieldConfig"]["defaults"]
        assert title
        assert len(panel["description"]) > 30, title
        assert panel["type"] in TYPES, title
        assert defaults["unit"], title
        assert defaults["thresholds"]["steps"], title


@EVERY
def test_every_unit_is_one_that_grafana_knows(name: str) -> None:
    known = {unit for unit in vars(units).values() if isinstance(unit, str)}
    for title, panel in _titled(name):
        config = panel["fieldConfig"]
        asked = [p for override in config["overrides"] for p in override["properties"]]
        used = {config["defaults"]["unit"], *(p["value"] for p in asked if p["id"] == "unit")}
        assert {unit for unit in used if not unit.startswith("suffix:")} <= known, title


@EVERY
def test_grafanas_own_model_reads_it_back_unchanged(name: str) -> None:
    # The model has no field for a Prometheus annotation's texts.
    given = {key: value for key, value in ALL[name].items() if key != "annotations"}
    given = json.loads(json.dumps(given), object_hook=_with_what_the_model_adds)
    read = plain(Dashboard.from_json(given))
    assert {key: value for key, value in read.items() if key != "annotations"} == given


def _with_what_the_model_adds(part: dict[str, Any]) -> dict[str, Any]:
    """Give a variable and a panel the keys that the model writes and Grafana must not get."""
    if "skipUrlSync" in part:
        return part | {
            "id": "00000000-0000-0000-0000-000000000000",
            "auto": False,
            "auto_min": "10s",
            "auto_count": 30,
        }
    return part | {"repeatDirection": "h"} if "fieldConfig" in part else part


@EVERY
def test_lines_have_a_legend_and_queries_a_name(name: str) -> None:
    for title, panel in _titled(name):
        if panel["type"] in {"timeseries", "state-timeline", "status-history"}:
            assert panel["options"]["legend"]["showLegend"] is True, title
        if panel["type"] != "table":
            assert all(target["legendFormat"] for target in panel["targets"]), title


@EVERY
def test_every_data_source_is_the_variable(name: str) -> None:
    dashboard = ALL[name]
    first = dashboard["templating"]["list"][0]
    assert (first["type"], first["name"], first["label"], first["query"]) == (
        "datasource",
        "datasource",
        "Data source",
        "prometheus",
    )
    others = [
        *dashboard["templating"]["list"][1:],
        *dashboard["annotations"]["list"],
        *panels(dashboard),
        *(target for panel in panels(dashboard) for target in panel["targets"]),
    ]
    assert all(other["datasource"] == SOURCE for other in others)


@EVERY
def test_variables_follow_the_time_range(name: str) -> None:
    for variable in ALL[name]["templating"]["list"][1:]:
        assert variable["label"], variable["name"]
        assert variable["refresh"] == 2, variable["name"]


@EVERY
def test_links_carry_variables_and_time_range(name: str) -> None:
    dashboard = ALL[name]
    (link,) = dashboard["links"]
    assert (link["includeVars"], link["keepTime"], link["tags"]) == (True, True, dashboard["tags"])
    uids = {other["uid"] for other in ALL.values()}
    for target, address in _cell_links(name):
        assert address.startswith("/d/"), target
        uid, _, parameters = address.removeprefix("/d/").partition("?")
        assert uid in uids, target
        assert "${__url_time_range}" in parameters, target
        assert "${datasource:queryparam}" in parameters, target
        there = next(other for other in ALL.values() if other["uid"] == uid)
        known = {variable["name"] for variable in there["templating"]["list"]}
        chosen = set(re.findall(r"var-(\w+)=|\$\{(\w+):queryparam\}", parameters))
        assert {one or other for one, other in chosen} <= known, target
        assert parameters.startswith(("var-", "viewPanel=")), target


def _cell_links(name: str) -> Iterator[tuple[str, str]]:
    for title, panel in _titled(name):
        for override in panel["fieldConfig"]["overrides"]:
            for wanted in override["properties"]:
                if wanted["id"] == "links":
                    yield from ((title, link["url"]) for link in wanted["value"])


@EVERY
def test_a_dashboard_cannot_be_edited_in_place(name: str) -> None:
    dashboard = ALL[name]
    assert dashboard["editable"] is False
    assert dashboard["description"]
    assert [note["name"] for note in dashboard["annotations"]["list"]] == NOTES.get(
        name, ["Outages", "Outages over", "Planned", "Planned over"]
    )


def _of_our_own() -> Iterator[Query]:
    """Yield the queries but those of alert rules, which look at what the rules look at."""
    return (query for query in queries() if query.dashboard != "alerts")


def test_a_rate_is_taken_over_the_rate_interval() -> None:
    for query in _of_our_own():
        for function, duration in re.findall(
            r"\b(i?rate|increase)\((?:[^()\[]|\{[^}]*\})*\[([^\]]+)\]", query.expr
        ):
            assert duration == "$__rate_interval", f"{query.place}: {function}"


def test_a_counter_is_always_in_a_rate() -> None:
    rate = re.compile(
        r"\brate\(\w+_(?:total|bucket)\{[^}]*\}\[\$__rate_interval\](?: @ end\(\))?\)"
    )
    cores = re.compile(r'count(?: by \(instance\))? \(node_cpu_seconds_total\{[^}]*mode="idle"\}\)')
    for query in _of_our_own():
        bare = cores.sub("", rate.sub("", query.expr.replace("count(", "count (")))
        assert not re.search(r"_(?:total|bucket)\{", bare), query


def test_metrics_of_processes_are_chosen_by_job_and_instance() -> None:
    for query in _of_our_own():
        if query.place.startswith("$"):
            continue
        for metric in metrics_of(query.expr):
            if not OF_PROCESSES.fullmatch(metric):
                continue
            for matchers in re.findall(rf"\b{metric}\{{([^}}]*)\}}", query.expr):
                assert 'job=~"$job"' in matchers, query
                assert re.search(r'instance=~"\$(instance|host)"', matchers), query


def test_metrics_of_services_are_chosen_by_service() -> None:
    of_processes = {"server-health", "one-host", "uptime-ledger-itself"}
    for query in _of_our_own():
        if query.place.startswith("$") or query.dashboard in of_processes:
            continue
        if all(OF_PROCESSES.fullmatch(metric) for metric in metrics_of(query.expr)):
            continue
        for metric, matchers in re.findall(r"(\w*)\{([^}]*)\}", query.expr):
            if OF_PROCESSES.fullmatch(metric):
                continue
            assert any(chosen in matchers for chosen in CHOSEN), query
