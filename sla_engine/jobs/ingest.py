"""PromQL -> ledger: the same way for every tick and for months of the past."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from catalogue import Catalogue, Service
from sla_engine.domain.interval import Interval
from sla_engine.jobs.derive import derive, rhythm
from sla_engine.ledger import Change, Derived, Ledger, NoticeRow
from sla_engine.prometheus import Client
from sla_engine.prometheus.extract import Source, raw

TRAIL = 15 * 60_000
"""How far back every tick derives anew: samples that arrive this late still count (ms)."""
_FARTHEST = 24 * 3_600_000
_UNKNOWN_RHYTHM = 10 * 60_000


class Ingested(NamedTuple):
    """What an ingest did: the stretch that was derived, and what it changed."""

    period: Interval
    changes: tuple[Change, ...]


Notify = Callable[[Sequence[Change]], Iterable[NoticeRow]]


def ingest(
    catalogue: Catalogue,
    client: Client,
    ledger: Ledger,
    period: Interval,
    now: int,
    *,
    services: Iterable[Service] | None = None,
    notify: Notify | None = None,
) -> Ingested:
    """Derive a period from Prometheus and let it take its place in the ledger.

    Repeating it, or crashing at any point and repeating it, gives the same ledger.

    Args:
        catalogue: what the services are and where their truth is.
        client: the Prometheus to ask.
        ledger: where the result goes.
        period: what to derive, ms UTC; its end is cut to ``now``.
        now: ms UTC; nothing later is asked for.
        services: all of the catalogue's unless given.
        notify: makes the notices that are written in the same transaction as the changes.

    Raises:
        PrometheusError: the samples cannot be had; the ledger is as before.
    """
    period = Interval(period.start, min(period.end, now))
    chosen = [s for s in (catalogue.services if services is None else services) if not s.components]
    if period.length == 0:
        return Ingested(period, ())
    derived = _derive_all(catalogue, client, chosen, period, now)
    return Ingested(period, ledger.apply(derived, notify))


def _derive_all(
    catalogue: Catalogue, client: Client, services: Sequence[Service], period: Interval, now: int
) -> list[Derived]:
    margin = max([_margin(catalogue, s) for s in services], default=0)
    wide = Interval(period.start - margin, min(period.end + margin, now))
    samples = raw(client, [_source(catalogue, s) for s in services if _is_state(s)], wide)
    found = (
        derive(catalogue, s, samples.get(s.id, ()), period, wide.end)
        for s in services
        if _is_state(s)
    )
    return [item for item in found if item is not None]


def _margin(catalogue: Catalogue, service: Service) -> int:
    known = service.scrape_interval or catalogue.prometheus.scrape_interval
    longest = service.max_gap or catalogue.prometheus.max_gap
    return rhythm(catalogue, service).max_gap if known or longest else _UNKNOWN_RHYTHM


def _is_state(service: Service) -> bool:
    return bool(service.probes) or bool(service.sli and service.sli.promql)


def _source(catalogue: Catalogue, service: Service) -> Source:
    expression = service.sli.promql if service.sli else None
    return Source(service.id, expression, rhythm(catalogue, service).step)


def tick_period(ledger: Ledger, now: int, trail: int = TRAIL) -> Interval:
    """Return what a tick derives: back before any open outage, and all that was missed.

    An outage or a standstill older than a day is not derived anew at every tick: the ledger joins
    what it holds with what is new; `backfill` fills in the rest.
    """
    recent = [o.start for o in ledger.open_outages().values()]
    recent += ledger.covered_until().values()
    earliest = min([now, *(t for t in recent if t > now - _FARTHEST)])
    return Interval(min(earliest, now) - trail, now)
