"""A report of many services, of which one that cannot be computed leaves out no other."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from service_catalogue import Service
from sla_engine.accounting.service_levels import account_fault
from sla_engine.domain.isolation import Isolation
from sla_engine.domain.report import NotComputed, PeriodReport


def isolated(
    chosen: Sequence[Service], work: Callable[[Sequence[Service]], PeriodReport]
) -> PeriodReport:
    """Return what ``work`` makes of the services; those that it fails for are named in it."""
    isolation = Isolation(account_fault)
    parts = list(isolation.divided(chosen, lambda service: service.id, work))
    if not isolation.faults and parts:
        return parts[0]
    failed = isolation.faults
    return replace(
        work([service for service in chosen if service.id not in failed]),
        not_computed=tuple(
            NotComputed(service.id, service.name, failed[service.id].text)
            for service in chosen
            if service.id in failed
        ),
    )
