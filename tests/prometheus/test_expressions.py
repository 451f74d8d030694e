"""What `check` says of services that so little is asked of that no alert can judge them."""

from typing import cast

import numpy as np
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
