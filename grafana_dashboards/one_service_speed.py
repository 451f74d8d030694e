"""How fast one service answers, by its probes; and how long its certificate holds."""

from grafana_foundation_sdk.builders import stat, timeseries

from grafana_dashboards.style import looks
from grafana_dashboards.style.looks import SECONDS, WHEN
from grafana_dashboards.style.panel import chart, number
from grafana_dashboards.style.promql import MINE
from grafana_dashboards.style.query import now, over_time

_MEAN = f"service:probe_duration_seconds:avg{{{MINE}}}"
_BLOCKS = f"service:probe_duration_seconds:avg5m{{{MINE}}}"


def percentiles() -> timeseries.Panel:
    """Return percentiles of the probes' time, beside where the alert stands."""
    return chart(
        "Probe time by percentile",
        "Of the mean time of each minute's successful runs, all phases and locations together: "
        "half of an hour's minutes, 95 % and 99 % were at least as fast. Slow from: where the "
        "alert ServiceSlow stands, three times the median of the last day and a tenth of a second.",
        *(
            over_time(
                f"max by (service) (quantile_over_time({share}, {_MEAN}[1h]))", f"p{share * 100:g}"
            )
            for share in (0.5, 0.95, 0.99)
        ),
        over_time(
            f"max by (service) (3 * quantile_over_time(0.5, {_BLOCKS}[1d]) + 0.1)", "slow from"
        ),
        unit=SECONDS,
        ranked=False,
    )


def phases() -> timeseries.Panel:
    """Return where the time goes."""
    return chart(
        "Probe time by phase",
        "Mean duration of each phase of its probes, over targets and locations: names, connection, "
        "TLS, the wait for the answer, the answer.",
        over_time(f"avg by (phase) (service_probe_duration_seconds{{{MINE}}})", "{{phase}}"),
        unit=SECONDS,
        stacked=True,
        ranked=False,
    )


def certificate() -> stat.Panel:
    """Return until when the nearest certificate holds."""
    return number(
        "Certificate holds until",
        "The nearest expiry of the chains that its probes verified, whatever location saw it.",
        now(
            f"1000 * min(min_over_time(service_tls_certificate_expiry_timestamp_seconds{{{MINE}}}"
            "[1h]))",
            "until",
        ),
        unit=WHEN,
        steps=looks.NEUTRAL,
        empty="no certificate seen",
    )
