"""``sla-engine outages``: what is in the ledger, and what people say of it."""

import argparse
import json
import sys

from sla_engine.accounting.corrections import correct, find_outage
from sla_engine.app.context import (
    Context,
    chosen_period,
    chosen_services,
    now,
    opened,
)
from sla_engine.app.errors import UsageError, known
from sla_engine.commands.flags import (
    FROM,
    Subparsers,
    author_of,
    identified,
    service_flag,
    signed,
    subcommand,
)
from sla_engine.domain.interval import Interval
from sla_engine.domain.outage import Outage
from sla_engine.domain.period import rfc3339
from uptime_common.duration import format_duration


def register(commands: Subparsers) -> None:
    """Add ``outages list``, ``show``, ``annotate`` and ``reclassify``."""
    text = "what is in the ledger, and what people say of it"
    top = commands.add_parser("outages", help=text, description=text)
    actions = top.add_subparsers(required=True, metavar="ACTION")
    command = subcommand(actions, "list", list_outages, "list outages, newest first")
    command.add_argument("--from", dest="start", metavar="TIME", help=FROM)
    command.add_argument("--to", dest="end", metavar="TIME", help="(default: all outages)")
    command.add_argument("--format", choices=("text", "json"), default="text",
                         help="(default: %(default)s)")  # fmt: skip
    service_flag(command)
    _decisions(actions)


def _decisions(actions: Subparsers) -> None:
    identified(subcommand(actions, "show", show_outage, "show one with its corrections"))
    command = subcommand(actions, "annotate", annotate, "say why it was, and who takes care")
    identified(command)
    for name in ("cause", "ticket", "owner", "note"):
        command.add_argument(f"--{name}", metavar="TEXT", help="an empty one takes it back")
    signed(command)
    command = subcommand(actions, "reclassify", reclassify, "call it planned or unplanned")
    identified(command)
    command.add_argument(
        "--as",
        dest="to",
        choices=("planned", "unplanned", "measured"),
        required=True,
        help="measured: what the maintenance windows say",
    )
    signed(command)


def list_outages(options: argparse.Namespace) -> int:
    """``sla-engine outages list``: newest first."""
    with opened(options) as context:
        outages = _outages(context, options)
        at = now()
    render = _json if options.format == "json" else _text
    sys.stdout.write(render(outages, at))
    return 0


def _outages(context: Context, options: argparse.Namespace) -> list[Outage]:
    at = now()
    if options.start is None and options.end is None:
        period = Interval(0, at)
    else:
        chosen = chosen_period(options, context.catalogue, at)
        period = Interval(chosen.start, chosen.end)
    services = [s.id for s in chosen_services(context.catalogue, options.services)]
    histories = context.ledger.histories(period, services)
    found = [Outage(s, *span) for s, history in histories.items() for span in history.outages]
    return sorted(found, key=lambda outage: (-outage.start, outage.service))


def _text(outages: list[Outage], at: int) -> str:
    if not outages:
        return "no outages\n"
    rows = [("ID", "SERVICE", "START", "END", "DURATION")]
    rows += [
        (
            o.id,
            o.service,
            rfc3339(o.start),
            "open" if o.end is None else rfc3339(o.end),
            format_duration(o.until(at).length),
        )
        for o in outages
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
    return "\n".join(lines) + "\n"


def _json(outages: list[Outage], at: int) -> str:
    items = [
        {
            "id": o.id,
            "service": o.service,
            "start": rfc3339(o.start),
            "end": None if o.end is None else rfc3339(o.end),
            "duration_seconds": o.until(at).length / 1000,
        }
        for o in outages
    ]
    return json.dumps(items, indent=2) + "\n"


def show_outage(options: argparse.Namespace) -> int:
    """``sla-engine outages show``."""
    with opened(options) as context:
        outage = known("outage", lambda: find_outage(context.ledger, options.id))
    sys.stdout.write(_shown(outage))
    return 0


def annotate(options: argparse.Namespace) -> int:
    """``sla-engine outages annotate``."""
    values = {name: getattr(options, name) for name in ("cause", "ticket", "owner", "note")}
    given = {name: value for name, value in values.items() if value is not None}
    if not given:
        raise UsageError("give at least one of --cause, --ticket, --owner, --note")
    return _correct(options, dict(given))


def reclassify(options: argparse.Namespace) -> int:
    """``sla-engine outages reclassify``."""
    return _correct(options, {"class": None if options.to == "measured" else options.to})


def _correct(options: argparse.Namespace, values: dict[str, str | None]) -> int:
    author = author_of(options)
    with opened(options) as context:
        outage = known(
            "outage",
            lambda: correct(
                context.ledger,
                options.id,
                values,
                author=author,
                reason=options.reason,
                now=now(),
            ),
        )
    sys.stdout.write(_shown(outage))
    return 0


def _shown(outage: Outage) -> str:
    rows = [
        ("id", outage.id),
        ("service", outage.service),
        ("start", rfc3339(outage.start)),
        ("end", "open" if outage.end is None else rfc3339(outage.end)),
        ("class", outage.reclassified or "as measured"),
        ("cause", outage.cause),
        ("ticket", outage.ticket),
        ("owner", outage.owner),
        ("note", outage.note),
    ]
    lines = [f"{name:8} {value}" for name, value in rows if value]
    for c in outage.corrections:
        change = f"{c.field}: {c.before or '-'} -> {c.after or '-'}"
        lines.append(f"{rfc3339(c.time)} {c.author} {change} ({c.reason})")
    return "\n".join(lines) + "\n"
