"""A time that is no multiple of the scrape interval has one sample more by jitter at both ends."""

from typing import cast

import numpy as np

from sla_engine.accounting.terms import cadence_terms
from sla_engine.domain.interval import Interval
from sla_engine.domain.timeline import cut
from sla_engine.measurement.derive import derive, paced
from sla_engine.measurement.fetch import timelines
from sla_engine.prometheus import Client, Series
from tests.catalogues import catalogue
from tests.measurement.test_sums import START, STEP, Memory

MARGIN = 300_000


def test_a_gap_that_is_derived_again_is_none_the_less_a_gap() -> None:
    """As is every short gap when it is an hour old, with some minutes on either side."""
    chance = np.random.default_rng(6)
    now = START + 60 * STEP
    wrong = 0
    for _ in range(300):
        times = START + np.arange(60, dtype=np.int64) * STEP + chance.integers(-200, 200, 60)
        times = np.delete(times, [30, 31])
        before, after = int(times[29]), int(times[30])
        series = [Series({"service": "s", "instance": "0"}, times, np.ones(times.size))]
        book = catalogue("s", prometheus={"scrape_interval": "60s"})
        client = cast("Client", Memory({"s": [(times, np.ones(times.size))]}))
        period = Interval(before + STEP - MARGIN, after + MARGIN)
        given = paced(series, cadence_terms(book, book.services[0]))
        whole = derive(book.services[0], given, Interval(START, now), now)
        found = timelines(book, client, book.services, period, now)["s"]
        wrong += found != cut(whole, period)
    assert wrong == 0
