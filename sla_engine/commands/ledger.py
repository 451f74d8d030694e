"""Commands on the ledger itself: ``verify``, ``export``, ``import``."""

import argparse
import sys
from pathlib import Path

from sla_engine.app.context import ledger_url, now, opened_ledger, tell_written
from sla_engine.app.errors import JobError, UsageError
from sla_engine.app.whole_file import whole_file
from sla_engine.commands.flags import Subparsers, actor_of, subcommand
from sla_engine.ledger import LedgerError
from sla_engine.ledger.audit import Head
from sla_engine.reports.seal import SealError, is_signed
from uptime_common.humanize import counted


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
        "--signature", metavar="TEXT", help="of that head, as a report shows it; needs --public-key"
    )
    command.add_argument("--public-key", metavar="KEY", help="as keygen printed it")
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
    why, signed = _why(options), _head_is_signed(options)
    with opened_ledger(ledger_url(options), create=False) as ledger:
        if why is not None:
            for line in ledger.restore(actor_of(options), why, now()):
                sys.stdout.write(line + "\n")
        found, head = ledger.inspect(known), ledger.head()
    findings = [*found.findings, *(["that key did not sign the head"] if signed is False else [])]
    sys.stdout.writelines(f"{finding}\n" for finding in findings)
    if not findings:
        sys.stdout.write("the ledger is as it was written\n")
        sys.stdout.write(f"head of its audit chain, to be kept elsewhere: {head or 'none yet'}\n")
    for title, lines in (("looked at", found.looked_at), ("not looked at", found.left_out)):
        sys.stdout.write(f"{title}:\n" + "".join(f"  {line}\n" for line in lines))
    return 1 if findings else 0


def _head_is_signed(options: argparse.Namespace) -> bool | None:
    """Say whether a key signed the head; None where nobody asks.

    Raises:
        UsageError: one of head, signature and key is missing, or what is given is none.
    """
    given = (options.head, options.signature, options.public_key)
    if options.signature is None and options.public_key is None:
        return None
    if None in given:
        raise UsageError("--head, --signature and --public-key go together")
    try:
        return is_signed(*given)
    except SealError as error:
        raise UsageError(str(error)) from error


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
                with whole_file(options.output) as out:
                    count = sum(out.write(line) > 0 for line in ledger.export())
                tell_written(options.output, f"{counted(count, 'line')} of the ledger")
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
        except LedgerError as error:
            raise JobError(f"{source}: {error}; nothing was imported") from None
    sys.stdout.write(f"{source}: {counted(count, 'row')} imported; next: sla-engine verify\n")
    return 0
