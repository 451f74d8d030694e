"""The names of metrics are read out of PromQL."""

import re

import pytest

from grafana_dashboards.queries import metric_names, metrics_of, queries


@pytest.mark.parametrize(
    ("expr", "names"),
    [
        ("up", {"up"}),
        ('rate(a_total{job=~"$job", b="c"}[$__rate_interval])', {"a_total"}),
        (
            "sum by (x, le) (a:b:rate5m) / on (x) group_left (owner) d",
            {"a:b:rate5m", "d"},
        ),
        ('a{x="by (up) or down"} > bool 0 or 0 * count(b) and vector(1)', {"a", "b"}),
        ("max_over_time(a{}[$__range] @ end()) unless c offset 1d", {"a", "c"}),
        (
            'label_values({__name__=~"sla_(engine|exporter)_info", job=~"$job"}, instance)',
            {"sla_engine_info", "sla_exporter_info"},
        ),
        ('label_values(service:info{owner=~"$owner", tier=~"$tier"}, service)', {"service:info"}),
        ("a / 3600 * on (x) group_right b - ignoring (y) c", {"a", "b", "c"}),
        ("time() - 3600 * 1e3 + Inf", set()),
    ],
)
def test_the_metrics_of_a_query(expr: str, names: set[str]) -> None:
    assert metrics_of(expr) == names


def test_every_query_has_a_metric() -> None:
    limits = re.compile(
        r"vector\([^)]*\)|topk\(2, vector\(1\)\).*|label_replace\(.*\bvector\(\d+\).*"
    )
    without = [q for q in queries() if not metrics_of(q.expr) and not limits.fullmatch(q.expr)]
    assert without == []


def test_a_metric_knows_where_it_is_used() -> None:
    assert (
        "service-levels: Contracts, most budget used first"
        in metric_names()["sla_availability_ratio"]
    )
