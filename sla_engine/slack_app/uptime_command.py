"""``/uptime``: the state of every service, or of one."""

from collections.abc import Sequence
from difflib import get_close_matches

from sla_engine.accounting.corrections import find_outage
from sla_engine.accounting.service_levels import status_rows
from sla_engine.domain.maintenance import DecisionError
from sla_engine.domain.notice import Message, Tone
from sla_engine.domain.outage import outage_id
from sla_engine.domain.service_level import ServiceLevel, ServiceState, StatusRow
from sla_engine.ledger import Books, Ledger
from sla_engine.slack.blocks import MARKS
from uptime_common import humanize

_SAID: dict[ServiceState, tuple[str, Tone]] = {
    "down": ("is down", "down"),
    "maintenance": ("is down for planned work", "planned"),
    "unknown": ("is unknown: there is no data", "warning"),
    "up": ("is up", "up"),
}
_ORDER = tuple(_SAID)


def uptime(books: Books, levels: Sequence[ServiceLevel], asked: str, now: int) -> Message:
    """Return what is known of a service, by id or name, or of all when nothing is asked for.

    Raises:
        DecisionError: there is no such service, or nothing was derived yet.
    """
    rows = sorted(status_rows(books, levels, now), key=lambda r: _ORDER.index(r.state))
    if not rows:
        raise DecisionError("The engine has not looked yet; try again in a minute.")
    if not asked:
        return _all(rows)
    names = {name.casefold(): row for row in rows for name in (row.name, row.id)}
    row = names.get(asked.casefold())
    if row is None:
        near = get_close_matches(asked.casefold(), names, 1) or sorted(row.id for row in rows)
        raise DecisionError(
            f"There is no service {asked!r}; how about {humanize.listed(near, 20)}?"
        )
    return _one(row, books.ledger)


def _all(rows: Sequence[StatusRow]) -> Message:
    counts = {state: sum(row.state == state for row in rows) for state in _ORDER}
    words = {"down": "down", "maintenance": "in maintenance", "unknown": "unknown", "up": "up"}
    title = ", ".join(f"{n} {words[state]}" for state, n in counts.items() if n)
    worst = next(state for state, n in counts.items() if n)
    return Message(title, _SAID[worst][1], lines=tuple(map(_line, rows)))


def _line(row: StatusRow) -> str:
    said, tone = _SAID[row.state]
    goal = "" if row.objective is None else f" (objective {humanize.agreed(row.objective)})"
    old = f", stale: as of {row.as_of}" if row.stale and row.as_of else ""
    figure = f"{humanize.percent(row.availability)}{goal}{old}"
    return f"{MARKS[tone]} {row.name} {said}{_since(row)}; {figure}"


def _since(row: StatusRow) -> str:
    if row.since is None:
        return ""
    return f", known until {row.since}" if row.state == "unknown" else f" since {row.since}"


def _one(row: StatusRow, ledger: Ledger) -> Message:
    said, tone = _SAID[row.state]
    facts = [
        ("Service", f"{row.name} ({row.id})"),
        ("Owner", f"{row.owner}, {row.tier} tier"),
        ("Availability", humanize.percent(row.availability)),
        ("Objective", humanize.agreed(row.objective)),
        ("Error budget left", humanize.share(row.budget_remaining) if row.has_budget else None),
        ("Contract window", _window(row)),
        ("Coverage", humanize.share(row.coverage)),
        ("Figures as of", f"{row.as_of} (stale)" if row.as_of and row.stale else row.as_of),
        *(() if row.state == "unknown" else _outage(row.id, ledger)),
    ]
    shown = tuple((label, value) for label, value in facts if value)
    return Message(f"{row.name} {said}{_since(row)}", tone, shown)


def _window(row: StatusRow) -> str | None:
    state = row.window_state
    return None if state is None else f"{row.window}, {state.replace('_', ' ')}"


def _outage(service: str, ledger: Ledger) -> list[tuple[str, str | None]]:
    opened = ledger.open_outages().get(service)
    if opened is None:
        return []
    outage = find_outage(ledger, outage_id(service, opened.start))
    return [
        ("Acknowledged by", outage.owner),
        ("Cause", outage.cause),
        ("Ticket", outage.ticket),
        ("Outage", outage.id),
    ]
