"""Derive a period anew from PromQL and tell what that changed."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from service_catalogue import Service
from sla_engine.domain.events import Minute
from sla_engine.domain.interval import Interval
from sla_engine.domain.outage_changes import Change, changes
from sla_engine.domain.timeline import Timeline, cut
from sla_engine.ledger import Books, Derived
from sla_engine.measurement.backfill import pieces
from sla_engine.measurement.composites import composites
from sla_engine.measurement.derive import first_known
from sla_engine.measurement.fetch import timelines
from sla_engine.prometheus import Client


class Recomputed(NamedTuple):
    """How the outages changed, and from when on each service still has samples (ms UTC).

    A service that is not in ``since`` has none: its part of the ledger is as it was.
    """

    changes: tuple[Change, ...]
    since: dict[str, int]


def recompute(
    books: Books,
    client: Client,
    period: Interval,
    now: int,
    *,
    services: Iterable[Service] | None = None,
) -> Recomputed:
    """Derive a period again, whatever is covered.

    What the ledger knows of a time whose samples Prometheus no longer keeps stays as it is: up to
    its first sample in the period nothing of a service changes. What people said of an outage
    stays with it, as it hangs on a moment inside it.

    Raises:
        PrometheusError: the samples cannot be had; pieces already stored stay.
    """
    period = Interval(period.start, min(period.end, now))
    chosen = tuple(books.catalogue.services if services is None else services)
    before = books.ledger.histories(period)
    since: dict[str, int] = {}
    for piece in pieces(period, ()):
        events: dict[str, tuple[Minute, ...]] = {}
        found = timelines(books.catalogue, client, chosen, piece, now, events=events)
        derived = _still_sampled(found, since)
        books.ledger.apply(
            [item._replace(events=events.get(item.service)) for item in derived], at=now
        )
        books.ledger.apply(_composites(books, chosen, piece, since), at=now)
    after = books.ledger.histories(period)
    found_changes = tuple(
        change
        for service in sorted({*before, *after})
        for change in changes(
            service,
            before[service].outages if service in before else (),
            after[service].outages if service in after else (),
        )
    )
    return Recomputed(found_changes, since)


def _still_sampled(found: dict[str, Timeline], since: dict[str, int]) -> list[Derived]:
    """Return what to store: from each service's first sample on, which is noted in ``since``."""
    derived = []
    for service, line in found.items():
        first = first_known(line)
        if service not in since:
            if first is None:
                continue
            since[service] = first
            line = cut(line, Interval(first, line[-1].end))  # noqa: PLW2901 - the part that counts
        derived.append(Derived(service, line, first))
    return derived


def _composites(
    books: Books,
    services: Sequence[Service],
    piece: Interval,
    since: dict[str, int],
) -> list[Derived]:
    """Return the composites, from what the ledger says of their components now."""
    wanted = [s for s in services if s.method == "components"]
    derived = list(composites(books, wanted, piece, {}))
    for item in derived:
        if item.first_sample is not None:
            since.setdefault(item.service, item.first_sample)
    return derived
