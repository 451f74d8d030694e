"""HTTP routes of the engine; what they show is handed in, so that no page knows the ledger."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass

from aiohttp import web

from uptime_common.exposition import Style
from uptime_common.negotiate import exposed

_PART = 1 << 20  # bytes of metrics between two turns of the event loop


@dataclass(frozen=True, slots=True)
class Document:
    """A report in some format, ready to be served."""

    body: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Pages:
    """What the routes show.

    ``metrics`` is called on the event loop and must be quick; the others run in threads.
    ``unready`` says in a few words why the engine cannot serve yet, or nothing.
    ``report`` gets the query's parameters and raises ValueError where they make no sense.
    """

    metrics: Callable[[Style], bytes]
    unready: Callable[[], str | None]
    status: Callable[[], str]
    report: Callable[[Mapping[str, str]], Document]


def routes(pages: Pages) -> list[web.RouteDef]:
    """Return the routes: status page, reports, metrics, health."""

    async def parts(style: Style) -> AsyncIterator[bytes]:
        text = pages.metrics(style)
        for start in range(0, len(text), _PART):
            yield text[start : start + _PART]

    async def metrics(request: web.Request) -> web.Response:
        return await exposed(request, parts)

    async def healthy(_request: web.Request) -> web.Response:
        return web.Response(text="Healthy.\n")

    async def ready(_request: web.Request) -> web.Response:
        reason = pages.unready()
        if reason is None:
            return web.Response(text="Ready.\n")
        return web.Response(text=f"Not ready: {reason}\n", status=503)

    async def status(_request: web.Request) -> web.Response:
        text = await asyncio.to_thread(pages.status)
        return web.Response(text=text, content_type="text/html")

    async def report(request: web.Request) -> web.Response:
        try:
            document = await asyncio.to_thread(pages.report, request.query)
        except ValueError as error:
            return web.Response(text=f"{error}\n", status=400)
        return web.Response(body=document.body, headers={"Content-Type": document.content_type})

    return [
        web.get("/", status),
        web.get("/report", report),
        web.get("/metrics", metrics),
        web.get("/-/healthy", healthy),
        web.get("/-/ready", ready),
    ]
