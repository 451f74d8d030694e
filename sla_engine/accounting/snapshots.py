"""What was reported is frozen once it is known to its end: figures, verdict, list of outages."""

import hashlib
from dataclasses import replace

from sla_engine.accounting.figures import facts_of
from sla_engine.accounting.kept_reports import agreements_of
from sla_engine.domain.agreement import AgreementReport
from sla_engine.domain.availability import AccountingInput
from sla_engine.domain.interval import Interval, clip
from sla_engine.domain.report import POLICY_VERSION, PeriodReport, ServiceReport
from sla_engine.ledger import Books, Ledger
from sla_engine.ledger.frozen import Basis, Snapshot
from sla_engine.ledger.kept import report_of_agreement

_DAY = 86_400_000
"""How long a gap may still be filled by samples that come late."""
_OF_THE_PERIOD = frozenset(
    ("availability", "agreed", "excluded", "planned", "unplanned", "unknown", "coverage", "list")
)


def basis(ledger: Ledger) -> Basis:
    """Return what figures that are worked out now stand on, but for the samples."""
    correction, event = ledger.decisions()
    return Basis(ledger.terms.last(), correction, event, POLICY_VERSION)


def freeze(books: Books, report: PeriodReport, known: Basis) -> PeriodReport:
    """Write down what a report says; return it with what is frozen, and what is not.

    Services that are not known to the end are left out, and so is what was not owed: as a whole it
    is frozen where that leaves something, and nothing is unsettled. ``known`` is of before the
    report was made.

    Raises:
        LedgerError: the ledger cannot be written.
    """
    chosen = [books.catalogue.service(one.id) for one in report.services]
    facts = facts_of(books, report.period, chosen)
    owed = [one for one in report.services if facts[one.id].agreed]
    settled = {s.id for s in owed if is_settled(facts[s.id], report.generated_at)}
    figures = {one.id: snapshot(one, report.period) for one in owed if one.id in settled}
    bases = {name: known._replace(samples=digest(facts[name], report.period)) for name in figures}
    unsettled = tuple(one.name for one in owed if one.id not in settled)
    whole = bool(settled) and not unsettled and not report.not_computed
    for agreement in report.agreements if whole else ():
        name = report_of_agreement(agreement.id)
        figures[name], bases[name] = promised(agreement), known
    books.ledger.frozen.add(report.period, figures, report.generated_at, bases)
    return replace(report, frozen=whole, unsettled=unsettled)


def with_frozen(report: PeriodReport, books: Books, agreement: str | None) -> PeriodReport:
    """Return a report that knows when its period was frozen before: figures, and a document.

    A document is one of the ``agreement``, or else one of no agreement.
    """
    first = books.ledger.frozen.first(report.period)
    names = {
        name
        for one in report.services
        for name in (one.id, *books.catalogue.service(one.id).formerly)
    }
    times = [one.time for name, one in first.items() if name in names]
    earlier = [time for time in times if time < report.generated_at]
    if not earlier:
        return report
    kept = books.ledger.kept.of(report.period)
    whose = agreements_of(kept, books.catalogue)
    times = [one.time for one in kept if whose[one.report] == agreement]
    return replace(report, frozen_at=min(earlier), kept_at=min(times, default=None))


def is_settled(facts: AccountingInput, now: int) -> bool:
    """Say whether a service is known to the end of its agreed time, at ``now`` (ms UTC).

    What was looked at and is unknown counts when it has been for a day: samples that come late are
    not expected any more.
    """
    end = facts.agreed[-1].end
    covered = any(one.start < end <= one.end for one in facts.covered)
    blind = any(gap.start < end <= gap.end for gap in facts.gaps)
    return end <= now and covered and (not blind or now - end > _DAY)


def snapshot(one: ServiceReport, period: Interval) -> Snapshot:
    """Return what is frozen of a service's figures; milliseconds and ratios."""
    figures = one.figures
    return {
        "availability": figures.availability,
        "agreed": figures.agreed,
        "excluded": figures.excluded,
        "planned": figures.planned,
        "unplanned": figures.unplanned,
        "unknown": figures.unknown,
        "outages": len(figures.shares),
        "coverage": figures.coverage,
        "objective": one.objective,
        "met": one.met,
        "cost": one.impact,
        "credit": one.credit,
        "windows": _windows(one),
        "list": [
            [
                max(share.outage.start, period.start),
                share.outage.until(period.end).end
                if share.outage.end is None
                else min(share.outage.end, period.end),
                share.kind,
                share.planned,
                share.unplanned,
                share.unknown,
            ]
            for share in (*figures.shares, *figures.short)
        ],
    }


def of_the_period(figures: Snapshot) -> Snapshot:
    """Return what follows from a period alone: windows of a contract may reach out of it."""
    return {name: value for name, value in figures.items() if name in _OF_THE_PERIOD}


def promised(one: AgreementReport) -> Snapshot:
    """Return what is frozen of an agreement: its windows that closed, and what is due for them."""
    return {
        "met": one.met,
        "money": one.money,
        "due": one.due,
        "windows": [[*w.span, w.availability, w.met, w.credit, w.money] for w in one.closed],
    }


def _windows(one: ServiceReport) -> list[list[float | bool | None]]:
    """Return the contract's windows that closed: start, end, availability, verdict, credit."""
    closed = () if one.contract is None else one.contract.closed
    return [[*w.span, w.figures.availability, w.figures.met, w.credit] for w in closed]


def differs(frozen: Snapshot, now: Snapshot) -> bool:
    """Say whether figures are others than those that were frozen, of whatever version these are."""
    return any(now[name] != value for name, value in frozen.items() if name in now)


def digest(facts: AccountingInput, period: Interval) -> str:
    """Return the SHA-256 of what samples say of a period."""
    known = facts.within(period)
    spans = [(o.start, o.until(period.end).end) for o in known.outages]
    seen = spans, clip(known.gaps, period), clip(known.covered, period), known.events
    return hashlib.sha256(repr(seen).encode()).hexdigest()
