"""What a scrape may ask for, as of node_exporter: some collectors, and not too much at a time."""

import asyncio
import threading
from collections.abc import Awaitable, Callable

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from exporter.collectors.support.api import Collector, System
from exporter.health import Health
from exporter.host.scrape import Host, HostOptions, UnknownCollectorError
from exporter.probes.transport.result import ProbeResult
from exporter.probes.transport.run import Network
from exporter.server import About, Server, Telemetry
from exporter.services.store import Store
from exporter.services.target import targets
from service_catalogue import Service
from tests.exporter.parsers import parsed
from uptime_common.exposition import Family, gauge

SHOP = Service.model_validate(
    {"id": "shop", "name": "Shop", "probes": [{"type": "tcp", "target": "shop:1"}]}
)
RELEASE = threading.Event()


def _collector(name: str) -> Collector:
    return Collector(lambda _system: [gauge(f"node_{name}", "x").value(1)])


def _slow(_system: System) -> list[Family]:
    RELEASE.wait(30)
    return []


REGISTRY = {
    **{name: _collector(name) for name in ("one", "two", "off")},
    "slow": Collector(_slow),
}


def _served(
    ask: Callable[[Callable[[str], Awaitable[web.Response]]], Awaitable[list[web.Response]]],
    telemetry: Telemetry | None = None,
    *collectors: str,
) -> list[web.Response]:
    """Return the answers that ``ask(get)`` gathers from a server with a probed service."""

    async def main() -> list[web.Response]:
        store, network, health = Store("fra"), Network.open(), Health("1")
        store.replace([SHOP], targets([SHOP]))
        store.record(targets([SHOP])[0], ProbeResult(), 2e9)
        host = Host(HostOptions(collectors or ("one", "two"), {}), REGISTRY)
        about = About("1", "fra", telemetry or Telemetry())
        server = Server(store, health, host, network, about)
        handlers = {route.path: route.handler for route in server.routes()}

        async def get(target: str) -> web.Response:
            handler = handlers[target.partition("?")[0]]
            answer = await handler(make_mocked_request("GET", target))
            assert isinstance(answer, web.Response)
            return answer

        try:
            return await ask(get)
        finally:
            health.close()
            host.close()
            await network.close()

    return asyncio.run(main())


def _text(query: str, telemetry: Telemetry | None = None, path: str = "/metrics") -> web.Response:
    async def ask(get: Callable[[str], Awaitable[web.Response]]) -> list[web.Response]:
        return [await get(f"{path}{query}")]

    return _served(ask, telemetry)[0]


def _names(answer: web.Response) -> set[str]:
    assert isinstance(answer.body, bytes)
    return set(parsed(answer.body.decode()))


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", {"node_one", "node_two", "service_up"}),
        ("?collect[]=one", {"node_one"}),
        ("?collect[]=one&collect[]=two&collect[]=one", {"node_one", "node_two"}),
        ("?collect[]=probes", {"service_up"}),
        ("?collect%5B%5D=two&collect%5B%5D=probes", {"node_two", "service_up"}),
        ("?exclude[]=one", {"node_two", "service_up"}),
        ("?exclude[]=one&exclude[]=probes", {"node_two"}),
        ("?exclude[]=unknown", {"node_one", "node_two", "service_up"}),
    ],
)
def test_a_scrape_chooses_collectors(query: str, shown: set[str]) -> None:
    names = _names(_text(query))
    assert names & {"node_one", "node_two", "service_up"} == shown
    assert {"sla_exporter_build_info", "node_exporter_build_info"} <= names


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("?collect[]=none", "missing collector: none"),
        ("?collect[]=off", "disabled collector: off"),
        ("?collect[]=one&exclude[]=two", "Combined collect and exclude queries are not allowed."),
    ],
)
def test_a_wrong_choice_is_told(query: str, message: str) -> None:
    answer = _text(query)
    assert (answer.status, answer.text) == (400, message + "\n")


def test_choices_that_nobody_makes_any_more_are_forgotten() -> None:
    async def main() -> int:
        names = [f"c{number}" for number in range(40)]
        host = Host(HostOptions(tuple(names), {}), {name: _collector(name) for name in names})
        for name in names:
            assert f"node_{name} 1\n" in await host.scrape("text", [name])
        with pytest.raises(UnknownCollectorError):
            await host.scrape("text", ["c0", "cpu"])
        host.close()
        return len(host._pages)

    assert asyncio.run(main()) < 20


def test_metrics_are_where_the_flag_says() -> None:
    assert "node_one" in _names(_text("", Telemetry("/host/metrics"), "/host/metrics"))
    index = _text("", Telemetry("/host/metrics"), "/")
    assert '<a href="/host/metrics">' in str(index.text)


def test_metrics_may_stand_at_the_root() -> None:
    assert "node_one" in _names(_text("", Telemetry("/"), "/"))


def test_nothing_is_told_about_ourselves_where_nobody_wants_it() -> None:
    names = _names(_text("", Telemetry(about_us=False)))
    assert {"node_one", "service_up", "node_exporter_build_info"} <= names
    assert not [name for name in names if name.startswith(("process_", "sla_exporter_"))]


@pytest.mark.parametrize(("most", "statuses"), [(1, [200, 503]), (2, [200, 200]), (0, [200, 200])])
def test_more_scrapes_than_allowed_are_sent_away(most: int, statuses: list[int]) -> None:
    async def ask(get: Callable[[str], Awaitable[web.Response]]) -> list[web.Response]:
        RELEASE.clear()
        first = asyncio.ensure_future(get("/metrics"))
        await asyncio.sleep(0)
        second = asyncio.ensure_future(get("/metrics"))
        await asyncio.sleep(0)
        RELEASE.set()
        return [await first, await second, await get("/metrics")]

    answers = _served(ask, Telemetry(max_requests=most), "slow")
    assert sorted(answer.status for answer in answers[:2]) == statuses
    assert answers[2].status == 200
    if 503 in statuses:
        text = "Limit of concurrent requests reached (1), try again later.\n"
        assert text in [answer.text for answer in answers if answer.status == 503]
