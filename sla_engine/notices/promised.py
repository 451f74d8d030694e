"""Reports of agreements: what closed and is to be told to whom it was promised."""

from collections.abc import Iterator, Mapping
from datetime import datetime, tzinfo
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from service_catalogue import Catalogue
from service_catalogue.agreement import Agreement
from service_catalogue.notifications import Report
from sla_engine.accounting.agreements import by_terms, lately, members
from sla_engine.accounting.contracts import contract_kinds
from sla_engine.domain.contract_window import DAY, ROLLING, closed_in
from sla_engine.domain.interval import Interval
from sla_engine.domain.notice import Message
from sla_engine.domain.period import Period, parse_period, recognized
from sla_engine.ledger.kept import report_of_agreement
from sla_engine.reports.language import Language

_LOOK_BACK = 7 * DAY
_PERIODS = {"day": "daily", "week": "weekly", "2w": "weekly", "quarter": "quarterly"}


class ClosedWindow(NamedTuple):
    """A window of an agreement that closed, whose report nobody else sends."""

    agreement: Agreement
    period: Period

    @property
    def name(self) -> str:
        """Return the window's name, such as ``2026-10``; of two weeks their days."""
        return _name(self.period)

    @property
    def facts(self) -> dict[str, Any]:
        """Return what must be known to make the report."""
        return {
            "report": report_of_agreement(self.agreement.id),
            "agreement": self.agreement.id,
            "period": self.name,
            "span": [self.period.start, self.period.end],
            "zone": str(self.period.zone),
            "due": self.period.end,
            "channels": list(dict.fromkeys(self.agreement.to)),
        }


def _name(period: Period) -> str:
    if period.kind != "span":
        return period.name
    first, last = (
        datetime.fromtimestamp(moment / 1000, period.zone).date()
        for moment in (period.start, period.end - 1)
    )
    return f"{first}_{last}"


def closed_windows(catalogue: Catalogue, now: int) -> Iterator[ClosedWindow]:
    """Yield the newest closed window of each agreement that has recipients.

    Those that ``reports`` name are sent by their schedule. What closed more than a week ago is
    nobody's news. Of one that left the last that is told is the one that ran then. Times are ms
    UTC.
    """
    scheduled = {entry.agreement for entry in catalogue.reports}
    for agreement in lately(catalogue, now, _LOOK_BACK):
        if not agreement.to or agreement.id in scheduled or agreement.window in ROLLING:
            continue
        recent, left = Interval(now - _LOOK_BACK, now), catalogue.left_at(agreement)
        parts = by_terms(catalogue, agreement, members(catalogue, agreement, recent))
        for service in parts[:1]:
            held = contract_kinds(catalogue, service)
            spans = closed_in(held, recent, now)
            for span in [one for one in spans if left is None or one.start < left][-1:]:
                zone = held[-1].window.zone
                yield ClosedWindow(agreement, recognized(span, zone))


def find(catalogue: Catalogue, identifier: str) -> Agreement | None:
    """Return the agreement of that id, if there is one; it may have left."""
    try:
        return catalogue.agreement(identifier)
    except KeyError:
        return None


def entry_of(facts: Mapping[str, Any], catalogue: Catalogue) -> Report:
    """Return what stands for the schedule of an agreement's report."""
    agreement = find(catalogue, facts["agreement"])
    window = "month" if agreement is None else agreement.window
    made = Report.model_validate(
        {
            "id": facts["agreement"],
            "period": _PERIODS.get(window, "monthly"),
            "cron": "0 0 1 * *",
            "timezone": facts["zone"],
            "language": None if agreement is None else agreement.language,
        }
    )
    return made.model_copy(update={"id": facts["report"]})


def spoken(entry: Report, catalogue: Catalogue) -> str:
    """Return the language of a report: its own, else that of the agreement it is about."""
    agreed = (one.language for one in catalogue.agreements if one.id == entry.agreement)
    return entry.language or next(agreed, "en")


def period_of(facts: Mapping[str, Any], zone: tzinfo, now: int) -> Period:
    """Return the period of a report's notice."""
    if "span" in facts:
        return recognized(Interval(*facts["span"]), ZoneInfo(facts["zone"]))
    return parse_period(facts["period"], zone, now)


def ended(facts: Mapping[str, Any], say: Language) -> Message:
    """Return what is told where an agreement has left the catalogue since its report was due."""
    text = say.phrase(
        "The report {period} of the agreement {agreement} was not made",
        period=facts["period"],
        agreement=facts["agreement"],
    )
    gone = say.phrase("It is not in the catalogue any more.")
    return Message(text, "warning", lines=(gone,))
