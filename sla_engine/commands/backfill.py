"""``sla-engine backfill``."""

import argparse
import sys

from rich.console import Console

from sla_engine.app.context import chosen_period, now, opened
from sla_engine.app.errors import JobError
from sla_engine.commands.flags import FROM, Subparsers, subcommand
from sla_engine.domain.interval import Interval
from sla_engine.domain.isolation import Fault
from sla_engine.domain.period import rfc3339
from sla_engine.ledger import LedgerError
from sla_engine.measurement import backfill as job
from sla_engine.prometheus import PrometheusError
from uptime_common.humanize import counted


def register(commands: Subparsers) -> None:
    """Add ``backfill``."""
    command = subcommand(
        commands, "backfill", backfill, "derive the past from Prometheus", creates=True
    )
    command.add_argument("--from", dest="start", required=True, metavar="TIME", help=FROM)
    command.add_argument("--to", dest="end", metavar="TIME", help="(default: now)")


def backfill(options: argparse.Namespace) -> int:
    """``sla-engine backfill``."""
    with opened(options) as found:
        at = now()
        context = found.noted(at, whole=False)
        chosen = chosen_period(options, context.catalogue, at)
        period = Interval(chosen.start, chosen.end)
        console = Console(stderr=True) if sys.stderr.isatty() else None
        faults: dict[str, Fault] = {}
        try:
            job.backfill(context.books, context.client, period, at, console=console, faults=faults)
        except (PrometheusError, LedgerError) as error:
            raise JobError(f"{error}; what was derived so far is kept, run it again") from error
    if faults:
        said = "; ".join(f"{service}: {fault.text}" for service, fault in sorted(faults.items()))
        raise JobError(f"derived but for {said}")
    services = counted(len(context.catalogue.services), "service")
    span = f"{rfc3339(period.start)}/{rfc3339(period.end)}"
    sys.stdout.write(f"derived {services}, {span}; next: sla-engine outages list\n")
    return 0
