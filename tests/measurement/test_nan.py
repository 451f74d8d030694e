"""NaN holds nothing: in the ledger it is unknown, never up."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sla_engine.domain.interval import Interval
from sla_engine.ledger import Books, Ledger
from sla_engine.measurement.ingest import ingest
from sla_engine.prometheus import Client
from tests.catalogues import catalogue
from tests.programs.prometheus import running_prometheus

START = 1_799_971_200
HOURS = 4
END = START + HOURS * 3600
STEP = 15
NOTHING = (START + 5_400, START + 9_000)  # an hour, over the edge of another
NAMES = ("expression", "ratio", "selector", "service_up", "whole_hours")


def _past() -> str:
    lines = ["# TYPE state gauge", "# TYPE part gauge", "# TYPE service_up gauge"]
    for at in range(START, END + 1, STEP):
        state = "NaN" if NOTHING[0] <= at < NOTHING[1] else "1"
        lines.append(f'state{{service="web"}} {state} {at}')
    for at in range(START, END + 1, STEP):
        part = 0 if NOTHING[0] <= at < NOTHING[1] else 3
        lines.append(f'part{{service="web"}} {part} {at}')
    for name, (first, last) in {"service_up": NOTHING, "whole_hours": _HOURS}.items():
        for at in range(START, END + 1, STEP):
            state = "NaN" if first <= at < last else "1"
            lines.append(f'service_up{{service="{name}"}} {state} {at}')
    return "\n".join((*lines, "# EOF", ""))


_HOURS = (START + 3_600, START + 3 * 3_600)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("prometheus")
    with running_prometheus(folder, openmetrics=_past()) as running:
        yield running.url


@pytest.mark.integration
@pytest.mark.parametrize("pieces", [1, 16], ids=["at once", "by quarters of an hour"])
def test_time_with_nan_for_samples_is_unknown_in_the_ledger(
    url: str, tmp_path: Path, pieces: int
) -> None:
    sli = {
        "expression": 'max(state{service="web"})',
        "ratio": 'sum(part{service="web"}) / sum(part{service="web"})',
        "selector": 'state{service="web"}',
    }
    services = [{"id": n, **({"sli": {"promql": sli[n]}} if n in sli else {})} for n in NAMES]
    book = catalogue(*services, url=url)
    period = Interval(START * 1000, END * 1000)
    length = period.length // pieces
    with Client(book.prometheus) as client, Ledger.open(f"sqlite:///{tmp_path}/l.db") as ledger:
        for start in range(period.start, period.end, length):
            ingest(Books(book, ledger), client, Interval(start, start + length), period.end)
        histories = ledger.histories(period)
    assert {name: history.outages for name, history in histories.items()} == dict.fromkeys(
        NAMES, ()
    )
    for name in NAMES:
        first, last = _HOURS if name == "whole_hours" else NOTHING
        assert histories[name].gaps == (Interval(first * 1000, last * 1000),), name
