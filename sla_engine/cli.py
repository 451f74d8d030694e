"""The command line of sla-engine: flags in, exit code out."""

import argparse
import contextlib
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from sla_engine.app.errors import JobError, UsageError
from sla_engine.commands import (
    attest,
    backfill,
    check,
    explain,
    ledger,
    maintenance,
    outages,
    recompute,
    report,
    rules,
    serve,
    terms,
)
from sla_engine.commands.flags import Command
from uptime_common import __version__
from uptime_common.document import DocumentError
from uptime_common.logs import configure_logs

COMMANDS = (
    check,
    serve,
    backfill,
    report,
    outages,
    rules,
    maintenance,
    explain,
    recompute,
    terms,
    ledger,
    attest,
)
"""In the order in which --help lists them."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand; return 0 fine, 1 a finding or a failed job, 2 wrong usage."""
    options = parser().parse_args(arguments)
    configure_logs(options.log_level, options.log_format)
    command: Command = options.command
    try:
        code = command(options)
        sys.stdout.flush()
    except DocumentError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        return 1
    except JobError as error:
        print(f"sla-engine: {error}", file=sys.stderr)
        return 1
    except UsageError as error:
        print(f"sla-engine: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        return _unsaid(error)
    return code


def _unsaid(error: OSError) -> int:
    """Tell what keeps us from saying more; whoever closed a pipe knows."""
    if not isinstance(error, BrokenPipeError):
        where = error.filename or "standard output"
        print(f"sla-engine: {where}: {error.strerror or error}", file=sys.stderr)
    with contextlib.suppress(OSError):  # Python flushes once more when it ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1


class _Parser(argparse.ArgumentParser):
    """One that tells a mistake in one line, as all errors are told."""

    def error(self, message: str) -> NoReturn:
        """Tell it and end with 2: wrong usage."""
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help\n")


def parser() -> argparse.ArgumentParser:
    """Return the parser of every subcommand."""
    top: argparse.ArgumentParser = _Parser(
        prog="sla-engine", description="Uptime from PromQL, an exact ledger of outages, reports."
    )
    top.add_argument("--version", action="version", version=f"sla-engine {__version__}")
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    for module in COMMANDS:
        module.register(commands)
    return top
