"""Commands on the ledger itself: ``verify``, ``export``, ``import``."""

import argparse
import sys
from pathlib import Path

from sla_engine.app.context import ledger_url, now, opened_ledger
from sla_engine.app.errors import JobError, UsageError
from sla_engine.commands.flags import Subparsers, actor_of, subcommand
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
    command.add_argument(
        "--restore",
        action="store_true",
        help="put back what is not as the chain has it: needs --reason",
    )
    command.add_argument("--author", metavar="NAME", help="(default: who is logged in)")
    command.add_argument("--reason", metavar="TEXT", help="why it is put back, for the record")
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
    why = _why(options)
    with opened_ledger(ledger_url(options), create=False) as ledger:
        if why is not None:
            for line in ledger.restore(actor_of(options), why, now()):
                sys.stdout.write(line + "\n")
        found, head = ledger.inspect(known), ledger.head()
    for finding in found.findings:
        sys.stdout.write(finding + "\n")
    if not found.findings:
        sys.stdout.write("the ledger is as it was written\n")
        sys.stdout.write(f"head of its audit chain, to be kept elsewhere: {head or 'none yet'}\n")
    for title, lines in (("looked at", found.looked_at), ("not looked at", found.left_out)):
        sys.stdout.write(f"{title}:\n" + "".join(f"  {line}\n" for line in lines))
    return 1 if found.findings else 0


def _why(options: argparse.Namespace) -> str | None:
    """Return why rows are put back; None without ``--restore``.

    Raises:
        UsageError: there is no reason, or one for nothing.
    """
    reason = (options.reason or "").strip()
    if options.restore and not reason:
        raise UsageError("--restore needs --reason")
    if not options.restore and (reason or options.author):
        raise UsageError("--reason and --author go with --restore")
    return reason if options.restore else None


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
