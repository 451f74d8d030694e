"""Ledger and catalogue -> figures: the one way in which reports, metrics and pages get theirs."""

from collections.abc import Iterable, Mapping

from catalogue import Catalogue, Service
from sla_engine.domain.availability import Facts, Figures, figures
from sla_engine.domain.history import History
from sla_engine.domain.interval import Interval
from sla_engine.domain.outage import Outage
from sla_engine.jobs.agreement import agreed_time, planned, terms
from sla_engine.ledger import Ledger

_SETTLING = 120_000


def account(
    catalogue: Catalogue,
    ledger: Ledger,
    period: Interval,
    now: int,
    services: Iterable[Service] | None = None,
) -> dict[str, Figures]:
    """Return the figures of a period by service id, in the catalogue's order (times in ms UTC).

    Raises:
        LedgerError: the ledger cannot be read.
    """
    chosen = tuple(catalogue.services if services is None else services)
    histories = ledger.histories(period, [service.id for service in chosen])
    now = as_of(ledger, now)
    first = ledger.first_samples()
    return {
        service.id: figures(
            _facts(catalogue, service, period, histories.get(service.id), first),
            terms(service, period.start),
            now,
        )
        for service in chosen
    }


def as_of(ledger: Ledger, now: int) -> int:
    """Return up to when a period that is not over can be accounted for (ms UTC).

    That is the last tick: the moments since are not unknown, nobody looked yet. An engine that
    stands still for longer is blind, and its figures show it.
    """
    last = max(ledger.covered_until().values(), default=now)
    return last if now - _SETTLING <= last else now


def _facts(
    catalogue: Catalogue,
    service: Service,
    period: Interval,
    history: History | None,
    first: Mapping[str, int],
) -> Facts:
    known = history or History()
    return Facts(
        outages=tuple(Outage(service.id, *stretch) for stretch in known.outages),
        gaps=known.gaps,
        covered=known.covered,
        agreed=agreed_time(catalogue, service, period, first.get(service.id)),
        planned=planned(catalogue, service, period),
    )
