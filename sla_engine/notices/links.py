"""Where to look next: the pages that show services and their outages, with their time."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import quote, urlencode, urlsplit

from service_catalogue import Catalogue, Service
from sla_engine.domain.interval import Interval
from sla_engine.prometheus import promql
from sla_engine.reports.language import PLAIN, Language
from sla_engine.reports.links import outage_path, service_path

ONE_SERVICE, OUTAGES = "uptime-ledger-service", "uptime-ledger-outages"
"""The pages of Grafana that show one service, and the outages of several."""
_AROUND = 15 * 60_000
_MANY = 5  # services that links name
_LOCAL = ("127.", "localhost", "[::1]")

Links = tuple[tuple[str, str], ...]
"""Labels with their URLs."""


class Place(NamedTuple):
    """A service, by its id, and the start (ms UTC) of its outage; None where there is none."""

    service: str
    start: int | None = None


def links(
    catalogue: Catalogue,
    places: Sequence[Place],
    lasted: Interval,
    *,
    silence: bool = False,
    say: Language = PLAIN,
) -> Links:
    """Return the pages that show services, with what they were doing in a time.

    Those of the engine and of Grafana where the catalogue says where they are, Prometheus' graph
    and, for what is still down (``silence``), Alertmanager's form where their addresses are not
    this machine's own.
    """
    known = [one for one in places if catalogue.find(one.service)][:_MANY]
    services = [catalogue.service(one.service) for one in known]
    around = Interval(lasted.start - _AROUND, lasted.end + _AROUND)
    found = [*_own(catalogue, known, lasted, say), *_dashboard(catalogue, services, around, say)]
    if services:
        found += [*_runbooks(services, say), *graph(catalogue, _expression(services), around)]
        found += _silence(catalogue, services, say) if silence else ()
    return tuple(found)


def links_of(
    catalogue: Catalogue,
    services: Sequence[str],
    lasted: Interval | None = None,
    say: Language = PLAIN,
) -> Links:
    """Return the links of what is no outage: a budget, blips or, without a time, planned work."""
    places = [Place(service) for service in services if catalogue.find(service)]
    if lasted is not None:
        return links(catalogue, places, lasted, say=say)
    known = [catalogue.service(one.service) for one in places]
    return (*_own(catalogue, places[:_MANY], None, say), *_runbooks(known[:_MANY], say))


def _own(
    catalogue: Catalogue, places: Sequence[Place], lasted: Interval | None, say: Language
) -> Iterator[tuple[str, str]]:
    """Yield the engine's own pages."""
    if not catalogue.external_url:
        return
    base = catalogue.external_url.rstrip("/")
    single = len(places) == 1
    for service, start in places:
        name = catalogue.service(service).name
        if start is not None:
            yield (
                (say.phrase("Outage") if single else name),
                f"{base}/{outage_path(service, start)}",
            )
        if single or start is None:
            yield (say.phrase("Service") if single else name), f"{base}/{service_path(service)}"
    if places and not single and lasted is not None:
        day = datetime.fromtimestamp(lasted.start / 1000, catalogue.timezone).date().isoformat()
        query = {"period": day, "services": ",".join(one.service for one in places)}
        yield say.phrase("Outages of the day"), f"{base}/report?{urlencode(query, safe=',')}"
    yield say.phrase("Status"), f"{base}/"


def _dashboard(
    catalogue: Catalogue, services: Sequence[Service], around: Interval, say: Language
) -> Iterator[tuple[str, str]]:
    if catalogue.grafana is None:
        return
    page, variable = (ONE_SERVICE, "one") if len(services) == 1 else (OUTAGES, "service")
    query = [(f"var-{variable}", service.id) for service in services]
    time = [("from", str(around.start)), ("to", str(around.end))]
    yield (
        say.phrase("Dashboard"),
        f"{catalogue.grafana.url.rstrip('/')}/d/{page}?{urlencode(query + time)}",
    )


def _runbooks(services: Sequence[Service], say: Language) -> Iterator[tuple[str, str]]:
    """Yield the runbooks of services, each once."""
    named: dict[str, list[str]] = {}
    for service in services:
        if service.runbook is not None:
            named.setdefault(service.runbook, []).append(service.name)
    for url, names in named.items():
        label = say.phrase("Runbook")
        yield (label if len(named) == 1 else f"{label}: {', '.join(names)}"), url


def graph(catalogue: Catalogue, query: str, period: Interval) -> Iterator[tuple[str, str]]:
    """Yield Prometheus' graph of a query over a period, where people can reach it."""
    url = catalogue.prometheus.url
    if not query or _is_local(url):
        return
    until = datetime.fromtimestamp(period.end / 1000, UTC)
    asked = {
        "g0.expr": query,
        "g0.tab": "0",
        "g0.range_input": f"{max(1, period.length // 1000)}s",
        "g0.end_input": f"{until:%Y-%m-%d %H:%M:%S}",
    }
    yield "Prometheus", f"{url.rstrip('/')}/graph?{urlencode(asked, quote_via=quote)}"


def _silence(
    catalogue: Catalogue, services: Sequence[Service], say: Language
) -> Iterator[tuple[str, str]]:
    """Yield Alertmanager's form for a silence of services, where people can reach it."""
    silences = catalogue.maintenance.silences
    if silences is None or _is_local(silences.url):
        return
    names = "|".join(service.id for service in services)
    matcher = f'{{service{"=~" if len(services) > 1 else "="}"{names}"}}'
    form = f"/#/silences/new?filter={quote(matcher, safe='')}"
    yield say.phrase("Silence"), f"{silences.url.rstrip('/')}{form}"


def _is_local(url: str) -> bool:
    """Say whether an address means another machine for everybody who reads it."""
    return urlsplit(url).netloc.rpartition("@")[2].startswith(_LOCAL)


def _expression(services: Sequence[Service]) -> str:
    probed = [service.id for service in services if service.method == "probes"]
    if probed:
        return promql.service_up(probed)
    sli = services[0].sli
    return (sli.promql or "") if sli is not None else ""
