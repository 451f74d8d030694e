"""The registry of notices: every kind, and all that is known of it."""

from collections.abc import Callable, Iterator

from service_catalogue.notifications import Severity
from sla_engine.domain.notice import Notice
from sla_engine.notices.approvals import approvals_due, compose_approval
from sla_engine.notices.budgets import budgets_due, compose_budget
from sla_engine.notices.compose import compose_outage
from sla_engine.notices.kinds import NoticeKind, Situation
from sla_engine.notices.maintenance import compose_work, maintenance_due
from sla_engine.notices.outages import corrections_due, running_due
from sla_engine.notices.reports import compose_report, reports_due

_LOUD, _SILENT = False, True

NOTICES: dict[str, NoticeKind] = {
    kind.name: kind
    for kind in (
        NoticeKind("opened", None, _LOUD, None, compose_outage),
        NoticeKind("acknowledged", None, _LOUD, corrections_due, compose_outage),
        NoticeKind("resolved", None, _LOUD, None, compose_outage),
        NoticeKind("reopened", None, _LOUD, None, compose_outage),
        NoticeKind("withdrawn", None, _LOUD, None, compose_outage),
        NoticeKind("unwatched", None, _LOUD, None, compose_outage),
        NoticeKind("changed", None, _SILENT, corrections_due, compose_outage),
        NoticeKind("asked", None, _SILENT, corrections_due, compose_outage),
        NoticeKind("refused", None, _SILENT, corrections_due, compose_outage),
        NoticeKind("reclassified", None, _SILENT, corrections_due, compose_outage),
        NoticeKind("running", None, _SILENT, running_due, compose_outage),
        NoticeKind("maintenance_soon", "maintenance", _LOUD, maintenance_due, compose_work),
        NoticeKind("maintenance_started", "maintenance", _LOUD, maintenance_due, compose_work),
        NoticeKind("maintenance_ended", "maintenance", _LOUD, maintenance_due, compose_work),
        NoticeKind("maintenance_overrun", "maintenance", _LOUD, maintenance_due, compose_work),
        NoticeKind("maintenance_requested", "maintenance", _LOUD, approvals_due, compose_approval),
        NoticeKind("maintenance_waiting", "maintenance", _LOUD, approvals_due, compose_approval),
        NoticeKind("maintenance_decided", "maintenance", _LOUD, approvals_due, compose_approval),
        NoticeKind("report", None, _LOUD, reports_due, compose_report),
        NoticeKind("budget", "budget", _LOUD, budgets_due, compose_budget),
    )
}
"""In the order in which what falls due is written down; see docs/slack.md, "What is told"."""

OUTAGE_KINDS = tuple(name for name, kind in NOTICES.items() if kind.compose is compose_outage)
SILENT_KINDS = frozenset(name for name, kind in NOTICES.items() if kind.silent)


def due_notices(
    situation: Situation, failed: Callable[[Exception], None] | None = None
) -> Iterator[Notice]:
    """Yield what neither the change of an outage nor anybody else has written down yet.

    ``failed`` is told of what goes wrong with some kinds, and the others go on; without it that is
    raised.
    """
    for due in dict.fromkeys(kind.due for kind in NOTICES.values()):
        if due is None:
            continue
        try:
            yield from tuple(due(situation))
        except Exception as error:
            if failed is None:
                raise
            failed(error)


def severity_of(notice: Notice) -> Severity:
    """Return what kind of news a notice is."""
    kind = NOTICES.get(notice.kind)
    if kind is not None and kind.severity is not None:
        return kind.severity
    return "planned" if notice.facts.get("classification") == "planned" else "unplanned"
