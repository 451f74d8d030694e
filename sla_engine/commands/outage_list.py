"""``sla-engine outages list``: the ledger's outages as people read them, newest first."""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from datetime import tzinfo
from typing import NamedTuple

from service_catalogue import Service
from sla_engine.accounting.figures import as_of, facts_of
from sla_engine.accounting.report_age import outage_ages
from sla_engine.app.context import Context, chosen_period, chosen_services, now, opened
from sla_engine.app.errors import UsageError
from sla_engine.commands.flags import FROM, Subparsers, service_flag, subcommand
from sla_engine.domain.availability import shares
from sla_engine.domain.interval import Interval
from sla_engine.domain.outage import Outage
from sla_engine.domain.period import rfc3339
from sla_engine.ledger import Ledger
from uptime_common import humanize
from uptime_common.duration import parse_duration
from uptime_common.failure import Failures, failure_words
from uptime_common.tables import lines
from uptime_common.terminal import width

_HEAD = ("Id", "Service", "Began", "Ended", "Lasted", "Class", "Cause")


class Listed(NamedTuple):
    """An outage of a service, and what the accounting makes of it; empty where it is not owed.

    ``until`` is when it ended, or how far it is known to last (ms UTC); ``is_stale`` says that it
    is open and that the data ended too long ago to say whether it still is.
    """

    service: Service
    outage: Outage
    kind: str
    until: int
    is_stale: bool = False
    why: Failures | None = None


def register(actions: Subparsers) -> None:
    """Add ``outages list``."""
    command = subcommand(actions, "list", list_outages, "list outages, newest first")
    command.add_argument("--from", dest="start", metavar="TIME", help=FROM)
    command.add_argument("--to", dest="end", metavar="TIME", help="(default: all outages)")
    command.add_argument("--since", metavar="DURATION", help="such as 7d: down since then")
    command.add_argument("--open", action="store_true", help="only those that are not over")
    command.add_argument(
        "--class", dest="kind", choices=("planned", "unplanned", "overrun"), help="only these"
    )
    command.add_argument("--limit", type=int, metavar="NUMBER", help="at most the newest so many")
    command.add_argument(
        "--format", choices=("text", "json"), default="text", help="(default: %(default)s)"
    )
    service_flag(command)


def list_outages(options: argparse.Namespace) -> int:
    """``sla-engine outages list``: newest first."""
    if options.limit is not None and options.limit < 1:
        raise UsageError("--limit: at least 1")
    at = now()
    with opened(options) as context:
        period = _period(context, options, at)
        services = chosen_services(context.catalogue, options.services)
        if not options.services:
            services += context.catalogue.left
        found = [
            one._replace(why=why_of(context.ledger, one.outage, at))
            for one in _outages(context, services, period, at)
        ]
        zone = context.catalogue.timezone
    chosen = [
        one
        for one in found
        if (options.kind in (None, one.kind)) and not (options.open and one.outage.end is not None)
    ]
    shown = chosen[: options.limit]
    render = _json(shown) if options.format == "json" else _text(shown, len(chosen), zone)
    sys.stdout.write(render)
    return 0


def _period(context: Context, options: argparse.Namespace, at: int) -> Interval:
    if options.since is not None:
        if options.start is not None or options.end is not None:
            raise UsageError("give either --since or --from")
        try:
            return Interval(at - parse_duration(options.since), at)
        except ValueError as error:
            raise UsageError(f"--since: {error}") from error
    if options.start is None and options.end is None:
        return Interval(0, at)
    chosen = chosen_period(options, context.catalogue, at)
    return Interval(chosen.start, chosen.end)


def _outages(
    context: Context, services: Sequence[Service], period: Interval, at: int
) -> list[Listed]:
    """Return the outages that touch a period, each as it is accounted for as a whole."""
    histories = context.ledger.histories(period, [service.id for service in services])
    spans = {name: history.outages for name, history in histories.items() if history.outages}
    if not spans:
        return []
    known = as_of(context.ledger, at)
    first = min(one.start for found in spans.values() for one in found)
    hurt = [service for service in services if service.id in spans]
    facts = facts_of(context.books, Interval(first, max(known, first + 1)), hurt, events=False)
    found = []
    age = outage_ages(context.books, at)
    for service in hurt:
        judged = {one.outage.start: one for one in shares(facts[service.id], known)}
        corrected = {one.start: one for one in facts[service.id].outages}
        for span in spans[service.id]:
            outage = corrected.get(span.start, Outage(service.id, *span))
            share = judged.get(span.start)
            kind = "" if share is None else share.kind
            found.append(Listed(service, outage, kind, *age(service, outage)))
    return sorted(found, key=lambda one: (-one.outage.start, one.service.id))


def why_of(ledger: Ledger, outage: Outage, at: int) -> Failures | None:
    """Return how probes failed when an outage began, as far as anybody asked; ``at`` is now."""
    lasted = outage.until(at)
    span = Interval(lasted.start, max(lasted.end, lasted.start + 1))
    return ledger.reasons.of(outage.service, span)


def _text(outages: Sequence[Listed], matching: int, zone: tzinfo) -> str:
    if not outages:
        return "no outages\n"
    rows = [tuple(_cells(one, zone)) for one in outages]
    found = [*lines(_HEAD, rows, width(sys.stdout))]
    if len(outages) < matching:
        found.append(f"and {matching - len(outages)} older")
    return "\n".join(found) + "\n"


def _cells(one: Listed, zone: tzinfo) -> Iterator[str]:
    outage = one.outage
    yield outage.id
    same = one.service.name.casefold() == one.service.id
    yield one.service.id if same else f"{one.service.name} ({one.service.id})"
    yield humanize.moment(outage.start, zone)
    yield _ended(one, zone)
    yield humanize.duration(one.until - outage.start)
    yield one.kind or "not owed"
    cause = outage.cause or (failure_words(one.why) if one.why else "-")
    yield f"{cause}{f' ({outage.ticket})' if outage.ticket else ''}"


def _ended(one: Listed, zone: tzinfo) -> str:
    if one.outage.end is not None:
        return humanize.moment(one.outage.end, zone)
    stale = f", stale: as of {humanize.moment(one.until, zone)}"
    return f"still open{stale if one.is_stale else ''}"


def _json(outages: Sequence[Listed]) -> str:
    items = [
        {
            "id": one.outage.id,
            "service": one.service.id,
            "name": one.service.name,
            "start": rfc3339(one.outage.start),
            "end": None if one.outage.end is None else rfc3339(one.outage.end),
            "duration_seconds": (one.until - one.outage.start) / 1000,
            "data_until": rfc3339(one.until) if one.outage.end is None else None,
            "stale": one.is_stale,
            "class": one.kind or None,
            "cause": one.outage.cause,
            "ticket": one.outage.ticket,
            "why": one.why and failure_words(one.why),
            "failures": [] if one.why is None else [failed._asdict() for failed in one.why.failed],
        }
        for one in outages
    ]
    return json.dumps(items, indent=2) + "\n"
