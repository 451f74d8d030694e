"""What Prometheus says of the expressions of a catalogue: each is run once."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from service_catalogue import Service
from service_catalogue.counters import read_counters
from sla_engine.prometheus.client import Client
from sla_engine.prometheus.error import (
    AnswerError,
    HistogramError,
    LimitError,
    PrometheusError,
    QueryError,
)
from sla_engine.prometheus.series import Series

_EARLIER = (0, 3_600_000, 6 * 3_600_000, 24 * 3_600_000)
"""How far back series that disagree are looked at again (ms)."""
_LEAST = 5
"""Failed events without which the alert rules see no burn (`5 / 30` there: their rates of 30 s)."""
_CLASSIC = 'take the classic one, such as NAME_bucket{le="0.3"} of NAME_count'
_FIELDS = ("promql", "good", "errors", "total")


class Remark(NamedTuple):
    """What is to be said of one expression; a ``fatal`` one can never work."""

    service: str
    field: str
    text: str
    fatal: bool

    def findings(self, data: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Yield where it stands in the plain data of a catalogue: location, message."""
        for index, entry in enumerate(data["services"]):
            if entry["id"] == self.service:
                yield ("services", index, "sli", self.field), self.text


def remarks(client: Client, services: Iterable[Service], at: int) -> Iterator[Remark]:
    """Yield what is wrong with the expressions of services, as the server sees them ``at`` (ms).

    Raises:
        PrometheusError: it does not answer.
    """
    client.instant("vector(1)", at)
    for service in services:
        for field in _FIELDS:
            expression = getattr(service.sli, field, None)
            if expression is not None:
                for text, fatal in _said(client, expression, field, at):
                    yield Remark(service.id, field, text, fatal)
        if service.sli is not None and service.sli.total is not None:
            for text in _rare(client, service.sli.total, at):
                yield Remark(service.id, "total", text, fatal=False)


def _rare(client: Client, total: str, at: int) -> Iterator[str]:
    """Yield whether so little happens that the alert rules say nothing of it, or no page."""
    counters = read_counters(total)
    counted = [f"sum(increase({selector}[3d]))" for selector in counters.added]
    try:
        found = [client.instant(query, at).series for query in counted]
    except PrometheusError:
        return  # said of the expression already
    events = sum(float(np.nansum(one.values)) for series in found for one in series)
    if not any(found) or counters.taken or events >= _LEAST * 72:
        return
    few = f"about {events:.0f} events in three days; an alert needs {_LEAST} failed ones"
    when = "in three days at the most" if events < _LEAST else "within an hour to page"
    yield f"{few} {when}: probe the service, too"


def _said(client: Client, expression: str, field: str, at: int) -> Iterator[tuple[str, bool]]:
    try:
        kind = client.kind(expression, at)
        series = client.instant(expression, at).series if kind == "vector" else ()
    except HistogramError as error:
        yield f"{error}: {_CLASSIC}", True
        return
    except QueryError as error:
        yield f"Prometheus rejects it: {str(error).removeprefix(f'{client.url}: ')}", True
        return
    except (LimitError, AnswerError) as error:
        yield f"no answer: {error}", False
        return
    if kind in {"scalar", "string"}:
        yield f"it is a {kind}, and a service needs series: vector(...) makes one", True
    elif kind == "matrix":
        yield "it is a range of samples, and not their value at a time: leave [...] out", True
    elif not series and field != "errors":  # that nothing failed yet is no mistake
        yield "it has no series at this time", False
    elif field == "promql":
        yield from _disagreeing(client, expression, series, at)


def _disagreeing(
    client: Client, expression: str, series: Sequence[Series], at: int
) -> Iterator[tuple[str, bool]]:
    """Yield whether there are series that can never agree, or did not within the last day."""
    disagree = True
    for earlier in _EARLIER:
        try:
            found = client.instant(expression, at - earlier).series if earlier else series
        except PrometheusError:
            return
        if len(found) > 1 and not all(_labels(one) for one in found):
            text = "one of its series has no labels, as in `X or vector(0)`, and stands beside"
            yield f"{text} the others: take `sum(X) or vector(0)`", True
            return
        disagree &= {bool(one.values[0]) for one in found} == {True, False}
        if not disagree and all(_labels(one) for one in found):
            return
    if disagree:
        yield f"its {len(series)} series disagree now and did a day ago; a tie is unknown", False


def _labels(series: Series) -> frozenset[str]:
    return frozenset(series.labels) - {"__name__"}
