"""Flags that several subcommands take, and how a subcommand is added."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias, get_args

from service_catalogue.quorum import Word
from sla_engine.app.errors import JobError, UsageError
from sla_engine.app.login import login
from sla_engine.domain.actor import Actor, claimed
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


def log_flags_only(
    commands: Subparsers, name: str, run: Command, text: str
) -> argparse.ArgumentParser:
    """Add a subcommand that needs neither a catalogue nor a ledger."""
    command = commands.add_parser(name, help=text, description=text, allow_abbrev=False)
    command.set_defaults(command=run)
    add_log_flags(command)
    return command


def prometheus_flag(command: argparse.ArgumentParser) -> None:
    """Add ``--prometheus.url``."""
    command.add_argument(
        "--prometheus.url", dest="prometheus_url", metavar="URL", help="overrides the catalogue's"
    )


DISCOVERY = (
    "headers",
    "token_file",
    "username",
    "password_file",
    "ca_file",
    "cert_file",
    "key_file",
    "insecure",
    "timezone",
    "objective",
    "by",
    "quorum",
    "replica_labels",
    "match",
)
"""What `discovery_flags` adds; None where it is not given."""


def discovery_flags(command: argparse.ArgumentParser) -> None:
    """Add what a discovery takes beside ``--prometheus.url``."""
    command.add_argument(
        "--prometheus.header",
        dest="headers",
        action="append",
        metavar="NAME: VALUE",
        help="sent with every question, such as 'X-Scope-OrgID: ops'; may be repeated",
    )
    command.add_argument(
        "--prometheus.bearer-token-file",
        dest="token_file",
        metavar="FILE",
        help="holds a token that Prometheus wants",
    )
    _credentials(command)
    command.add_argument(
        "--timezone", metavar="ZONE", help="of the period, such as Europe/Berlin (default: UTC)"
    )
    command.add_argument(
        "--objective",
        metavar="PERCENT",
        help="judges what has no objective of its own; without it there is no verdict",
    )
    command.add_argument(
        "--by",
        metavar="LABEL",
        help="make one service of all series that share a value of job, instance, namespace or "
        "another label (default: one of each target)",
    )
    command.add_argument(
        "--quorum",
        choices=get_args(Word),
        help="how many series of a service must be up (default: majority)",
    )
    command.add_argument(
        "--replica-label",
        dest="replica_labels",
        action="append",
        metavar="LABEL",
        help="tells copies of the same sample apart, as replica does; may be repeated",
    )
    command.add_argument(
        "--match", metavar="MATCHERS", help="only series with these labels, 'job=\"a\"'"
    )


def _credentials(command: argparse.ArgumentParser) -> None:
    """Add how a server with basic auth or a certificate of its own is asked."""
    for flag, metavar, text in (
        ("username", "NAME", "for basic auth; goes with --prometheus.password-file"),
        ("password-file", "FILE", "holds the password of --prometheus.username"),
        ("ca-file", "FILE", "the authority that Prometheus' certificate is verified by"),
        ("cert-file", "FILE", "a certificate to show to Prometheus"),
        ("key-file", "FILE", "the key of --prometheus.cert-file"),
    ):
        command.add_argument(
            f"--prometheus.{flag}", dest=flag.replace("-", "_"), metavar=metavar, help=text
        )
    command.add_argument(
        "--prometheus.insecure-skip-verify",
        dest="insecure",
        action="store_const",
        const=True,
        help="verify no certificate of Prometheus",
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


def signing_flag(command: argparse.ArgumentParser) -> None:
    """Add ``--signing.key-file``."""
    command.add_argument(
        "--signing.key-file",
        dest="signing_key_file",
        type=Path,
        metavar="FILE",
        help="seal reports with this key, as `sla-engine keygen` made it",
    )


def identified(command: argparse.ArgumentParser) -> None:
    """Add the id that a command is about."""
    command.add_argument("id", metavar="ID", help="as the list shows it")


def signed(command: argparse.ArgumentParser) -> None:
    """Add who says it and why."""
    command.add_argument("--author", metavar="NAME", help="(default: who is logged in)")
    command.add_argument("--reason", required=True, metavar="TEXT", help="for the record")


def actor_of(options: argparse.Namespace) -> Actor:
    """Return who says it: ``--author``, else the login; and the login, whatever is claimed.

    Raises:
        UsageError: the name is empty, or written like a login of Slack.
    """
    here = login()
    try:
        return Actor(claimed(options.author or here.account), here.name)
    except ValueError as error:
        raise UsageError(f"--author: {error}") from error


def deciding(options: argparse.Namespace, *, four_eyes: bool) -> Actor:
    """Return who decides, where two people may be needed.

    Raises:
        JobError: two people cannot be told apart here.
        UsageError: as `actor_of`.
    """
    if four_eyes and (shared := login().shared) is not None:
        raise JobError(
            f"{shared}: two people cannot be told apart here, and four_eyes wants two; "
            "decide in Slack, or with a login of your own"
        )
    return actor_of(options)
