"""What is told of error budgets that run out."""

from collections.abc import Iterator, Mapping
from functools import cache

from service_catalogue import Catalogue
from sla_engine.accounting.contracts import contract_kinds
from sla_engine.domain.availability import Figures
from sla_engine.domain.contract_window import is_gone
from sla_engine.domain.events import Weighed
from sla_engine.domain.interval import Interval
from sla_engine.domain.notice import Message, Notice
from sla_engine.domain.objective import exhausted_at
from sla_engine.domain.period import containing, recognized
from sla_engine.ledger import Delivery
from sla_engine.notices.kinds import Rendered, Situation, Writing
from sla_engine.notices.links import links_of
from sla_engine.reports.columns import events_lost

THRESHOLDS = (0.0, 0.2, 0.5)
"""Where an error budget that is left is told of, worst first."""
_DAY = 24 * 3_600_000


def budget_notices(
    catalogue: Catalogue, figures: Mapping[str, Figures], now: int
) -> Iterator[Notice]:
    """Yield the warnings of error budgets that fell under a threshold, each once a period.

    ``figures`` are of each service's own window, by service id; a rolling window is told of at
    most once a month.
    """
    named = cache(lambda kind: containing(kind, now, catalogue.timezone))
    for service in catalogue.services:
        found = figures.get(service.id)
        left = None if found is None else found.budget_remaining
        if found is None or left is None:
            continue
        crossed = [mark for mark in THRESHOLDS if left <= mark and (mark or is_gone(found))]
        if not crossed:
            continue
        held = contract_kinds(catalogue, service)[-1].window
        span = held.around(now) if held.length is None else None
        period = named("month") if span is None else recognized(span, held.zone)
        key = f"budget:{service.id}:{period.name}/{crossed[0]:g}"
        facts = {
            "left": left,
            "window": service.window,
            "period": None if span is None else list(span),
            "gone_at": None if span is None else exhausted_at(left, span, now),
            "objective": service.objective,
            "events": None if found.events is None else list(found.events),
        }
        yield Notice(key, f"budget:{service.id}:{period.name}", "budget", now, service.id, facts)


class BudgetWatch:
    """The warnings that the last levels bring, as long as their figures hold."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._judged: dict[str, Figures] = {}
        self.notices: tuple[Notice, ...] = ()

    def judge(self, figures: Mapping[str, Figures], at: int) -> None:
        """Take the figures of a tick, by service: they are of the periods of ``at`` (ms UTC)."""
        # Figures that are still the same have brought their warning: a period's end makes new ones.
        fresh = {s: found for s, found in figures.items() if found is not self._judged.get(s)}
        kept = [n for n in self.notices if n.service in figures and n.service not in fresh]
        self.notices = (*kept, *budget_notices(self._catalogue, fresh, at))
        self._judged = dict(figures)


def budgets_due(situation: Situation) -> Iterator[Notice]:
    """Yield the warnings that the last levels bring."""
    yield from situation.budgets


def compose_budget(item: Delivery, writing: Writing) -> Rendered:
    """Return the messages of a budget warning."""
    facts, catalogue, say = item.notice.facts, writing.books.catalogue, writing.say
    named = {
        "service": _name(catalogue, item.notice.service) or say.phrase("unknown"),
        "window": say.title(Interval(*facts["period"])) if facts["period"] else facts["window"],
    }
    left = say.share(facts["left"])
    if facts["left"] <= 0:
        head = say.phrase("{service} has used up its error budget of {window}", **named)
    else:
        head = say.phrase(
            "{service} has {left} of its error budget of {window} left", **named, left=left
        )
    lines = []
    if facts["gone_at"] is not None:
        when = say.moment(facts["gone_at"])
        lines.append(say.phrase("At the pace so far it is used up on {when}.", when=when))
    told = [
        (say.phrase("Objective"), say.agreed(facts["objective"] / 100)),
        (say.phrase("Budget left"), left),
    ]
    if (events := facts.get("events")) is not None:
        told.append((say.phrase("Failed events"), events_lost(Weighed(*events), say)))
    since = facts["period"][0] if facts["period"] else item.notice.time - _DAY
    lasted = Interval(since, max(since, item.notice.time))
    where = links_of(catalogue, [item.notice.service or ""], lasted, say)
    message = Message(head, "warning", tuple(told), tuple(lines), links=where)
    return Rendered(message, Message(head, "warning", lines=tuple(lines)))


def _name(catalogue: Catalogue, identifier: str | None) -> str:
    service = catalogue.find(identifier)
    return service.name if service else identifier or ""
