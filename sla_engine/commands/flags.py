"""The flags of the commands that decide and of those that look after the ledger."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from sla_engine.commands import book, upkeep

_TIME = "such as 2026-10-01T00:00:00Z; without an offset it is local time of the organisation"
_LISTED = "(default: from a month ago to a year ahead)"
_DECISIONS = {
    "approve": book.decide_window("approved"),
    "reject": book.decide_window("rejected"),
    "cancel": book.decide_window("cancelled"),
}


class Add(Protocol):
    """How a subcommand is added: with the flags that all of its kind take."""

    def __call__(
        self,
        commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
        name: str,
        run: Callable[[argparse.Namespace], int],
        text: str,
        /,
    ) -> argparse.ArgumentParser:
        """Add it and return its parser."""


def outages(actions: "argparse._SubParsersAction[argparse.ArgumentParser]", add: Add) -> None:
    """Add ``outages show``, ``annotate`` and ``reclassify``."""
    _identified(add(actions, "show", book.show_outage, "show one with its corrections"))
    command = add(actions, "annotate", book.annotate, "say why it was, and who takes care")
    _identified(command)
    for name in ("cause", "ticket", "owner", "note"):
        command.add_argument(f"--{name}", metavar="TEXT", help="an empty one takes it back")
    _signed(command)
    command = add(actions, "reclassify", book.reclassify, "call it planned or unplanned")
    _identified(command)
    command.add_argument(
        "--as",
        dest="to",
        choices=("planned", "unplanned", "measured"),
        required=True,
        help="measured: what the maintenance windows say",
    )
    _signed(command)


def maintenance(commands: "argparse._SubParsersAction[argparse.ArgumentParser]", add: Add) -> None:
    """Add ``maintenance list``, ``request``, ``approve``, ``reject`` and ``cancel``."""
    text = "planned work: ask for it, decide on it"
    top = commands.add_parser("maintenance", help=text, description=text)
    actions = top.add_subparsers(required=True, metavar="ACTION")
    command = add(actions, "list", book.list_windows, "list windows of every origin")
    command.add_argument("--from", dest="start", metavar="TIME", help=_TIME)
    command.add_argument("--to", dest="end", metavar="TIME", help=_LISTED)
    _request(add(actions, "request", book.request_window, "ask for a window"))
    for verb, run in _DECISIONS.items():
        decision = add(actions, verb, run, f"{verb} a window")
        _identified(decision)
        decision.add_argument("--author", metavar="NAME", help="(default: who is logged in)")
        decision.add_argument("--reason", default="", metavar="TEXT", help="for the record")


def _request(command: argparse.ArgumentParser) -> None:
    command.add_argument("--title", required=True, metavar="TEXT", help="what people will read")
    command.add_argument("--from", dest="start", required=True, metavar="TIME", help=_TIME)
    command.add_argument("--to", dest="end", metavar="TIME", help="or give --duration")
    command.add_argument("--duration", metavar="DURATION", help="instead of --to, such as 2h")
    command.add_argument("--rrule", metavar="RULE", help="RFC 5545, such as FREQ=WEEKLY;BYDAY=SU")
    command.add_argument("--timezone", metavar="ZONE", help="in which the rule counts")
    for name, dest, value in (
        ("service", "services", "ID"),
        ("tier", "tiers", "TIER"),
        ("label", "labels", "NAME=VALUE"),
    ):
        command.add_argument(
            f"--{name}", dest=dest, action="append", default=[], metavar=value,
            help="of the services that are meant; may be repeated",
        )  # fmt: skip
    _signed(command)


def upkeeping(commands: "argparse._SubParsersAction[argparse.ArgumentParser]", add: Add) -> None:
    """Add ``explain``, ``recompute``, ``verify``, ``export`` and ``import``."""
    _identified(
        add(
            commands,
            "explain",
            book.explain_outage,
            "show what makes an outage: samples, queries, windows, corrections",
        )
    )
    command = add(commands, "recompute", upkeep.recompute, "derive a period anew")
    command.add_argument("--from", dest="start", required=True, metavar="TIME", help=_TIME)
    command.add_argument("--to", dest="end", metavar="TIME", help="(default: now)")
    command.add_argument("--service", dest="services", action="append", default=[], metavar="ID",
                         help="only this service; may be repeated")  # fmt: skip
    command = add(
        commands, "verify", upkeep.verify, "find what was changed behind the ledger's back"
    )
    command.add_argument(
        "--head",
        metavar="N:HASH",
        help="what an earlier run printed: finds a chain whose end was cut off since",
    )
    command = add(commands, "export", upkeep.export, "write the ledger as JSON lines")
    command.add_argument("--output", type=Path, metavar="FILE", help="(default: standard output)")
    command = add(commands, "import", upkeep.load, "put an export into an empty ledger")
    command.add_argument("file", type=Path, metavar="FILE", help="as export wrote it")


def _identified(command: argparse.ArgumentParser) -> None:
    command.add_argument("id", metavar="ID", help="as the list shows it")


def _signed(command: argparse.ArgumentParser) -> None:
    command.add_argument("--author", metavar="NAME", help="(default: who is logged in)")
    command.add_argument("--reason", required=True, metavar="TEXT", help="for the record")
