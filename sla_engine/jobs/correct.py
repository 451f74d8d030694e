"""What people add to outages: cause, ticket, owner, note, class."""

from collections.abc import Mapping

from sla_engine.domain.history import History
from sla_engine.domain.interval import Interval
from sla_engine.domain.outage import Correction, Outage, outage_id
from sla_engine.domain.record import records
from sla_engine.ledger import Ledger
from sla_engine.ledger.corrections import FIELDS

_EVER = Interval(-(2**62), 2**62)


def find_outage(ledger: Ledger, identifier: str) -> Outage:
    """Return an outage with its corrections.

    Raises:
        KeyError: there is none of that id.
    """
    corrections = ledger.corrections.of_all()
    for service, history in ledger.histories(_EVER).items():
        for stretch in history.outages:
            if outage_id(service, stretch.start) == identifier:
                said = corrections.get(service, ())
                return records(service, History((stretch,)), said)[0]
    raise KeyError(identifier)


def correct(
    ledger: Ledger,
    identifier: str,
    values: Mapping[str, str | None],
    *,
    author: str,
    reason: str,
    now: int,
) -> Outage:
    """Append a correction for each value that differs from what holds; return the outage then.

    Args:
        ledger: where the outage is.
        identifier: the outage's id.
        values: by field: cause, ticket, owner, note, and class (``planned``, ``unplanned``, or
            None for what the maintenance windows say).
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
    if values.get("class") not in {None, "planned", "unplanned"}:
        raise ValueError(f"{values['class']!r} is no class; valid: planned, unplanned")
    outage = find_outage(ledger, identifier)
    for field, value in values.items():
        before = outage.reclassified if field == "class" else getattr(outage, field)
        if before != value:
            correction = Correction(now, author, field, before, value, reason)
            ledger.corrections.add(outage.service, outage.start, correction)
    return find_outage(ledger, identifier)
