"""Derive a period anew from PromQL and tell what that changed."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from service_catalogue import Service
from sla_engine.domain.events import Minute
from sla_engine.domain.history import Unseen
from sla_engine.domain.interval import Interval
from sla_engine.domain.isolation import Fault, Isolation, exhaust
from sla_engine.domain.outage_changes import Change, changes
from sla_engine.domain.timeline import Timeline, cut, first_known
from sla_engine.ledger import Books, Derived, audit
from sla_engine.measurement.backfill import pieces
from sla_engine.measurement.composites import composites
from sla_engine.measurement.derive import last_moment
from sla_engine.measurement.event_outages import EventOutages, widened
from sla_engine.measurement.fetch import timelines
from sla_engine.measurement.ingest import tail
from sla_engine.measurement.isolation import isolation
from sla_engine.prometheus import Client


class Recomputed(NamedTuple):
    """How the outages changed, and from when on each service still has samples (ms UTC).

    A service that is not in ``since`` has none: its part of the ledger is as it was.
    """

    changes: tuple[Change, ...]
    since: dict[str, int]


class Forget(NamedTuple):
    """Who lets go what the ledger knows and samples no longer show, and why."""

    author: str
    reason: str
    login: str | None = None


def recompute(
    books: Books,
    client: Client,
    period: Interval,
    now: int,
    *,
    services: Iterable[Service] | None = None,
    forget: Forget | None = None,
    faults: dict[str, Fault] | None = None,
) -> Recomputed:
    """Derive a period again, whatever is covered.

    What the ledger knows of a time whose samples Prometheus no longer has stays as it is, wherever
    in the period that is, unless somebody says to ``forget`` it. What people said of an outage
    stays with it, as it hangs on a moment inside it.

    Args:
        books: what was agreed, and where what is derived goes.
        client: the Prometheus to ask.
        period: what to derive, ms UTC; its end is cut to ``now``.
        now: ms UTC.
        services: all of the catalogue's unless given.
        forget: who lets go what samples no longer show.
        faults: takes the services that cannot be derived, of which the ledger is from there on as
            it was; without it the first such failure is raised.

    Raises:
        PrometheusError: the samples cannot be had; pieces already stored stay.
    """
    period = Interval(period.start, min(period.end, now))
    chosen = tuple(books.catalogue.services if services is None else services)
    before = books.ledger.histories(period)
    since: dict[str, int] = {}
    found = None if faults is None else isolation(client)
    for piece in pieces(period, ()):
        left = chosen if found is None else [s for s in chosen if s.id not in found.faults]
        _again(books, client, left, piece, now, since=since, forget=forget, found=found)
    if faults is not None and found is not None:
        faults |= found.faults
    after = books.ledger.histories(period)
    made = tuple(
        change
        for service in sorted({*before, *after})
        for change in changes(
            service,
            before[service].outages if service in before else (),
            after[service].outages if service in after else (),
        )
    )
    return Recomputed(made, since)


def _again(
    books: Books,
    client: Client,
    services: Sequence[Service],
    piece: Interval,
    now: int,
    *,
    since: dict[str, int],
    forget: Forget | None,
    found: Isolation | None,
) -> None:
    """Derive and store a piece of the period."""
    events: dict[str, tuple[Minute, ...]] = {}
    unseen: dict[str, Unseen] = {}
    lines = timelines(
        books.catalogue, client, services, piece, now, events=events, unseen=unseen, isolation=found
    )
    released = () if forget is None else (piece,)
    derived = [
        Derived(
            name,
            line,
            first,
            _tail(books, name, now),
            events.get(name),
            released,
            unseen.get(name, Unseen()),
            ends=last_moment(books.catalogue, books.catalogue.service(name)),
        )
        for name, line, first in _still_sampled(lines, since, forgetting=bool(released))
    ]
    derived = EventOutages(books, piece).all(derived, found)
    around = widened(piece, derived)
    whole = [*derived, *_composites(books, services, around, derived, since=since, found=found)]

    def apply(some: Sequence[Derived]) -> None:
        said = None if forget is None else _said(forget, some, piece, now)
        books.ledger.apply(some, at=now, forgotten=said)

    if found is None:
        apply(whole)
    else:
        exhaust(found.divided(whole, lambda item: item.service, apply))


def _tail(books: Books, service: str, now: int) -> int:
    return tail(books.catalogue, books.catalogue.service(service), now)


def _said(forget: Forget, derived: Sequence[Derived], piece: Interval, now: int) -> audit.Entry:
    services = sorted(item.service for item in derived)
    payload = {
        "from": piece.start,
        "to": piece.end,
        "reason": forget.reason,
        "login": forget.login,
        "services": services,
    }
    subject = services[0] if len(services) == 1 else f"{len(services)} services"
    return audit.Entry(now, forget.author, "forget", subject, payload)


def _still_sampled(
    found: dict[str, Timeline], since: dict[str, int], *, forgetting: bool
) -> Iterator[tuple[str, Timeline, int | None]]:
    """Yield what to store: from each service's first sample on, which is noted in ``since``.

    Of what is forgotten all is stored. A first sample is None where there is none in the piece.
    """
    for service, line in found.items():
        first = first_known(line)
        if service not in since and first is not None:
            since[service] = first
            if not forgetting:
                line = cut(line, Interval(first, line[-1].end))  # noqa: PLW2901 - what counts
        if forgetting or service in since:
            yield service, line, first


def _composites(
    books: Books,
    services: Sequence[Service],
    piece: Interval,
    components: Sequence[Derived],
    *,
    since: dict[str, int],
    found: Isolation | None,
) -> list[Derived]:
    """Return the composites, from what the ledger will say of their components."""
    derived = list(composites(books, services, piece, components, found))
    for item in derived:
        if item.first_sample is not None:
            since.setdefault(item.service, item.first_sample)
    return derived
