"""Why outages began: asked once, kept with the outage, chained, and told."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import sqlalchemy as sa

from service_catalogue import Catalogue
from sla_engine.accounting.report import make_report
from sla_engine.domain.board import board
from sla_engine.domain.interval import Interval
from sla_engine.domain.period import parse_period
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Books, Derived, Ledger
from sla_engine.ledger.reasons import OutageStart
from sla_engine.measurement.reasons import reasons
from sla_engine.prometheus import QueryError, Series
from sla_engine.prometheus.series import QueryResult
from sla_engine.reports import FORMATS
from tests.catalogues import catalogue
from uptime_common.failure import Failure, Failures, failure_words

T0 = 1_791_008_130_000
STEP = 15_000
MINUTE = 60_000


def _catalogue() -> Catalogue:
    probe = {"type": "tcp", "target": "shop-2:443"}
    return catalogue(
        services=[
            {"id": "shop", "name": "Shop", "probes": [probe]},
            {"id": "mail", "name": "Mail", "probes": [probe]},
            {"id": "job", "name": "Job", "sli": {"promql": 'up{job="x"}'}},
            {"id": "all", "name": "All", "components": ["shop", "mail"]},
        ]
    )


class Exporters:
    """Answers as Prometheus would of three locations; counts what it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.series: list[Series] = []
        self.error: Exception | None = None

    def add(self, name: str, value: float, at: int = T0, **labels: str) -> None:
        named = {"__name__": name, "service": "shop", "probe": "tcp", "target": "shop-2:443"}
        times, values = np.array([at], dtype=np.int64), np.array([value])
        self.series.append(Series(named | labels, times, values))

    def instant(self, promql: str, at: int, *, samples: bool = False) -> QueryResult:
        del at, samples
        self.asked.append(promql)
        if self.error:
            raise self.error
        return QueryResult(tuple(self.series), ())


def _down(service: str, start: int = T0, end: int = T0 + MINUTE) -> Derived:
    return Derived(service, (Segment(start, end, State.DOWN),), start)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(f"sqlite:///{tmp_path}/l.db") as opened:
        yield opened


def _asked(ledger: Ledger, client: Any, *derived: Derived) -> dict[OutageStart, Failures]:
    return reasons(Books(_catalogue(), ledger), client, derived, T0 + MINUTE)


def test_the_exporters_are_asked_once_for_all_and_counted_by_location(ledger: Ledger) -> None:
    client = Exporters()
    for place in ("ber", "fra", "par"):
        client.add("service_probe_success", 0 if place != "par" else 1, location=place)
    why = {"phase": "connect", "reason": "refused", "detail": "ECONNREFUSED"}
    client.add("service_probe_failure_info", 1, T0, location="ber", **why)
    found = _asked(ledger, client, _down("shop"), _down("mail"))
    assert len(client.asked) == 1
    assert list(found) == [OutageStart("shop", T0)]
    said = failure_words(found[OutageStart("shop", T0)])
    assert said == "refused by shop-2:443 (ECONNREFUSED); failed: shop-2:443; 2 of 3 locations"


def test_what_failed_before_and_is_up_again_is_no_reason(ledger: Ledger) -> None:
    client = Exporters()
    client.add("service_probe_failure_info", 1, at=T0 - 10 * STEP, reason="timeout")
    client.add("service_probe_success", 0)
    [found] = _asked(ledger, client, _down("shop")).values()
    assert [one.reason for one in found.failed] == [""]


def test_nothing_is_asked_while_no_outage_is_new(ledger: Ledger) -> None:
    client = Exporters()
    up = Derived("mail", (Segment(T0, T0 + MINUTE, State.UP),), T0)
    ledger.apply([_down("shop")])
    assert _asked(ledger, client, _down("shop"), up) == {}
    assert client.asked == []


def test_an_expression_gives_the_values_at_the_edge(ledger: Ledger) -> None:
    client = Exporters()
    client.series = [
        Series({"job": "x", "url": "http://a:b@h/?t=1"}, np.array([T0]), np.array([0.0])),
        Series({"job": "x", "url": "http://up/"}, np.array([T0]), np.array([1.0])),
    ]
    [found] = _asked(ledger, client, _down("job")).values()
    assert found.failed == (Failure("series", '{job="x", url="http://h/"}', detail="0"),)


def test_a_composite_names_the_components_that_were_down(ledger: Ledger) -> None:
    up = Derived("mail", (Segment(T0, T0 + MINUTE, State.UP),), T0)
    found = _asked(ledger, Exporters(), _down("shop"), up, _down("all"))
    assert failure_words(found[OutageStart("all", T0)]) == "shop is down"


def test_a_reason_that_cannot_be_had_is_left_out(ledger: Ledger) -> None:
    client = Exporters()
    client.error = QueryError("no")
    assert _asked(ledger, client, _down("shop")) == {}


def test_the_fault_of_one_expression_costs_no_other_its_reason(ledger: Ledger) -> None:
    class Refusing(Exporters):
        def instant(self, promql: str, at: int, *, samples: bool = False) -> QueryResult:
            if "bad" in promql:
                raise QueryError("no such function")
            return super().instant(promql, at, samples=samples)

    services = [
        {"id": name, "name": name, "sli": {"promql": f"up{{job='{name}'}}"}}
        for name in ("bad", "good")
    ]
    client = Refusing()
    client.series = [Series({"job": "good"}, np.array([T0]), np.array([0.0]))]
    books = Books(catalogue(services=services), ledger)
    found = reasons(books, client, (_down("bad"), _down("good")), T0 + MINUTE)  # type: ignore[arg-type]
    assert list(found) == [OutageStart("good", T0)]


def test_a_reason_is_kept_with_its_outage_and_chained(ledger: Ledger) -> None:
    why = Failures((Failure("probe", "shop-2:443", "fra", "connect", "refused"),), 1)
    seen = {OutageStart("shop", T0): why, OutageStart("shop", T0 + 1): why}
    ledger.apply([_down("shop")], seen=seen)
    assert ledger.reasons.of("shop", Interval(T0 - STEP, T0 + MINUTE)) == why
    assert ledger.reasons.of("shop", Interval(T0 + 1, T0 + MINUTE)) is None
    assert ledger.verify() == []
    with ledger.engine.begin() as connection:
        connection.execute(sa.text("UPDATE outage_reason SET reason = '{}'"))
    assert any("outage_reason was put in or changed" in line for line in ledger.verify())


def test_a_report_says_why_in_its_language_and_programs_are_told_in_english(
    ledger: Ledger,
) -> None:
    why = Failures((Failure("probe", "shop-2:443", "fra", "connect", "refused"),), 1)
    ledger.apply([_down("job")], seen={OutageStart("job", T0): why})
    books, day = Books(_catalogue(), ledger), parse_period("2026-10-03", ZoneInfo("UTC"), 0)
    made = make_report(books, day, day.end, [FORMATS["text"]], language="de")
    assert "abgelehnt von shop-2:443" in FORMATS["text"].render(made).decode()
    assert [one.why for one in board(made).done] == ["abgelehnt von shop-2:443"]
    assert "refused by shop-2:443" in FORMATS["json"].render(made).decode()
