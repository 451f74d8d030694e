"""Every link of a notice leads somewhere."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from service_catalogue import Catalogue
from sla_engine.domain.interval import Interval
from sla_engine.domain.notice import Message
from sla_engine.domain.period import parse_period
from sla_engine.notices.links import ONE_SERVICE, OUTAGES, Links, Place, links
from sla_engine.notifiers.contract import plain
from sla_engine.reports.links import outage_path
from sla_engine.slack.blocks import render
from sla_engine.web.routes import REPORT_KEYS
from tests.catalogues import catalogue
from tests.notices.world import MINUTE, T0, Make

LASTED = Interval(T0, T0 + MINUTE)
ROOT = Path(__file__).parents[2]


def _catalogue(**more: Any) -> Catalogue:
    probed = {"id": "shop", "name": "Shop", "probes": [{"type": "tcp", "target": "a:1"}]}
    asked = {"id": "job", "name": "Job", "sli": {"promql": 'up{job="x"} > 0'}}
    where: dict[str, Any] = {
        "external_url": "https://uptime.example/",
        "grafana": {"url": "https://grafana.example"},
        "prometheus": {"url": "https://prometheus.example"},
    }
    return catalogue(services=[probed, asked], **(where | more))


def _links(book: Catalogue, services: list[str]) -> Links:
    return links(book, [Place(service, T0) for service in services], LASTED)


def test_the_engine_has_the_pages_and_the_period_that_are_linked() -> None:
    found = dict(_links(_catalogue(), ["shop", "job"]))
    asked = urlsplit(found["Outages of the day"])
    query = {name: values[0] for name, values in parse_qs(asked.query).items()}
    assert (asked.netloc, asked.path) == ("uptime.example", "/report")
    assert query.keys() <= set(REPORT_KEYS)
    assert query["services"] == "shop,job"
    period = parse_period(query["period"], _catalogue().timezone, T0 + 2 * MINUTE)
    assert period.start <= T0 < period.end
    assert urlsplit(found["Status"]).path == "/"


@pytest.mark.parametrize(
    ("services", "page", "variable"),
    [(["shop"], ONE_SERVICE, "var-one"), (["shop", "job"], OUTAGES, "var-service")],
)
def test_the_dashboard_exists_and_is_asked_for_the_service_and_its_time(
    services: list[str], page: str, variable: str
) -> None:
    asked = urlsplit(dict(_links(_catalogue(), services))["Dashboard"])
    query = parse_qs(asked.query)
    uids = {}
    for path in (ROOT / "grafana_dashboards/json").glob("*.json"):
        found = json.loads(path.read_text(encoding="utf-8"))
        uids[found["uid"]] = {one["name"] for one in found["templating"]["list"]}
    assert asked.path == f"/d/{page}"
    chosen = {name.removeprefix("var-") for name in query if name.startswith("var-")}
    assert chosen <= uids[page]
    assert query[variable] == services
    assert int(query["from"][0]) < T0 < int(query["to"][0])


def test_prometheus_is_asked_for_what_judged_the_service() -> None:
    for service, expression in (
        ("shop", 'service_up{service=~"shop"}'),
        ("job", 'up{job="x"} > 0'),
    ):
        asked = urlsplit(dict(_links(_catalogue(), [service]))["Prometheus"])
        assert parse_qs(asked.query)["g0.expr"] == [expression]


def test_what_nobody_can_reach_is_no_link() -> None:
    nowhere = _catalogue(
        external_url=None, grafana=None, prometheus={"url": "http://127.0.0.1:9090"}
    )
    assert _links(nowhere, ["shop"]) == ()
    assert [label for label, _ in _links(_catalogue(), ["gone"])] == ["Status", "Dashboard"]


def test_a_link_is_escaped_in_slack_and_whole_in_plain_text() -> None:
    url = "https://x.example/?a=1&b=<2|3>"
    message = Message("Shop is down", "down", links=(("Dashboard", url),))
    assert "<https://x.example/?a=1&amp;b=%3C2%7C3%3E|Dashboard>" in json.dumps(render(message))
    assert f"Dashboard: {url}" in plain(message)


def test_an_outage_carries_its_links(make: Make) -> None:
    world = make()
    world.catalogue = Catalogue.model_construct(
        **{**dict(world.catalogue), "external_url": "https://uptime.example"}
    )
    world.sender._books = world.sender._books._replace(catalogue=world.catalogue)
    world.change("opened", "s0", T0)
    world.drain()
    said = str(world.slack.roots()[0]["blocks"])
    assert f"https://uptime.example/{outage_path('s0', T0)}|Outage" in said


def test_what_several_services_share_in_runbooks_and_silences_is_one_link() -> None:
    probed = {
        "name": "S",
        "probes": [{"type": "tcp", "target": "a:1"}],
        "runbook": "https://w.example/r",
    }
    services = [probed | {"id": "a"}, probed | {"id": "b"}]
    silences = {"silences": {"url": "https://am.example"}}
    book = catalogue(
        services=services, maintenance=silences, prometheus={"url": "http://localhost:1"}
    )
    places = [Place("a", T0), Place("b", T0)]
    assert links(book, places, LASTED, silence=True) == (
        ("Runbook", "https://w.example/r"),
        ("Silence", "https://am.example/#/silences/new?filter=%7Bservice%3D~%22a%7Cb%22%7D"),
    )
    assert dict(links(book, places, LASTED)).keys() == {"Runbook"}
