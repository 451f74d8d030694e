"""``sla-engine explain``."""

import argparse
import sys

from sla_engine.app.context import now, opened
from sla_engine.app.errors import known
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
        at = now()
        lines = known(
            "outage", lambda: list(explain(context.books, context.client, options.id, at))
        )
    sys.stdout.write("\n".join(lines) + "\n")
    return 0
