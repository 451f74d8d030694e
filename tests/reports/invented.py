"""A language of our own: golden files hold its shapes, not the tables that Babel has this year."""

from sla_engine.domain.interval import Interval
from sla_engine.reports.language import Language
from uptime_common import humanize

_SWAP = str.maketrans(",.", ".,")
_SHORT = {10: "Okt.", 11: "Nov."}
_LONG = {8: "August", 9: "September", 10: "Oktober", 11: "November"}


class Invented(Language):
    """Near German: ``18.10.2026, 02:00:00 CEST``, ``18. Okt.``, ``Oktober 2026``, ``1.234,5``."""

    def moment(self, at: int) -> str:
        """Return an instant to the second, with its zone."""
        return f"{self._local(at):%d.%m.%Y, %H:%M:%S %Z}"

    def stretch(self, start: int, end: int) -> str:
        """Return ``START to END``; on one day END is a time."""
        first, last = self._local(start), self._local(end)
        if first.tzname() != last.tzname():
            return f"{self.moment(start)} to {self.moment(end)}"
        same = first.date() == last.date()
        return f"{first:%d.%m.%Y, %H:%M:%S} to " + (
            f"{last:%H:%M:%S %Z}" if same else self.moment(end)
        )

    def day(self, at: int) -> str:
        """Return a date."""
        return f"{self._local(at):%d.%m.%Y}"

    def tick(self, at: int, *, clock: bool) -> str:
        """Return a day and its month, or a time of day."""
        local = self._local(at)
        return f"{local:%H:%M}" if clock else f"{local.day}. {_SHORT[local.month]}"

    def month(self, at: int) -> str:
        """Return the short name of a month."""
        return f"{self._local(at):%m}."

    def title(self, interval: Interval) -> str:
        """Return a month's name; other periods are not in the golden files."""
        first = self._local(interval.start)
        return f"{_LONG[first.month]} {first.year}"

    def number(self, value: float, digits: int = 0) -> str:
        """Return a number with so many digits after the comma."""
        return super().number(value, digits).translate(_SWAP)

    def percent(self, ratio: float | None, digits: int = 3) -> str:
        """Return a ratio as a percentage; never 100 % for a miss."""
        if ratio is None:
            return humanize.percent(None)
        value = humanize.rounded_percent(ratio, digits)
        return f"{self.number(value, digits)}\N{NO-BREAK SPACE}%"

    def agreed(self, ratio: float | None) -> str:
        """Return a ratio that was agreed as it was written."""
        written = humanize.agreed(ratio).translate(_SWAP)
        return written.replace(" ", "\N{NO-BREAK SPACE}")
