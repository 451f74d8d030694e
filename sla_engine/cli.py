"""The command line of sla-engine: flags in, exit code out."""

import argparse
import contextlib
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from sla_engine.app.errors import JobError, UsageError
from sla_engine.commands import backfill, check, flags, report
from sla_engine.reports import REPORTS
from uptime_common import __version__
from uptime_common.document import DocumentError
from uptime_common.flags import add_config_flag, add_lifecycle_flag, add_log_flags, add_web_flags
from uptime_common.logs import configure_logs

Command = Callable[[argparse.Namespace], int]

_LEDGER = "sqlite:///var/ledger.db"
_FROM = "such as 2026-10-01T00:00:00Z; without an offset it is local time of the organisation"


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
    _check(commands)
    _serve(commands)
    _backfill(commands)
    _report(commands)
    _outages(commands)
    _rules(commands)
    flags.maintenance(commands, _command)
    flags.upkeeping(commands, _command)
    return top


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    run: Command,
    text: str,
    *,
    ledger: bool = True,
) -> argparse.ArgumentParser:
    """Add a subcommand with the flags that all of its kind take."""
    command = commands.add_parser(name, help=text, description=text, allow_abbrev=False)
    command.set_defaults(command=run)
    add_config_flag(command)
    add_log_flags(command)
    if ledger:
        command.add_argument(
            "--storage.ledger",
            dest="storage_ledger",
            default=_LEDGER,
            metavar="URL",
            help="SQLite or PostgreSQL (default: %(default)s)",
        )
        _prometheus_flag(command)
    return command


def _prometheus_flag(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--prometheus.url", dest="prometheus_url", metavar="URL", help="overrides the catalogue's"
    )


def _check(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = _command(commands, "check", check.check, "judge the catalogue", ledger=False)
    command.add_argument("--schema", action="store_true", help="print its JSON Schema instead")


def _served(options: argparse.Namespace) -> int:
    """``sla-engine serve``; other commands need not wait for its web server to be imported."""
    from sla_engine.commands.serve import serve  # noqa: PLC0415

    return serve(options)


def _serve(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = _command(commands, "serve", _served, "keep the ledger, send notices, serve HTTP")
    add_web_flags(command, "127.0.0.1:9711")
    add_lifecycle_flag(command)
    command.add_argument(
        "--tick",
        dest="tick",
        default="30s",
        metavar="DURATION",
        help="how often Prometheus is asked (default: %(default)s)",
    )
    command.add_argument(
        "--rules.file",
        dest="rules_file",
        type=Path,
        metavar="FILE",
        help="keep this file as `sla-engine rules` writes it, and have Prometheus read it again",
    )


def _backfill(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = _command(commands, "backfill", backfill.backfill, "derive the past from Prometheus")
    command.add_argument("--from", dest="start", required=True, metavar="TIME", help=_FROM)
    command.add_argument("--to", dest="end", metavar="TIME", help="(default: now)")


def _report(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = _command(commands, "report", report.report, "account for a period")
    command.add_argument(
        "--period",
        metavar="PERIOD",
        help="today, yesterday, this- or last-week, -month, -quarter or -year, 2026-10-03, "
        "2026-W40, 2026-10, 2026-Q4 or 2026; or give --from and --to",
    )
    command.add_argument("--from", dest="start", metavar="TIME", help=_FROM)
    command.add_argument("--to", dest="end", metavar="TIME", help="where the period of --from ends")
    command.add_argument("--format", choices=sorted(REPORTS), default="text",
                         help="(default: %(default)s)")  # fmt: skip
    command.add_argument(
        "--language",
        default="en",
        metavar="LANGUAGE",
        help="of dates and numbers where people read them, such as de (default: %(default)s)",
    )
    command.add_argument("--output", type=Path, metavar="FILE", help="(default: standard output)")
    _service_flag(command)


def _outages(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    text = "what is in the ledger, and what people say of it"
    top = commands.add_parser("outages", help=text, description=text)
    actions = top.add_subparsers(required=True, metavar="ACTION")
    command = _command(actions, "list", report.list_outages, "list outages, newest first")
    command.add_argument("--from", dest="start", metavar="TIME", help=_FROM)
    command.add_argument("--to", dest="end", metavar="TIME", help="(default: all outages)")
    command.add_argument("--format", choices=("text", "json"), default="text",
                         help="(default: %(default)s)")  # fmt: skip
    _service_flag(command)
    flags.outages(actions, _command)


def _ruled(options: argparse.Namespace) -> int:
    """``sla-engine rules``, which knows the engine too."""
    from sla_engine.app.rules import rules  # noqa: PLC0415

    return rules(options)


def _rules(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = _command(
        commands, "rules", _ruled, "recording rules of services without probes", ledger=False
    )
    _prometheus_flag(command)
    command.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help="replaced only by rules that Prometheus accepts (default: standard output)",
    )


def _service_flag(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--service",
        dest="services",
        action="append",
        default=[],
        metavar="ID",
        help="only this service; may be repeated",
    )
