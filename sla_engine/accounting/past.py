"""Books that know what was agreed when: the ledger's terms beside the catalogue in force."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from service_catalogue import Service
from service_catalogue.past import pieces
from service_catalogue.terms import terms_of
from sla_engine.domain.clock import milliseconds
from sla_engine.domain.interval import Interval
from sla_engine.domain.report import POLICY_VERSION
from sla_engine.ledger import Books, Ledger
from sla_engine.ledger.in_force import every_term, in_force
from sla_engine.ledger.renamed import by_new_names
from sla_engine.ledger.rows import Without
from sla_engine.ledger.terms import Term

_DAY = 86_400_000


def remembered(books: Books, now: int) -> Books:
    """Return books that know the past; what the ledger does not have yet is first seen ``now``.

    To be read: a service that was renamed since is known by its new id.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    rows = terms_known(books, now)
    ledger = by_new_names(books.ledger, _renamed(books))
    return Books(in_force(books.catalogue, rows), ledger)


def terms_known(books: Books, now: int) -> tuple[Term, ...]:
    """Return the ledger's terms, and those that it does not have yet, first seen ``now``."""
    rows = books.ledger.terms.rows()
    return every_term(books.catalogue, rows, now, POLICY_VERSION)


def without(books: Books, rows: Sequence[Term], left_out: Without) -> Books:
    """Return books as if some of the ``rows`` of terms, and some decisions, were not in them."""
    kept = [row for row in rows if row.id not in left_out.terms]
    return Books(in_force(books.catalogue, kept), books.ledger.without(left_out))


def noted(books: Books, now: int, *, whole: bool = True) -> Books:
    """Write down what terms are new or changed, seen at ``now`` (ms UTC); return `remembered`.

    Unless the catalogue is the ``whole`` of what is watched, nothing is taken to have left.

    Raises:
        LedgerError: the ledger cannot be written.
    """
    if not books.catalogue.is_written:
        return books
    values = terms_of(books.catalogue, POLICY_VERSION)
    books.ledger.terms.note(values, books.catalogue.digest, now, whole=whole)
    known = Ledger.covered_until(books.ledger) if _renamed(books) else {}  # by any names
    for service, former in _renamed(books):
        if former in known:
            books.ledger.join(former, service, now)
    return remembered(books, now)


def _renamed(books: Books) -> list[tuple[str, str]]:
    return [(s.id, former) for s in books.catalogue.services for former in s.formerly]


def unwatched(books: Books, now: int) -> dict[int, list[str]]:
    """Return the services with an open outage that nobody watches any more, by when that ends it.

    Those that are not in the catalogue any more end ``now``, those whose ``until`` is over with
    that, once their time is derived, or will not be any more (ms UTC).
    """
    found: dict[int, list[str]] = defaultdict(list)
    watched_now = {service.id: service for service in books.catalogue.services}
    covered = books.ledger.covered_until()
    for name in books.ledger.open_outages():
        if name not in watched_now:
            found[now].append(name)
        elif (until := watched_now[name].until) is not None:
            last = milliseconds(until, books.catalogue.timezone)
            if last <= max(covered.get(name, 0), now - _DAY):
                found[last].append(name)
    return dict(found)


def watched(books: Books, period: Interval) -> Iterator[Service]:
    """Yield the services to account for in a period (ms UTC), those that left since, too."""
    yield from books.catalogue.services
    for service in books.catalogue.left:
        if any(held is not None for _, _, held in pieces(service, *period)):
            yield service
