"""A backfill outlasts a Prometheus that restarts, and a service that fails."""

import io

import pytest
from rich.console import Console

from sla_engine.domain.interval import Interval
from sla_engine.domain.isolation import Fault
from sla_engine.ledger import Books, Ledger
from sla_engine.measurement.backfill import backfill
from sla_engine.prometheus import Client, PrometheusError
from tests.catalogues import catalogue
from tests.measurement.test_lying_server import LIES, NOW, Answer, Form, _server, _truth

PERIOD = Interval(NOW - 900_000, NOW)
AWAY: Answer = (503, b'{"error":"starting"}')


@pytest.mark.parametrize("times", [2, 5])  # each try asks again once by itself
def test_a_failure_that_passes_is_tried_again(times: int) -> None:
    left = [times]

    def answer(form: Form) -> Answer:
        left[0] -= 1
        return AWAY if left[0] >= 0 else _truth(form)

    waited: list[float] = []
    with _server(answer) as (url, _), Ledger.open("sqlite://") as ledger:
        book = catalogue("s00", url=url)
        with Client(book.prometheus) as client:
            told = Console(file=io.StringIO(), width=200)
            books = Books(book, ledger)
            backfill(books, client, PERIOD, NOW, console=told, sleep=waited.append)
        assert ledger.covered_until() == {"s00": NOW}
    assert waited == [1, 2, 5, 10][: len(waited)]
    assert waited
    assert isinstance(told.file, io.StringIO)
    assert "starting; trying again in 1 s" in told.file.getvalue()


def test_a_failure_that_stays_ends_it_after_some_tries() -> None:
    waited: list[float] = []
    with _server(lambda _: AWAY) as (url, _), Ledger.open("sqlite://") as ledger:
        book = catalogue("s00", url=url)
        with Client(book.prometheus) as client, pytest.raises(PrometheusError, match="starting"):
            backfill(Books(book, ledger), client, PERIOD, NOW, sleep=waited.append)
    assert waited == [1, 2, 5, 10, 30]


def test_a_service_that_fails_is_named_and_the_others_are_derived() -> None:
    def answer(form: Form) -> Answer:
        return (LIES["error 400"] if "bad" in form["query"] else _truth)(form)

    faults: dict[str, Fault] = {}
    with _server(answer) as (url, _), Ledger.open("sqlite://") as ledger:
        book = catalogue("s00", {"id": "bad", "sli": {"promql": "max(bad"}}, "s01", url=url)
        with Client(book.prometheus) as client:
            backfill(Books(book, ledger), client, PERIOD, NOW, faults=faults)
        assert ledger.covered_until() == {"s00": NOW, "s01": NOW}
    assert faults.keys() == {"bad"}
