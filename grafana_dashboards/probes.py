"""What the probes see: by target and location, by phase, and how long certificates last."""

from typing import Any

from grafana_foundation_sdk.builders import bargauge, stat, statetimeline, timeseries
from grafana_foundation_sdk.builders.table import Panel as Table

from grafana_dashboards.since import data_since
from grafana_dashboards.style import link, looks, variable
from grafana_dashboards.style.annotation import of_services
from grafana_dashboards.style.grid import Column, grid
from grafana_dashboards.style.looks import COUNT, DAYS, DURATION, SECONDS, WHEN
from grafana_dashboards.style.page import line, page, section
from grafana_dashboards.style.panel import bars, chart, number, timeline
from grafana_dashboards.style.promql import ordered
from grafana_dashboards.style.query import now, over_time

MINE = 'job=~"$job", service=~"$service", location=~"$location"'
# blackbox_exporter knows no service or location; who scrapes it may give it both as labels.
THEIRS = 'job=~"$job", service=~"$service|", location=~"$location|"'
ONE = ("service", "probe", "target", "location")
PROBE = ", ".join(ONE)
KEYS = {name: name.capitalize() for name in ONE}
CERTIFICATE = "service_tls_certificate_expiry_timestamp_seconds"
NOBODYS = "blackbox"
_EITHER = '{__name__=~"(service_|)probe_success"}'
DAY = 86_400
_COARSE = "3m"  # of charts that read every probe: a thousand of them at each pixel take seconds


def told_like_ours(expr: str) -> str:
    """Return series of blackbox_exporter with the labels of a probe of ours."""
    for label, source in (("target", "instance"), ("probe", "job")):
        expr = f'label_replace({expr}, "{label}", "$1", "{source}", "(.*)")'
    for label in ("service", "location"):
        expr = f'label_replace({expr}, "{label}", "{NOBODYS}", "{label}", "")'
    return expr


def of_probe(ours: str, theirs: str = "") -> str:
    """Return one series per probe and location; replicas of an exporter fold."""
    either = f"{ours}{{{MINE}}}"
    if theirs:
        either += f" or {told_like_ours(f'{theirs}{{{THEIRS}}}')}"
    return f"max by ({PROBE}) ({either})"


SUCCESS = of_probe("service_probe_success", "probe_success")
# The phases of a probe add up to its whole time.
TOTAL = (
    f"sum by ({PROBE}) (service_probe_duration_seconds{{{MINE}}}"
    f" or {told_like_ours(f'probe_duration_seconds{{{THEIRS}}}')})"
)


def _over(how: str, span: str) -> str:
    """Return ``how`` (avg, min) of the success of each probe over ``span`` of PromQL."""
    ours = f"{how}_over_time(service_probe_success{{{MINE}}}{span})"
    theirs = told_like_ours(f"{how}_over_time(probe_success{{{THEIRS}}}{span})")
    return f"{'max' if how == 'avg' else 'min'} by ({PROBE}) ({ours} or {theirs})"


_EACH_STEP = _over("min", "[$__interval] offset -$__interval")
_RELIABLE = f"bottomk(15, {_over('avg', '[$__range] @ end()')})"
STATUS = of_probe("service_http_status_code", "probe_http_status_code")
EXPIRY = (
    f"min by (service, target) ({CERTIFICATE}{{{MINE}}}"
    f" or {told_like_ours(f'probe_ssl_earliest_cert_expiry{{{THEIRS}}}')})"
)
LEFT = f"{EXPIRY} - time()"
_TOOK = "avg_over_time({}_duration_seconds{{{}}}[$__range])"
_MEAN = f"{_TOOK.format('service_probe', MINE)} or {told_like_ours(_TOOK.format('probe', THEIRS))}"

_SEEN = f"{_EITHER[:-1]}, {THEIRS}}}"


def probes() -> dict[str, Any]:
    """Return the dashboard."""
    return page(
        link.PROBES,
        "Probes",
        "Does each probe reach its target, how fast, and why not? By service, target and location: "
        "success, phases, failures by reason, certificates. Probes of blackbox_exporter are beside "
        f'ours; without a label `service` theirs are of "{NOBODYS}".',
        section(
            "Now",
            line(
                4,
                _failing(),
                _running(),
                _slowest_now(),
                _soonest(),
                data_since(_SEEN),
                widths=(4, 4, 6, 6, 4),
            ),
        ),
        section("By target and location", line(10, _table()), line(12, _history())),
        section("Time", line(9, _phases(), _slowest(), widths=(14, 10))),
        section("Failures", line(8, _reasons(), _status())),
        section("Certificates", line(8, _certificates())),
        variables=[
            variable.datasource(),
            variable.choice("job", "Job", _EITHER, every=".*"),
            *variable.services(by_agreement=False),
            variable.choice(
                "location",
                "Location",
                'service_probe_success{job=~"$job", service=~"$service"}',
                every=".*",
            ),
        ],
        notes=of_services(switch_of_planned=False),
        time="now-6h",
    )


def _failing() -> stat.Panel:
    return number(
        "Probes failing",
        "Probes, by location, whose last run failed. A service is down only when its quorum is "
        "lost: one failing probe need not be an outage.",
        now(f"count({SUCCESS} == 0) or 0 * count({SUCCESS})", "failing"),
        steps=looks.ABOVE_ZERO_IS_BAD,
    )


def _running() -> stat.Panel:
    return number(
        "Probes",
        "Probes that report, by location.",
        now(f"count({SUCCESS})", "probes"),
        steps=((None, looks.GOOD),),
    )


def _slowest_now() -> stat.Panel:
    return number(
        "Slowest probe",
        "The probe whose last run took longest, all phases together.",
        now(f"topk(1, {TOTAL})", "{{service}}"),
        unit=SECONDS,
        steps=looks.rising(1, 4),
        named=True,
    )


def _soonest() -> stat.Panel:
    return number(
        "Next certificate to expire",
        "Time until the first certificate of a chain expires, soonest first.",
        now(f"bottomk(1, {LEFT}) / {DAY}", "{{service}}"),
        unit=DAYS,
        decimals=1,
        steps=looks.falling(7, 21),
        named=True,
        empty="no certificate",
    )


def _table() -> Table:
    return grid(
        "Last run of every probe",
        "The last run of every probe, failing ones first. Age is the time since it began: more "
        "than two intervals means that the exporter is late or gone.",
        Column("Result", f"1 - {SUCCESS}", mappings=looks.FAILED, steps=looks.ABOVE_ZERO_IS_BAD),
        Column("Time", TOTAL, SECONDS, looks.rising(1, 4), decimals=0),
        Column("HTTP status", STATUS, empty="none", decimals=0),
        Column(
            "Age",
            f"time() - {of_probe('service_probe_last_run_timestamp_seconds')}",
            DURATION,
            looks.rising(120, 600),
            empty="not told",
        ),
        keys=KEYS,
        narrow={"Service": 190, "Target": 230, "Probe": 100, "Location": 100},
        sort="Result",
        descending=True,
        links={"Service": link.to(link.SERVICE, "one")},
    )


def _history() -> statetimeline.Panel:
    return timeline(
        "Success over time",
        "The worst result of each probe in each step. A gap is time without samples. The fifteen "
        "probes that failed most in the time range, these first.",
        over_time(
            ordered(_RELIABLE, _EACH_STEP, *ONE),
            "{{service}} {{probe}} {{location}}",
        ),
        mappings=looks.GOOD_BAD,
    )


def _phases() -> timeseries.Panel:
    return chart(
        "Time by phase",
        "Mean over the chosen probes of the time in each phase. A slow resolve points at DNS, a "
        "slow connect at the network, slow processing at the service.",
        over_time(
            f"avg by (phase) (service_probe_duration_seconds{{{MINE}}}"
            f" or probe_http_duration_seconds{{{THEIRS}}})",
            "{{phase}}",
        ),
        unit=SECONDS,
        stacked=True,
        interval=_COARSE,
    )


def _slowest() -> bargauge.Panel:
    return bars(
        "Ten slowest",
        "Mean time of a run over the time range, the ten slowest probes.",
        now(f"sort_desc(topk(10, sum by ({PROBE}) ({_MEAN})))", "{{service}} {{location}}"),
        unit=SECONDS,
        steps=looks.rising(1, 4),
        bounds=(0, None),
    )


def _reasons() -> timeseries.Panel:
    return chart(
        "Failures by reason",
        "Failed attempts per minute, retried ones included; by our exporter, which tells reasons.",
        over_time(
            "60 * sum by (reason)"
            f" (rate(service_probe_failures_total{{{MINE}}}[$__rate_interval]))",
            "{{reason}}",
        ),
        stacked=True,
    )


def _status() -> timeseries.Panel:
    return chart(
        "HTTP status",
        "How many probes got an answer of each class.",
        over_time(f'count_values("status", {STATUS})', "{{status}}"),
        unit=COUNT,
        stacked=True,
        decimals=0,
        interval=_COARSE,
    )


def _certificates() -> Table:
    return grid(
        "Certificates by time left",
        "The first certificate of each target's chain to expire, as any location sees it.",
        Column("Left", LEFT, DURATION, looks.falling(7 * DAY, 21 * DAY)),
        Column("Expires", f"1000 * {EXPIRY}", WHEN),
        keys={"service": "Service", "target": "Target"},
        sort="Left",
        empty="no certificate",
        links={"Service": link.to(link.SERVICE, "one")},
    )
