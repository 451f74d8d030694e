"""A restatement for programs."""

from sla_engine.domain.period import rfc3339
from sla_engine.domain.report import Changed, Restatement
from sla_engine.reports.plain import Json, seconds

_FIGURES = {
    "availability": "availability_ratio",
    "outages": "outage_count",
    "coverage": "coverage_ratio",
    "objective": "objective_ratio",
    "cost": "business_impact",
    "credit": "credit_percent",
}
_TIMES = {"unplanned", "planned", "excluded", "agreed", "unknown"}


def _changed(one: Changed) -> Json:
    """Return another figure that differs, named as it is of a service."""
    if one.figure in _TIMES:
        before, after = (None if v is None else seconds(round(v)) for v in (one.before, one.after))
        return {"figure": f"{one.figure}_seconds", "before": before, "after": after}
    name = _FIGURES.get(one.figure, one.figure)
    return {"figure": name, "before": one.before, "after": one.after}


def _due(one: Restatement) -> Json:
    """Return what was due and is due; nothing where it is not of an agreement."""
    if one.money is None:
        return {}
    before, after, currency = one.money
    return {
        "credit_amount_before": before,
        "credit_amount_after": after,
        "currency": currency,
    }


def restatement(one: Restatement) -> Json:
    """Return what changed and what did it."""
    return {
        "service": one.service,
        "availability_ratio_before": one.before,
        "availability_ratio_after": one.after,
        **_due(one),
        "others": [_changed(changed) for changed in one.others],
        "author": one.author,
        "reason": one.reason,
        "causes": [
            {
                "kind": cause.kind,
                "author": cause.author,
                "reason": cause.reason,
                "time": None if cause.time is None else rfc3339(cause.time),
            }
            for cause in one.causes
        ],
    }
