"""The report for spreadsheets: one record a line, services first, then outages, unrounded."""

import csv
import io
from typing import Any

from sla_engine.domain.report import PeriodReport
from sla_engine.reports.flat import COUNTED, LATENCY, flat
from sla_engine.reports.to_json import document

_SERVICE = (
    "objective_ratio", "availability_ratio", "met", "agreed_seconds", "excluded_seconds",
    "planned_seconds", "unplanned_seconds", "unknown_seconds", "coverage_ratio",
    "error_budget_seconds", "error_budget_remaining_ratio", "outage_count", "mtbf_seconds",
    "mtrs_seconds", "mtbsi_seconds", "longest_outage_seconds", "maintenance_seconds",
    "maintenance_used_seconds", "latency_p95_seconds", "business_impact", "credit_percent",
    "window_state",
)  # fmt: skip
_OUTAGE = ("id", "start", "end", "duration_seconds", "class", "counted", "cause", "ticket")
_AGREEMENT = ("rule", "fee", "credit_amount", "currency")
_COMING = ("title", "state", "requester", "approver")
_APPROVAL = ("approved_at", "approved_by_two")
_JUDGED = (*COUNTED, *LATENCY, "method")
_HEAD = (
    "record", "period_start", "period_end", "service", "name", "owner", "tier", *_SERVICE, *_OUTAGE,
    *_AGREEMENT, *_COMING, *_JUDGED,
    "status", *_APPROVAL,
)  # fmt: skip
_FORMULA = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")


def render(report: PeriodReport) -> bytes:
    """Return RFC 4180 text in UTF-8 with a header line."""
    data = document(report)
    period = {"period_start": data["period"]["start"], "period_end": data["period"]["end"]}
    period["status"] = data["status"]
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, _HEAD, restval="", lineterminator="\r\n")
    writer.writeheader()
    for service in data["services"]:
        names = period | _names(service)
        told = flat(service)
        figures = {key: told[key] for key in (*_SERVICE, *_JUDGED) if key in told}
        down = service["downtime_seconds"]
        both = {"planned_seconds": down["planned"], "unplanned_seconds": down["unplanned"]}
        both |= _paid_in(service, data["currency"])
        writer.writerow(_safe({"record": "service"} | names | figures | both))
    for service in data["services"]:
        for window in _windows(service["contract"]):
            kept = {key: value for key, value in flat(window).items() if key in _HEAD}
            writer.writerow(_safe({"record": "window"} | period | _names(service) | kept))
    for service in data["services"]:
        for outage in service["outages"]:
            kept = {key: value for key, value in outage.items() if key in _HEAD}
            writer.writerow(_safe({"record": "outage"} | period | _names(service) | kept))
    for agreement in data.get("agreements", []):
        for window in _windows(agreement):
            named = {"service": agreement["id"], "name": agreement["customer"]}
            both = agreement | _budget(window) | window
            kept = {key: value for key, value in both.items() if key in _HEAD and key != "id"}
            writer.writerow(_safe({"record": "agreement"} | period | named | kept))
    known = {service["id"]: _names(service) for service in data["services"]}
    for work in data.get("maintenance_coming", {}).get("windows", []):
        kept = {key: value for key, value in work.items() if key in _HEAD}
        for one in work["services"]:
            named = known.get(one, {"service": one})
            writer.writerow(_safe({"record": "coming"} | period | named | kept))
    return out.getvalue().encode()


def _windows(contract: dict[str, Any] | None) -> list[dict[str, Any]]:
    """Return a contract's windows, those that closed and the one that runs."""
    if contract is None:
        return []
    return [*contract["closed"], *([contract["running"]] if contract["running"] else [])]


def _paid_in(service: dict[str, Any], currency: str) -> dict[str, str]:
    """Return the currency of what a service's downtime cost, where that has a price."""
    return {} if service["business_impact"] is None else {"currency": currency}


def _budget(window: dict[str, Any]) -> dict[str, Any]:
    """Return the budget of an agreement's window that runs, in the columns of one of a service."""
    found = window["error_budget"]
    if found is None:
        return {}
    allowed = {f"error_budget_{found['unit']}": found["allowed"]}
    return allowed | {"error_budget_remaining_ratio": found["left_ratio"]}


def _names(service: dict[str, Any]) -> dict[str, Any]:
    return {"service": service["id"]} | {key: service[key] for key in ("name", "owner", "tier")}


def _safe(row: dict[str, Any]) -> dict[str, Any]:
    """Keep spreadsheets from running what people wrote, and write booleans as JSON does."""
    return {key: _cell(value) for key, value in row.items()}


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value
