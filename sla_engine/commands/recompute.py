"""``sla-engine recompute``."""

import argparse
import sys

from sla_engine.app.context import chosen_period, chosen_services, now, opened
from sla_engine.app.errors import JobError, UsageError
from sla_engine.commands.flags import FROM, Subparsers, actor_of, service_flag, subcommand
from sla_engine.domain.interval import Interval
from sla_engine.domain.isolation import Fault
from sla_engine.domain.outage import OutageSpan, outage_id
from sla_engine.domain.outage_changes import Change
from sla_engine.domain.period import rfc3339
from sla_engine.ledger import LedgerError
from sla_engine.measurement import recompute as job
from sla_engine.prometheus import PrometheusError


def register(commands: Subparsers) -> None:
    """Add ``recompute``."""
    command = subcommand(commands, "recompute", recompute, "derive a period anew")
    command.add_argument("--from", dest="start", required=True, metavar="TIME", help=FROM)
    command.add_argument("--to", dest="end", metavar="TIME", help="(default: now)")
    service_flag(command)
    command.add_argument(
        "--forget",
        action="store_true",
        help="also what samples no longer show: needs --from, --to and --reason",
    )
    command.add_argument("--author", metavar="NAME", help="(default: who is logged in)")
    command.add_argument("--reason", metavar="TEXT", help="why it is forgotten, for the record")


def recompute(options: argparse.Namespace) -> int:
    """``sla-engine recompute``.

    Raises:
        JobError: nothing, or not all, could be derived; the message names what could not.
    """
    forget = _forget(options)
    faults: dict[str, Fault] = {}
    with opened(options) as found:
        at = now()
        context = found.noted(at, whole=False)
        chosen = chosen_period(options, context.catalogue, at)
        services = chosen_services(context.catalogue, options.services)
        try:
            done = job.recompute(
                context.books,
                context.client,
                Interval(chosen.start, chosen.end),
                at,
                services=services,
                forget=forget,
                faults=faults,
            )
        except (PrometheusError, LedgerError) as error:
            raise JobError(f"{error}; what was derived so far is kept, run it again") from error
    for change in done.changes:
        sys.stdout.write(_change(change))
    for service in () if forget else [s for s in services if s.id not in faults]:
        first = done.since.get(service.id)
        if first is None:
            sys.stdout.write(f"{service.id}: no samples in the period; kept as it was\n")
        elif first > chosen.start:
            sys.stdout.write(f"{service.id}: kept as it was up to {rfc3339(first)}: no samples\n")
    sys.stdout.write(f"{len(done.changes)} changes\n")
    if faults:
        said = "; ".join(f"{service}: {fault.text}" for service, fault in sorted(faults.items()))
        raise JobError(f"derived but for {said}")
    return 0


def _forget(options: argparse.Namespace) -> job.Forget | None:
    """Return who lets go what is known, and why; None without ``--forget``.

    Raises:
        UsageError: the period or the reason is missing, or a reason is for nothing.
    """
    if not options.forget:
        if options.reason is not None or options.author is not None:
            raise UsageError("--reason and --author go with --forget")
        return None
    if options.end is None or not (options.reason or "").strip():
        raise UsageError("--forget needs --from, --to and --reason")
    by = actor_of(options)
    return job.Forget(by.author, options.reason.strip(), by.login)


def _change(change: Change) -> str:
    known = change.after or change.before
    name = outage_id(change.service, known.start) if known else ""
    before, after = _span(change.before), _span(change.after)
    return f"{name}  {change.service}  {change.kind}: {before} -> {after}\n"


def _span(span: OutageSpan | None) -> str:
    if span is None:
        return "none"
    return f"{rfc3339(span.start)}/{'open' if span.end is None else rfc3339(span.end)}"
