"""A percentile that was promised is the one that is asked for, computed and named."""

import json
from dataclasses import replace

import pytest

from sla_engine.domain.report import Latency
from sla_engine.prometheus import health
from sla_engine.reports import FORMATS
from tests.reports.sample import REPORT


@pytest.mark.parametrize(
    ("percentile", "quantile"), [(50, "0.5"), (95, "0.95"), (99, "0.99"), (99.9, "0.999")]
)
def test_a_query_asks_for_the_percentile_that_was_promised(
    percentile: float, quantile: str
) -> None:
    assert health.latency(3600, percentile).startswith(f"quantile_over_time({quantile}, ")
    asked = health.requests_percentile("api_bucket", 3600, percentile)
    assert asked.startswith(f"histogram_quantile({quantile}, ")


@pytest.mark.parametrize("style", ["text", "html", "json"])
def test_another_percentile_than_p95_is_named_and_is_not_called_p95(style: str) -> None:
    known = Latency(0.4129, 0.3, (0.4, 0.41), 0.5, 0.99, 0.995, percentile=99.0)
    first = replace(REPORT.services[0], latency=known, latency_p95=known.p95)
    body = FORMATS[style].render(replace(REPORT, services=(first,))).decode()
    if style != "json":
        assert "p99: 413 ms" in " ".join(body.split())
        return
    [service] = json.loads(body)["services"]
    assert service["latency_p95_seconds"] is None
    told = service["latency"]
    assert (told["percentile"], told["percentile_seconds"]) == (99.0, 0.4129)
    assert "p95_seconds" not in told
