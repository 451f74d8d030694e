"""What a customer may read of a report: all that was promised, and nothing that is ours.

Every format of an agreement's report is made of this view of it, and of nothing else.
"""

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import TypeVar

from sla_engine.domain.availability import Figures, Share
from sla_engine.domain.report import (
    Cause,
    Coming,
    PeriodReport,
    Planned,
    Restatement,
    SaidAfterwards,
    ServiceReport,
    TermsInForce,
    Work,
)
from sla_engine.domain.trend import PeriodTotals

_IDLE = {
    "service": frozenset(("cost_per_hour", "credits", "owner", "name", "latency")),
    "agreement": frozenset(("to",)),
    "window": frozenset(("requester",)),
}
"""Terms that no figure of a customer's hangs on, by what they are of."""
_PUBLIC = {
    "service": frozenset(
        ("objective", "window", "window_from", "timezone", "calendar", "accounting", "min_outage",
         "quorum", "need", "scrape_interval", "max_gap", "since", "until")
    ),
    "window": frozenset(("title", "start", "end", "duration", "rrule", "timezone")),
}  # fmt: skip
_PRIVATE = {"agreement": frozenset(("to", "tiers", "labels"))}
_MEASURED = frozenset({"unplanned", "planned", "unknown", "outages", "coverage"})
"""Figures of a service that differ from what was frozen whatever was promised of it."""
_TOLD = frozenset({"class"})
"""Corrections that decide what the customer is owed."""


def for_customer(report: PeriodReport) -> PeriodReport:
    """Return a report without what is ours: prices, stakes, notes, servers, our own promises.

    What the contract says stays: verdicts, credits, fee, outages with cause and ticket, planned
    work and that it was approved, and the corrections that reclassify an outage; no person's name.
    """
    hidden, mine = _hidden(report), {one.id for one in report.agreements}
    terms = (one for one in report.terms if one.agreement is None or one.agreement[0] in mine)
    return replace(
        report,
        source="",
        services=tuple(map(_service, report.services)),
        not_computed=tuple(replace(one, reason="") for one in report.not_computed),
        works=tuple(map(_unnamed, report.works)),
        coming=_coming(report.coming),
        agreements=tuple(replace(one, stake=None) for one in report.agreements),
        trend=tuple(map(_unpriced, report.trend)),
        year=None if report.year is None else _unpriced(report.year),
        capacity=None,
        external_url=None,
        restatements=tuple(_restated(report)),
        terms=tuple(_terms(terms, hidden)),
        afterwards=tuple(_afterwards(report.afterwards, hidden)),
    )


def is_public(kind: str, key: str) -> bool:
    """Say whether a customer may read a term: what was agreed, not how we measure it or tell it."""
    known = _PUBLIC.get(kind)
    return key not in _PRIVATE.get(kind, ()) and (known is None or key in known)


def is_idle(kind: str, key: str) -> bool:
    """Say whether no figure of a customer's hangs on a term, so that nothing is said of it."""
    return key in _IDLE.get(kind, ())


_Work = TypeVar("_Work", Work, Planned)


def _unnamed(one: _Work) -> _Work:
    """Return planned work without who asked for it, and who approved it if anybody did."""
    approver = None if one.approver is None else ""
    if isinstance(one, Planned):
        return one._replace(requester="", approver=approver)
    return replace(one, requester="", approver=approver)


def _coming(coming: Coming | None) -> Coming | None:
    if coming is None:
        return None
    return coming._replace(works=tuple(map(_unnamed, coming.works)))


def _service(one: ServiceReport) -> ServiceReport:
    latency = one.latency  # how fast it is meant to be is no term of an agreement
    if latency is not None:
        latency = replace(latency, below=None, share=None, kept=None)
    return replace(
        one,
        owner="",
        tier="",
        impact=None,
        stake=None,
        cost_per_hour=None,
        credit=None,
        latency=latency,
        figures=_figures(one.figures),
    )


def _figures(figures: Figures) -> Figures:
    return replace(
        figures,
        shares=tuple(map(_share, figures.shares)),
        short=tuple(map(_share, figures.short)),
    )


def _share(share: Share) -> Share:
    """Return an outage with what was said of it that concerns the customer."""
    told = tuple(
        replace(one, author="", login=None)
        for one in share.outage.corrections
        if one.field in _TOLD
    )
    outage = share.outage._replace(note=None, owner=None, corrections=told)
    return share._replace(outage=outage)


def _unpriced(one: PeriodTotals) -> PeriodTotals:
    return replace(one, cost=None)


def _hidden(report: PeriodReport) -> frozenset[str]:
    """Return what terms of services are others than was promised: the agreement has its own."""
    promised = (key for one in report.terms if one.agreement for key, _ in one.values)
    own = {"objective"} if any(one.objective is not None for one in report.agreements) else set()
    return frozenset((*own, *promised))


def _values(
    values: Iterable[tuple[str, str]], kind: str, hidden: Collection[str] = ()
) -> tuple[tuple[str, str], ...]:
    return tuple(one for one in values if is_public(kind, one[0]) and one[0] not in hidden)


def _terms(terms: Iterable[TermsInForce], hidden: frozenset[str]) -> Iterable[TermsInForce]:
    """Yield the terms without what is hidden; what is the same then is told once."""
    found: dict[TermsInForce, tuple[str, ...]] = {}
    for one in terms:
        if one.agreement is None:
            alike = replace(one, services=(), values=_values(one.values, "service", hidden))
            found[alike] = (*found.get(alike, ()), *one.services)
        else:
            found[replace(one, values=_values(one.values, "agreement"))] = one.services
    for one, services in found.items():
        if one.values:
            yield replace(one, services=services)


def _afterwards(said: Iterable[SaidAfterwards], hidden: frozenset[str]) -> Iterable[SaidAfterwards]:
    return (one for one in said if is_public("service", one.field) and one.field not in hidden)


def _restated(report: PeriodReport) -> Iterable[Restatement]:
    """Yield what changed of the agreement, and of its services where that is what is shown."""
    shown = {one.name: one.figures.availability for one in report.services}
    customers = {one.customer for one in report.agreements}
    for one in report.restatements:
        same = one.before != one.after and shown.get(one.service, one.after) == one.after
        causes = tuple(_cause(cause) for cause in one.causes if cause.told != "")
        if causes and (one.service in customers if one.money is not None else same):
            reasons = "; ".join(dict.fromkeys(cause.reason for cause in causes))
            others = tuple(
                other for other in one.others if one.money is not None or other.figure in _MEASURED
            )
            yield replace(one, author="", reason=reasons, causes=causes, others=others)


def _cause(cause: Cause) -> Cause:
    reason = cause.reason if cause.told is None else cause.told
    return cause._replace(author="", reason=reason, told=None)
