"""What people add to outages: cause, ticket, owner, note, class."""

from collections.abc import Mapping, Sequence

from service_catalogue import Service
from sla_engine.domain.corrections import with_corrections
from sla_engine.domain.history import History
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
    author: str,
    reason: str,
    now: int,
) -> Outage:
    """Correct the outage of an id as `amend` does; return it as it is then.

    Raises:
        KeyError: there is no such outage.
        ValueError: there is no such field or class, or no reason.
    """
    amend(ledger, find_outage(ledger, identifier), values, author=author, reason=reason, now=now)
    return find_outage(ledger, identifier)


def amend(
    ledger: Ledger,
    outage: Outage,
    values: Mapping[str, str | None],
    *,
    author: str,
    reason: str,
    now: int,
) -> None:
    """Append a correction for each value that differs from what holds.

    Args:
        ledger: where the outage is.
        outage: what to correct, as it is now.
        values: by field: cause, ticket, owner, note, and class (``planned``, ``unplanned``, or
            None for what the maintenance windows say). ``class_asked`` asks another for a class.
        author: who says so.
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
    for field in ("class", "class_asked"):
        if values.get(field) not in {None, "planned", "unplanned"}:
            raise ValueError(f"{values[field]!r} is no class; valid: planned, unplanned")
    for field, value in values.items():
        before = _holds(outage, field)
        if before != value:
            correction = Correction(now, author, field, before, value, reason)
            ledger.corrections.add(outage.service, outage.start, correction)


def _holds(outage: Outage, field: str) -> str | None:
    """Return what a field holds."""
    if field == "class_asked":
        return outage.asked.after if outage.asked else None
    value: str | None = getattr(outage, "reclassified" if field == "class" else field)
    return value
