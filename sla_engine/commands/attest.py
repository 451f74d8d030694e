"""``sla-engine attest`` and ``keygen``: reports that prove the ledger, and the ledger them."""

import argparse
import sys
from contextlib import nullcontext
from pathlib import Path

from sla_engine.accounting.sealing import attest
from sla_engine.app.context import ledger_url, named_ledger, opened_ledger, tell_written
from sla_engine.app.errors import JobError, UsageError
from sla_engine.app.keys import make_key
from sla_engine.commands.flags import Subparsers, subcommand
from sla_engine.reports.seal import Seal, SealError, carried, public_key

_KEY = "--public-key, as keygen printed it"


def register(commands: Subparsers) -> None:
    """Add ``attest`` and ``keygen``."""
    command = subcommand(commands, "attest", attest_report, "say whether a report is as sealed")
    command.add_argument("report", type=Path, metavar="REPORT", help="the file, as it was sent")
    command.add_argument(
        "--signature", type=Path, metavar="FILE", help="its seal (default: in it, or REPORT.sig)"
    )
    command.add_argument("--public-key", metavar="KEY", help="as keygen printed it")
    command.add_argument(
        "--offline",
        action="store_true",
        help="without the ledger: bytes, signature and key alone; needs --public-key",
    )
    command = subcommand(commands, "keygen", keygen, "make a key that seals reports", ledger=False)
    command.add_argument("file", type=Path, metavar="FILE", help="where the private half goes")


def keygen(options: argparse.Namespace) -> int:
    """``sla-engine keygen``: the private half into a file, the public one printed."""
    path: Path = options.file
    sys.stdout.write(f"{make_key(path).public}\n")
    tell_written(path, "the private half; give the public one, above, to who is to prove reports")
    return 0


def attest_report(options: argparse.Namespace) -> int:
    """``sla-engine attest``: exit code 1 when anything does not agree.

    A seal and a ledger that came with it prove nothing: a key or a ledger is given to hold them to.
    """
    key: str | None = options.public_key
    if options.offline and key is None:
        raise UsageError("--offline needs --public-key: a seal vouches for no key")
    if key is None and named_ledger(options) is None:
        raise UsageError(f"nothing vouches for the seal: give {_KEY}, or --storage.ledger")
    try:
        if key is not None:
            public_key(key)
    except SealError as error:
        raise UsageError(f"--public-key: {error}") from error
    document, seal = _read(options.report, options.signature)
    place = nullcontext() if options.offline else opened_ledger(ledger_url(options), create=False)
    with place as ledger:
        found = attest(document, seal, key, ledger)
    for line in (*found.agrees, *(f"NOT SO: {line}" for line in found.findings)):
        sys.stdout.write(line + "\n")
    if found.findings:
        return 1
    sys.stdout.write(f"proven: {_proven(known_key=key is not None, offline=options.offline)}\n")
    return 0


def _proven(*, known_key: bool, offline: bool) -> str:
    if offline:
        return "who sealed it; the ledger was not looked at"
    if known_key:
        return "who sealed it, and that this ledger remembers it"
    return f"that this ledger remembers it; not who sealed it: nobody vouches for that key ({_KEY})"


def _read(report: Path, signature: Path | None) -> tuple[bytes, Seal]:
    """Return a report without its seal, and that.

    Raises:
        JobError: a file cannot be read, or there is no seal.
    """
    try:
        content = report.read_bytes()
        found = carried(content) if signature is None else None
        if found is not None:
            return found
        beside = signature or report.with_name(f"{report.name}.sig")
        if signature is None and not beside.exists():
            raise JobError(f"{report}: it carries no seal, and there is no {beside.name}")
        return content, Seal.parse(beside.read_text(encoding="utf-8"))
    except OSError as error:
        raise JobError(f"{error.filename}: {error.strerror}") from error
    except ValueError as error:
        raise JobError(f"{report}: {error}") from error
