"""HTTP routes of the engine; what they show is handed in, so that no page knows the ledger."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from functools import partial

from aiohttp import web
from aiohttp.typedefs import Handler

from uptime_common.exposition import Style
from uptime_common.negotiate import exposed
from uptime_common.shared_work import GivenUp, SharedWork

_PART = 1 << 20  # bytes of metrics between two turns of the event loop
_REPORTS = 2  # reports at a time
_STATUSES = 8  # status pages, of which one is made for many
_DETAILS = 32  # pages of services and outages, made by two threads
REPORT_KEYS = ("period", "format", "services")
"""What a report's page may be asked for by."""


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
    ``service`` gets a service's id, ``outage`` that and the start that the address names; None
    says that there is no such page.
    ``report`` gets the query's parameters ``REPORT_KEYS``, and what says that nobody waits for it
    any more; it raises ValueError where they make no sense.
    """

    metrics: Callable[[Style], bytes]
    unready: Callable[[], str | None]
    status: Callable[[], str]
    service: Callable[[str], str | None]
    outage: Callable[[str, str], str | None]
    report: Callable[[Mapping[str, str], GivenUp], Document]


def routes(pages: Pages) -> list[web.RouteDef]:
    """Return the routes: status page, reports, metrics, health.

    Those who ask for the same page or report at the same time get the same.
    """
    statuses: SharedWork[str] = SharedWork("status pages", _STATUSES, threads=1)

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
        text = await statuses.result("status", lambda _: pages.status())
        return web.Response(text=text, content_type="text/html")

    service, outage = _details(pages)
    return [
        web.get("/", status),
        web.get("/services/{service}", service),
        web.get("/services/{service}/outages/{start}", outage),
        web.get("/report", _reporting(pages)),
        web.get("/metrics", metrics),
        web.get("/-/healthy", healthy),
        web.get("/-/ready", ready),
    ]


def _details(pages: Pages) -> tuple[Handler, Handler]:
    """Return the handlers of the pages of a service and of an outage."""
    details: SharedWork[str | None] = SharedWork("pages", _DETAILS, threads=2)

    async def shown(key: tuple[str, ...], make: Callable[[], str | None]) -> web.Response:
        text = await details.result(key, lambda _: make())
        if text is None:
            return web.Response(text="There is no such page; / lists every service.\n", status=404)
        return web.Response(text=text, content_type="text/html")

    async def service(request: web.Request) -> web.Response:
        name = request.match_info["service"]
        return await shown((name,), lambda: pages.service(name))

    async def outage(request: web.Request) -> web.Response:
        name, start = request.match_info["service"], request.match_info["start"]
        return await shown((name, start), lambda: pages.outage(name, start))

    return service, outage


def _reporting(pages: Pages) -> Handler:
    """Return the handler of reports: a few at a time, one for all who ask for the same."""
    reports: SharedWork[Document] = SharedWork("reports", _REPORTS)

    async def report(request: web.Request) -> web.Response:
        asked = {key: request.query[key] for key in REPORT_KEYS if key in request.query}
        work = partial(pages.report, asked)
        try:
            document = await reports.result(tuple(asked.items()), work)
        except ValueError as error:
            return web.Response(text=f"{error}\n", status=400)
        return web.Response(body=document.body, headers={"Content-Type": document.content_type})

    return report
