"""Why a reported figure is another one now: what did it is found by leaving it out.

Each new row (of terms, of windows, of corrections) is put back, the figure is worked out again, and
the row is named if that is another figure. Samples are to blame where all rows put back do not give
what was reported; or, where what they say has the digest that was frozen, the program with the
holidays and the time zones that it comes with.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import tzinfo
from functools import partial
from typing import NamedTuple

from service_catalogue import Service
from service_catalogue.terms import Value
from sla_engine.accounting.agreements import agreement_reports, members, reach_of
from sla_engine.accounting.contracts import Contracts, contract_reach
from sla_engine.accounting.figures import as_of, facts_of, service_report, with_parts
from sla_engine.accounting.past import without
from sla_engine.accounting.report_context import cost
from sla_engine.accounting.snapshots import differs, digest, of_the_period, promised, snapshot
from sla_engine.accounting.terms_in_force import changes_of
from sla_engine.domain.agreement import AgreementReport
from sla_engine.domain.customer import is_idle, is_public
from sla_engine.domain.interval import Interval
from sla_engine.domain.report import (
    POLICY_VERSION,
    Cause,
    CauseKind,
    Changed,
    ChangedFigure,
    PeriodReport,
    Restatement,
    ServiceReport,
)
from sla_engine.ledger import Books
from sla_engine.ledger.frozen import Basis, Frozen, Snapshot
from sla_engine.ledger.kept import report_of_agreement
from sla_engine.ledger.rows import NOTHING, Without
from sla_engine.ledger.terms import UPGRADE, Term
from uptime_common import humanize

_SAMPLES = Cause("samples", "sla-engine", "derived anew from samples")
_PROGRAM = Cause(
    "program",
    "sla-engine",
    "what samples say is as it was: another version of the program, of holidays or of time zones",
)
_FILE = "services.yml"
_DERIVES = ("sli", "probes", "components", "need", "quorum", "scrape_interval", "max_gap")
_ASKED_FOR: tuple[ChangedFigure, ...] = (
    "met", "unplanned", "planned", "excluded", "agreed", "unknown", "outages", "coverage",
    "objective", "cost", "credit",
)  # fmt: skip
_OF_WINDOWS: tuple[ChangedFigure, ...] = ("availability", "met", "credit")
_HINTS = {
    "sli": "how it is measured",
    "probes": "how it is measured",
    "components": "what it is made of",
    "history": "what held before",
    "services": "which services it is of",
    "tiers": "which services it is of",
    "labels": "which services it is of",
    "approver": "its approval",
}
"""What a customer is told of a term that is ours, and that a figure may hang on."""
_MOST = 50
"""How many rows are tried one by one; of more the kinds are named."""


_Worked = tuple[Snapshot, str]
"""Figures, and the digest of what samples say."""


class _Suspect(NamedTuple):
    """Rows that may have changed a figure, what is said of them if they did, and what they are of.

    Rows of one window, or of one service's terms, may undo each other.
    """

    rows: Without
    cause: Cause
    of: str = ""


def restatements(
    books: Books, report: PeriodReport, terms: Sequence[Term]
) -> tuple[Restatement, ...]:
    """Return how a report's figures differ from those that the first one of its period froze.

    ``terms`` are `terms_known`.
    """
    first = books.ledger.frozen.first(report.period)
    frozen = _frozen(books, report, first)
    now = {one.id: snapshot(one, report.period) for one in report.services}
    changed = [
        one
        for one in report.services
        if one.id in frozen and differs(frozen[one.id].figures, now[one.id])
    ]
    found = []
    for one in changed:
        service = books.catalogue.service(one.id)
        work = partial(_of_service, one.id, report)
        was, case = frozen[one.id], _Case(books, terms, [service], work)
        gone = partial(_gone_to, books, terms, service, report.period)
        if causes := case.causes(was, gone):
            found.append(_restated(one, was, now[one.id], causes))
    swallowed = _swallowed(books, report, terms, first)
    return (*found, *swallowed, *_promises_restated(books, report, terms))


def _promises_restated(
    books: Books, report: PeriodReport, terms: Sequence[Term]
) -> Iterator[Restatement]:
    """Yield how what agreements owe differs from what was frozen of it."""
    first = books.ledger.frozen.first(report.period) if report.agreements else {}
    for one in report.agreements:
        was = first.get(report_of_agreement(one.id))
        if was is None or not differs(was.figures, promised(one)):
            continue
        parts = members(books.catalogue, books.catalogue.agreement(one.id), report.period)
        work = partial(_of_agreement, one.id, report)
        causes = _Case(books, terms, parts, work, agreement=one.id).causes(was)
        if causes:
            yield from _owed_otherwise(one, was, causes)


def _owed_otherwise(
    one: AgreementReport, was: Frozen, causes: Sequence[Cause]
) -> Iterator[Restatement]:
    """Yield what changed of an agreement, by currency: sums of two are never one."""
    before = [window[2] for window in was.figures["windows"]]
    after = [window.availability for window in one.closed]
    owed = _owed_by_currency(one, was)
    changed = [sums for sums in owed if sums[0] != sums[1]]
    ratios = (
        before[0] if len(before) == 1 else None,
        after[0] if len(after) == 1 else None,
    )
    for sums in changed or owed[:1]:
        yield Restatement(
            one.customer,
            *ratios,
            *_said(causes),
            tuple(causes),
            sums,
            _others(was.figures, promised(one), *ratios),
        )


def _owed_by_currency(
    one: AgreementReport, was: Frozen
) -> list[tuple[float | None, float | None, str]]:
    """Return what was due and is due, the agreement's own currency first.

    What an older version froze is a sum in that currency alone.
    """
    known: dict[str, float] | None = was.figures.get("due")
    if known is None:
        return [(was.figures["money"], one.money, one.currency)]
    names = dict.fromkeys((one.currency, *known, *one.due))
    return [(known.get(name), one.due.get(name), name) for name in names]


def _frozen(books: Books, report: PeriodReport, first: Mapping[str, Frozen]) -> dict[str, Frozen]:
    """Return what was frozen of the report's services, under these ids or former ones."""
    found = {}
    for one in report.services if first else ():
        if known := _under_its_names(books.catalogue.service(one.id), first):
            found[one.id] = first[known[0]]
    return found


def _under_its_names(service: Service, first: Mapping[str, Frozen]) -> list[str]:
    """Return the ids by which a service was frozen, the first that was reported first."""
    names = (service.id, *service.formerly)
    return sorted((n for n in names if n in first), key=lambda name: first[name].time)


def _swallowed(
    books: Books, report: PeriodReport, terms: Sequence[Term], first: Mapping[str, Frozen]
) -> Iterator[Restatement]:
    """Yield what was frozen of services whose time another one has, that was frozen beside them."""
    for one in report.services if first else ():
        service = books.catalogue.service(one.id)
        for gone in _under_its_names(service, first)[1:]:
            if gone == service.id:
                continue  # what it was called before was reported first
            rows = [term for term in terms if term.subject == ("service", gone)]
            name = next((str(t.after["name"]) for t in reversed(rows) if t.after), gone)
            heirs = [term for term in terms if gone in _taken_by(term)]
            causes = [_inherited(term, gone, books.catalogue.timezone) for term in heirs[-1:]]
            was = first[gone].figures["availability"]
            yield Restatement(name, was, None, *_said(causes), tuple(causes))


def _restated(
    one: ServiceReport, was: Frozen, now: Snapshot, causes: Sequence[Cause]
) -> Restatement:
    before, after = was.figures["availability"], one.figures.availability
    others = _others(was.figures, now, before, after)
    return Restatement(one.name, before, after, *_said(causes), tuple(causes), others=others)


def _others(
    was: Snapshot, now: Snapshot, before: float | None, after: float | None
) -> tuple[Changed, ...]:
    """Return the figures that differ, each once, but for what a restatement has by itself."""
    found: list[Changed] = []
    for one in _differing(was, now):
        if one not in found and one != ("availability", before, after):
            found.append(one)
    return tuple(found)


def _differing(was: Snapshot, now: Snapshot) -> Iterator[Changed]:
    for name in _ASKED_FOR:
        if name in was and name in now and was[name] != now[name]:
            yield Changed(name, was[name], now[name])
    after = {(start, end): figures for start, end, *figures in now["windows"]}
    for window in was.get("windows", ()):
        if isinstance(window, list):  # of what another version froze nothing is expected
            pairs = zip(_OF_WINDOWS, window[2:], after.get(tuple(window[:2]), ()), strict=False)
            yield from (Changed(*one) for one in pairs if one[1] != one[2])


def _said(causes: Sequence[Cause]) -> tuple[str, str]:
    """Return the authors and the reasons of causes."""
    authors = ", ".join(dict.fromkeys(cause.author for cause in causes))
    return authors, "; ".join(dict.fromkeys(cause.reason for cause in causes))


def _of_service(name: str, report: PeriodReport, books: Books) -> tuple[Snapshot, str]:
    """Return a service's figures of a report's period by some books, and its samples' digest."""
    one, period = books.catalogue.service(name), report.period
    at = as_of(books.ledger, report.generated_at)
    facts = facts_of(books, contract_reach(books.catalogue, (one,), period, at), (one,))[one.id]
    made = service_report(one, facts.within(period), period, at)
    began = books.ledger.first_samples().get(one.id)
    contract = Contracts(books.catalogue, period, at).of(one, facts, began, made.figures)
    made = replace(
        made,
        impact=cost(one, made.figures, period.start),
        credit=contract.credit,
        contract=contract,
    )
    return snapshot(made, period), digest(facts, period)


def _of_agreement(name: str, report: PeriodReport, books: Books) -> tuple[Snapshot, str]:
    """Return what an agreement owes for a report's period by some books; it has no digest."""
    catalogue, period = books.catalogue, report.period
    at, one = as_of(books.ledger, report.generated_at), catalogue.agreement(name)
    reach = contract_reach(catalogue, reach_of(catalogue, [one], period), period, at)
    facts = facts_of(books, reach, members(catalogue, one, period))
    first = books.ledger.first_samples()
    [found] = agreement_reports(catalogue, [one], facts, first, period, at=at)
    return promised(found), ""


class _Case:
    """A service or agreement whose figures changed; each way to put rows back is tried once.

    ``work`` returns figures and samples' digest by some books; ``services`` are all that these
    hang on.
    """

    def __init__(
        self,
        books: Books,
        terms: Sequence[Term],
        services: Sequence[Service],
        work: Callable[[Books], _Worked],
        *,
        agreement: str = "",
    ) -> None:
        self._books, self._work = books, work
        self._names = {name: one.id for one in services for name in (one.id, *one.formerly)}
        names = with_parts(books.catalogue, services) | self._names.keys()
        ours: dict[str, set[str]] = {"service": names, "agreement": {agreement}}
        self._terms = [
            t for t in terms if t.subject.name in ours.get(t.subject.kind, {t.subject.name})
        ]
        self._known: dict[Without, _Worked] = {}

    def causes(
        self, was: Frozen, gone: Callable[[Basis], list[Cause]] = lambda _: []
    ) -> list[Cause]:
        """Return what made the figures others than those that were frozen.

        ``gone`` tells by what the samples are another service's now.
        """
        known = was.basis or self._supposed(was)
        suspects = self._tried(list(self._suspects(known)))
        full, base = self._of(NOTHING), self._of(_all(suspects))
        suspects = self._not_undone(suspects, full, base)
        found = [s.cause for s in self._guilty(suspects, full)]
        same = known.policy == POLICY_VERSION
        if differs(was.figures, base[0]) if same else known.samples not in {"", base[1]}:
            if known.samples == base[1] and differs(of_the_period(was.figures), base[0]):
                return [*found, _PROGRAM]
            found += gone(known) or [_SAMPLES, *self._derived_otherwise(known)]
        return found

    def _guilty(self, suspects: Sequence[_Suspect], full: _Worked) -> Sequence[_Suspect]:
        """Return the rows without which the figures were others.

        Where several say the same of one of several services none would be missed alone.
        """
        found = [s for s in suspects if self._of(s.rows)[0] != full[0]]
        rest = [s for s in suspects if s not in found]
        without = self._of(_all(rest))
        if without[0] != full[0]:
            alone = ((s, _all(o for o in rest if o is not s)) for s in rest)
            each = [s for s, others in alone if self._of(others)[0] != without[0]]
            found += each or rest
        return [s for s in suspects if s in found]

    def _not_undone(
        self, suspects: Sequence[_Suspect], full: _Worked, base: _Worked
    ) -> list[_Suspect]:
        """Leave out rows of one thing that say nothing together: one took back another."""
        groups: dict[str, list[_Suspect]] = {}
        for number, one in enumerate(suspects):
            groups.setdefault(one.of or f"{number}", []).append(one)
        kept = []
        for group in groups.values():
            if len(group) > 1 and self._of(_all(group))[0] == full[0]:
                others = _all(one for one in suspects if one not in group)
                if self._of(others)[0] == base[0]:
                    continue
            kept += group
        return [one for one in suspects if one in kept]

    def _derived_otherwise(self, known: Basis) -> Iterator[Cause]:
        """Yield the terms by which samples may have been derived to something else.

        A service that leaves and comes back, also by another id, is held to what it was before.
        """
        zone, held = self._books.catalogue.timezone, dict[str, Value]()
        for term in self._terms:
            if term.subject.kind != "service" or term.after is None:
                continue
            name = self._names.get(term.subject.name, term.subject.name)
            was, held[name] = held.get(name, term.before), term.after
            if was and term.id > known.term and _derives_otherwise(was, term.after):
                yield _of_term(term._replace(before=was), zone, self._names)

    def _of(self, left_out: Without) -> _Worked:
        """Return the figures and the samples' digest, as if some rows were not there."""
        if left_out not in self._known:
            self._known[left_out] = self._work(without(self._books, self._terms, left_out))
        return self._known[left_out]

    def _supposed(self, was: Frozen) -> Basis:
        """Return what the figures of an older ledger stood on, by the clock."""
        terms = [t.id for t in self._terms if t.origin == UPGRADE or t.time <= was.time]
        ledger = self._books.ledger
        said = [i for i, (_, c) in ledger.corrections.after(0).items() if c.time <= was.time]
        done = [i for i, (_, e) in ledger.windows.after(0).items() if e.time <= was.time]
        newest = [max(found, default=0) for found in (terms, said, done)]
        return Basis(newest[0], newest[1], newest[2], POLICY_VERSION)

    def _tried(self, suspects: Sequence[_Suspect]) -> Sequence[_Suspect]:
        """Return what to put back one by one: each row, or where these are many, each kind."""
        if len(suspects) <= _MOST:
            return suspects
        kinds: dict[CauseKind, list[_Suspect]] = {}
        for one in suspects:
            kinds.setdefault(one.cause.kind, []).append(one)
        return [
            _Suspect(_all(of), Cause(kind, of[-1].cause.author, f"{len(of)} changes"))
            for kind, of in kinds.items()
        ]

    def _suspects(self, known: Basis) -> Iterator[_Suspect]:
        """Yield the rows that are newer than the frozen figures and may concern the service."""
        ledger, zone = self._books.ledger, self._books.catalogue.timezone
        for term in self._terms:
            if term.id > known.term and term.subject.kind != "policy":
                cause = _of_term(term, zone, self._names)
                rows = Without(terms=frozenset({term.id}))
                yield _Suspect(rows, cause, " ".join(term.subject))
        for number, (name, said) in ledger.corrections.after(known.correction).items():
            if name in self._names and said.field == "class":
                cause = Cause("correction", said.author, said.reason, said.time)
                yield _Suspect(Without(corrections=frozenset({number})), cause)
        for number, (window, event) in ledger.windows.after(known.event).items():
            if event.kind != "requested":
                why = event.reason or f"{window}: {event.kind}"
                cause = Cause("window", event.author, why, event.time)
                rows = Without(events=frozenset({number}))
                yield _Suspect(rows, cause, f"request {window}")


def _gone_to(
    books: Books, terms: Sequence[Term], service: Service, period: Interval, known: Basis
) -> list[Cause]:
    """Return by what a service's samples of a period are another service's now, if they are."""
    names = with_parts(books.catalogue, [service]) | {service.id, *service.formerly}
    heirs = [t for t in terms if t.subject.name not in names and service.id in _taken_by(t)]
    taken = [term for term in heirs if term.id > known.term]
    if not taken or books.ledger.histories(period, [service.id]):
        return []
    return [_inherited(taken[-1], service.id, books.catalogue.timezone)]


def _inherited(heir: Term, former: str, zone: tzinfo) -> Cause:
    why = f"its history went to {heir.subject.name}, formerly {former}"
    seen = f"(first seen {humanize.moment(heir.time, zone)})"
    told = f"its history went to another service {seen}"
    return Cause("terms", _FILE, f"{why} {seen}", heir.time, told)


def _taken_by(term: Term) -> set[str]:
    """Return the former ids that a term makes a service's own."""
    before, after = ((value or {}).get("formerly", ()) for value in (term.before, term.after))
    return set(after).difference(before) if term.subject.kind == "service" else set()


def _derives_otherwise(before: Value, after: Value) -> bool:
    return any(before.get(key) != after.get(key) for key in _DERIVES)


def _all(suspects: Iterable[_Suspect]) -> Without:
    found = NOTHING
    for one in suspects:
        found |= one.rows
    return found


def _of_term(term: Term, zone: tzinfo, ours: Collection[str]) -> Cause:
    """Return what a term changed; a customer is told of the services in ``ours`` by name."""
    kind, whose = term.subject
    what: CauseKind = "window" if kind == "window" else "terms"
    seen = humanize.moment(term.time, zone)
    file = f", SHA-256 {term.digest[:12]}" if term.digest else ""
    name = f"{kind} {whose}".strip()

    def told(changes: Sequence[str], name: str = name) -> str:
        return f"{name}: {'; '.join(changes)} (first seen {seen}{file})"

    changes, public = list(changes_of(term)), _public(term)
    hidden = kind == "service" and whose not in ours
    shown = told(public, "a component" if hidden else name) if public else ""
    reason = told(changes or ["changed"])
    return Cause(what, _FILE, reason, term.time, None if shown == reason else shown)


def _public(term: Term) -> list[str]:
    """Return in words what a customer is told that a term changed; nothing of prices."""
    kind, before, after = term.subject.kind, term.before or {}, term.after or {}
    hidden = [key for key in sorted({*before, *after}) if not is_public(kind, key)]
    public = list(changes_of(term, hidden))
    if before and after:
        changed = (k for k in hidden if before.get(k) != after.get(k) and not is_idle(kind, k))
        public += dict.fromkeys(_HINTS.get(key, "a term of ours") for key in changed)
    return public
