"""``sla-engine check``."""

import argparse
import sys

from service_catalogue import json_schema, load_catalogue
from sla_engine.app.context import now
from sla_engine.commands.flags import Subparsers, subcommand
from sla_engine.notices.reports import report_mistakes
from sla_engine.reports import FORMATS
from uptime_common.humanize import counted


def register(commands: Subparsers) -> None:
    """Add ``check``."""
    command = subcommand(commands, "check", check, "judge the catalogue", ledger=False)
    command.add_argument("--schema", action="store_true", help="print its JSON Schema instead")


def check(options: argparse.Namespace) -> int:
    """Print every mistake of the catalogue as a DocumentError, or a line that says it is good."""
    if options.schema:
        sys.stdout.write(json_schema(tuple(FORMATS)))
        return 0
    catalogue = load_catalogue(options.config_file, now(), report_mistakes)
    services = counted(len(catalogue.services), "service")
    sys.stdout.write(f"{options.config_file}: {services}, no mistakes\n")
    return 0
