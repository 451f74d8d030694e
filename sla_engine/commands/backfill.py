"""``sla-engine backfill``."""

import argparse
import sys

from rich.console import Console

from service_catalogue import Catalogue
from sla_engine.app.context import (
    chosen_period,
    ledger_url,
    now,
    opened,
    opened_client,
    read_catalogue,
)
from sla_engine.app.errors import JobError
from sla_engine.commands.flags import FROM, Subparsers, subcommand
from sla_engine.domain.interval import Interval
from sla_engine.domain.isolation import Fault
from sla_engine.domain.period import rfc3339
from sla_engine.ledger import LedgerError, is_there
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
    at, catalogue = now(), read_catalogue(options)
    chosen = chosen_period(options, catalogue, at)
    period = Interval(chosen.start, chosen.end)
    console = Console(stderr=True) if sys.stderr.isatty() else None
    if not is_there(ledger_url(options)):
        _reach(catalogue, at, console)
    with opened(options) as found:
        context = found.noted(at, whole=False)
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


def _reach(catalogue: Catalogue, at: int, console: Console | None) -> None:
    """Ask Prometheus anything: a ledger is made of what it has, and of nothing else.

    Raises:
        JobError: it does not answer, not after some tries either.
    """
    with opened_client(catalogue) as client:
        try:
            job.patiently(lambda: client.instant("vector(1)", at), console=console)
        except PrometheusError as error:
            raise JobError(f"{error}; no ledger was made, run it again") from error
