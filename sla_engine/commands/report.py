"""``sla-engine report``."""

import argparse
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from service_catalogue.base import Language
from sla_engine.accounting.report import make_report
from sla_engine.accounting.sealing import sealed
from sla_engine.app.context import (
    chosen_period,
    chosen_services,
    now,
    opened,
    write_output,
)
from sla_engine.app.errors import JobError, UsageError
from sla_engine.commands.flags import FROM, Subparsers, service_flag, signing_flag, subcommand
from sla_engine.reports import FORMATS, MissingExtraError
from sla_engine.reports.seal import carries_seal


def register(commands: Subparsers) -> None:
    """Add ``report``."""
    command = subcommand(commands, "report", report, "account for a period")
    command.add_argument(
        "--period",
        metavar="PERIOD",
        help="today, yesterday, this- or last-week, -month, -quarter or -year, 2026-10-03, "
        "2026-W40, 2026-10, 2026-Q4 or 2026; or give --from and --to",
    )
    command.add_argument("--from", dest="start", metavar="TIME", help=FROM)
    command.add_argument("--to", dest="end", metavar="TIME", help="where the period of --from ends")
    command.add_argument("--format", choices=sorted(FORMATS), default="text",
                         help="(default: %(default)s)")  # fmt: skip
    command.add_argument(
        "--language",
        default="en",
        metavar="LANGUAGE",
        help="of dates and numbers where people read them, such as de (default: %(default)s)",
    )
    command.add_argument("--output", type=Path, metavar="FILE", help="(default: standard output)")
    service_flag(command)
    signing_flag(command)


def report(options: argparse.Namespace) -> int:
    """``sla-engine report``."""
    language, wanted = _language(options.language), FORMATS[options.format]
    if options.signing_key_file and options.output is None and not carries_seal(wanted.extension):
        raise UsageError(f"--signing.key-file: the seal of {options.format} needs --output")
    with opened(options) as context:
        at = now()
        period = chosen_period(options, context.catalogue, at)
        services = [s.id for s in chosen_services(context.catalogue, options.services)]
        result = make_report(
            context.books,
            period,
            at,
            (wanted,),
            client=context.client,
            services=services,
            language=language,
            frozen=True,
        )
        try:
            body, seal = sealed(result, wanted, context.ledger, context.signer, at)
        except MissingExtraError as error:
            raise JobError(str(error)) from error
    write_output(body, options.output)
    if seal is not None:
        write_output(seal, options.output.with_name(f"{options.output.name}.sig"))
    return 0


def _language(name: str) -> str:
    """Return the name of a language that reports can be written in."""
    try:
        return TypeAdapter(Language).validate_python(name)
    except ValidationError as error:
        raise UsageError(f"--language: {error.errors()[0]['ctx']['error']}") from error
