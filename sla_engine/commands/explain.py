"""``sla-engine explain``."""

import argparse
import sys

from sla_engine.accounting.corrections import find_outage
from sla_engine.app.context import now, opened
from sla_engine.app.errors import JobError, known
from sla_engine.commands.flags import Subparsers, identified, subcommand
from sla_engine.measurement.explain import explain


def register(commands: Subparsers) -> None:
    """Add ``explain``."""
    identified(
        subcommand(
            commands,
            "explain",
            explain_outage,
            "show what makes an outage: samples, queries, windows, corrections",
        )
    )


def explain_outage(options: argparse.Namespace) -> int:
    """``sla-engine explain``."""
    with opened(options) as context:
        outage = known("outage", lambda: find_outage(context.ledger, options.id))
        if outage.service not in {service.id for service in context.catalogue.services}:
            raise JobError(f"{outage.id} is of {outage.service}, which the catalogue has no more")
        lines = list(explain(context.books, context.client, options.id, now()))
    sys.stdout.write("\n".join(lines) + "\n")
    return 0
