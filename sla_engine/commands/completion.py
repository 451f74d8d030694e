"""``sla-engine completion``."""

import argparse
import sys
from collections.abc import Iterator
from typing import Final

from sla_engine.commands.flags import Subparsers, log_flags_only

SHELLS: Final = ("bash", "zsh", "fish")


def register(commands: Subparsers) -> None:
    """Add ``completion``."""
    command = log_flags_only(
        commands, "completion", completion, "print what makes a shell complete commands and flags"
    )
    command.add_argument(
        "shell",
        choices=SHELLS,
        metavar="|".join(SHELLS),
        help="read its output when that shell starts",
    )


def completion(options: argparse.Namespace) -> int:
    """``sla-engine completion``: the whole command line as a script, by shtab."""
    import shtab  # noqa: PLC0415 - nothing else needs it

    whole: argparse.ArgumentParser = options.whole()
    places = {"FILE": shtab.FILE, "DIR": shtab.DIRECTORY}
    for action in _actions(whole):
        if place := places.get(str(action.metavar)):
            vars(action)["complete"] = place
    sys.stdout.write(shtab.complete(whole, shell=options.shell) + "\n")
    return 0


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Yield every flag of a parser and of its subcommands."""
    for action in parser._actions:  # noqa: SLF001 - argparse has no other way
        yield action
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - the type has no other name
            for below in action.choices.values():
                yield from _actions(below)
