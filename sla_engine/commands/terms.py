"""``sla-engine terms``: what decides figures, as the ledger has it since it was first seen."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import tzinfo
from typing import Any

from service_catalogue.maintenance import WindowEntry
from sla_engine.accounting.terms_in_force import changes_of, values_of, values_of_agreement
from sla_engine.app.context import now, opened
from sla_engine.app.errors import JobError, UsageError
from sla_engine.commands.flags import FROM, Subparsers, subcommand
from sla_engine.domain.clock import milliseconds
from sla_engine.domain.period import parse_time, rfc3339
from sla_engine.ledger.terms import UPGRADE, Term
from uptime_common.tables import table

_HEAD = ("FIRST SEEN", "TERM", "CHANGE", "SHA-256")


def register(commands: Subparsers) -> None:
    """Add ``terms list`` and ``terms show``."""
    text = "what decides figures: since when the ledger knows it, and what it was before"
    top = commands.add_parser("terms", help=text, description=text)
    actions = top.add_subparsers(required=True, metavar="ACTION")
    command = subcommand(
        actions, "list", list_terms, "list what was seen and changed, oldest first"
    )
    _chosen(command)
    command = subcommand(
        actions, "show", show_terms, "show what held of a service, agreement or window"
    )
    command.add_argument("name", metavar="ID", help="of a service, agreement, calendar or window")
    command.add_argument("--at", metavar="TIME", help=f"(default: now); {FROM}")
    _format(command)


def _chosen(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--service", dest="names", action="append", default=[], metavar="ID",
        help="only this service, agreement, calendar or window; may be repeated",
    )  # fmt: skip
    _format(command)


def _format(command: argparse.ArgumentParser) -> None:
    command.add_argument("--format", choices=("text", "json"), default="text",
                         help="(default: %(default)s)")  # fmt: skip


def list_terms(options: argparse.Namespace) -> int:
    """``sla-engine terms list``."""
    with opened(options) as context:
        rows = context.ledger.terms.rows()
        zone = context.catalogue.timezone
    chosen = [row for row in rows if not options.names or row.subject.name in options.names]
    notes = {row.id: _note(row, zone) for row in chosen}
    if options.format == "json":
        sys.stdout.write(json.dumps([_json(row, notes[row.id]) for row in chosen], indent=2) + "\n")
        return 0
    if not chosen:
        sys.stdout.write("no terms\n")
        return 0
    sys.stdout.writelines(f"{line}\n" for line in table(_HEAD, map(_row(notes), chosen)))
    return 0


def show_terms(options: argparse.Namespace) -> int:
    """``sla-engine terms show``: what held of something at a moment."""
    with opened(options) as context:
        rows = context.ledger.terms.rows()
        zone = context.catalogue.timezone
    try:
        moment = now() if options.at is None else parse_time(options.at, zone)
    except ValueError as error:
        raise UsageError(f"--at: {error}") from error
    ours = [row for row in rows if row.subject.name == options.name]
    if not ours:
        raise JobError(f"the ledger has no terms of {options.name!r}")
    kinds = sorted({row.subject.kind for row in ours})
    held = [_held([row for row in ours if row.subject.kind == kind], moment) for kind in kinds]
    if options.format == "json":
        told = [_json(row, _note(row, zone)) for row in held]
        sys.stdout.write(json.dumps(told if len(told) > 1 else told[0], indent=2) + "\n")
        return 0
    for row in held:
        sys.stdout.writelines(f"{line}\n" for line in _shown(row, _note(row, zone)))
    return 0


def _held(rows: Sequence[Term], moment: int) -> Term:
    """Return what held of one thing at a moment (ms UTC), or else what was first seen of it."""
    return ([row for row in rows if row.time <= moment] or rows[:1])[-1]


def _shown(row: Term, note: str) -> Iterator[str]:
    yield f"{row.subject.kind} {row.subject.name}"
    yield f"  first seen  {rfc3339(row.time)}{note}"
    yield f"  SHA-256     {row.digest or 'of no file'}"
    if row.after is None:
        yield "  not in the catalogue any more"
        return
    told = values_of_agreement if row.subject.kind == "agreement" else values_of
    for key, value in told(row.after):
        yield f"  {key}: {value}"


def _row(notes: dict[int, str]) -> Callable[[Term], tuple[str, ...]]:
    def row(term: Term) -> tuple[str, ...]:
        name = f"{term.subject.kind} {term.subject.name}".strip()
        change = "; ".join(changes_of(term)) + notes[term.id]
        return rfc3339(term.time), name, change, term.digest[:12] or "-"

    return row


def _note(row: Term, zone: tzinfo) -> str:
    """Return what must be known of the moment at which it was first seen."""
    if row.origin == UPGRADE:
        return " (known since the upgrade)"
    if row.subject.kind != "window" or row.after is None:
        return ""
    try:
        entry = WindowEntry.model_validate(row.after)
    except ValueError:
        return ""
    began = milliseconds(entry.start, entry.timezone or zone)
    return " (afterwards: it had begun)" if began < row.time else ""


def _json(row: Term, note: str) -> dict[str, Any]:
    return {
        "kind": row.subject.kind,
        "name": row.subject.name,
        "first_seen": rfc3339(row.time),
        "known_since": row.origin,
        "afterwards": "afterwards" in note,
        "before": row.before,
        "after": row.after,
        "sha256": row.digest,
    }
