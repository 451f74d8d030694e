"""The report for programs: every figure as it is, seconds and ratios unrounded."""

from collections.abc import Mapping

import orjson

from sla_engine.domain.aftermath import aftermath
from sla_engine.domain.agreement import AgreementWindow, Budget
from sla_engine.domain.availability import Figures, Share
from sla_engine.domain.contract_window import ClosedWindow, Contract, RunningWindow
from sla_engine.domain.period import rfc3339
from sla_engine.domain.report import (
    USUAL_PERCENTILE,
    Capacity,
    Latency,
    PeriodReport,
    Planned,
    ServiceReport,
    Work,
)
from sla_engine.reports.board_json import board_json
from sla_engine.reports.plain import Json, moment, seconds
from sla_engine.reports.restated_json import restatement


def render(report: PeriodReport) -> bytes:
    """Return the report as JSON with a final newline."""
    return orjson.dumps(document(report), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def document(report: PeriodReport) -> Json:
    """Return the report as plain values."""
    return (
        {
            "policy_version": report.policy_version,
            "generated_at": rfc3339(report.generated_at),
            "data_until": moment(report.data_until),
            "status": report.status,
            **_kept(report),
            "organization": report.organization,
            "source": report.source,
            "currency": report.currency,
            "ledger_head": report.ledger_head or None,
            "period": {
                "start": rfc3339(report.period.start),
                "end": rfc3339(report.period.end),
                "timezone": report.timezone,
            },
            "services": [_service(service, report) for service in report.services],
            "restatements": [restatement(one) for one in report.restatements],
            "maintenance": [_work(one) for one in report.works],
            "capacity": None if report.capacity is None else _capacity(report.capacity, report),
        }
        | _terms(report)
        | _not_computed(report)
        | _agreements(report)
        | _coming(report)
        | {"board": board_json(report)}
    )


def _kept(report: PeriodReport) -> Json:
    """Return whose report it is and when its period was frozen before; nothing of all and never."""
    found: Json = {"customer": report.customer} if report.customer else {}
    if report.frozen_at is not None:
        found["figures_frozen_at"] = rfc3339(report.frozen_at)
        found["document_kept_at"] = moment(report.kept_at)
    return found


def _agreements(report: PeriodReport) -> Json:
    """Return what was kept of agreements; nothing where there are none."""
    listed = [
        {
            "id": one.id,
            "customer": one.customer,
            "rule": one.rule,
            "window": one.window,
            "objective_ratio": one.objective,
            "fee": one.fee,
            "currency": one.currency,
            "met": one.met,
            "credit_amount": one.money,
            "closed": [_promised(window) for window in one.closed],
            "running": None if one.running is None else _promised(one.running),
        }
        for one in report.agreements
    ]
    return {"agreements": listed} if listed else {}


def budget(found: Budget) -> Json:
    """Return a budget: of time in seconds, else in events or slices, as its unit says."""
    scale = 1000 if found.unit == "time" else 1
    return {
        "unit": "seconds" if found.unit == "time" else found.unit,
        "allowed": found.allowed / scale,
        "used": found.used / scale,
        "left": found.left / scale,
        "left_ratio": found.left_ratio,
        "service": found.service,
    }


def _promised(window: AgreementWindow) -> Json:
    return {
        "start": rfc3339(window.span.start),
        "end": rfc3339(window.span.end),
        "availability_ratio": window.availability,
        "met": window.met,
        "window_state": window.state,
        "error_budget_exhausted_at": moment(window.exhausted),
        "error_budget": None if window.budget is None else budget(window.budget),
        "error_budget_absent": window.no_budget,
        "credit_percent": window.credit,
        "credit_amount": window.money,
        **({"currency": window.currency} if window.currency else {}),
        "services": [
            {
                "name": part.service,
                "availability_ratio": part.availability,
                "met": part.met,
                "credit_percent": part.credit,
                "unplanned_seconds": seconds(part.unplanned),
                **({} if part.events is None else {"events": part.events._asdict()}),
            }
            for part in window.parts
        ],
    }


def _terms(report: PeriodReport) -> Json:
    """Return the terms in force; nothing where the ledger knows none."""
    if not report.terms:
        return {}
    terms = [
        {
            "services": list(one.services),
            **(
                {}
                if one.agreement is None
                else {"agreement": one.agreement[0], "customer": one.agreement[1]}
            ),
            "start": rfc3339(one.span.start),
            "end": rfc3339(one.span.end),
            "values": dict(one.values),
            "first_seen": rfc3339(one.seen),
            "known_since": "upgrade" if one.upgrade else "seen",
            "sha256": one.digest,
        }
        for one in report.terms
    ]
    said = [
        {
            "service": one.service,
            "field": one.field,
            "start": rfc3339(one.span.start),
            "end": rfc3339(one.span.end),
            "before": one.before,
            "after": one.after,
            "first_seen": rfc3339(one.seen),
        }
        for one in report.afterwards
    ]
    return {"terms": terms, "terms_afterwards": said}


def _not_computed(report: PeriodReport) -> Json:
    """Return the services whose figures could not be computed; nothing where there are none."""
    listed = [{"id": one.id, "reason": one.reason} for one in report.not_computed]
    return {"not_computed": listed} if listed else {}


def _service(service: ServiceReport, report: PeriodReport) -> Json:
    now, why = report.generated_at, report.why
    figures = service.figures
    return {
        "id": service.id,
        "name": service.name,
        "owner": service.owner,
        "tier": service.tier,
        "component_of": service.part_of,
        "data_until": moment(service.data_until),
        "stale": service.is_stale,
        "objective_ratio": service.objective,
        "availability_ratio": figures.availability,
        "method": _method(figures),
        "events": None if figures.events is None else figures.events._asdict(),
        "met": service.met,
        "window_state": service.state,
        "contract": None if service.contract is None else _contract(service.contract),
        "accounting": {
            "maintenance": service.accounting.maintenance,
            "unknown": service.accounting.unknown,
        },
        "agreed_seconds": seconds(figures.agreed),
        "excluded_seconds": seconds(figures.excluded),
        "downtime_seconds": {
            "planned": seconds(figures.planned),
            "unplanned": seconds(figures.unplanned),
        },
        "unknown_seconds": seconds(figures.unknown),
        "coverage_ratio": figures.coverage,
        "error_budget_seconds": seconds(figures.budget),
        **_allowed(figures),
        "error_budget_remaining_ratio": figures.budget_remaining,
        **_judged(service, report),
        "error_budget_exhausted_at": None
        if service.exhausted is None
        else rfc3339(service.exhausted),
        "burn_rate": service.burn_rate,
        "outage_count": len(figures.shares),
        "mtbf_seconds": seconds(figures.mtbf),
        "mtrs_seconds": seconds(figures.mtrs),
        "mtbsi_seconds": seconds(figures.mtbsi),
        "longest_outage_seconds": seconds(figures.longest),
        "maintenance_seconds": seconds(service.windows),
        "maintenance_used_seconds": seconds(service.windows_used),
        "latency_p95_seconds": service.latency_p95,
        "latency": None if service.latency is None else _latency(service.latency),
        "business_impact": service.impact,
        "credit_percent": service.credit,
        "previous": None if service.previous is None else _previous(service, service.previous),
        "outages": [
            *(_outage(share, service, now, why, counted=True) for share in figures.shares),
            *(_outage(share, service, now, why, counted=False) for share in figures.short),
        ],
    }


def _judged(service: ServiceReport, report: PeriodReport) -> Json:
    """Return the window that the verdict is of, and its budget, where that is not of the period."""
    other = service.other_window(report.period)
    if other is None:
        return {}
    return {
        "verdict_window": {"start": moment(other.span.start), "end": moment(other.span.end)},
        "error_budget_seconds": seconds(other.figures.budget),
        **_budget_of_events(other.figures),
        "error_budget_remaining_ratio": other.figures.budget_remaining,
    }


def _method(figures: Figures) -> str:
    if figures.slices is not None:
        return "timeslices" if figures.slices.slicing.target else "ratio_timeslices"
    return "time" if figures.events is None else "events"


def _allowed(figures: Figures) -> Json:
    """Return what counts where that is not time: nothing of a service that is judged by time."""
    if figures.events is None:
        return {}
    found: Json = {"lost_seconds": seconds(figures.lost)}
    if figures.slices is None:
        return found | {"error_budget_events": figures.allowed}
    good, total, slicing = figures.slices
    return found | {
        "error_budget_slices": figures.allowed,
        "slices": {
            "good": good,
            "total": total,
            "length_seconds": seconds(slicing.length),
            "target_ratio": slicing.target,
        },
    }


def _contract(contract: Contract) -> Json:
    """Return the contract's windows: those that closed in the period, and the one that runs."""
    run = contract.running
    return {
        "window": contract.window,
        "closed": [
            _window(one) | {"met": one.figures.met, "credit_percent": one.credit}
            for one in contract.closed
        ],
        "running": None
        if run is None
        else _window(run)
        | {
            "met": None,
            "window_state": run.state,
            "error_budget_exhausted_at": moment(run.exhausted),
        },
    }


def _window(one: ClosedWindow | RunningWindow) -> Json:
    figures = one.figures
    return {
        "start": rfc3339(one.span.start),
        "end": rfc3339(one.span.end),
        "owed_since": moment(one.entered),
        "availability_ratio": figures.availability,
        "error_budget_seconds": seconds(figures.budget),
        **_budget_of_events(figures),
        **({} if figures.events is None else {"events": figures.events._asdict()}),
        "error_budget_remaining_ratio": figures.budget_remaining,
    }


def _budget_of_events(figures: Figures) -> Json:
    return {k: v for k, v in _allowed(figures).items() if k.startswith("error_budget_")}


def _previous(service: ServiceReport, figures: Figures) -> Json:
    return {
        "availability_ratio": figures.availability,
        "met": service.previous_met,
        "planned_seconds": seconds(figures.planned),
        "unplanned_seconds": seconds(figures.unplanned),
        "outage_count": len(figures.shares),
    }


def _work(one: Work) -> Json:
    return {
        "id": one.id,
        "title": one.title,
        "start": rfc3339(one.span.start),
        "end": rfc3339(one.span.end),
        "services": list(one.services),
        "requester": one.requester,
        "approver": one.approver,
        **_approval(one),
        "retroactive": one.retroactive,
        "used_seconds": seconds(one.used),
    }


def _approval(one: Work | Planned) -> Json:
    """Return what is told of an approval without a name, too."""
    return {"approved_at": moment(one.approved), "approved_by_two": one.by_two}


def _percentile(found: Latency) -> Json:
    """Return how fast it was: under the name of p95 where it is that, else of the one promised."""
    usual = found.percentile == USUAL_PERCENTILE
    name = "p95" if usual else "percentile"
    told = {
        f"{name}_seconds": found.value,
        f"previous_{name}_seconds": found.before,
        f"parts_{name}_seconds": list(found.days),
    }
    return told if usual else {"percentile": found.percentile} | told


def _coming(report: PeriodReport) -> Json:
    """Return the planned work to come; nothing where nobody looked."""
    if report.coming is None:
        return {}
    return {
        "maintenance_coming": {
            "start": rfc3339(report.coming.span.start),
            "end": rfc3339(report.coming.span.end),
            "known_at": rfc3339(report.coming.known),
            "windows": [
                {
                    "id": one.id,
                    "title": one.title,
                    "start": rfc3339(one.span.start),
                    "end": rfc3339(one.span.end),
                    "duration_seconds": seconds(one.span.length),
                    "services": list(one.ids),
                    "state": "requested" if one.approver is None else "approved",
                    "requester": one.requester,
                    "approver": one.approver,
                    **_approval(one),
                }
                for one in report.coming.works
            ],
        }
    }


def _latency(found: Latency) -> Json:
    return {
        **_percentile(found),
        "target_seconds": found.below,
        "target_share": found.share,
        "share_within_target": found.kept,
        **({"of": "requests"} if found.of_requests else {}),
        "met": found.met,
    }


def _followed(report: PeriodReport) -> list[Json]:
    return [
        {
            "host": one.event.host,
            "kind": one.event.kind,
            "time": rfc3339(one.event.time),
            "last_time": rfc3339(one.until),
            "outages_within_a_day": [outage.id for _, outage in one.outages],
        }
        for one in aftermath(report)
    ]


def _capacity(capacity: Capacity, report: PeriodReport) -> Json:
    return {
        "problem": capacity.problem,
        "hosts": [
            {
                "name": host.name,
                "cpu_p95_ratio": host.cpu_p95,
                "memory_p95_ratio": host.memory_p95,
                "fullest_mount": host.mount,
                "fullest_used_ratio": host.used,
                "full_in_days": host.full_in,
                "updates_pending": host.updates,
                "reboot_required": host.reboot,
                "first_full_mount": host.filling,
                "security_updates_pending": host.security,
                "package_lists_fetched": moment(host.listed),
                "packages_changed": moment(host.applied),
                "kernel_outdated": host.outdated,
                "system": host.system,
                "support_ends": moment(host.support_end),
            }
            for host in capacity.hosts
        ],
        "certificates": [
            {"name": one.name, "expires": rfc3339(one.expires)} for one in capacity.certificates
        ],
        "events": _followed(report),
    }


def _outage(
    share: Share, service: ServiceReport, now: int, why: Mapping[str, str], *, counted: bool
) -> Json:
    outage, identifier = share.outage, share.outage.id
    return {
        "id": identifier,
        "start": rfc3339(outage.start),
        "end": None if outage.end is None else rfc3339(outage.end),
        "duration_seconds": seconds(outage.until(now).length),
        "planned_seconds": seconds(share.planned),
        "unplanned_seconds": seconds(share.unplanned),
        "unknown_seconds": seconds(share.unknown),
        "class": share.kind,
        "counted": counted,
        "why": why.get(identifier),
        "cause": outage.cause,
        "ticket": outage.ticket,
        "during": list(service.during.get(identifier, ())),
        "corrections": [
            {
                "time": rfc3339(c.time),
                "author": c.author,
                "field": c.field,
                "before": c.before,
                "after": c.after,
                "reason": c.reason,
            }
            for c in outage.corrections
        ],
    }
