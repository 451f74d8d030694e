"""``sla-engine rules``."""

import argparse
import sys
from pathlib import Path

from sla_engine.app.context import read_catalogue
from sla_engine.app.errors import JobError
from sla_engine.commands.flags import Subparsers, prometheus_flag, subcommand
from sla_engine.prometheus import Client
from sla_engine.prometheus.rule_file import rendered


def register(commands: Subparsers) -> None:
    """Add ``rules``."""
    command = subcommand(
        commands, "rules", rules, "recording rules of services without probes", ledger=False
    )
    prometheus_flag(command)
    command.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help="replaced only by rules that Prometheus accepts (default: standard output)",
    )


def rules(options: argparse.Namespace) -> int:
    """Print the rule file, or write it where ``--output`` says."""
    from sla_engine.app.rules import keep  # noqa: PLC0415 - it knows the running engine

    catalogue = read_catalogue(options)
    output: Path | None = options.output
    if output is None:
        sys.stdout.write(rendered(catalogue))
        return 0
    try:
        with Client(catalogue.prometheus) as client:
            changed = keep(output, catalogue, client)
    except OSError as error:
        raise JobError(f"{error.filename}: {error.strerror}") from error
    sys.stdout.write(f"{output}: {'written' if changed else 'up to date'}\n")
    return 0
