"""What the engine's pages show."""

from collections.abc import Mapping
from datetime import datetime

from sla_engine.accounting.host_health import with_health
from sla_engine.accounting.report import report
from sla_engine.accounting.service_levels import status_rows
from sla_engine.app.context import now
from sla_engine.app.engine import Engine
from sla_engine.domain.period import parse_period
from sla_engine.reports import CONTENT_TYPES, HEALTHY, REPORTS, STRIPS
from sla_engine.web.routes import Document, Pages
from sla_engine.web.status import render_status


def pages(engine: Engine) -> Pages:
    """Return the pages of a running engine."""

    def status() -> str:
        (context, levels), at = engine.shown, now()
        rows = status_rows(context.books, levels, at)
        local = datetime.fromtimestamp(at / 1000, context.catalogue.timezone)
        generated = f"{local:%Y-%m-%d %H:%M:%S %Z}"
        return render_status(context.catalogue.organization, rows, generated, "current window")

    def document(query: Mapping[str, str]) -> Document:
        context, at = engine.context, now()
        period = parse_period(query.get("period", "this-month"), context.catalogue.timezone, at)
        style = query.get("format", "html" if "html" in REPORTS else "text")
        if style not in REPORTS:
            raise ValueError(f"{style!r} is no format; valid: {', '.join(sorted(REPORTS))}")
        services = [name for name in query.get("services", "").split(",") if name]
        unknown = set(services) - {service.id for service in context.catalogue.services}
        if unknown:
            raise ValueError(f"no service {', '.join(sorted(unknown))}")
        made = report(context.books, period, at, services, strips=style in STRIPS)
        if style in HEALTHY:
            made = with_health(made, context.client, at)
        body = REPORTS[style](made)
        return Document(body, CONTENT_TYPES[style])

    return Pages(engine.exposition, engine.unready, status, document)
