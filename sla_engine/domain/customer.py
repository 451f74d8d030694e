"""What a customer may read of a report: all that was promised, and nothing that is ours.

Every format of an agreement's report is made of this view of it, and of nothing else.
"""

from collections.abc import Iterable
from dataclasses import replace

from sla_engine.domain.availability import Figures, Share
from sla_engine.domain.report import (
    Cause,
    PeriodReport,
    Restatement,
    SaidAfterwards,
    ServiceReport,
    TermsInForce,
)
from sla_engine.domain.trend import PeriodTotals

PRIVATE = frozenset({"cost_per_hour", "credits"})
"""Terms of a service that are between us: what an hour of it costs us, and its own credits."""
_MEASURED = frozenset({"unplanned", "planned", "unknown", "outages", "coverage"})
"""Figures of a service that differ from what was frozen whatever was promised of it."""
_TOLD = frozenset({"class"})
"""Corrections that decide what the customer is owed."""


def for_customer(report: PeriodReport) -> PeriodReport:
    """Return a report without what is ours: prices, stakes, notes, servers, our own promises.

    What the contract says stays: verdicts, credits, fee, outages with cause and ticket, and the
    corrections that reclassify one.
    """
    hidden, mine = _hidden(report), {one.id for one in report.agreements}
    terms = (one for one in report.terms if one.agreement is None or one.agreement[0] in mine)
    return replace(
        report,
        services=tuple(map(_service, report.services)),
        agreements=tuple(replace(one, stake=None) for one in report.agreements),
        trend=tuple(map(_unpriced, report.trend)),
        year=None if report.year is None else _unpriced(report.year),
        capacity=None,
        external_url=None,
        restatements=tuple(_restated(report)),
        terms=tuple(_terms(terms, hidden)),
        afterwards=tuple(_afterwards(report.afterwards, hidden)),
    )


def _service(one: ServiceReport) -> ServiceReport:
    latency = one.latency  # how fast it is meant to be is no term of an agreement
    if latency is not None:
        latency = replace(latency, below=None, share=None, kept=None)
    return replace(
        one,
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
    told = tuple(one for one in share.outage.corrections if one.field in _TOLD)
    outage = share.outage._replace(note=None, owner=None, corrections=told)
    return share._replace(outage=outage)


def _unpriced(one: PeriodTotals) -> PeriodTotals:
    return replace(one, cost=None)


def _hidden(report: PeriodReport) -> frozenset[str]:
    """Return what terms of services are not those that were promised: the agreement has its own."""
    promised = (key for one in report.terms if one.agreement for key, _ in one.values)
    own = {"objective"} if any(one.objective is not None for one in report.agreements) else set()
    return PRIVATE | own | frozenset(promised)


def _terms(terms: Iterable[TermsInForce], hidden: frozenset[str]) -> Iterable[TermsInForce]:
    """Yield the terms without what is hidden; what is the same then is told once."""
    found: dict[TermsInForce, tuple[str, ...]] = {}
    for one in terms:
        if one.agreement is None:
            kept = tuple((key, value) for key, value in one.values if key not in hidden)
            alike = replace(one, services=(), values=kept)
            found[alike] = (*found.get(alike, ()), *one.services)
        else:
            found[one] = one.services
    for one, services in found.items():
        if one.values:
            yield replace(one, services=services)


def _afterwards(said: Iterable[SaidAfterwards], hidden: frozenset[str]) -> Iterable[SaidAfterwards]:
    return (one for one in said if one.field not in hidden)


def _restated(report: PeriodReport) -> Iterable[Restatement]:
    """Yield what changed of the agreement, and of its services where that is what is shown."""
    shown = {one.name: one.figures.availability for one in report.services}
    customers = {one.customer for one in report.agreements}
    for one in report.restatements:
        same = one.before != one.after and shown.get(one.service, one.after) == one.after
        causes = tuple(_cause(cause) for cause in one.causes if cause.told != "")
        if causes and (one.service in customers if one.money is not None else same):
            authors = ", ".join(dict.fromkeys(cause.author for cause in causes))
            reasons = "; ".join(dict.fromkeys(cause.reason for cause in causes))
            others = tuple(
                other for other in one.others if one.money is not None or other.figure in _MEASURED
            )
            yield replace(one, author=authors, reason=reasons, causes=causes, others=others)


def _cause(cause: Cause) -> Cause:
    return cause if cause.told is None else cause._replace(reason=cause.told, told=None)
