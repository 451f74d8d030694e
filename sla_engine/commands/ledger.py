"""Commands on the ledger itself: ``verify``, ``export``, ``import``."""

import argparse
import sys
from pathlib import Path

from sla_engine.app.context import ledger_url, opened_ledger
from sla_engine.app.errors import JobError, UsageError
from sla_engine.commands.flags import Subparsers, subcommand
from sla_engine.ledger.audit import Head


def register(commands: Subparsers) -> None:
    """Add ``verify``, ``export`` and ``import``."""
    command = subcommand(
        commands, "verify", verify, "find what was changed behind the ledger's back"
    )
    command.add_argument(
        "--head",
        metavar="N:HASH",
        help="what an earlier run printed: finds a chain whose end was cut off since",
    )
    command = subcommand(commands, "export", export, "write the ledger as JSON lines")
    command.add_argument("--output", type=Path, metavar="FILE", help="(default: standard output)")
    command = subcommand(
        commands, "import", load, "put an export into an empty ledger", creates=True
    )
    command.add_argument("file", type=Path, metavar="FILE", help="as export wrote it")


def verify(options: argparse.Namespace) -> int:
    """``sla-engine verify``: exit code 1 when something was changed behind the ledger's back."""
    try:
        known = None if options.head is None else Head.parse(options.head)
    except ValueError as error:
        raise UsageError(f"--head: {error}") from error
    with opened_ledger(ledger_url(options), create=False) as ledger:
        findings, head = ledger.verify(known), ledger.head()
    for finding in findings:
        sys.stdout.write(finding + "\n")
    if not findings:
        sys.stdout.write("the ledger is as it was written\n")
        sys.stdout.write(f"head of its audit chain, to be kept elsewhere: {head or 'none yet'}\n")
    return 1 if findings else 0


def export(options: argparse.Namespace) -> int:
    """``sla-engine export``: JSON lines to a file or to standard output."""
    with opened_ledger(ledger_url(options), create=False) as ledger:
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
    with opened_ledger(ledger_url(options)) as ledger:
        try:
            with source.open("rb") as lines:
                count = ledger.load(lines)
        except OSError as error:
            raise JobError(f"{source}: {error.strerror}") from error
    sys.stdout.write(f"{count} rows\n")
    return 0
