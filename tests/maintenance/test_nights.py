"""Recurring work through the nights in which clocks change."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from service_catalogue.maintenance import WindowEntry
from sla_engine.domain.interval import Interval
from sla_engine.maintenance.recurrence import occurrences
from tests.service_catalogue.test_cron import ZONES

YEAR = Interval(*(round(datetime(y, 1, 1, tzinfo=UTC).timestamp() * 1000) for y in (2024, 2025)))


@pytest.mark.parametrize("name", ZONES)
def test_a_window_with_an_end_takes_place_in_every_night_of_a_year(name: str) -> None:
    for minutes in range(0, 240, 30):
        begin = datetime(2024, 1, 1) + timedelta(minutes=minutes)  # noqa: DTZ001 - wall-clock time
        end = begin + timedelta(minutes=45)
        fields = {"start": begin, "end": end, "rrule": "FREQ=DAILY", "services": ["shop"]}
        window = WindowEntry.model_validate(fields | {"id": "m", "title": "M", "requester": "ann"})
        found = [w for w in occurrences(window, ZoneInfo(name), YEAR) if w.start >= YEAR.start]
        days = {datetime.fromtimestamp(w.start / 1000, ZoneInfo(name)).date() for w in found}
        assert len(days) >= 365
        assert all(0 < w.end - w.start <= 3 * 3_600_000 for w in found)
