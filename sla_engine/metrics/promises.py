"""The metrics of what was promised and kept: closed months by owner, and agreements."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from sla_engine.domain.agreement import AgreementReport
from sla_engine.domain.promises import MonthOfOwner, Promises
from uptime_common.exposition import Family, Sample, gauge, header, lines

_MONTH: Final = ("owner", "month")
_VERDICTS: Final = gauge(
    "sla_month_windows",
    "Contracts' windows that closed in a closed month, by owner and verdict.",
    *(*_MONTH, "verdict"),
)
_DOWNTIME: Final = gauge(
    "sla_month_downtime_seconds",
    "Known downtime of an owner's services in a closed month.",
    *(*_MONTH, "kind"),
)
_COST: Final = gauge(
    "sla_month_cost",
    "What the unplanned downtime of an owner's services cost in a closed month.",
    *(*_MONTH, "currency"),
)
_ONE: Final = ("agreement",)
_INFO: Final = gauge(
    "sla_agreement_info",
    "Constant 1; the labels tell about an agreement.",
    *(*_ONE, "customer", "rule", "window", "currency"),
)
_PART: Final = gauge(
    "sla_agreement_service_info",
    "Constant 1; the service is part of the agreement.",
    *(*_ONE, "service"),
)
_OBJECTIVE: Final = gauge("sla_agreement_objective_ratio", "What an agreement promises.", *_ONE)
_FEE: Final = gauge("sla_agreement_fee", "The fee of one window of an agreement.", *_ONE)
_AVAILABILITY: Final = gauge(
    "sla_agreement_availability_ratio",
    "The one figure of an agreement in the window that runs; none where each service is judged.",
    *_ONE,
)
_STATE: Final = gauge(
    "sla_agreement_state",
    "1 for how the agreement's window does: on_course, at_risk or lost.",
    *(*_ONE, "state"),
)
_EXHAUSTED: Final = gauge(
    "sla_agreement_budget_exhausted_timestamp_seconds",
    "When the budget of the agreement's window is used up if the last day goes on.",
    *_ONE,
)
_START: Final = gauge(
    "sla_agreement_window_start_timestamp_seconds", "Start of the window that runs.", *_ONE
)
_END: Final = gauge(
    "sla_agreement_window_end_timestamp_seconds", "End of the window that runs.", *_ONE
)
_CLOSED: Final = (*_ONE, "closed")
_CLOSED_AVAILABILITY: Final = gauge(
    "sla_agreement_closed_availability_ratio",
    "The one figure of an agreement in a window whose last day the label tells.",
    *_CLOSED,
)
_MET: Final = gauge(
    "sla_agreement_closed_met", "1 where a closed window was met, else 0.", *_CLOSED
)
_CLOSED_AT: Final = gauge(
    "sla_agreement_closed_timestamp_seconds", "When a window of an agreement closed.", *_CLOSED
)
_CREDIT: Final = gauge(
    "sla_agreement_closed_credit",
    "What is due for a closed window, in the agreement's currency.",
    *(*_CLOSED, "currency"),
)
_WORST: Final = gauge(
    "sla_agreement_closed_least_availability_ratio",
    "The least availability among an agreement's services in a closed window.",
    *_CLOSED,
)
_LAST_MOMENT: Final = 43_200_000  # noon of the last day, in any zone near enough


def promises_text(promises: Promises) -> bytes:
    """Return the text, the same in both styles."""
    families = (*_months(promises), *_agreements(promises))
    return "".join(header(f.metric, "text") + lines(f) for f in families).encode()


def _months(promises: Promises) -> Iterator[Family]:
    rows = promises.months or ()
    yield _VERDICTS.of(
        *(
            ((row.owner, row.month, verdict), float(getattr(row, verdict)))
            for row in rows
            for verdict in ("met", "missed", "unjudged")
        )
    )
    yield _DOWNTIME.of(
        *(
            ((row.owner, row.month, kind), getattr(row, kind) / 1000)
            for row in rows
            for kind in ("planned", "unplanned")
        )
    )
    yield _COST.of(*(_cost(row) for row in rows if row.cost is not None))


def _cost(row: MonthOfOwner) -> Sample:
    return (row.owner, row.month, row.currency), row.cost or 0.0


def _agreements(promises: Promises) -> Iterator[Family]:
    kept = promises.agreements
    yield _INFO.of(*(((a.id, a.customer, a.rule, a.window, a.currency), 1.0) for a in kept))
    yield _PART.of(*((part, 1.0) for part in promises.parts))
    yield _OBJECTIVE.of(*(((a.id,), a.objective) for a in kept if a.objective is not None))
    yield _FEE.of(*(((a.id,), a.fee) for a in kept if a.fee is not None))
    yield from _running([(a.id, a) for a in kept])
    yield from _closed(kept)


def _running(kept: list[tuple[str, AgreementReport]]) -> Iterator[Family]:
    now = [(name, one.running) for name, one in kept if one.running is not None]
    yield _AVAILABILITY.of(
        *(((name,), w.availability) for name, w in now if w.availability is not None)
    )
    yield _STATE.of(*(((name, w.state), 1.0) for name, w in now if w.state is not None))
    yield _EXHAUSTED.of(
        *(((name,), w.exhausted / 1000) for name, w in now if w.exhausted is not None)
    )
    yield _START.of(*(((name,), w.span.start / 1000) for name, w in now))
    yield _END.of(*(((name,), w.span.end / 1000) for name, w in now))


def _closed(kept: tuple[AgreementReport, ...]) -> Iterator[Family]:
    windows = [(a, w, (a.id, _last_day(w.span.end))) for a in kept for w in a.closed]
    yield _CLOSED_AVAILABILITY.of(
        *((key, w.availability) for _, w, key in windows if w.availability is not None)
    )
    yield _CLOSED_AT.of(*((key, w.span.end / 1000) for _, w, key in windows))
    yield _MET.of(*((key, float(w.met)) for _, w, key in windows if w.met is not None))
    yield _CREDIT.of(
        *(((*key, a.paid_in(w)), w.money) for a, w, key in windows if w.money is not None)
    )
    least = ((key, [p.availability for p in w.parts]) for _, w, key in windows)
    yield _WORST.of(
        *(
            (key, min(known))
            for key, found in least
            if (known := [one for one in found if one is not None])
        )
    )


def _last_day(end: int) -> str:
    """Return the date of the last day before an end (ms UTC) that is a midnight somewhere."""
    return f"{datetime.fromtimestamp((end - _LAST_MOMENT) / 1000, UTC):%Y-%m-%d}"
