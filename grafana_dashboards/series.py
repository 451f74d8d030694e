"""The expressions that several dashboards share: one series per chosen service."""

from collections.abc import Mapping

from grafana_dashboards.style.promql import MINE, each, most, ordered, windowed, worst

THIS_MONTH, LAST_MONTH, LAST_DAY = "month", "previous_month", "1d"

OBJECTIVE = each("service_slo_objective_ratio")
AVAILABILITY = windowed("sla_availability_ratio")
BUDGET_LEFT = windowed("sla_error_budget_remaining_ratio")
COVERAGE = windowed("sla_coverage_ratio")
MTTR = windowed("sla_mttr_seconds")
MTBF = windowed("sla_mtbf_seconds")
OPEN_SINCE = each("sla_outage_open_since_timestamp_seconds")
# One series per outage of the ledger: exact, whatever the step of a query.
_ONE = ("service", "outage")
BEGAN = each("sla_outage_start_timestamp_seconds", *_ONE)
ENDED = each("sla_outage_end_timestamp_seconds", *_ONE)
LASTED = f"({ENDED} - {BEGAN} or time() - {BEGAN})"
COMPLETE_SINCE = "max(sla_outages_complete_since_timestamp_seconds)"
# Two engines may know another cause for a moment: of two lines for one outage, one counts.
_INFO = f"topk by (service, outage) (1, {each('sla_outage_info', *_ONE, 'class', 'reason')})"
_NEWEST = f"topk by (service) (1, {BEGAN})"
LAST_BEGAN = f"max by (service) ({BEGAN})"
LAST_LASTED = f"max by (service) ({LASTED} and on (service, outage) {_NEWEST})"

MAINTENANCE = each("service:maintenance_active:max")

UP = worst("service:up:quorum")
# 0 down, 1 up, and 2 more of each inside a maintenance window.
STATE = f"{UP} + on (service) 2 * {most('service:maintenance_active:max')} or {UP}"

SEEN = each("service:sli_total:observed")
OWNERS = each("service:info", "service", "owner")

# The services that are drawn where not all can be: unknown ones first, then the worst.
_AT_END = windowed("sla_availability_ratio", at=" @ end()")
_OWED_AT_END = f"max by (service) (service_slo_objective_ratio{{{MINE}}} @ end())"
_RANKED = f"{_AT_END} or 0 * {_OWED_AT_END}"

MET = f"{AVAILABILITY} >= on (service) {OBJECTIVE}"
_BELOW = f"({AVAILABILITY} < on (service) {OBJECTIVE})"
# Lost is what no uptime can make good: an objective of 100 % has no budget, and is lost at once.
LOST = f"{BUDGET_LEFT} < 0 or {_BELOW} unless on (service) {BUDGET_LEFT}"
AT_RISK = f"{_BELOW} and on (service) {BUDGET_LEFT} >= 0"
MARGIN = f"100 * ({AVAILABILITY} - on (service) {OBJECTIVE})"
BUDGET_USED = f"1 - {BUDGET_LEFT}"
UNJUDGED = f"{OBJECTIVE} unless on (service) {AVAILABILITY}"


def downtime(kind: str, window: str = "$window") -> str:
    """Return the known downtime of a kind (planned, unplanned), seconds."""
    return windowed("sla_downtime_seconds", window=window, more=f', kind="{kind}"')


def outages(kind: str, window: str = "$window") -> str:
    """Return the number of outages of a kind."""
    return windowed("sla_outages", window=window, more=f', kind="{kind}"')


def in_range(value: str) -> str:
    """Return a value of each outage that was open in the time range, with class and reason."""
    told = f"({value}) * on (service, outage) group_left (class, reason) {_INFO}"
    return f"{told} unless on (service, outage) {ENDED} < time() - $__range_s"


def downtime_of() -> str:
    """Return the known downtime of each outage in the agreed service time, seconds."""
    kinds = each("sla_outage_downtime_seconds", *_ONE, "kind")
    return f"sum by (service, outage) ({kinds})"


def worst_services(number: int) -> str:
    """Return the services with the lowest availability in the window, unknown ones first."""
    return f"bottomk({number}, {_RANKED})"


def _day(metric: str, more: str = "", at: str = "") -> str:
    """Return what a metric was at the end of the day that begins at the step, today's until now."""
    return f"max by (service) (last_over_time({metric}{{{MINE}{more}}}[1d]{at} offset -1d))"


def days(number: int) -> str:
    """Return the availability of each day of the worst services; NaN where nothing is known.

    A range in steps of a day ends at this midnight, before which there may be no data yet.
    """
    owed = _day("service_slo_objective_ratio", at=" @ end()")
    ranked = _day("sla_availability_ratio", ', window="$window"', " @ end()")
    known = _day("sla_availability_ratio", f', window="{LAST_DAY}"')
    return ordered(f"bottomk({number}, {ranked} or 0 * {owed})", f"{known} or 0 / 0 * {owed}")


def counted(these: str, among: str) -> str:
    """Count series: 0 where others are there ``among`` which to count, else no data."""
    return f"count({these}) or 0 * count({among})"


def burning(window: str, at: str = "") -> str:
    """Return the burn rate: errors over a window of the recording rules, of the error budget."""
    errors = f"max by (service) (service:sli_errors:ratio_rate{window}{{{MINE}}}{at})"
    budget = f"max by (service) (service:slo_error_budget:ratio{{{MINE}}}{at})"
    return f"{errors} / on (service) {budget}"


def burning_most(number: int, thresholds: Mapping[str, float]) -> str:
    """Return the services that burn most, of each window's alert threshold, at the range's end."""
    shares = (
        f'label_replace(({burning(w, " @ end()")}) / {limit}, "within", "{w}", "", "")'
        for w, limit in thresholds.items()
    )
    return f"topk({number}, max by (service) ({' or '.join(shares)}))"


# Of services that count events each minute costs the part of it that failed.
_LOST = f"({windowed('sla_lost_seconds')} or {downtime('unplanned')})"
COST = (
    f"{_LOST} / 3600 * on (service) group_right "
    f"{each('service_downtime_cost_per_hour', 'service', 'currency')}"
)
