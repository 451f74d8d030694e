"""Commands that decide: corrections of outages, maintenance windows."""

import argparse
import getpass
import sys
from collections.abc import Callable
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sla_engine.accounting.corrections import correct, find_outage
from sla_engine.app.context import Context, chosen_period, chosen_services, now, opened
from sla_engine.app.errors import JobError, UsageError
from sla_engine.domain.interval import Interval
from sla_engine.domain.maintenance import (
    DecisionError,
    MaintenanceWindow,
    Scope,
    WindowEvent,
    WindowEventKind,
)
from sla_engine.domain.outage import Outage
from sla_engine.domain.period import parse_time, rfc3339
from sla_engine.maintenance import requests
from sla_engine.measurement.explain import explain
from sla_engine.prometheus import PrometheusError
from uptime_common.duration import parse_duration
from uptime_common.tables import table

T = TypeVar("T")
_HEAD = ("ID", "STATE", "TIME", "FOR", "ASKED BY", "APPROVED BY", "SOURCE", "TITLE")
_AHEAD = 366 * 86_400_000


def show_outage(options: argparse.Namespace) -> int:
    """``sla-engine outages show``."""
    with opened(options) as context:
        outage = _known("outage", lambda: find_outage(context.ledger, options.id))
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
    author = _author(options)
    with opened(options) as context:
        outage = _known(
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


def explain_outage(options: argparse.Namespace) -> int:
    """``sla-engine explain``."""
    with opened(options) as context:
        outage = _known("outage", lambda: find_outage(context.ledger, options.id))
        if outage.service not in {service.id for service in context.catalogue.services}:
            raise JobError(f"{outage.id} is of {outage.service}, which the catalogue has no more")
        try:
            lines = list(
                explain(context.catalogue, context.client, context.ledger, options.id, now())
            )
        except PrometheusError as error:
            raise JobError(str(error)) from error
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def list_windows(options: argparse.Namespace) -> int:
    """``sla-engine maintenance list``: the past month's and the coming year's by default."""
    with opened(options) as context:
        at = now()
        period = Interval(at - _AHEAD // 12, at + _AHEAD)
        if options.start is not None or options.end is not None:
            chosen = chosen_period(options, context.catalogue, at)
            period = Interval(chosen.start, chosen.end)
        windows = requests.listed(context.catalogue, context.ledger, period)
    rows = [_row(window, at) for window in windows]
    lines = table(_HEAD, rows) if rows else ["no windows"]
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 0


def request_window(options: argparse.Namespace) -> int:
    """``sla-engine maintenance request``."""
    author = _author(options)
    with opened(options) as context:
        at = now()
        start, end = _times(context, options)
        scope = _scope(context, options)
        for name in ("title", "reason"):
            if not getattr(options, name).strip():
                raise UsageError(f"--{name} is empty")
        try:
            window = requests.request(
                context.catalogue,
                context.ledger,
                title=options.title,
                scope=scope,
                start=start,
                end=end,
                timezone=_timezone(context, options),
                rrule=options.rrule,
                event=WindowEvent(at, "requested", author, options.reason),
            )
        except ValueError as error:
            raise UsageError(str(error)) from error
    sys.stdout.write(_line(window, at))
    return 0


def decide_window(kind: WindowEventKind) -> Callable[[argparse.Namespace], int]:
    """Return ``sla-engine maintenance approve``, ``reject`` or ``cancel``."""

    def command(options: argparse.Namespace) -> int:
        author = _author(options)
        with opened(options) as context:
            at = now()
            try:
                window = _known(
                    "window",
                    lambda: requests.resolve(
                        context.catalogue,
                        context.ledger,
                        options.id,
                        kind,
                        author=author,
                        reason=options.reason,
                        now=at,
                    ),
                )
            except DecisionError as error:
                raise JobError(str(error)) from error
        sys.stdout.write(_line(window, at))
        return 0

    return command


def _known(what: str, look: Callable[[], T]) -> T:
    try:
        return look()
    except KeyError as error:
        raise JobError(f"there is no {what} {error.args[0]}") from error
    except ValueError as error:
        if isinstance(error, DecisionError):
            raise
        raise UsageError(str(error)) from error


def _author(options: argparse.Namespace) -> str:
    try:
        return options.author or getpass.getuser()
    except (KeyError, OSError) as error:
        raise UsageError("nobody is logged in; give --author") from error


def _times(context: Context, options: argparse.Namespace) -> tuple[int, int]:
    if (options.end is None) == (options.duration is None):
        raise UsageError("give either --to or --duration")
    zone = context.catalogue.timezone
    try:
        start = parse_time(options.start, zone)
        if options.end is not None:
            return start, parse_time(options.end, zone)
        return start, start + parse_duration(options.duration)
    except ValueError as error:
        raise UsageError(str(error)) from error


def _timezone(context: Context, options: argparse.Namespace) -> str:
    name: str = options.timezone or str(context.catalogue.timezone)
    try:
        return ZoneInfo(name).key
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


def _line(window: MaintenanceWindow, at: int) -> str:
    return "  ".join(_row(window, at)) + "\n"


def _row(window: MaintenanceWindow, at: int) -> tuple[str, ...]:
    first = window.occurrences[0]
    times = f"{rfc3339(first.start)}/{rfc3339(first.end)}"
    more = " recurring" if window.recurring else ""
    tiers = (("tier", tier) for tier in window.scope.tiers)
    pairs = (f"{name}={value}" for name, value in (*tiers, *window.scope.labels))
    which = ",".join((*window.scope.services, *pairs))
    people = window.requester, window.approval.author if window.approval else "-"
    return window.id, window.state(at), times + more, which, *people, window.source, window.title
