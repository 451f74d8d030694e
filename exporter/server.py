"""HTTP: /metrics, /targets, /probe, health and a start page."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from time import time

from aiohttp import web

from exporter.health import Health
from exporter.host.scrape import Host
from exporter.probes.transport.run import Network
from exporter.services import pages
from exporter.services.probe_endpoint import NoSuchTargetError, find, probe_now
from exporter.services.store import Store
from uptime_common.exposition import CONTENT_TYPES, EOF, Style
from uptime_common.negotiate import exposed, style_of

_DEBUGS_AT_ONCE = 10


@dataclass(frozen=True, slots=True)
class About:
    """What the start page tells."""

    version: str
    location: str


class Server:
    """The handlers."""

    def __init__(
        self, store: Store, health: Health, host: Host, network: Network, about: About
    ) -> None:
        self._store = store
        self._health = health
        self._host = host
        self._network = network
        self._about = about
        self._debugs = asyncio.Semaphore(_DEBUGS_AT_ONCE)

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        handlers: dict[str, Callable[[web.Request], Awaitable[web.StreamResponse]]] = {
            "/": self._index,
            "/metrics": self._metrics,
            "/targets": self._targets,
            "/probe": self._probe,
            "/-/healthy": self._fine,
            "/-/ready": self._fine,
        }
        return [web.get(path, handler) for path, handler in handlers.items()]

    async def _metrics(self, request: web.Request) -> web.Response:
        return await exposed(request, self._parts)

    async def _parts(self, style: Style) -> AsyncIterator[bytes]:
        yield (await self._host.scrape(style)).encode()
        for part in self._store.render(style, time()):
            yield part
        yield self._health.render(style).encode()

    async def _targets(self, request: web.Request) -> web.Response:
        now = time()
        self._store.expire(now)
        states = [pages.state(entry, now) for entry in self._store.entries()]
        if "application/json" in request.headers.get("Accept", "") or "json" in request.query:
            return web.json_response(states)
        return web.Response(text=pages.targets(states), content_type="text/html")

    async def _probe(self, request: web.Request) -> web.Response:
        style = style_of(request.headers.get("Accept", ""))
        query = request.query
        try:
            entry = find(self._store.entries(), query.get("target", ""), query.get("module", ""))
        except NoSuchTargetError as error:
            return web.Response(status=404, text=f"{error}\n")
        async with self._debugs:
            log, text = await probe_now(entry, self._network, style)
        if query.get("debug", "") == "true":
            told = "\n".join(log)
            return web.Response(text=f"Log of the probe:\n{told}\n\nMetrics:\n{text}")
        end = EOF if style == "openmetrics" else ""
        return web.Response(
            body=(text + end).encode(), headers={"Content-Type": CONTENT_TYPES[style]}
        )

    async def _index(self, _request: web.Request) -> web.Response:
        about, count = self._about, len(self._store.entries())
        text = pages.index(about.version, about.location, count)
        return web.Response(text=text, content_type="text/html")

    async def _fine(self, _request: web.Request) -> web.Response:
        return web.Response(text="OK\n")
