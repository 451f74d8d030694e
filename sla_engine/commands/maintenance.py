"""``sla-engine maintenance``: planned work, asked for and decided on."""

import argparse
import sys
from collections.abc import Callable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sla_engine.app.context import Context, chosen_period, chosen_services, now, opened
from sla_engine.app.errors import JobError, UsageError, known
from sla_engine.commands.flags import (
    FROM,
    Subparsers,
    actor_of,
    deciding,
    identified,
    signed,
    subcommand,
)
from sla_engine.domain.interval import Interval
from sla_engine.domain.maintenance import (
    DecisionError,
    MaintenanceWindow,
    Scope,
    WindowEvent,
    WindowEventKind,
)
from sla_engine.domain.period import parse_time, rfc3339
from sla_engine.maintenance import requests
from uptime_common.duration import parse_duration
from uptime_common.humanize import duration, stretch
from uptime_common.tables import table

_HEAD = ("ID", "STATE", "TIME", "FOR", "ASKED BY", "APPROVED BY", "SOURCE", "TITLE")
_AHEAD = 366 * 86_400_000
_OF_ZONE = f"{FROM}, or of --timezone"
_LISTED = "(default: from a month ago to a year ahead)"
_DECISIONS: dict[str, WindowEventKind] = {
    "approve": "approved",
    "reject": "rejected",
    "cancel": "cancelled",
    "revoke": "revoked",
}
_PLANNING = {"approved", "revoked"}  # what may make time planned


def register(commands: Subparsers) -> None:
    """Add ``maintenance list``, ``request``, ``approve``, ``reject``, ``cancel``, ``revoke``."""
    text = "planned work: ask for it, decide on it"
    top = commands.add_parser("maintenance", help=text, description=text)
    actions = top.add_subparsers(required=True, metavar="ACTION")
    command = subcommand(actions, "list", list_windows, "list windows of every origin")
    command.add_argument("--from", dest="start", metavar="TIME", help=FROM)
    command.add_argument("--to", dest="end", metavar="TIME", help=_LISTED)
    _request(subcommand(actions, "request", request_window, "ask for a window", creates=True))
    for verb, kind in _DECISIONS.items():
        text = "take back the last decision" if verb == "revoke" else f"{verb} a window"
        decision = subcommand(actions, verb, decide_window(kind), text)
        identified(decision)
        decision.add_argument("--author", metavar="NAME", help="(default: who is logged in)")
        decision.add_argument("--reason", default="", metavar="TEXT", help="for the record")


def _request(command: argparse.ArgumentParser) -> None:
    command.add_argument("--title", required=True, metavar="TEXT", help="what people will read")
    command.add_argument("--from", dest="start", required=True, metavar="TIME", help=_OF_ZONE)
    command.add_argument("--to", dest="end", metavar="TIME", help="or give --duration")
    command.add_argument("--duration", metavar="DURATION", help="instead of --to, such as 2h")
    command.add_argument("--rrule", metavar="RULE", help="RFC 5545, such as FREQ=WEEKLY;BYDAY=SU")
    command.add_argument(
        "--timezone",
        metavar="ZONE",
        help="of local times and of the rule (default: the organisation's)",
    )
    for name, dest, value in (
        ("service", "services", "ID"),
        ("tier", "tiers", "TIER"),
        ("label", "labels", "NAME=VALUE"),
    ):
        command.add_argument(
            f"--{name}", dest=dest, action="append", default=[], metavar=value,
            help="of the services that are meant; may be repeated",
        )  # fmt: skip
    signed(command)


def list_windows(options: argparse.Namespace) -> int:
    """``sla-engine maintenance list``: the past month's and the coming year's by default."""
    with opened(options) as context:
        at = now()
        period = Interval(at - _AHEAD // 12, at + _AHEAD)
        if options.start is not None or options.end is not None:
            chosen = chosen_period(options, context.catalogue, at)
            period = Interval(chosen.start, chosen.end)
        windows = requests.listed(context.books, period)
    rows = [_row(window, at) for window in windows]
    lines = table(_HEAD, rows) if rows else ["no windows"]
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 0


def request_window(options: argparse.Namespace) -> int:
    """``sla-engine maintenance request``."""
    by = actor_of(options)
    with opened(options) as context:
        at = now()
        zone = _timezone(context, options)
        start, end = _times(options, zone)
        scope = _scope(context, options)
        for name in ("title", "reason"):
            if not getattr(options, name).strip():
                raise UsageError(f"--{name} is empty")
        try:
            window = requests.request(
                context.books,
                title=options.title,
                scope=scope,
                start=start,
                end=end,
                timezone=zone.key,
                rrule=options.rrule,
                event=WindowEvent(at, "requested", by.author, options.reason, by.login),
            )
        except ValueError as error:
            raise UsageError(str(error)) from error
        sys.stdout.write(_told(window, at, context))
    return 0


def decide_window(kind: WindowEventKind) -> Callable[[argparse.Namespace], int]:
    """Return ``sla-engine maintenance approve``, ``reject``, ``cancel`` or ``revoke``."""

    def command(options: argparse.Namespace) -> int:
        with opened(options) as context:
            at = now()
            eyes = kind in _PLANNING and context.catalogue.maintenance.four_eyes
            by = deciding(options, four_eyes=eyes)
            try:
                window = known(
                    "window",
                    lambda: requests.resolve(
                        context.books,
                        options.id,
                        kind,
                        by=by,
                        reason=options.reason,
                        now=at,
                    ),
                )
            except DecisionError as error:
                raise JobError(str(error)) from error
            sys.stdout.write(_told(window, at, context))
        return 0

    return command


def _times(options: argparse.Namespace, zone: ZoneInfo) -> tuple[int, int]:
    if (options.end is None) == (options.duration is None):
        raise UsageError("give either --to or --duration")
    try:
        start = parse_time(options.start, zone)
        if options.end is not None:
            return start, parse_time(options.end, zone)
        return start, start + parse_duration(options.duration)
    except ValueError as error:
        raise UsageError(str(error)) from error


def _timezone(context: Context, options: argparse.Namespace) -> ZoneInfo:
    name: str = options.timezone or str(context.catalogue.timezone)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        message = f"--timezone: {name!r} is not an IANA time zone such as Europe/Berlin or UTC"
        raise UsageError(message) from error


def _scope(context: Context, options: argparse.Namespace) -> Scope:
    """Return which services are meant; a name that the catalogue does not know is a mistake."""
    if not (options.services or options.tiers or options.labels):
        raise UsageError("give --service, --tier or --label: which services the window means")
    chosen_services(context.catalogue, options.services)
    services = context.catalogue.services
    tiers, labels = (
        {s.tier for s in services},
        {pair for s in services for pair in s.labels.items()},
    )
    if unknown := [tier for tier in options.tiers if tier not in tiers]:
        valid = ", ".join(sorted(tiers))
        raise UsageError(f"no tier {', '.join(map(repr, unknown))}; valid: {valid}")
    given = _labels(options.labels)
    if strange := [f"{name}={value}" for name, value in given if (name, value) not in labels]:
        valid = ", ".join(sorted(f"{name}={value}" for name, value in labels)) or "none"
        raise UsageError(f"no service has the label {', '.join(strange)}; valid: {valid}")
    return Scope(tuple(options.services), tuple(options.tiers), given)


def _labels(given: list[str]) -> tuple[tuple[str, str], ...]:
    pairs = [text.partition("=") for text in given]
    if any(not name or not sign for name, sign, _ in pairs):
        raise UsageError("--label is NAME=VALUE")
    return tuple(sorted((name, value) for name, _, value in pairs))


def _told(window: MaintenanceWindow, at: int, context: Context) -> str:
    """Return what was done to a window, by whom, and what comes next; its id stands first."""
    done, zone = window.events[-1], context.catalogue.timezone
    state = window.state(at)
    when = "at times that cannot be worked out"
    if window.occurrences:
        first = window.occurrences[0]
        length = duration(first.length)
        when = f"{length} from {stretch(first.start, first.end, zone)}"
    again = " and again, by its rule" if window.recurring else ""
    verb = "taken back" if done.kind == "revoked" else done.kind
    lines = [
        f"{window.id} {verb} by {done.author}: {window.title}, {_which(window)}, {when}{again}",
        f"it is {state} now",
    ]
    if state == "requested":
        whom = "another" if context.catalogue.maintenance.four_eyes else "a decision"
        lines[-1] += f", and waits for {whom}: sla-engine maintenance approve {window.id}"
    return "".join(f"{line}\n" for line in lines)


def _which(window: MaintenanceWindow) -> str:
    """Return the services that are meant, as they were named."""
    tiers = (("tier", tier) for tier in window.scope.tiers)
    pairs = (f"{name}={value}" for name, value in (*tiers, *window.scope.labels))
    return ",".join((*window.scope.services, *pairs))


def _row(window: MaintenanceWindow, at: int) -> tuple[str, ...]:
    times = "cannot be worked out"
    if window.occurrences:
        first = window.occurrences[0]
        times = f"{rfc3339(first.start)}/{rfc3339(first.end)}"
    more = " recurring" if window.recurring else ""
    people = window.requester, window.approval.author if window.approval else "-"
    return (
        window.id,
        window.state(at),
        times + more,
        _which(window),
        *people,
        window.source,
        window.title,
    )
