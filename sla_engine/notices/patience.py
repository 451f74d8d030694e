"""When an address is told: not before an outage lasted, not in quiet hours or outside others."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from typing import Self

from service_catalogue import Catalogue
from service_catalogue.notifications import SERVICE_HOURS, QuietHours
from sla_engine.accounting.terms import hours_begin
from sla_engine.domain.interval import Interval
from sla_engine.domain.notice import Notice, is_of_outage

_AHEAD = 31 * 86_400_000
_ENDS = 10  # of quiet hours and of time outside hours that follow one another


@dataclass(frozen=True, slots=True)
class Patience:
    """How long (ms) an outage must have lasted, and have been nobody's; when nothing is told.

    ``least`` is how much of it (ms) must be known to be down, which is a number of bad samples.
    ``hours`` is a calendar outside of which nothing is told, or `SERVICE_HOURS`.
    """

    after: int = 0
    unacknowledged: int = 0
    quiet: QuietHours | None = None
    least: int = 0
    hours: str | None = None

    @property
    def delay(self) -> int:
        """Return how long after its start an outage is told (ms)."""
        return max(self.after, self.unacknowledged, self.least)

    def at_least(self, other: Self) -> Self:
        """Return the same, but as patient as another with how long an outage must have lasted."""
        after, least = max(self.after, other.after), max(self.least, other.least)
        return replace(self, after=after, least=least)

    def shorter(self, other: Self) -> Self:
        """Return the one that tells sooner."""
        return min(self, other, key=lambda one: (one.delay, bool(one.quiet or one.hours)))

    def due(self, notice: Notice, now: int, catalogue: Catalogue) -> int:
        """Return when a notice is to be told that is written down by ``now`` (ms UTC)."""
        moment = now
        if self.delay and notice.kind == "opened" and is_of_outage(notice):
            moment = max(now, int(notice.facts["start"]) + self.delay)
        for _ in range(_ENDS):
            begin = moment
            if self.quiet is not None:
                moment = _end_of(self.quiet, moment, catalogue.timezone)
            if self.hours is not None:
                moment = _within(self.hours, notice, moment, catalogue)
            if moment == begin:
                break
        return moment

    def waits_for_hours(self, notice: Notice, now: int, catalogue: Catalogue) -> int:
        """Return when the hours begin that a notice's service has of its own, 0 within them."""
        if self.hours != SERVICE_HOURS:
            return 0
        begin = _within(self.hours, notice, now, catalogue)
        return begin if begin > now else 0

    def untold(self, notice: Notice) -> bool:
        """Say whether nobody there is to hear of an outage, by its last facts."""
        facts = notice.facts
        if not self.delay or not is_of_outage(notice):
            return False
        if facts.get("withdrawn") or (self.unacknowledged and facts.get("acknowledged_by")):
            return True
        end = facts.get("end")
        if end is None:
            return False
        down = facts.get("planned", 0) + facts.get("unplanned", 0)
        lasted: int = end - facts["start"]
        return down < self.least or lasted < max(self.after, self.unacknowledged)


AT_ONCE = Patience()


def _within(hours: str, notice: Notice, moment: int, catalogue: Catalogue) -> int:
    """Return the moment itself, or when hours begin that it lies outside of."""
    service = catalogue.find(notice.service)
    calendar, zone = hours, None if service is None else service.timezone
    if hours == SERVICE_HOURS:
        if service is None or service.calendar is None:
            return moment
        calendar = service.calendar
    begin = hours_begin(catalogue, calendar, zone, Interval(moment, moment + _AHEAD))
    return moment if begin is None else begin


def _end_of(quiet: QuietHours, moment: int, zone: tzinfo) -> int:
    """Return the moment itself, or the end of the quiet hours that it falls in."""
    local = datetime.fromtimestamp(moment / 1000, zone)
    minute = local.hour * 60 + local.minute
    start, end = quiet
    inside = start <= minute < end if start < end else minute >= start or minute < end
    if not inside:
        return moment
    day = local.date() + timedelta(days=minute >= end)
    until = datetime(day.year, day.month, day.day, end // 60, end % 60, tzinfo=zone)
    return max(moment, round(until.timestamp() * 1000))
