"""How a command ends when it cannot do its work; each is told in one line."""

from collections.abc import Callable
from typing import TypeVar

from sla_engine.domain.maintenance import DecisionError

T = TypeVar("T")


class UsageError(Exception):
    """What was asked for makes no sense; exit code 2."""


class JobError(Exception):
    """The job could not be done; exit code 1."""


def known(what: str, find: Callable[[], T]) -> T:
    """Return what a look-up finds.

    Raises:
        JobError: there is no such thing.
        UsageError: its name makes no sense.
        DecisionError: it does not allow what was asked for.
    """
    try:
        return find()
    except KeyError as error:
        raise JobError(f"there is no {what} {error.args[0] or 'without an id'}") from error
    except ValueError as error:
        if isinstance(error, DecisionError):
            raise
        raise UsageError(str(error)) from error
