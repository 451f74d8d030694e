"""The expressions that several dashboards share: one series per chosen service."""

from collections.abc import Mapping

from grafana_dashboards.style.promql import MINE, RANK, ahead, each, ordered

LAST_DAY = "1d"
_OWED = f"service_slo_window_info{{{MINE}}}"


def owed(metric: str, more: str = "", at: str = "", by: str = "service") -> str:
    """Return a metric of each service's own contract's window, whichever that is.

    ``more`` are other matchers. ``at`` is PromQL's modifier: with ``@ end()`` all steps have the
    value of the range's end.
    """
    own = f"{metric}{{{MINE}{more}}}{at} and on (service, window) {_OWED}{at}"
    return f"max by ({by}) ({own})"


def before(metric: str) -> str:
    """Return a metric of the window of each contract that closed last."""
    closed = f'label_replace({_OWED}, "window", "previous_$1", "window", "(.*)")'
    return f"max by (service) ({metric}{{{MINE}}} and on (service, window) {closed})"


OBJECTIVE = each("service_slo_objective_ratio")
AVAILABILITY = owed("sla_availability_ratio")
BUDGET_LEFT = owed("sla_error_budget_remaining_ratio")
COVERAGE = owed("sla_coverage_ratio")
MTTR = owed("sla_mttr_seconds")
MTBF = owed("sla_mtbf_seconds")
EXHAUSTED = owed("sla_budget_exhausted_timestamp_seconds")
WINDOW_START = owed("sla_window_start_timestamp_seconds")
WINDOW_END = owed("sla_window_end_timestamp_seconds")
OPEN_SINCE = each("sla_outage_open_since_timestamp_seconds")
# One series per outage of the ledger: exact, whatever the step of a query.
_ONE = ("service", "outage")
BEGAN = each("sla_outage_start_timestamp_seconds", *_ONE)
ENDED = each("sla_outage_end_timestamp_seconds", *_ONE)
LASTED = f"({ENDED} - {BEGAN} or time() - {BEGAN})"
COMPLETE_SINCE = "max(sla_outages_complete_since_timestamp_seconds)"
# Two engines may know another cause for a moment: of two lines for one outage, one counts.
INFO = f"topk by (service, outage) (1, {each('sla_outage_info', *_ONE, 'class', 'reason')})"
_NEWEST = f"topk by (service) (1, {BEGAN})"
LAST_BEGAN = f"max by (service) ({BEGAN})"
LAST_ENDED = f"max by (service) ({ENDED} and on (service, outage) {_NEWEST})"
LAST_LASTED = f"max by (service) ({LASTED} and on (service, outage) {_NEWEST})"
# Approved windows of maintenance that began, and the next that has not.
_OCCURRENCE = ("service", "window", "occurrence")
WORK_BEGAN = each("sla_maintenance_start_timestamp_seconds", *_OCCURRENCE)
WORK_ENDED = each("sla_maintenance_end_timestamp_seconds", *_OCCURRENCE)
NEXT_WORK = each("service_maintenance_next_start_timestamp_seconds")

MAINTENANCE = each("service_maintenance_active")
# By the ledger; where no engine tells, by the rules that stand on our exporter's probes.
UP_NOW = f"{each('sla_service_up')} or {each('service:up:quorum')}"
STATE_NOW = f"({UP_NOW}) + on (service) 2 * {MAINTENANCE} or {UP_NOW}"
UNSEEN = (
    f"{OBJECTIVE} unless on (service) "
    f"({each('sla_service_up')} or {each('service:sli_total:observed')})"
)

_TOLD = ("service", "owner", "tier", "method", "agreement")
# Engines tell the method, exporters do not; of two that differ for a moment one counts.
_BY_ENGINE = each("service_info", *_TOLD, matchers=f'{MINE}, method!=""')
ABOUT = f"topk by (service) (1, 2 * {_BY_ENGINE} or {each('service_info', *_TOLD)})"
OWNERS = f"max by (service, owner) (0 * ({ABOUT}) + 1)"

# The services that are drawn where not all can be: unknown ones first, then the worst.
_AT_END = owed("sla_availability_ratio", at=" @ end()")
_OWED_AT_END = f"max by (service) (service_slo_objective_ratio{{{MINE}}} @ end())"
_RANKED = f"{_AT_END} or 0 * {_OWED_AT_END}"

# How the contract's window does, by the ledger: never "missed" before it is over.
# Of two engines that differ for a moment, the one counts that says worse.
STATES = {"lost": 2, "at_risk": 1, "on_course": 0}
VERDICT_BEFORE = before("sla_window_met")
MARGIN = f"100 * ({AVAILABILITY} - on (service) {OBJECTIVE})"
BUDGET_USED = f"1 - {BUDGET_LEFT}"
EVENTS = 'method="events"'


def in_state(state: str) -> str:
    """Return the services whose contract's window is on course, at risk or lost."""
    return owed("sla_window_state", f', state="{state}"')


_COURSES = " or ".join(f"{value} * {in_state(state)}" for state, value in STATES.items())
# -1: not judged.
WINDOW_STATE = f"{_COURSES} or on (service) 0 * {OBJECTIVE} - 1"
# When the budget ends (ms); 0: it is gone, 1: it lasts, 2: before the window, nobody says when.
BUDGET_ENDS = (
    f"{EXHAUSTED} * 1000 or 0 * {in_state('lost')} or {in_state('on_course')}"
    f" or 2 * {in_state('at_risk')}"
)
UNJUDGED = f"{OBJECTIVE} unless on (service) ({owed('sla_window_state')})"


def states(ranking: str) -> str:
    """Return the state of each step of the services that ``ranking`` returns, lowest rank first.

    0 is down, 1 up, and 2 more of each inside a maintenance window; while no engine runs it is by
    the rules. Of each of the three the others are left out first: of 500 services 20 are drawn.
    """

    def each_step(how: str, metric: str) -> str:
        these = f"{how} by (service) ({ahead(how, metric)} and on (service) {ranking})"
        return ordered(ranking, these)

    by_engine, by_rules = (each_step("min", m) for m in ("sla_service_up", "service:up:quorum"))
    planned = f"2 * ({each_step('max', 'service_maintenance_active')})"
    apart = f'label_replace({planned}, "of", "maintenance", "", "")'
    # Ten more where a state is known: a window of maintenance alone is none.
    known = f"10 + ({by_engine} or {by_rules})"
    return f"(sum by ({RANK}, service) ({known} or {apart}) >= 10) - 10"


def downtime(kind: str) -> str:
    """Return the known downtime of a kind, planned or unplanned, in the window (seconds)."""
    return owed("sla_downtime_seconds", f', kind="{kind}"')


def downtime_of_day(kind: str) -> str:
    """Return the known downtime of a kind in the last 24 hours, seconds."""
    return each("sla_downtime_seconds", matchers=f'{MINE}, window="{LAST_DAY}", kind="{kind}"')


def outages(kind: str) -> str:
    """Return the number of outages of a kind in the contract's window."""
    return owed("sla_outages", f', kind="{kind}"')


def told(expr: str, *labels: str) -> str:
    """Return a value of each service with labels that tell about the service."""
    about = f"max by (service, {', '.join(labels)}) (0 * ({ABOUT}) + 1)"
    return f"({expr}) * on (service) group_left ({', '.join(labels)}) {about}"


def in_range(value: str) -> str:
    """Return a value of each outage that was open in the time range, with class and reason."""
    found = f"({value}) * on (service, outage) group_left (class, reason) {INFO}"
    return f"{found} unless on (service, outage) {ENDED} < time() - $__range_s"


def work_in_range(value: str) -> str:
    """Return a value of each window of maintenance that touched the time range."""
    over = f"{WORK_ENDED} < time() - $__range_s"
    return f"({value}) unless on (service, window, occurrence) {over}"


def downtime_of() -> str:
    """Return the known downtime of each outage in the agreed service time, seconds."""
    kinds = each("sla_outage_downtime_seconds", *_ONE, "kind")
    return f"sum by (service, outage) ({kinds})"


def worst_services(number: int) -> str:
    """Return the services with the lowest availability in the window, unknown ones first."""
    return f"bottomk({number}, {_RANKED})"


def budget_left_of(ranking: str) -> str:
    """Return what is left of the budget of the services that ``ranking`` returns."""
    return owed("sla_error_budget_remaining_ratio", at=f" and on (service) {ranking}")


def _day(metric: str, more: str = "", at: str = "") -> str:
    """Return what a metric was at the end of the day that begins at the step, today's until now."""
    return f"max by (service) (last_over_time({metric}{{{MINE}{more}}}[1d]{at} offset -1d))"


def days(number: int) -> str:
    """Return the availability of each day of the worst services; NaN where nothing is known.

    A range in steps of a day ends at this midnight, before which there may be no data yet.
    """
    due = _day("service_slo_objective_ratio", at=" @ end()")
    ranked = (
        f"max by (service) (last_over_time(sla_availability_ratio{{{MINE}}}[1d] @ end() offset -1d)"
        f" and on (service, window) last_over_time({_OWED}[1d] @ end() offset -1d))"
    )
    known = _day("sla_availability_ratio", f', window="{LAST_DAY}"')
    return ordered(f"bottomk({number}, {ranked} or 0 * {due})", f"{known} or 0 / 0 * {due}")


def counted(these: str, among: str) -> str:
    """Count series: 0 where others are there ``among`` which to count, else no data."""
    return f"count({these}) or 0 * count({among})"


def burning(window: str, at: str = "", ranking: str = "") -> str:
    """Return the burn rate: errors over a window of the recording rules, of the error budget.

    With a ``ranking``, of the services that it returns: all others are left out first.
    """
    only = f"{at} and on (service) {ranking}" if ranking else at
    errors = f"max by (service) (service:sli_errors:ratio_rate{window}{{{MINE}}}{only})"
    return f"{errors} / on (service) {budget_of(only)}"


def budget_of(only: str = "") -> str:
    """Return the part that may fail, as the rules have it; ``only`` follows its selector."""
    return f"max by (service) (service:slo_error_budget:ratio{{{MINE}}}{only})"


def burning_most(number: int, thresholds: Mapping[str, float]) -> str:
    """Return the services that burn most, of each window's alert threshold, at the range's end."""
    shares = (
        f'label_replace(({burning(w, " @ end()")}) / {limit}, "within", "{w}", "", "")'
        for w, limit in thresholds.items()
    )
    return f"topk({number}, max by (service) ({' or '.join(shares)}))"


# Of services that count events each minute costs the part of it that failed.
_LOST = f"({owed('sla_lost_seconds')} or {downtime('unplanned')})"
COST = (
    f"{_LOST} / 3600 * on (service) group_right "
    f"{each('service_downtime_cost_per_hour', 'service', 'currency')}"
)
