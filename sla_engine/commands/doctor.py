"""``sla-engine doctor``."""

import argparse
import json
import os
import sys

from sla_engine.app.context import (
    every_mistake,
    find_catalogue,
    ledger_url,
    now,
    opened_client,
    read_catalogue,
)
from sla_engine.app.engine_findings import counts, engine_checks
from sla_engine.app.findings import Finding, examined
from sla_engine.app.prometheus_findings import prometheus_checks
from sla_engine.commands.flags import Subparsers, subcommand
from uptime_common.humanize import counted

_MARKS = {"ok": "ok   ", "note": "note ", "fault": "FAULT"}


def register(commands: Subparsers) -> None:
    """Add ``doctor``."""
    command = subcommand(
        commands, "doctor", doctor, "look at everything between a sample and a reader"
    )
    command.add_argument("--json", action="store_true", help="for programs: one list of findings")
    command.add_argument(
        "--test-message", metavar="ADDRESS", help="send one, such as to 'slack:#uptime'"
    )


def doctor(options: argparse.Namespace) -> int:
    """``sla-engine doctor``: exit code 1 where a fault was found."""
    at, found = now(), list[Finding]()
    url = ledger_url(options)

    def said(one: Finding) -> None:
        found.append(one)
        if not options.json:
            sys.stdout.write(_line(one))

    books = list(examined([("catalogue", lambda: [_catalogue(options)])]))
    for one in books:
        said(one)
    if books[0].verdict != "fault":
        catalogue = read_catalogue(options)
        with opened_client(catalogue) as client:
            for one in examined(prometheus_checks(catalogue, client, at)):
                said(one)
        checks = engine_checks(catalogue, url, os.environ, at, options.test_message)
        for one in examined(checks):
            said(one)
    if options.json:
        sys.stdout.write(json.dumps([one._asdict() for one in found], indent=1) + "\n")
    else:
        sys.stdout.write(f"{counts(found)}\n")
    return 1 if any(one.verdict == "fault" for one in found) else 0


def _catalogue(options: argparse.Namespace) -> Finding:
    find_catalogue(options)
    if not options.config_file.exists():
        hint = f"sla-engine discover --prometheus.url=URL --output={options.config_file}"
        return Finding("catalogue", f"there is no {options.config_file}", "fault", hint)
    catalogue = read_catalogue(options, every_mistake)
    return Finding(
        "catalogue", f"{options.config_file}: {counted(len(catalogue.services), 'service')}"
    )


def _line(one: Finding) -> str:
    hint = f"\n{'':21}next: {one.next}" if one.next else ""
    return f"{_MARKS[one.verdict]} {one.what:14} {one.found}{hint}\n"
