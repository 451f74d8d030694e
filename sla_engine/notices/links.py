"""Where to look next: the pages that show an outage, with its time."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from urllib.parse import quote, urlencode, urlsplit

from service_catalogue import Catalogue, Service
from sla_engine.domain.interval import Interval
from sla_engine.prometheus import promql

ONE_SERVICE, OUTAGES = "uptime-ledger-service", "uptime-ledger-outages"
"""The pages of Grafana that show one service, and the outages of several."""
_AROUND = 15 * 60_000
_MANY = 5  # services that a link names
_LOCAL = ("127.", "localhost", "[::1]")


def links(catalogue: Catalogue, services: Sequence[str], lasted: Interval) -> list[tuple[str, str]]:
    """Return label and URL of the pages that show services while they were down.

    Those of the engine and of Grafana where the catalogue says where they are, Prometheus' graph
    where its address is not this machine's own.
    """
    return list(_links(catalogue, services, lasted))


def _links(
    catalogue: Catalogue, services: Sequence[str], lasted: Interval
) -> Iterator[tuple[str, str]]:
    known = [found for name in services[:_MANY] if (found := catalogue.find(name))]
    around = Interval(lasted.start - _AROUND, lasted.end + _AROUND)
    if catalogue.external_url:
        base = catalogue.external_url.rstrip("/")
        day = datetime.fromtimestamp(lasted.start / 1000, catalogue.timezone).date().isoformat()
        query = urlencode({"period": day, "services": ",".join(s.id for s in known)}, safe=",")
        yield "Status", f"{base}/"
        yield "Outages of the day", f"{base}/report?{query}"
    if catalogue.grafana is not None:
        page, variable = (ONE_SERVICE, "one") if len(known) == 1 else (OUTAGES, "service")
        query = urlencode(
            [(f"var-{variable}", s.id) for s in known]
            + [("from", str(around.start)), ("to", str(around.end))]
        )
        yield "Dashboard", f"{catalogue.grafana.url.rstrip('/')}/d/{page}?{query}"
    server = urlsplit(catalogue.prometheus.url)
    if known and not server.netloc.startswith(_LOCAL) and (query := _expression(known)):
        until = datetime.fromtimestamp(around.end / 1000, UTC)
        graph = {
            "g0.expr": query,
            "g0.tab": "0",
            "g0.range_input": f"{around.length // 1000}s",
            "g0.end_input": f"{until:%Y-%m-%d %H:%M:%S}",
        }
        yield (
            "Prometheus",
            f"{catalogue.prometheus.url.rstrip('/')}/graph?{urlencode(graph, quote_via=quote)}",
        )


def _expression(services: Sequence[Service]) -> str:
    probed = [service.id for service in services if service.method == "probes"]
    if probed:
        return promql.service_up(probed)
    sli = services[0].sli
    return (sli.promql or "") if sli is not None else ""
