"""Failures of jobs that run again and again: told when they begin or change, not at every run."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog


class LogOnce:
    """What a job complains of; ``facts`` are logged with it."""

    def __init__(self, logger: str, event: str, **facts: Any) -> None:
        self._log = structlog.get_logger(logger)
        self._event, self._facts = event, facts
        self._told = ""

    @contextmanager
    def about(self, *failures: type[Exception]) -> Iterator[None]:
        """Let a run end by any of these; once one went well the next failure is news again."""
        said = ""
        try:
            yield
        except failures as error:
            said = " ".join(str(error).split())
            if said != self._told:
                self._log.error(self._event, error=said, **self._facts)
        self._told = said
