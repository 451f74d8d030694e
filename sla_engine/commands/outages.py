"""``sla-engine outages``: what is in the ledger, and what people say of it."""

import argparse
import sys
from collections.abc import Callable
from functools import partial

from sla_engine.accounting.corrections import (
    MEASURED,
    ask_class,
    asked_for,
    confirm_class,
    correct,
    find_outage,
)
from sla_engine.accounting.report_age import outage_ages
from sla_engine.app.context import (
    Context,
    now,
    opened,
)
from sla_engine.app.errors import JobError, UsageError, known
from sla_engine.commands import outage_list
from sla_engine.commands.flags import (
    Subparsers,
    actor_of,
    deciding,
    identified,
    signed,
    subcommand,
)
from sla_engine.domain.maintenance import DecisionError
from sla_engine.domain.outage import Correction, Outage
from sla_engine.domain.period import rfc3339
from uptime_common.failure import Failures, failure_words


def register(commands: Subparsers) -> None:
    """Add ``outages list``, ``show``, ``annotate``, ``reclassify``, ``confirm``, ``refuse``."""
    text = "what is in the ledger, and what people say of it"
    top = commands.add_parser("outages", help=text, description=text)
    actions = top.add_subparsers(required=True, metavar="ACTION")
    outage_list.register(actions)
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
    for name, run, text in (
        ("confirm", confirm, "class it as another asks for"),
        ("refuse", refuse, "leave it classed as it is"),
    ):
        command = subcommand(actions, name, run, text)
        identified(command)
        command.add_argument("--author", metavar="NAME", help="(default: who is logged in)")
        command.add_argument("--reason", default="", metavar="TEXT", help="for the record")


def show_outage(options: argparse.Namespace) -> int:
    """``sla-engine outages show``."""
    with opened(options) as context:
        outage = known("outage", lambda: find_outage(context.ledger, options.id))
        at = now()
        why = outage_list.why_of(context.ledger, outage, at)
        stale = _stale_since(context, outage, at)
    sys.stdout.write(_shown(outage, why, stale))
    return 0


def _stale_since(context: Context, outage: Outage, at: int) -> int | None:
    """Return until when the data of an open outage reach, where that is too long ago (ms UTC)."""
    service = context.catalogue.find(outage.service)
    if service is None:
        return None
    age = outage_ages(context.books, at)(service, outage)
    return age.until if age.is_stale else None


def annotate(options: argparse.Namespace) -> int:
    """``sla-engine outages annotate``."""
    values = {name: getattr(options, name) for name in ("cause", "ticket", "owner", "note")}
    given = {name: value for name, value in values.items() if value is not None}
    if not given:
        raise UsageError("give at least one of --cause, --ticket, --owner, --note")
    with opened(options) as context:
        return _correct(context, options, dict(given))


def reclassify(options: argparse.Namespace) -> int:
    """``sla-engine outages reclassify``: at once, or with four eyes when another confirms it."""
    with opened(options) as context:
        if not context.catalogue.maintenance.four_eyes:
            to = None if options.to == MEASURED else options.to
            return _correct(context, options, {"class": to})
        outage = known("outage", lambda: find_outage(context.ledger, options.id))
        by = actor_of(options)
        ask = partial(ask_class, context.ledger, outage, options.to, by=by, now=now())
        _decided(lambda: ask(reason=options.reason))
        found = find_outage(context.ledger, options.id)
    sys.stdout.write(_changed(outage, found))
    sys.stdout.write(_shown(found))
    sys.stdout.write(f"waits for another: sla-engine outages confirm {found.id}, or refuse\n")
    return 0


def confirm(options: argparse.Namespace) -> int:
    """``sla-engine outages confirm``: class it as another asks for."""
    with opened(options) as context:
        four_eyes = context.catalogue.maintenance.four_eyes
        by = deciding(options, four_eyes=four_eyes)
        outage = known("outage", lambda: find_outage(context.ledger, options.id))
        _decided(
            lambda: confirm_class(context.ledger, outage, by=by, now=now(), four_eyes=four_eyes)
        )
        found = find_outage(context.ledger, options.id)
    sys.stdout.write(_changed(outage, found))
    sys.stdout.write(_shown(found))
    return 0


def refuse(options: argparse.Namespace) -> int:
    """``sla-engine outages refuse``: leave it classed as it is."""
    with opened(options) as context:
        outage = known("outage", lambda: find_outage(context.ledger, options.id))
        _decided(lambda: asked_for(outage))
        options.reason = options.reason.strip() or "refused"
        return _correct(context, options, {"class_asked": None})


def _decided(decide: Callable[[], object]) -> None:
    """Decide; what is not allowed is told as a job that cannot be done."""
    try:
        known("class", decide)
    except DecisionError as error:
        raise JobError(str(error)) from error


def _correct(context: Context, options: argparse.Namespace, values: dict[str, str | None]) -> int:
    by = actor_of(options)
    before = known("outage", lambda: find_outage(context.ledger, options.id))
    change = partial(correct, context.ledger, before.id, values, by=by, now=now())
    outage = known("outage", lambda: change(reason=options.reason))
    sys.stdout.write(_changed(before, outage))
    sys.stdout.write(_shown(outage))
    return 0


def _changed(before: Outage, outage: Outage) -> str:
    """Return what a command changed, a line each; that nothing was new where that is so."""
    new = [one for one in outage.corrections if one not in before.corrections]
    told = [
        f"changed: {one.field} from {one.before or 'nothing'} to {one.after or 'nothing'}"
        for one in new
    ]
    return "".join(f"{line}\n" for line in told or ["nothing changed: it says so already"])


def _who(correction: Correction) -> str:
    """Return the name that was claimed, and the login where that says something else."""
    author, login = correction.actor
    said = login is None or login.partition(":")[2] == author or author.startswith(login)
    return author if said else f"{author} ({login})"


def _shown(outage: Outage, why: Failures | None = None, stale: int | None = None) -> str:
    opened = "open" if stale is None else f"open, stale: as of {rfc3339(stale)}"
    rows = [
        ("id", outage.id),
        ("service", outage.service),
        ("start", rfc3339(outage.start)),
        ("end", opened if outage.end is None else rfc3339(outage.end)),
        ("why", why and failure_words(why)),
        ("class", outage.reclassified or "as measured"),
        ("cause", outage.cause),
        ("ticket", outage.ticket),
        ("owner", outage.owner),
        ("note", outage.note),
    ]
    lines = [f"{name:8} {value}" for name, value in rows if value]
    for c in outage.corrections:
        change = f"{c.field}: {c.before or '-'} -> {c.after or '-'}"
        lines.append(f"{rfc3339(c.time)} {_who(c)} {change} ({c.reason})")
    return "\n".join(lines) + "\n"
