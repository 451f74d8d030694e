"""Commands that look after the ledger itself: recompute, verify, export, import."""

import argparse
import sys
from pathlib import Path

from sla_engine.app.context import chosen_period, chosen_services, now, opened, opened_ledger
from sla_engine.app.errors import JobError, UsageError
from sla_engine.domain.interval import Interval
from sla_engine.domain.outage import OutageSpan, outage_id
from sla_engine.domain.outage_changes import Change
from sla_engine.domain.period import rfc3339
from sla_engine.ledger import LedgerError
from sla_engine.ledger.audit import Head
from sla_engine.measurement import recompute as job
from sla_engine.prometheus import PrometheusError


def recompute(options: argparse.Namespace) -> int:
    """``sla-engine recompute``."""
    with opened(options) as context:
        at = now()
        chosen = chosen_period(options, context.catalogue, at)
        services = chosen_services(context.catalogue, options.services)
        try:
            done = job.recompute(
                context.catalogue,
                context.client,
                context.ledger,
                Interval(chosen.start, chosen.end),
                at,
                services=services,
            )
        except (PrometheusError, LedgerError) as error:
            raise JobError(f"{error}; what was derived so far is kept, run it again") from error
    for change in done.changes:
        sys.stdout.write(_change(change))
    for service in services:
        first = done.since.get(service.id)
        if first is None:
            sys.stdout.write(f"{service.id}: no samples in the period; kept as it was\n")
        elif first > chosen.start:
            sys.stdout.write(f"{service.id}: kept as it was up to {rfc3339(first)}: no samples\n")
    sys.stdout.write(f"{len(done.changes)} changes\n")
    return 0


def _change(change: Change) -> str:
    known = change.after or change.before
    name = outage_id(change.service, known.start) if known else ""
    before, after = _span(change.before), _span(change.after)
    return f"{name}  {change.service}  {change.kind}: {before} -> {after}\n"


def _span(stretch: OutageSpan | None) -> str:
    if stretch is None:
        return "none"
    return f"{rfc3339(stretch.start)}/{'open' if stretch.end is None else rfc3339(stretch.end)}"


def verify(options: argparse.Namespace) -> int:
    """``sla-engine verify``: exit code 1 when something was changed behind the ledger's back."""
    try:
        known = None if options.head is None else Head.parse(options.head)
    except ValueError as error:
        raise UsageError(f"--head: {error}") from error
    with opened_ledger(options.storage_ledger, create=False) as ledger:
        findings, head = ledger.verify(known), ledger.head()
    for finding in findings:
        sys.stdout.write(finding + "\n")
    if not findings:
        sys.stdout.write("the ledger is as it was written\n")
        sys.stdout.write(f"head of its audit chain, to be kept elsewhere: {head or 'none yet'}\n")
    return 1 if findings else 0


def export(options: argparse.Namespace) -> int:
    """``sla-engine export``: JSON lines to a file or to standard output."""
    with opened_ledger(options.storage_ledger, create=False) as ledger:
        try:
            if options.output is None:
                sys.stdout.buffer.writelines(ledger.export())
            else:
                with options.output.open("wb") as out:
                    out.writelines(ledger.export())
        except OSError as error:
            raise JobError(f"{options.output or 'standard output'}: {error.strerror}") from error
    return 0


def load(options: argparse.Namespace) -> int:
    """``sla-engine import``: an export into an empty ledger."""
    source: Path = options.file
    with opened_ledger(options.storage_ledger) as ledger:
        try:
            with source.open("rb") as lines:
                count = ledger.load(lines)
        except OSError as error:
            raise JobError(f"{source}: {error.strerror}") from error
    sys.stdout.write(f"{count} rows\n")
    return 0
