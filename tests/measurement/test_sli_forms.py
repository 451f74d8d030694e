"""The same requests written in every way that people write them: one figure, one pair of rules."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest

from service_catalogue import Catalogue
from sla_engine.accounting.figures import account
from sla_engine.domain.interval import Interval
from sla_engine.ledger import Books, Ledger
from sla_engine.measurement.backfill import backfill
from sla_engine.prometheus import Client
from sla_engine.prometheus.rules import expressions, rule_file
from tests.catalogues import catalogue
from tests.programs.prometheus import running_prometheus

START = 1_790_812_800
HOURS = Interval(START * 1000, (START + 2 * 3600) * 1000)
FORMS = {
    "selectors": {"good": 'requests_total{code!~"5.."}', "total": "requests_total"},
    "rates": {
        "good": 'sum(rate(requests_total{code!~"5.."}[5m]))',
        "total": "sum(rate(requests_total[5m]))",
    },
    "increases": {
        "good": 'sum by (job) (increase(requests_total{code="200"}[1h]))',
        "total": "sum by (code) (increase(requests_total[4w]))",
    },
    "nested": {
        "good": 'sum(sum by (instance) (rate(requests_total{code="200"}[1m])))',
        "total": "sum(sum without (code) (rate(requests_total[9m]))) or vector(0)",
    },
    "sums": {"good": 'sum(requests_total{code="200"})', "total": "sum(requests_total)"},
    "errors": {"errors": 'sum(rate(requests_total{code=~"5.."}[5m]))', "total": "requests_total"},
    "difference": {
        "errors": 'sum(rate(requests_total[5m])) - sum(rate(requests_total{code="200"}[5m]))',
        "total": "sum(rate(requests_total[5m]))",
    },
    "parts": {
        "good": 'requests_total{code="200"}',
        "total": 'sum(requests_total{code="200"}) + sum(requests_total{code="500"})',
    },
    "buckets": {"good": 'latency_bucket{le="1"}', "total": "latency_count"},
    "slow": {
        "errors": 'rate(latency_count[5m]) - ignoring (le) rate(latency_bucket{le="1"}[5m])',
        "total": 'sum(rate(latency_bucket{le="+Inf"}[5m]))',
    },
}
"""Every good request of the world is fast, and no other: all of these mean the same."""


def samples() -> Iterator[tuple[str, float, int]]:
    """Yield series, value and second: 10 requests a scrape at each of two targets.

    At the first target none fails before 00:30, when a series is born with 60 failures; it restarts
    at 01:00. The second comes at 00:40 with 1,000 that nobody saw.
    """
    good = bad = 0
    for second in range(0, 2 * 3600, 15):
        if second == 3600:
            good = bad = 0
        good += 10
        bad += 60 if second == 1800 else 1 if second > 1800 else 0
        yield from scrape("a", good, bad, second, born=second >= 1800)
        if second >= 2400:
            more = 1000 + 10 * (second - 2400) // 15
            yield from scrape("b", more, 0, second + 4, born=False)


def scrape(
    target: str, good: int, bad: int, second: int, *, born: bool
) -> Iterator[tuple[str, float, int]]:
    own, at = f'instance="{target}",job="api"', START + second
    yield f"up{{{own}}}", 1, at
    yield f'requests_total{{code="200",{own}}}', good, at
    if born:
        yield f'requests_total{{code="500",{own}}}', bad, at
    yield f"latency_count{{{own}}}", good + bad, at
    yield f'latency_bucket{{{own},le="1.0"}}', good, at
    yield f'latency_bucket{{{own},le="+Inf"}}', good + bad, at


FAILED = 60 + (7200 - 1800) // 15 - 1
TOTAL = 10 * (7200 // 15 - 1) + 10 * ((7200 - 2400) // 15 - 1) + FAILED


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    found = sorted(samples(), key=lambda sample: (sample[0].partition("{")[0], sample[0]))
    lines = [f"{name} {value} {at}" for name, value, at in found]
    text = "\n".join([*lines, "# EOF", ""])
    folder = tmp_path_factory.mktemp("prometheus")
    with running_prometheus(folder, openmetrics=text) as prometheus:
        yield prometheus.url


@pytest.fixture(scope="module")
def book(url: str) -> Catalogue:
    services = [{"id": name, "objective": 99, "sli": sli} for name, sli in FORMS.items()]
    return catalogue(*services, url=url)


@pytest.mark.integration
def test_every_form_gives_one_figure(book: Catalogue, tmp_path: Path) -> None:
    with (
        Client(book.prometheus) as client,
        Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger,
    ):
        backfill(Books(book, ledger), client, HOURS, HOURS.end)
        found = account(Books(book, ledger), HOURS, HOURS.end)
        outages = {name: ledger.histories(HOURS)[name].outages for name in FORMS}
    truth = float(Fraction(TOTAL - FAILED, TOTAL))
    assert {name: one.availability for name, one in found.items()} == {
        name: pytest.approx(truth, abs=1e-9) for name in FORMS
    }
    assert {name: one.events for name, one in found.items()} == dict.fromkeys(
        FORMS, (TOTAL - FAILED, TOTAL)
    )
    assert len(set(outages.values())) == 1


@pytest.mark.integration
def test_every_form_gives_one_pair_of_rules(book: Catalogue) -> None:
    """As Prometheus evaluates them: at a birth, at a restart, where a target begins, and later."""
    text = rule_file(book.services, 15_000, book.prometheus.replica_labels)
    moments = [START + second for second in (900, 1830, 1980, 2430, 3630, 5400)]
    with Client(book.prometheus) as client:
        for moment in moments:
            pairs: dict[str, list[float]] = {}
            for service, expression in expressions(text):
                (one,) = client.instant(expression, moment * 1000).series
                pairs.setdefault(service, []).append(float(one.values[0]))
            expected = pairs["selectors"]
            assert pairs == {name: pytest.approx(expected, abs=1e-9) for name in FORMS}, moment
            if moment == START + 1830:
                # Of the last two minutes 60 + 1 + 1 failed, and the rest is two minutes' requests.
                assert expected[1] == pytest.approx(62 / 120)
