"""The command line of sla-engine: flags in, exit code out."""

import argparse
import contextlib
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Final

from sla_engine.app.busy import busy
from sla_engine.app.errors import JobError, UsageError
from sla_engine.app.next_step import after_failure, after_mistakes
from sla_engine.commands.flags import Command
from uptime_common import __version__
from uptime_common.document import DocumentError
from uptime_common.garbage import look_seldom
from uptime_common.logs import configure_logs
from uptime_common.one_line import OneLineParser

COMMANDS: Final = {
    "check": "check",
    "serve": "serve",
    "backfill": "backfill",
    "report": "report",
    "discover": "discover",
    "outages": "outages",
    "rules": "rules",
    "maintenance": "maintenance",
    "explain": "explain",
    "recompute": "recompute",
    "terms": "terms",
    "verify": "ledger",
    "export": "ledger",
    "import": "ledger",
    "attest": "attest",
    "keygen": "attest",
    "doctor": "doctor",
    "assets": "assets",
    "completion": "completion",
}
"""The module of each, in the order in which --help lists them; only the one asked for is loaded."""


SHOWS_PROGRESS: Final = {"serve", "backfill", "discover"}
"""Those that say by themselves how far they are."""

ACTED: Final = {"outages", "maintenance", "terms"}
"""Those that take an action, which has flags of its own."""

_STOPPED: Final = 130
"""What a shell says of a command that SIGINT ended."""

FIRST = """\
The commands that matter first; sla-engine --help lists all, sla-engine COMMAND --help tells flags.

  sla-engine report --discover --prometheus.url=URL --period=last-month
                                        last month's exact report, of what Prometheus has already
  sla-engine discover --prometheus.url=URL --output=services.yml
                                        write a catalogue of it, to read and keep
  sla-engine check                      judge services.yml: every mistake at once
  sla-engine serve                      keep the ledger, send notices, serve HTTP
  sla-engine doctor                     look at everything between a sample and a reader"""
"""What is shown without arguments."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand; return 0 fine, 1 a finding or a failed job, 2 wrong usage, 130 stopped."""
    try:
        return _run(arguments)
    except KeyboardInterrupt:
        print("sla-engine: stopped by Ctrl-C", file=sys.stderr)
        return _STOPPED


def _run(arguments: Sequence[str] | None) -> int:
    given = sys.argv[1:] if arguments is None else arguments
    if not given:
        print(FIRST, file=sys.stderr)
        return 2
    options = parser(given[0]).parse_args(given)
    configure_logs(options.log_level, options.log_format)
    command: Command = options.command
    options.whole = parser
    look_seldom()
    try:
        quiet = given[0] in SHOWS_PROGRESS or getattr(options, "discover", False)
        with busy(f"sla-engine {given[0]}", quiet=quiet):
            code = command(options)
        sys.stdout.flush()
    except DocumentError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        if _has_nothing(options) or given[0] != "check":
            print(after_mistakes(error, options, begins=_has_nothing(options)), file=sys.stderr)
        return 1
    except JobError as error:
        then = after_failure(error, given[0], options)
        said = str(error).rstrip(".") if then else str(error)
        print(f"sla-engine: {said}{then}", file=sys.stderr)
        return 1
    except UsageError as error:
        print(f"sla-engine: {error}; see sla-engine {_named(given)} --help", file=sys.stderr)
        return 2
    except OSError as error:
        return _unsaid(error)
    return code


def _named(given: Sequence[str]) -> str:
    """Return a command with the action that it takes, whose flags its --help tells."""
    action = given[1:2] if given[0] in ACTED else ()
    return " ".join((given[0], *action))


def _has_nothing(options: argparse.Namespace) -> bool:
    """Say whether there is no catalogue yet, or an empty file."""
    path: Path | None = getattr(options, "config_file", None)
    try:
        return path is not None and not path.read_bytes().strip()
    except FileNotFoundError:
        return True
    except OSError:
        return False


def _unsaid(error: OSError) -> int:
    """Tell what keeps us from saying more; whoever closed a pipe knows."""
    if not isinstance(error, BrokenPipeError):
        where = error.filename or "standard output"
        print(f"sla-engine: {where}: {error.strerror or error}", file=sys.stderr)
    with contextlib.suppress(OSError):  # Python flushes once more when it ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1


def parser(first: str = "--help") -> argparse.ArgumentParser:
    """Return the parser of the command that comes first, of every one where that is none."""
    top: argparse.ArgumentParser = OneLineParser(
        prog="sla-engine", description="Uptime from PromQL, an exact ledger of outages, reports."
    )
    top.add_argument("--version", action="version", version=f"sla-engine {__version__}")
    if first == "--version":
        return top
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    modules = [COMMANDS[first]] if first in COMMANDS else dict.fromkeys(COMMANDS.values())
    for module in modules:
        import_module(f"sla_engine.commands.{module}").register(commands)
    return top
