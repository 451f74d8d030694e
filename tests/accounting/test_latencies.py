"""A percentile that was promised is the one that is asked for, computed and named."""

import csv
import io
import json
import re
from dataclasses import replace

import pytest

from sla_engine.domain.report import Latency
from sla_engine.prometheus import health
from sla_engine.reports import FORMATS
from tests.reports.sample import REPORT
from tests.reports.test_xlsx import read as sheets


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


@pytest.mark.parametrize(
    ("name", "word"),
    [("en", "Latency"), ("de", "Antwortzeit"), ("es", "Latencia"), ("fr", "Latence")],
)
@pytest.mark.parametrize("style", ["text", "html"])
def test_a_head_speaks_of_p95_only_where_all_below_it_is_that(
    style: str, name: str, word: str
) -> None:
    usual = Latency(0.3, 0.2, (0.3,), 0.5, 0.95, 0.99)
    other = replace(usual, value=0.4129, percentile=99.0)
    first, second = REPORT.services[:2]

    def heads(*found: Latency) -> list[str]:
        services = [
            replace(one, latency=known, latency_p95=known.p95)
            for one, known in zip((first, second), found, strict=False)
        ]
        body = (
            FORMATS[style]
            .render(replace(REPORT, services=tuple(services), capacity=None, language=name))
            .decode()
        )
        if style == "html":
            return re.findall(r"<th[^>]*>(?:<[^>]*>)*([^<]*)", body)
        return [one.strip() for one in re.split(r"\s{2,}|\n", body)]

    assert not {"p95", f"p95 {word.lower()}", f"{word} p95"} & {*heads(other, usual)}
    assert word in heads(other, usual)
    assert word in heads(other)
    assert "p95" in heads(usual, usual)
    assert word not in heads(usual, usual)


def test_spreadsheets_tell_the_percentile_that_was_promised() -> None:
    known = Latency(0.4129, 0.3, (0.4, 0.41), 0.5, 0.99, 0.995, percentile=99.0)
    first = replace(REPORT.services[0], latency=known, latency_p95=known.p95)
    report = replace(REPORT, services=(first,))
    [row] = sheets(report)["Services"]
    assert (row["latency_percentile"], row["latency_seconds"]) == (99, 0.4129)
    assert "latency_p95_seconds" not in row
    lines = csv.DictReader(io.StringIO(FORMATS["csv"].render(report).decode()))
    line = next(one for one in lines if one["record"] == "service")
    assert (line["latency_percentile"], line["latency_seconds"]) == ("99.0", "0.4129")
    assert line["latency_p95_seconds"] == ""
