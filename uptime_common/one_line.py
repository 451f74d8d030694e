"""A parser that tells a mistake in one line: what was meant, and where to read on."""

import argparse
import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, NoReturn

_CHOICE = re.compile(r"invalid choice: '([^']*)' \(choose from (.*)\)", re.DOTALL)
_FILES = (".yml", ".yaml")


class OneLineParser(argparse.ArgumentParser):
    """One whose subcommands refuse by themselves what they do not know, and name their help."""

    def parse_known_args(  # type: ignore[override]
        self, args: Any = None, namespace: Any = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse; what is unknown ends it, since nobody of ours wants the rest."""
        found, unknown = super().parse_known_args(args, namespace)
        if unknown:
            told = " ".join(unknown)
            self.error(f"unrecognized arguments: {told}{_meant(unknown, self._flags())}")
        return found, unknown

    def error(self, message: str) -> NoReturn:
        """Tell it and end with 2: wrong usage."""
        if found := _CHOICE.search(message):
            message += _question(found[1], re.findall(r"[\w.-]+", found[2]))
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help\n")

    def _flags(self) -> list[str]:
        return [flag for action in self._actions for flag in action.option_strings]


def _meant(unknown: Iterable[str], flags: list[str]) -> str:
    """Return a question about the first argument that resembles something, or nothing."""
    for one in unknown:
        name, equals, value = one.partition("=")
        if not name.startswith("-"):
            if name.endswith(_FILES) and "--config.file" in flags:
                return f"; did you mean --config.file={name}?"
        elif question := _question(name, flags, f"{equals}{value}"):
            return question
    return ""


def _question(given: str, known: Iterable[str], value: str = "") -> str:
    close = get_close_matches(given, list(known), n=1)
    return f"; did you mean {close[0]}{value}?" if close else ""
