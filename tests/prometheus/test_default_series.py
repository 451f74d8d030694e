"""``X or vector(0)``: a series without labels stands in for others, and contradicts none."""

from collections.abc import Iterator

import pytest

from sla_engine.domain.interval import Interval
from sla_engine.domain.outage import OutageSpan
from sla_engine.ledger import Books, Ledger
from sla_engine.measurement.ingest import ingest
from sla_engine.prometheus import Client
from sla_engine.prometheus.defaults import with_default
from tests.catalogues import catalogue
from tests.programs.prometheus import running_prometheus

START = 1_799_971_200
END = START + 7_200
STEP = 15
BACK = START + 3_600


@pytest.mark.parametrize(
    "expression",
    ["up == 1", 'up{job="or"}', "up{job='a or b'} > 0", "min(up) # x or y", "floor(up)"],
)
def test_an_expression_without_or_stays_as_it_is(expression: str) -> None:
    assert with_default(expression) == expression


def test_a_comment_swallows_no_bracket() -> None:
    text = "up or vector(0) # why"
    assert with_default(text) == f"((\n{text}\n) unless vector(1)) or on () (\n{text}\n)"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    lines = ["# TYPE state gauge", "# TYPE other gauge"]
    lines += [f'state{{instance="a"}} 1 {at}' for at in range(BACK, END, STEP)]
    lines += [f"other 1 {at}" for at in range(START, END, STEP)]
    with running_prometheus(
        tmp_path_factory.mktemp("prometheus"), openmetrics="\n".join((*lines, "# EOF", ""))
    ) as running:
        yield running.url


@pytest.mark.integration
@pytest.mark.parametrize(
    "expression",
    [
        "state or vector(0)",
        "sum(state) or vector(0)",
        "vector(0) and on () absent(state) or state",
        "state OR (0 * sum(other))  # 0 while it is missing",
        'state or label_replace(vector(0), "instance", "none", "", "")',
        'label_replace(vector(0), "why", "none", "", "") or state # as labelled',
    ],
)
def test_an_outage_by_a_missing_series_ends_when_it_is_back(url: str, expression: str) -> None:
    book = catalogue({"id": "shop", "sli": {"promql": expression}}, url=url)
    period = Interval(START * 1000, END * 1000)
    with Client(book.prometheus) as client, Ledger.open("sqlite://") as ledger:
        ingest(Books(book, ledger), client, period, period.end)
        history = ledger.histories(period)["shop"]
    assert history.outages == (OutageSpan(START * 1000, BACK * 1000),)
    assert history.gaps == ()
