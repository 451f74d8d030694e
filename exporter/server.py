"""HTTP: /metrics, health and an index page."""

import asyncio
from collections.abc import Callable
from time import time

from aiohttp import web

from exporter.family import CONTENT_TYPES, EOF, Style
from exporter.host import Host
from exporter.metrics import Health
from exporter.store import Store

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Uptime Ledger exporter</title>
<style>
body {{font: 16px/1.5 system-ui, sans-serif; margin: 3rem auto; max-width: 40rem}}
</style>
<h1>Uptime Ledger exporter</h1>
<p>Version {version}, location <b>{location}</b>, {targets} probes.</p>
<ul><li><a href="/metrics">Metrics</a></li>
<li><a href="/-/healthy">Healthy</a>, <a href="/-/ready">ready</a></li></ul></html>
"""


class Server:
    """The handlers; ``page`` gives the index page."""

    def __init__(self, store: Store, health: Health, host: Host, page: Callable[[], str]) -> None:
        self._store = store
        self._health = health
        self._host = host
        self._page = page

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        return [
            web.get("/", self._index),
            web.get("/metrics", self._metrics),
            web.get("/-/healthy", self._fine),
            web.get("/-/ready", self._fine),
        ]

    async def _metrics(self, request: web.Request) -> web.Response:
        style = negotiate(request.headers.get("Accept", ""))
        host = await asyncio.to_thread(self._host.collect, style)
        text = host + self._store.render(style, time()) + self._health.render(style)
        if style == "openmetrics":
            text += EOF
        return web.Response(body=text.encode(), headers={"Content-Type": CONTENT_TYPES[style]})

    async def _index(self, _request: web.Request) -> web.Response:
        return web.Response(text=self._page(), content_type="text/html")

    async def _fine(self, _request: web.Request) -> web.Response:
        return web.Response(text="OK\n")


def page(version: str, location: str, targets: int) -> str:
    """Return the index page."""
    return _PAGE.format(version=version, location=location, targets=targets)


def negotiate(accept: str) -> Style:
    """Return the style that a client prefers of those that we speak, by its Accept header."""
    best: tuple[float, Style] = (0.0, "text")
    for item in accept.split(","):
        kind, *parameters = (part.strip() for part in item.split(";"))
        quality = next((p[2:] for p in parameters if p.startswith("q=")), "1")
        style: Style = "openmetrics" if kind == "application/openmetrics-text" else "text"
        known = style == "openmetrics" or kind in ("text/plain", "text/*", "*/*")
        weight = float(quality) if known and quality.replace(".", "", 1).isdigit() else 0.0
        if weight > best[0]:
            best = weight, style
    return best[1]
