"""The newest outages of the ledger, with what the accounting makes of each."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from itertools import islice

from sla_engine.accounting.figures import as_of, facts_of
from sla_engine.domain.availability import Share, shares
from sla_engine.domain.interval import Interval
from sla_engine.domain.outage import OutageSpan
from sla_engine.domain.outage_list import ListBounds, ListedOutage, ListedWindow, NewestOutages
from sla_engine.ledger import Books
from sla_engine.maintenance.windows import concerns, windows_in


def newest_outages(
    books: Books,
    now: int,
    bounds: ListBounds,
    before: NewestOutages | None = None,
    changed: Collection[str] = (),
) -> NewestOutages:
    """Return the newest outages of the catalogue's services, open ones of any age among them.

    Maintenance windows are worked out where there is nothing ``before``, and what began before the
    first of those outages is not looked at again.

    Args:
        books: what is owed, and what is known.
        now: ms UTC.
        bounds: how many, and how old they may be.
        before: what was returned last: of services whose outages are the same, it holds.
        changed: services of which it does not.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    since = now - bounds.age
    if before is not None and before.since is not None:
        since = max(since, before.since)
    watched = {service.id for service in books.catalogue.services}
    rows = books.ledger.newest_outages(since, watched, bounds.outages + 1)
    left_out = [span.start + 1 for _, span in rows[bounds.outages :]]
    rows = rows[: bounds.outages]
    known = {} if before is None else _by_service(before.outages)
    wanted: dict[str, list[OutageSpan]] = defaultdict(list)
    for service, span in rows:
        wanted[service].append(span)
    due = [
        service
        for service, spans in wanted.items()
        if service in changed or [(o.start, o.end) for o in known.get(service, ())] != spans
    ]
    known |= _accounted(books, now, {service: wanted[service] for service in due})
    found = {(o.service, o.start): o for service in wanted for o in known[service]}
    first = [at for service, at in books.ledger.first_samples().items() if service in watched]
    return NewestOutages(
        tuple(found[service, span.start] for service, span in rows),
        max(since, min(first), *left_out) if first else None,
        _newest_windows(books, now, bounds) if before is None else before.windows,
    )


def _newest_windows(books: Books, now: int, bounds: ListBounds) -> tuple[ListedWindow, ...]:
    """Return the approved windows that began within the bounds, once for each of its services."""
    period = Interval(now - bounds.age, now + 1)
    windows = windows_in(books.catalogue, books.ledger.windows.touching(period), period)
    began = [(one, w) for w in windows for one in w.planned() if period.start <= one.start <= now]
    began.sort(key=lambda found: (-found[0].start, found[1].id))
    concerned = {
        w.scope: [one.id for one in books.catalogue.services if concerns(w.scope, one)]
        for w in windows
    }
    listed = (ListedWindow(s, w.id, *one) for one, w in began for s in concerned[w.scope])
    return tuple(islice(dict.fromkeys(listed), bounds.outages))


def _by_service(outages: Sequence[ListedOutage]) -> dict[str, list[ListedOutage]]:
    found: dict[str, list[ListedOutage]] = defaultdict(list)
    for outage in outages:
        found[outage.service].append(outage)
    return dict(found)


def _accounted(
    books: Books, now: int, wanted: Mapping[str, Sequence[OutageSpan]]
) -> dict[str, list[ListedOutage]]:
    """Return the outages of services by service, newest first, each accounted for as a whole."""
    if not wanted:
        return {}
    at = as_of(books.ledger, now)
    period = Interval(min(span.start for spans in wanted.values() for span in spans), at)
    chosen = [one for one in books.catalogue.services if one.id in wanted]
    facts = facts_of(books, period, chosen, events=False)
    return {
        service: [
            _listed(share)
            for share in reversed(shares(facts[service], at))
            if share.outage.start in {span.start for span in spans}
        ]
        for service, spans in wanted.items()
    }


def _listed(share: Share) -> ListedOutage:
    outage = share.outage
    return ListedOutage(
        service=outage.service,
        id=outage.id,
        start=outage.start,
        end=outage.end,
        kind=share.kind,
        reason=outage.cause or "",
        planned=share.planned,
        unplanned=share.unplanned,
    )
