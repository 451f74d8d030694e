"""The first page for programs: what every other format says of it is read from the same figures."""

from sla_engine.domain.board import Board, Done, Lost, Owed, Reason, Risk, Staked, Verdict, board
from sla_engine.domain.interval import Interval
from sla_engine.domain.report import PeriodReport
from sla_engine.domain.trend import PeriodTotals
from sla_engine.reports.plain import Json, moment, seconds


def board_json(report: PeriodReport) -> Json:
    """Return the first page as plain values; ratios unrounded, times in UTC."""
    page = board(report)
    return {
        "verdicts": [_verdict(one) for one in page.verdicts],
        "planned_seconds": seconds(page.planned),
        "unplanned_seconds": seconds(page.unplanned),
        "money": _money(page, report.currency),
        "hurt_by_money": [one.id for one in page.by_money],
        "hurt_by_budget": [one.id for one in page.by_budget],
        "outages": [_done(one) for one in page.done],
        **({} if report.customer else {"outages_without_a_word": page.silent}),
        "ahead": _span(page.ahead),
        "risks": [_risk(one) for one in page.risks],
        "stakes": [_stake(one) for one in page.stakes],
        "trend": [_totals(one) for one in report.trend],
        "year_to_date": None if report.year is None else _totals(report.year),
    }


def _span(span: Interval) -> Json:
    return {"start": moment(span.start), "end": moment(span.end)}


def _verdict(one: Verdict) -> Json:
    return {
        "kind": one.kind,
        "id": one.id,
        "name": one.name,
        "met": one.met,
        "window_state": one.state,
        "availability_ratio": one.availability,
        "objective_ratio": one.objective,
        "error_budget_remaining_ratio": one.budget_remaining,
        "unplanned_seconds": seconds(one.unplanned),
        **({} if one.window is None else {"window": _span(one.window)}),
        **({} if one.events is None else {"events": one.events._asdict()}),
    }


def _money(page: Board, currency: str) -> Json:
    return {
        "currency": currency,
        "lost_amount": page.loss,
        "lost": [_lost(one) for one in page.lost],
        "owed_amounts": page.debts,
        "owed": [_owed(one) for one in page.owed],
    }


def _lost(one: Lost) -> Json:
    return {
        "service": one.id,
        "lost_seconds": seconds(one.time),
        "cost_per_hour": one.cost_per_hour,
        "amount": one.amount,
    }


def _owed(one: Owed) -> Json:
    return {
        "kind": one.kind,
        "id": one.id,
        "name": one.name,
        **_span(one.window),
        "credit_percent": one.percent,
        "fee": one.fee,
        "amount": one.amount,
        "currency": one.currency,
        **({"why": [_reason(reason) for reason in one.why]} if one.why else {}),
    }


def _reason(one: Reason) -> Json:
    return {
        "service": one.service,
        "unplanned_seconds": seconds(one.unplanned),
        "outages": [_span(span) for span in one.spans],
        **({} if one.events is None else {"events": one.events._asdict()}),
    }


def _done(one: Done) -> Json:
    return {
        "service": one.id,
        "outage": one.outage,
        "start": moment(one.start),
        "unplanned_seconds": seconds(one.unplanned),
        "lost_amount": one.lost,
        "cause": one.cause,
        "ticket": one.ticket,
        "owner": one.owner,
        "note": one.note,
    }


def _risk(one: Risk) -> Json:
    return {
        "kind": one.kind,
        "name": one.name,
        "at": moment(one.at),
        "used_ratio": one.used,
        "place": one.place or None,
    }


def _stake(one: Staked) -> Json:
    """Return what a miss would cost: percents of the fee, amounts where that is known."""
    stake = one.stake
    return {
        "kind": one.kind,
        "agreement": one.id if one.kind == "agreement" else None,
        "service": one.id if one.kind == "service" else None,
        "name": one.name,
        **_span(stake.span),
        "window_state": stake.state,
        "fee": stake.fee,
        "currency": stake.currency,
        "due_percent": stake.due,
        "due_amount": stake.money(stake.due),
        "next_below_ratio": stake.below,
        "next_service": stake.service,
        "next_percent": stake.percent,
        "next_amount": stake.money(stake.percent),
        "most_percent": stake.most,
        "most_amount": stake.money(stake.most),
    }


def _totals(one: PeriodTotals) -> Json:
    return {
        **_span(one.span),
        "objectives_judged": one.judged,
        "objectives_met": one.met,
        "coverage_ratio": one.coverage,
        "planned_seconds": seconds(one.planned),
        "unplanned_seconds": seconds(one.unplanned),
        "outage_count": one.outages,
        "business_impact": one.cost,
        "credit_amounts": dict(one.owed),
        "services_missing": one.missing,
    }
