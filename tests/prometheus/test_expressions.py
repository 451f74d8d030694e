"""What `check` says of services that so little is asked of that no alert can judge them."""

from typing import cast

import numpy as np
import orjson
import pytest

from sla_engine.prometheus import Client
from sla_engine.prometheus.expressions import remarks
from sla_engine.prometheus.series import QueryResult, Series
from tests.catalogues import catalogue


class Counting:
    """Answers as a server in which a number of events was counted in three days."""

    url = "http://prometheus"

    def __init__(self, events: float | None) -> None:
        self.events = events

    def kind(self, expression: str, at: int) -> str:
        del expression, at
        return "vector"

    def instant(self, expression: str, at: int) -> QueryResult:
        value = self.events if "increase(" in expression else 1.0
        series = () if value is None else (Series({}, np.array([at]), np.array([value])),)
        return QueryResult(series, (), "vector")


@pytest.mark.parametrize(
    ("events", "said"),
    [
        (3, "about 3 events in three days; an alert needs 5 failed ones in three days at the most"),
        (72, "about 72 events in three days; an alert needs 5 failed ones within an hour to page"),
        (360, None),
        (None, None),
    ],
)
def test_few_events_are_told_as_too_few_to_alert_on(events: float | None, said: str | None) -> None:
    sli = {"errors": "failed_total", "total": "all_total"}
    [service] = catalogue({"id": "shop", "sli": sli}).services
    found = [
        one for one in remarks(cast("Client", Counting(events)), [service], 1) if not one.fatal
    ]
    assert [one.field for one in found] == ([] if said is None else ["total"])
    assert said is None or found[0].text.startswith(said)


NATIVE = {"count": "8", "sum": "0.5", "buckets": [[0, "0.1", "0.2", "8"]]}


class Native(Client):
    """A client of a server in which everything is a native histogram."""

    def _body(self, path: str, form: dict[str, str], method: str = "POST") -> bytes:
        del path, method
        if form["query"] == "vector(1)":
            item: dict[str, object] = {"metric": {}, "value": [1, "1"]}
        else:
            item = {"metric": {}, "histogram": [1, NATIVE]}
        return orjson.dumps(
            {"status": "success", "data": {"resultType": "vector", "result": [item]}}
        )


@pytest.mark.parametrize("field", ["promql", "good", "errors", "total"])
def test_a_native_histogram_is_refused_with_what_to_take_instead(field: str) -> None:
    expression = "http_request_duration_seconds"
    others = {"total": {"good": "good_total"}, "promql": {}}.get(field, {"total": "all_total"})
    book = catalogue({"id": "shop", "sli": {field: expression, **others}})
    found = remarks(Native(book.prometheus), book.services, 1)
    [said] = [one for one in found if one.field == field]
    assert said.fatal
    assert said.text.startswith("a series is a native histogram, of which no single number")
    assert said.text.endswith('NAME_bucket{le="0.3"} of NAME_count')


def test_a_counter_that_is_no_number_adds_nothing_to_how_many_events_there_are() -> None:
    sli = {"errors": "failed_total", "total": "all_total"}
    [service] = catalogue({"id": "shop", "sli": sli}).services
    found = [*remarks(cast("Client", Counting(float("nan"))), [service], 1)]
    assert [one.text.split(";")[0] for one in found] == ["about 0 events in three days"]
