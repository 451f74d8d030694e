"""HTTP: /metrics, /targets, /probe, health and a start page."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from time import time

from aiohttp import web

from exporter.health import Health
from exporter.host.scrape import Host, UnknownCollectorError
from exporter.host.wanted import BothFiltersError, Wanted, wanted_of
from exporter.probes.transport.run import Network
from exporter.services import pages
from exporter.services.probe_endpoint import NoSuchTargetError, find, probe_now
from exporter.services.store import Store
from uptime_common.exposition import CONTENT_TYPES, EOF, Style
from uptime_common.negotiate import exposed, style_of

_DEBUGS_AT_ONCE = 10
TAKEN = ("/targets", "/probe", "/-/healthy", "/-/ready", "/-/reload")
"""Paths at which there cannot be metrics."""


@dataclass(frozen=True, slots=True)
class Telemetry:
    """How metrics are served: where, to how many at a time (0: any), whether about ourselves."""

    path: str = "/metrics"
    max_requests: int = 40
    about_us: bool = True


@dataclass(frozen=True, slots=True)
class About:
    """What the start page tells, and how metrics are served."""

    version: str
    location: str
    telemetry: Telemetry = field(default_factory=Telemetry)


class Server:
    """The handlers."""

    def __init__(
        self, store: Store, health: Health, host: Host, network: Network, about: About
    ) -> None:
        self._scrapes = 0
        self._telemetry = about.telemetry
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
            self._telemetry.path: self._metrics,  # which may be "/", too
            "/targets": self._targets,
            "/probe": self._probe,
            "/-/healthy": self._fine,
            "/-/ready": self._fine,
        }
        return [web.get(path, handler) for path, handler in handlers.items()]

    async def _metrics(self, request: web.Request) -> web.Response:
        most = self._telemetry.max_requests
        if 0 < most <= self._scrapes:
            text = f"Limit of concurrent requests reached ({most}), try again later.\n"
            return web.Response(status=503, text=text)
        self._scrapes += 1
        try:
            wanted = wanted_of(request.query, self._host.enabled)
            return await exposed(request, partial(self._parts, wanted))
        except (UnknownCollectorError, BothFiltersError) as error:
            return web.Response(status=400, text=f"{error}\n")
        finally:
            self._scrapes -= 1

    async def _parts(self, wanted: Wanted, style: Style) -> AsyncIterator[bytes]:
        yield (await self._host.scrape(style, wanted.collectors)).encode()
        for part in self._store.render(style, time()) if wanted.probes else ():
            yield part
        if self._telemetry.about_us:
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
            if query.get("format", "blackbox") != "blackbox":
                return web.Response(status=400, text="format is blackbox, or left out\n")
        except NoSuchTargetError as error:
            return web.Response(status=404, text=f"{error}\n")
        async with self._debugs:
            blackbox = query.get("format", "") == "blackbox"
            log, text = await probe_now(entry, self._network, style, blackbox=blackbox)
        if query.get("debug", "") == "true":
            told = "\n".join(log)
            return web.Response(text=f"Log of the probe:\n{told}\n\nMetrics:\n{text}")
        end = EOF if style == "openmetrics" else ""
        return web.Response(
            body=(text + end).encode(), headers={"Content-Type": CONTENT_TYPES[style]}
        )

    async def _index(self, _request: web.Request) -> web.Response:
        about, count = self._about, len(self._store.entries())
        text = pages.index(about.version, about.location, count, self._telemetry.path)
        return web.Response(text=text, content_type="text/html")

    async def _fine(self, _request: web.Request) -> web.Response:
        return web.Response(text="OK\n")
