"""The same samples in Prometheus 2, Prometheus 3 and VictoriaMetrics make the same ledger.

They differ where it hurts: Prometheus 2 includes the left edge of a range, the others do not;
VictoriaMetrics keeps a metric's name where they drop it, and has its own idea of how long a sample
counts.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path
from shutil import copytree
from time import time
from typing import Any

import pytest

from sla_engine.domain.interval import Interval
from sla_engine.ledger import Books, Ledger
from sla_engine.measurement.backfill import backfill
from sla_engine.prometheus import Client
from sla_engine.prometheus.extract import Source, asks, raw
from tests.catalogues import catalogue
from tests.past import Pair, write_openmetrics
from tests.programs.newer import newer_program
from tests.programs.prometheus import create_blocks, running_prometheus
from tests.programs.victoria import running_victoria
from tests.traps.samples import CASES, CLEAN, HOUR, PERIOD, START, down, without

pytestmark = pytest.mark.integration

_M = 60_000
_ON_STEPS = tuple((t - 7_000, v) for t, v in down(CLEAN, (2 * HOUR, 2 * HOUR + _M)))


def _counter(each: int, restart: int = 0) -> tuple[Pair, ...]:
    """Return a counter that grows by ``each`` and by nothing more in minutes 130 to 140."""
    busy = [0 if 130 * _M <= t - START < 140 * _M else each for t, _ in CLEAN]
    cut = restart and next(i for i, (t, _) in enumerate(CLEAN) if t >= START + restart)
    sums = [*accumulate(busy[:cut]), *accumulate(busy[cut:])]
    return tuple((t, v) for (t, _), v in zip(CLEAN, sums, strict=True))


SERIES: dict[str, tuple[Pair, ...]] = {
    **{f'service_up{{service="{name}"}}': samples for name, samples in CASES.items()},
    'service_up{service="pair",location="eu",replica="a"}': without(
        down(CLEAN, (HOUR, HOUR + _M)), (2 * HOUR, 3 * HOUR)
    ),
    'service_up{service="pair",location="eu",replica="b"}': without(
        down(CLEAN, (HOUR, HOUR + _M)), (3 * HOUR - _M, 4 * HOUR)
    ),
    'of_others{job="selected"}': down(CLEAN, (4 * HOUR, 4 * HOUR + _M)),
    'of_others{job="on-steps"}': _ON_STEPS,
    'of_others{job="holed"}': without(_ON_STEPS, (5 * HOUR, 6 * HOUR)),
    'requests_total{code="200"}': _counter(7, restart=3 * HOUR),
    'requests_total{code="500"}': _counter(1),
}
SERVICES: tuple[dict[str, Any] | str, ...] = (
    *CASES,
    "pair",
    {"id": "selected", "sli": {"promql": 'of_others{job="selected"}'}},
    {"id": "computed", "sli": {"promql": 'min(of_others{job="selected"}) > bool 0.5'}},
    {"id": "computed-on-steps", "sli": {"promql": 'min(of_others{job="on-steps"}) > bool 0.5'}},
    {"id": "computed-holed", "sli": {"promql": 'min(of_others{job="holed"}) > bool 0.5'}},
    {
        "id": "counted",
        "objective": 90,
        "sli": {"good": 'requests_total{code="200"}', "total": "requests_total"},
    },
)


@contextmanager
def _prometheus_2(folder: Path, blocks: Path) -> Iterator[str]:
    copytree(blocks, folder / "data")
    with running_prometheus(folder) as prometheus:
        yield prometheus.url


@contextmanager
def _prometheus_3(folder: Path, blocks: Path) -> Iterator[str]:
    copytree(blocks, folder / "data")
    with running_prometheus(folder, program=newer_program("prometheus")) as prometheus:
        yield prometheus.url


@contextmanager
def _victoria_metrics(folder: Path, _: Path) -> Iterator[str]:
    with running_victoria(folder, SERIES) as url:
        yield url


SERVERS = {
    "prometheus-2": _prometheus_2,
    "prometheus-3": _prometheus_3,
    "victoria-metrics": _victoria_metrics,
}


@pytest.fixture(scope="module")
def blocks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("blocks")
    with (folder / "past.om").open("w", encoding="utf-8") as out:
        write_openmetrics(out, SERIES)
    create_blocks(folder, folder / "past.om")
    return folder / "data"


def _ledger(server: str, folder: Path, blocks: Path) -> list[bytes]:
    """Return the exported ledger of what a server says of the period."""
    with (
        SERVERS[server](folder, blocks) as url,
        Ledger.open(f"sqlite:///{folder}/ledger.db") as ledger,
    ):
        book = catalogue(*SERVICES, url=url)
        with Client(book.prometheus) as client:
            backfill(Books(book, ledger), client, PERIOD, PERIOD.end + HOUR)
        return list(ledger.export())


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory, blocks: Path) -> list[bytes]:
    return _ledger("prometheus-2", tmp_path_factory.mktemp("prometheus-2"), blocks)


@pytest.mark.parametrize("server", [name for name in SERVERS if name != "prometheus-2"])
def test_the_ledger_is_that_of_prometheus_2(
    server: str, expected: list[bytes], tmp_path: Path, blocks: Path
) -> None:
    assert _ledger(server, tmp_path, blocks) == expected


def test_victoria_metrics_does_not_repeat_the_past_for_the_last_half_minute(tmp_path: Path) -> None:
    now = int(time()) // 5 * 5_000
    samples = tuple((now - i * 5_000, int(i > 2)) for i in range(60, -1, -1))
    with (
        running_victoria(tmp_path, {"state": samples}) as url,
        Client(catalogue("shop", url=url).prometheus) as client,
    ):
        period = Interval(now - 30_000, now + 1)
        (series,) = raw(client, asks([Source("shop", "state + 0", 5_000)], period))["shop"]
    assert series.values.tolist() == [1, 1, 1, 1, 0, 0, 0]
