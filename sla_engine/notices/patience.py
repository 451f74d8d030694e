"""When an address is told: not before an outage lasted, not in quiet hours."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from typing import Self

from service_catalogue.notifications import QuietHours
from sla_engine.domain.notice import Notice, is_of_outage


@dataclass(frozen=True, slots=True)
class Patience:
    """How long (ms) an outage must have lasted, and have been nobody's; when nothing is told."""

    after: int = 0
    unacknowledged: int = 0
    quiet: QuietHours | None = None

    @property
    def delay(self) -> int:
        """Return how long after its start an outage is told (ms)."""
        return max(self.after, self.unacknowledged)

    def at_least(self, other: Self) -> Self:
        """Return the same, but as patient as another with how long an outage must have lasted."""
        return replace(self, after=max(self.after, other.after))

    def shorter(self, other: Self) -> Self:
        """Return the one that tells sooner."""
        return min(self, other, key=lambda one: (one.delay, one.quiet is not None))

    def due(self, notice: Notice, now: int, zone: tzinfo) -> int:
        """Return when a notice is to be told that is written down by ``now`` (ms UTC)."""
        moment = now
        if self.delay and notice.kind == "opened" and is_of_outage(notice):
            moment = max(now, int(notice.facts["start"]) + self.delay)
        return moment if self.quiet is None else _end_of(self.quiet, moment, zone)

    def untold(self, notice: Notice) -> bool:
        """Say whether nobody there is to hear of an outage, by its last facts."""
        facts = notice.facts
        if not self.delay or not is_of_outage(notice):
            return False
        if facts.get("withdrawn") or (self.unacknowledged and facts.get("acknowledged_by")):
            return True
        end = facts.get("end")
        return end is not None and end - facts["start"] < self.delay


AT_ONCE = Patience()


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
