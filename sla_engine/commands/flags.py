"""Flags that several subcommands take, and how a subcommand is added."""

import argparse
import getpass
from collections.abc import Callable
from typing import TypeAlias

from sla_engine.app.errors import UsageError
from uptime_common.flags import add_config_flag, add_log_flags

Command = Callable[[argparse.Namespace], int]
Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 - the type has no other name

FROM = "such as 2026-10-01T00:00:00Z; without an offset it is local time of the organisation"
"""What the flags that take a time say of it."""


def subcommand(
    commands: Subparsers,
    name: str,
    run: Command,
    text: str,
    *,
    ledger: bool = True,
    creates: bool = False,
) -> argparse.ArgumentParser:
    """Add a subcommand with the flags that all of its kind take.

    One that ``creates`` makes the ledger where there is none.
    """
    command = commands.add_parser(name, help=text, description=text, allow_abbrev=False)
    command.set_defaults(command=run, creates=creates)
    add_config_flag(command)
    add_log_flags(command)
    if ledger:
        command.add_argument(
            "--storage.ledger",
            dest="storage_ledger",
            metavar="URL",
            help="SQLite or PostgreSQL (default: SLA_ENGINE_LEDGER, else that of the engine that "
            "runs here, else sqlite:///var/ledger.db)",
        )
        prometheus_flag(command)
    return command


def prometheus_flag(command: argparse.ArgumentParser) -> None:
    """Add ``--prometheus.url``."""
    command.add_argument(
        "--prometheus.url", dest="prometheus_url", metavar="URL", help="overrides the catalogue's"
    )


def service_flag(command: argparse.ArgumentParser) -> None:
    """Add ``--service``, which may be repeated."""
    command.add_argument(
        "--service",
        dest="services",
        action="append",
        default=[],
        metavar="ID",
        help="only this service; may be repeated",
    )


def identified(command: argparse.ArgumentParser) -> None:
    """Add the id that a command is about."""
    command.add_argument("id", metavar="ID", help="as the list shows it")


def signed(command: argparse.ArgumentParser) -> None:
    """Add who says it and why."""
    command.add_argument("--author", metavar="NAME", help="(default: who is logged in)")
    command.add_argument("--reason", required=True, metavar="TEXT", help="for the record")


def author_of(options: argparse.Namespace) -> str:
    """Return who says it: ``--author``, else who is logged in.

    Raises:
        UsageError: nobody is.
    """
    try:
        return options.author or getpass.getuser()
    except (KeyError, OSError) as error:
        raise UsageError("nobody is logged in; give --author") from error
