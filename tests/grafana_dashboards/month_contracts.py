"""The part of the month that tells of contracts: windows, events, agreements, closed months."""

from collections.abc import Callable, Iterable, Iterator, Mapping

Value = Callable[[float], float | None]
Series = Iterator[tuple[str, dict[str, str], Value]]
STATES = {"shop": "on_course", "mail": "lost"}
CLOSED = {"2026-09-30": (1_790_805_600, 1, 0), "2026-08-31": (1_788_213_600, 0, 250)}
MONTHS = ("2026-08", "2026-09")


def flat(value: float) -> Value:
    """The same value at all times."""
    return lambda _t: value


def contracts(
    job: Mapping[str, str],
    services: Mapping[str, tuple[str, str]],
    up: Callable[[str], Value],
    month: tuple[float, float],
) -> Series:
    """Yield what the engine tells of contracts; of the wiki nothing is known in its window.

    Args:
        job: the labels of the engine.
        services: owner and tier by service.
        up: the state of a service over time.
        month: begin and end of the window that runs.
    """
    for service, (owner, tier) in services.items():
        one = {**job, "service": service}
        method = "events" if service == "shop" else "probes"
        about = {"owner": owner, "tier": tier, "method": method, "agreement": "x,y"}
        about |= {"host": "db-1"}
        yield "service_info", {**one, **about, "labels": f"env=prod,of={owner}"}, flat(1)
        own = {**one, "window": "month"}
        yield "service_slo_window_info", own, flat(1)
        yield "sla_window_start_timestamp_seconds", own, flat(month[0])
        yield "sla_window_end_timestamp_seconds", own, flat(month[1])
        if service != "wiki":
            yield "sla_service_up", one, up(service)
            yield "sla_window_state", {**own, "state": STATES.get(service, "on_course")}, flat(1)
            met = float(STATES.get(service) != "lost")
            yield "sla_window_met", {**one, "window": "previous_month"}, flat(met)
    shop = {**job, "service": "shop", "window": "month"}
    yield "sla_budget_exhausted_timestamp_seconds", shop, flat(month[1] - 86_400)
    yield "sla_events", {**shop, "result": "good"}, flat(99_000)
    yield "sla_events", {**shop, "result": "failed"}, flat(40)
    yield "sla_events_allowed", shop, flat(99)
    for needed in ("mail", "wiki"):
        needs = {**job, "service": "shop", "dependency": needed}
        yield "service_dependency_info", needs, flat(1)
    yield from _agreements(job, services)
    yield from _months(job, {owner for owner, _ in services.values()})


def _agreements(job: Mapping[str, str], services: Iterable[str]) -> Series:
    """Tell of an agreement with one figure, and of one in which each service is judged."""
    rules = (("x", "ACME", "worst", "at_risk"), ("y", "Borg", "each", "lost"))
    for agreement, customer, rule, state in rules:
        one = {**job, "agreement": agreement}
        about = {"customer": customer, "rule": rule, "window": "month", "currency": "EUR"}
        yield "sla_agreement_info", {**one, **about}, flat(1)
        yield "sla_agreement_objective_ratio", one, flat(0.999)
        yield "sla_agreement_fee", one, flat(1000)
        yield "sla_agreement_state", {**one, "state": state}, flat(1)
        yield "sla_agreement_window_end_timestamp_seconds", one, flat(1_793_491_200)
        for service in services:
            yield "sla_agreement_service_info", {**one, "service": service}, flat(1)
        for day, (at, met, credit) in CLOSED.items():
            closed = {**one, "closed": day}
            yield "sla_agreement_closed_timestamp_seconds", closed, flat(at)
            yield "sla_agreement_closed_met", closed, flat(met)
            yield "sla_agreement_closed_credit", {**closed, "currency": "EUR"}, flat(credit)
            yield "sla_agreement_closed_least_availability_ratio", closed, flat(0.998)
            if rule == "worst":
                yield "sla_agreement_closed_availability_ratio", closed, flat(0.998)
    worst = {**job, "agreement": "x"}
    yield "sla_agreement_availability_ratio", worst, flat(0.9985)
    yield "sla_agreement_budget_exhausted_timestamp_seconds", worst, flat(1_793_460_000)


def _months(job: Mapping[str, str], owners: Iterable[str]) -> Series:
    for owner in sorted(owners):
        for month in MONTHS:
            one = {**job, "owner": owner, "month": month}
            for verdict, count in (("met", 2), ("missed", 1), ("unjudged", 0)):
                yield "sla_month_windows", {**one, "verdict": verdict}, flat(count)
            for kind in ("planned", "unplanned"):
                yield "sla_month_downtime_seconds", {**one, "kind": kind}, flat(3600)
            yield "sla_month_cost", {**one, "currency": "EUR"}, flat(1200)
