"""What people add to outages: cause, ticket, owner, note, class."""

from collections.abc import Mapping, Sequence

from service_catalogue import Service
from sla_engine.domain.actor import Actor, same, shown
from sla_engine.domain.corrections import with_corrections
from sla_engine.domain.history import History
from sla_engine.domain.maintenance import DecisionError
from sla_engine.domain.outage import Correction, Outage, outage_id
from sla_engine.ledger import Ledger
from sla_engine.ledger.corrections import FIELDS, CorrectionsAt


def said_of(service: Service, corrections: Mapping[str, CorrectionsAt]) -> CorrectionsAt:
    """Return what people said of a service's outages, under this id or a former one."""
    return _said((service.id, *service.formerly), corrections)


def _said(names: Sequence[str], corrections: Mapping[str, CorrectionsAt]) -> CorrectionsAt:
    found = [one for name in names for one in corrections.get(name, ())]
    return tuple(sorted(found, key=lambda one: one[1].time)) if len(names) > 1 else tuple(found)


def find_outage(ledger: Ledger, identifier: str) -> Outage:
    """Return an outage with its corrections.

    Raises:
        KeyError: there is none of that id.
    """
    return find_outages(ledger, [identifier])[0]


def find_outages(ledger: Ledger, identifiers: Sequence[str]) -> list[Outage]:
    """Return outages with their corrections, in the order that was asked for.

    One of a renamed service is found by the id that it had before, too.

    Raises:
        KeyError: there is none of that id.
    """
    corrections, formerly = ledger.corrections.of_all(), ledger.terms.formerly()
    wanted = set(identifiers)
    found = {}
    for service, span in ledger.outages():
        names = (service, *formerly.get(service, ()))
        for identifier in wanted & {outage_id(name, span.start) for name in names}:
            said = _said(names, corrections)
            [found[identifier]] = with_corrections(service, History((span,)), said)
    return [found[identifier] for identifier in identifiers]


def correct(
    ledger: Ledger,
    identifier: str,
    values: Mapping[str, str | None],
    *,
    by: Actor,
    reason: str,
    now: int,
) -> Outage:
    """Correct the outage of an id as `amend` does; return it as it is then.

    Raises:
        KeyError: there is no such outage.
        ValueError: there is no such field or class, or no reason.
    """
    amend(ledger, find_outage(ledger, identifier), values, by=by, reason=reason, now=now)
    return find_outage(ledger, identifier)


def amend(
    ledger: Ledger,
    outage: Outage,
    values: Mapping[str, str | None],
    *,
    by: Actor,
    reason: str,
    now: int,
) -> None:
    """Append a correction for each value that differs from what holds.

    Args:
        ledger: where the outage is.
        outage: what to correct, as it is now.
        values: by field: cause, ticket, owner, note, and class (``planned``, ``unplanned``, or
            None for what the maintenance windows say). ``class_asked`` asks another for a class.
        by: who says so.
        reason: why; it cannot be empty.
        now: ms UTC.

    Raises:
        KeyError: there is no such outage.
        ValueError: there is no such field or class, or no reason.
    """
    if not reason.strip():
        raise ValueError("a correction needs a reason")
    if unknown := values.keys() - set(FIELDS):
        raise ValueError(f"no field {', '.join(sorted(unknown))}; valid: {', '.join(FIELDS)}")
    for field, more in (("class", set()), ("class_asked", {MEASURED})):
        if values.get(field) not in {None, "planned", "unplanned", *more}:
            raise ValueError(f"{values[field]!r} is no class; valid: planned, unplanned")
    for field, value in values.items():
        before = _holds(outage, field)
        if before != value:
            correction = Correction(now, by.author, field, before, value, reason, by.login)
            ledger.corrections.add(outage.service, outage.start, correction)


MEASURED = "measured"
"""The class that is asked for where the maintenance windows are to say it again."""


def ask_class(ledger: Ledger, outage: Outage, to: str, *, by: Actor, reason: str, now: int) -> None:
    """Ask another for a class: ``planned``, ``unplanned`` or ``measured``.

    Raises:
        DecisionError: it is so already, or somebody has asked for something.
        ValueError: there is no such class, or no reason.
    """
    if (outage.reclassified or MEASURED) == to:
        raise DecisionError(f"It is classed as {to} already.")
    if outage.asked is not None:
        raise DecisionError(f"{shown(outage.asked.author)} has asked for that already.")
    amend(ledger, outage, {"class_asked": to}, by=by, reason=reason, now=now)


def confirm_class(ledger: Ledger, outage: Outage, *, by: Actor, now: int, four_eyes: bool) -> None:
    """Class an outage as somebody asks for.

    Raises:
        DecisionError: nobody asks, or four eyes are needed and two were used.
    """
    asked = asked_for(outage)
    if four_eyes and same(asked.actor, by):
        raise DecisionError("You asked for it; another has to confirm it.")
    reason = f"{asked.reason} (asked for by {asked.author})"
    to = None if asked.after == MEASURED else asked.after
    amend(ledger, outage, {"class": to}, by=by, reason=reason, now=now)


def asked_for(outage: Outage) -> Correction:
    """Return what somebody asks for.

    Raises:
        DecisionError: nobody does.
    """
    if outage.asked is None:
        raise DecisionError("Nothing waits for a decision here any more.")
    return outage.asked


def _holds(outage: Outage, field: str) -> str | None:
    """Return what a field holds."""
    if field == "class_asked":
        return outage.asked.after if outage.asked else None
    value: str | None = getattr(outage, "reclassified" if field == "class" else field)
    return value
