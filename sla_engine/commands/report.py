"""Commands that read the ledger."""

import argparse
import json
import sys
from dataclasses import replace

from pydantic import TypeAdapter, ValidationError

from service_catalogue.base import Language
from sla_engine.accounting import report as job
from sla_engine.accounting.host_health import with_health
from sla_engine.app.context import (
    Context,
    chosen_period,
    chosen_services,
    now,
    opened,
    write_output,
)
from sla_engine.app.errors import JobError, UsageError
from sla_engine.domain.interval import Interval
from sla_engine.domain.outage import Outage
from sla_engine.domain.period import rfc3339
from sla_engine.reports import HEALTHY, REPORTS, STRIPS, MissingExtraError
from uptime_common.duration import format_duration


def report(options: argparse.Namespace) -> int:
    """``sla-engine report``."""
    language = _language(options.language)
    with opened(options) as context:
        at = now()
        period = chosen_period(options, context.catalogue, at)
        services = [s.id for s in chosen_services(context.catalogue, options.services)]
        result = job.frozen_report(
            context.catalogue,
            context.ledger,
            period,
            at,
            services,
            strips=options.format in STRIPS,
        )
        result = replace(result, language=language)
        if options.format in HEALTHY:
            result = with_health(result, context.client, at)
        try:
            body = REPORTS[options.format](result)
        except MissingExtraError as error:
            raise JobError(str(error)) from error
    write_output(body, options.output)
    return 0


def _language(name: str) -> str:
    """Return the name of a language that reports can be written in."""
    try:
        return TypeAdapter(Language).validate_python(name)
    except ValidationError as error:
        raise UsageError(f"--language: {error.errors()[0]['ctx']['error']}") from error


def list_outages(options: argparse.Namespace) -> int:
    """``sla-engine outages list``: newest first."""
    with opened(options) as context:
        outages = _outages(context, options)
        at = now()
    render = _json if options.format == "json" else _text
    sys.stdout.write(render(outages, at))
    return 0


def _outages(context: Context, options: argparse.Namespace) -> list[Outage]:
    at = now()
    if options.start is None and options.end is None:
        period = Interval(0, at)
    else:
        chosen = chosen_period(options, context.catalogue, at)
        period = Interval(chosen.start, chosen.end)
    services = [s.id for s in chosen_services(context.catalogue, options.services)]
    histories = context.ledger.histories(period, services)
    found = [Outage(s, *stretch) for s, history in histories.items() for stretch in history.outages]
    return sorted(found, key=lambda outage: (-outage.start, outage.service))


def _text(outages: list[Outage], at: int) -> str:
    if not outages:
        return "no outages\n"
    rows = [("ID", "SERVICE", "START", "END", "DURATION")]
    rows += [
        (
            o.id,
            o.service,
            rfc3339(o.start),
            "open" if o.end is None else rfc3339(o.end),
            format_duration(o.until(at).length),
        )
        for o in outages
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
    return "\n".join(lines) + "\n"


def _json(outages: list[Outage], at: int) -> str:
    items = [
        {
            "id": o.id,
            "service": o.service,
            "start": rfc3339(o.start),
            "end": None if o.end is None else rfc3339(o.end),
            "duration_seconds": o.until(at).length / 1000,
        }
        for o in outages
    ]
    return json.dumps(items, indent=2) + "\n"
