"""Where a reader looks further: the engine's pages, where people reach them."""

from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from sla_engine.domain.period import recognized, rfc3339
from sla_engine.domain.report import PeriodReport
from sla_engine.reports.language import language


def service_path(service: str) -> str:
    """Return the path of a service's page, under the engine's address."""
    return f"services/{quote(service, safe='')}"


def outage_path(service: str, start: int) -> str:
    """Return the path of an outage's page, by its service and start (ms UTC): it never changes."""
    return f"{service_path(service)}/outages/{rfc3339(start)}"


def links(report: PeriodReport) -> tuple[tuple[str, str], ...]:
    """Return label and URL of the pages of a report; none where the catalogue names no address."""
    if not report.external_url:
        return ()
    base = report.external_url.rstrip("/")
    query = {"period": recognized(report.period, ZoneInfo(report.timezone)).name}
    if report.named:
        query["services"] = ",".join(report.named)
    page = urlencode(query, safe=",")
    say = language(report)
    return (
        (say.phrase("Status"), f"{base}/"),
        (say.phrase("Report"), f"{base}/report?{page}"),
        ("PDF", f"{base}/report?{page}&format=pdf"),
    )
