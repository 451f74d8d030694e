"""``sla-engine rules``."""

import argparse
import sys
from pathlib import Path

from sla_engine.app.context import read_catalogue
from sla_engine.app.errors import JobError
from sla_engine.commands.flags import Subparsers, prometheus_flag, subcommand
from sla_engine.prometheus import Client
from uptime_common import humanize


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
    """Print the rule file, or write it where ``--output`` says.

    Raises:
        JobError: it cannot be written, or some services go without rules; all others have theirs.
    """
    from sla_engine.app.rules import keep, rule_text  # noqa: PLC0415 - it knows the running engine

    catalogue = read_catalogue(options)
    output: Path | None = options.output
    left_out: dict[str, str] = {}
    if output is None:
        sys.stdout.write(rule_text(catalogue))
    else:
        try:
            with Client(catalogue.prometheus) as client:
                changed = keep(output, catalogue, client, left_out)
        except OSError as error:
            raise JobError(f"{error.filename}: {error.strerror}") from error
        sys.stdout.write(f"{output}: {'written' if changed else 'up to date'}\n")
    if left_out:
        said = "; ".join(reason for _, reason in sorted(left_out.items()))
        raise JobError(f"no rules of {humanize.listed(sorted(left_out), 5)}: {said}")
    return 0
