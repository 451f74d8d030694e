"""``sla-engine check``."""

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from service_catalogue import json_schema, load_catalogue
from sla_engine.app.context import (
    every_mistake,
    never_credited,
    never_sent,
    now,
    opened_client,
    read_catalogue,
)
from sla_engine.app.errors import JobError
from sla_engine.commands.flags import Subparsers, prometheus_flag, subcommand
from sla_engine.notices.reports import report_mistakes
from sla_engine.prometheus import PrometheusError
from sla_engine.prometheus.expressions import remarks
from sla_engine.reports import FORMATS
from uptime_common.document import DocumentError, Finding
from uptime_common.humanize import counted


def register(commands: Subparsers) -> None:
    """Add ``check``."""
    command = subcommand(commands, "check", check, "judge the catalogue", ledger=False)
    prometheus_flag(command)
    command.add_argument("--schema", action="store_true", help="print its JSON Schema instead")


def check(options: argparse.Namespace) -> int:
    """Print every mistake of the catalogue as a DocumentError, or a line that says it is good.

    With ``--prometheus.url`` that server is asked for every expression, too.
    """
    if options.schema:
        sys.stdout.write(json_schema(tuple(FORMATS)))
        return 0
    at, doubts = now(), list[Finding]()
    asking = options.prometheus_url is not None  # whose word on an expression is the last
    judge = report_mistakes if asking else partial(every_mistake, warnings=doubts)
    catalogue = load_catalogue(options.config_file, at, judge)
    if asking:
        _ask(options)
    elif doubts:
        _warn(options.config_file, at, lambda _: doubts)
    _warn(options.config_file, at, never_credited)
    _warn(options.config_file, at, never_sent)
    services = counted(len(catalogue.services), "service")
    sys.stdout.write(f"{options.config_file}: {services}, no mistakes; next: {_next(options)}\n")
    return 0


def _next(options: argparse.Namespace) -> str:
    """Return what to type after a catalogue without mistakes."""
    if options.prometheus_url is None:
        return f"sla-engine doctor --config.file={options.config_file}"
    return f"sla-engine serve --config.file={options.config_file}"


def _ask(options: argparse.Namespace) -> None:
    """Let Prometheus judge every expression; print a warning for what may work another time.

    Raises:
        DocumentError: some can never work.
        JobError: it does not answer, or a secret's file cannot be read.
    """
    at, catalogue = now(), read_catalogue(options)
    try:
        with opened_client(catalogue) as client:
            said = list(remarks(client, catalogue.services, at))
    except PrometheusError as error:
        raise JobError(str(error)) from error

    def judged(data: Any, *, fatal: bool) -> Iterator[Finding]:
        for remark in said:
            if remark.fatal is fatal:
                yield from remark.findings(data)

    _warn(options.config_file, at, partial(judged, fatal=False))
    load_catalogue(options.config_file, at, partial(judged, fatal=True))


def _warn(path: Path, at: int, judge: Callable[[Any], Iterable[Finding]]) -> None:
    """Print a warning for each finding, with its line."""
    try:
        load_catalogue(path, at, judge)
    except DocumentError as error:
        for problem in error.problems:
            sys.stderr.write(f"warning: {problem}\n")
