"""What the engine's pages show."""

from collections.abc import Mapping

from sla_engine.accounting.report import make_report
from sla_engine.accounting.service_levels import status_rows
from sla_engine.app.context import now
from sla_engine.app.engine import Engine
from sla_engine.app.outage_view import outage_page
from sla_engine.app.service_view import service_page
from sla_engine.domain.period import parse_period
from sla_engine.reports import chosen_format
from sla_engine.web.detail import render_detail
from sla_engine.web.routes import Document, Pages
from sla_engine.web.status import render_status
from uptime_common import humanize
from uptime_common.shared_work import GivenUp, NobodyWaitsError


def pages(engine: Engine) -> Pages:
    """Return the pages of a running engine."""

    def status() -> str:
        (context, levels, faults), at = engine.published, now()
        rows = status_rows(context.books, levels, at, faults)
        generated = humanize.moment(at, context.catalogue.timezone)
        catalogue = context.catalogue
        begins = not engine.context.catalogue.is_written
        url = catalogue.prometheus.url if begins else None
        return render_status(catalogue.organization, rows, generated, "current window", url)

    def document(query: Mapping[str, str], given_up: GivenUp) -> Document:
        def proceed() -> None:
            if given_up():
                raise NobodyWaitsError

        context, at = engine.context, now()
        period = parse_period(query.get("period", "this-month"), context.catalogue.timezone, at)
        wanted = chosen_format(query.get("format", "html"))
        services = [name for name in query.get("services", "").split(",") if name]
        unknown = {name for name in services if context.catalogue.find(name) is None}
        if unknown:
            raise ValueError(f"no service {', '.join(sorted(unknown))}")
        made = make_report(
            context.books,
            period,
            at,
            (wanted,),
            client=context.client,
            services=services,
            proceed=proceed,
        )
        proceed()
        return Document(wanted.render(made), wanted.content_type)

    def service(name: str) -> str | None:
        page = service_page(engine.published, name, now())
        return None if page is None else render_detail(page)

    def outage(name: str, start: str) -> str | None:
        page = outage_page(engine.published, name, start, now())
        return None if page is None else render_detail(page)

    return Pages(engine.exposition, engine.unready, status, service, outage, document)
