"""The report as a workbook, by XlsxWriter (extra ``xlsx``): numbers stay numbers, times are times.

What people wrote is written as text and never read as a formula or an address.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from importlib.util import find_spec
from io import BytesIO
from itertools import islice
from typing import Any, NamedTuple

from sla_engine.domain.report import PeriodReport
from sla_engine.reports import whose
from sla_engine.reports.flat import COUNTED, LATENCY, flat
from sla_engine.reports.format import MissingExtraError
from sla_engine.reports.language import language
from sla_engine.reports.plain import Json
from sla_engine.reports.promised import budget_left
from sla_engine.reports.to_json import document

_MOST = 1_048_575
"""How many rows a sheet holds under its head."""
_LONGEST = 32_767
_CUT = " ... cut here: a cell holds no more"
_SERVICE = (
    "id", "name", "owner", "tier", "component_of", "objective_ratio", "availability_ratio", "met",
    "window_state", "method", "agreed_seconds", "excluded_seconds", "planned_seconds",
    "unplanned_seconds", "unknown_seconds", "coverage_ratio", "error_budget_seconds",
    "error_budget_remaining_ratio", "outage_count", "mtbf_seconds", "mtrs_seconds",
    "mtbsi_seconds", "longest_outage_seconds", "maintenance_seconds", "maintenance_used_seconds",
    "latency_p95_seconds", "business_impact", "credit_percent", "data_until", "stale",
    *COUNTED, *LATENCY,
)  # fmt: skip
_OUTAGE = (
    "service", "name", "id", "start", "end", "duration_seconds", "planned_seconds",
    "unplanned_seconds", "unknown_seconds", "class", "counted", "cause", "why", "ticket",
)  # fmt: skip
_WINDOW = (
    "service", "name", "window", "start", "end", "availability_ratio", "met", "window_state",
    "error_budget_seconds", "error_budget_remaining_ratio", "error_budget_exhausted_at",
    "credit_percent", "owed_since", *COUNTED,
)  # fmt: skip
_AGREEMENT = (
    "id", "customer", "rule", "window", "objective_ratio", "start", "end", "availability_ratio",
    "met", "window_state", "credit_percent", "credit_amount", "fee", "currency",
    "error_budget_unit", "error_budget_allowed", "error_budget_used", "error_budget_left",
    "error_budget_left_ratio", "error_budget_service", "error_budget_exhausted_at", "error_budget",
)  # fmt: skip
_TREND = (
    "start", "end", "objectives_judged", "objectives_met", "coverage_ratio", "planned_seconds",
    "unplanned_seconds", "outage_count", "business_impact",
)  # fmt: skip
_LOST = ("service", "lost_seconds", "cost_per_hour", "amount", "currency")
_OWED = (
    "kind", "id", "name", "start", "end", "credit_percent", "fee", "amount", "currency",
)  # fmt: skip
_STAKE = (
    "kind", "agreement", "service", "name", "start", "end", "window_state", "fee", "currency",
    "due_percent", "due_amount", "next_below_ratio", "next_service", "next_percent", "next_amount",
    "most_percent", "most_amount",
)  # fmt: skip
_RISK = ("kind", "name", "at", "used_ratio", "place")
_HOST = (
    "name", "cpu_p95_ratio", "memory_p95_ratio", "fullest_mount", "fullest_used_ratio",
    "first_full_mount", "full_in_days", "updates_pending", "security_updates_pending",
    "package_lists_fetched", "packages_changed", "kernel_outdated", "reboot_required", "system",
    "support_ends",
)  # fmt: skip
_COMING = (
    "id", "title", "start", "end", "duration_seconds", "services", "state", "requester", "approver",
    "approved_at", "approved_by_two",
)  # fmt: skip
_ABOUT = (
    "organization", "period_start", "period_end", "timezone", "generated_at", "data_until",
    "source", "currency", "policy_version", "status",
)  # fmt: skip


_OURS = frozenset({"Lost", "Stakes", "Servers"})
"""Sheets of what is not in a customer's report."""


class Sheet(NamedTuple):
    """A sheet: its name, its columns, and its rows by column."""

    name: str
    head: Sequence[str]
    rows: Iterable[Json]


def missing() -> bool:
    """Say whether the extra ``xlsx`` is not installed."""
    return find_spec("xlsxwriter") is None


def render(report: PeriodReport) -> bytes:
    """Return the workbook; the same report gives the same bytes.

    Raises:
        MissingExtraError: the extra ``xlsx`` is not installed.
    """
    try:
        from xlsxwriter import Workbook  # noqa: PLC0415 - an optional extra
    except ImportError as error:
        raise MissingExtraError(f"XLSX needs the extra 'xlsx' (XlsxWriter): {error}") from error
    out = BytesIO()
    book = Workbook(
        out,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    made = datetime.fromtimestamp(report.generated_at / 1000, UTC)
    title = whose.title(report) if report.customer else report.organization
    book.set_properties({"title": title, "created": made})
    head = book.add_format({"bold": True, "bottom": 1})
    when = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    for sheet in sheets(report):
        if report.customer and sheet.name in _OURS:
            continue
        for number, rows in enumerate(_pieces(sheet.rows)):
            name = f"{sheet.name} {number + 1}" if number else sheet.name
            _write(book.add_worksheet(name), sheet.head, rows, head, when)
    book.close()
    return out.getvalue()


def _pieces(rows: Iterable[Json]) -> Iterator[list[Json]]:
    """Yield as many rows as a sheet holds; of none an empty sheet."""
    every = iter(rows)
    some = list(islice(every, _MOST))
    yield some
    while some := list(islice(every, _MOST)):
        yield some


def _write(page: Any, columns: Sequence[str], rows: Sequence[Json], head: Any, when: Any) -> None:
    """Write a sheet, from the top: what is above is already on disk."""
    page.set_column(0, len(columns) - 1, 18)
    page.freeze_panes(1, 1)
    if rows:
        page.autofilter(0, 0, len(rows), len(columns) - 1)
    for column, title in enumerate(columns):
        page.write_string(0, column, f"{title}_utc" if title in _TIMES else title, head)
    for number, row in enumerate(rows, 1):
        for column, title in enumerate(columns):
            _cell(page, number, column, row.get(title), when if title in _TIMES else None)


def _cell(page: Any, row: int, column: int, value: Any, when: Any) -> None:
    if value is None:
        return
    if when is not None:
        page.write_datetime(row, column, _naive(value), when)
    elif isinstance(value, bool):
        page.write_boolean(row, column, value)
    elif isinstance(value, int | float):
        page.write_number(row, column, value)
    else:
        page.write_string(row, column, _fitting(str(value)))


def _fitting(text: str) -> str:
    """Return a text that a cell holds; nothing is cut in silence."""
    return text if len(text) <= _LONGEST else text[: _LONGEST - len(_CUT)] + _CUT


_TIMES = {
    "start", "end", "at", "approved_at", "data_until", "generated_at", "period_start", "period_end",
    "error_budget_exhausted_at", "owed_since", "package_lists_fetched", "packages_changed",
    "support_ends",
}  # fmt: skip
"""Columns of times; a spreadsheet knows no zones, so that their heads say UTC."""


def _naive(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=None)


def sheets(report: PeriodReport) -> Iterator[Sheet]:
    """Yield the sheets, from the figures of the JSON."""
    data = document(report)
    board, money = data["board"], data["board"]["money"]
    period = {f"period_{edge}": data["period"][edge] for edge in ("start", "end")}
    about = data | period | {"timezone": data["period"]["timezone"]}
    yield Sheet("About", _ABOUT, [about])
    yield Sheet("Services", _SERVICE, [flat(one) | _down(one) for one in data["services"]])
    yield Sheet("Outages", _OUTAGE, _outages(data["services"]))
    yield Sheet("Windows", _WINDOW, _windows(data["services"]))
    yield Sheet("Agreements", _AGREEMENT, _promised(report, data.get("agreements", [])))
    yield Sheet("Trend", _TREND, board["trend"])
    yield Sheet("Lost", _LOST, [one | {"currency": money["currency"]} for one in money["lost"]])
    yield Sheet("Owed", _OWED, money["owed"])
    yield Sheet("Stakes", _STAKE, board["stakes"])
    yield Sheet("Risks", _RISK, board["risks"])
    yield Sheet("Coming", _COMING, _works(data.get("maintenance_coming", {}).get("windows", [])))
    yield Sheet("Servers", _HOST, data["capacity"]["hosts"] if data["capacity"] else [])


def _works(coming: Sequence[Json]) -> Iterator[Json]:
    for one in coming:
        yield one | {"services": ", ".join(one["services"])}


def _down(service: Json) -> Json:
    down = service["downtime_seconds"]
    return {"planned_seconds": down["planned"], "unplanned_seconds": down["unplanned"]}


def _outages(services: Sequence[Json]) -> Iterator[Json]:
    for one in services:
        for outage in one["outages"]:
            yield outage | {"service": one["id"], "name": one["name"]}


def _windows(services: Sequence[Json]) -> Iterator[Json]:
    for one in services:
        contract = one["contract"]
        if contract is None:
            continue
        running = [contract["running"]] if contract["running"] else []
        for window in (*contract["closed"], *running):
            named = {"service": one["id"], "name": one["name"], "window": contract["window"]}
            yield flat(window) | named


def _promised(report: PeriodReport, agreements: Sequence[Json]) -> Iterator[Json]:
    """Yield the windows of agreements; what is left of a budget stands there in words, too."""
    say = language(report)
    for promised, one in zip(report.agreements, agreements, strict=True):
        kept = {name: one[name] for name in _AGREEMENT if name in one}
        for window in one["closed"]:
            yield kept | window
        if (run := promised.running) is not None:
            window = one["running"]
            parts = (window["error_budget"] or {}).items()
            budget = {f"error_budget_{name}": value for name, value in parts}
            words = budget_left(run.budget, run.no_budget, say)
            yield kept | window | budget | {"error_budget": words or None}
