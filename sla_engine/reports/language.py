"""How a report writes times and numbers: our own way, or a language's (Babel).

Words stay English; a language chooses dates, names of days and months, and the shape of numbers.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sla_engine.domain.interval import Interval
from sla_engine.domain.period import recognized
from sla_engine.reports.period_title import title
from uptime_common import humanize

if TYPE_CHECKING:
    from sla_engine.domain.report import PeriodReport

HOUSE = "en"


class Language:
    """Our own way: ``2026-10-03 08:15:30 CEST``, ``1,234.5``, ``99.900 %``. Times in ms UTC."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone

    def in_zone(self, zone: ZoneInfo) -> Language:
        """Return the same by the clocks of another zone."""
        return Language(zone)

    def moment(self, at: int) -> str:
        """Return an instant to the second, with its zone."""
        return humanize.moment(at, self.zone)

    def stretch(self, start: int, end: int) -> str:
        """Return ``START to END``; what END shares with START is not repeated."""
        return humanize.stretch(start, end, self.zone)

    def day(self, at: int) -> str:
        """Return a date."""
        return f"{self._local(at):%Y-%m-%d}"

    def tick(self, at: int, *, clock: bool) -> str:
        """Return what an axis of time says: a day and its month, or a time of day."""
        local = self._local(at)
        return f"{local:%H:%M}" if clock else f"{local.day} {local:%b}"

    def month(self, at: int) -> str:
        """Return the short name of a month."""
        return f"{self._local(at):%b}"

    def year(self, at: int) -> str:
        """Return a year."""
        return f"{self._local(at):%Y}"

    def title(self, interval: Interval) -> str:
        """Return what people call a period."""
        return title(interval, self.zone)

    def number(self, value: float, digits: int = 0) -> str:
        """Return a number with so many digits after the point."""
        return humanize.number(value, digits)

    def percent(self, ratio: float | None, digits: int = humanize.AVAILABILITY_DIGITS) -> str:
        """Return a ratio, such as an availability, as a percentage; a miss never reads 100 %."""
        return humanize.percent(ratio, digits)

    def share(self, ratio: float | None) -> str:
        """Return a part of a whole, such as an error budget or coverage."""
        return self.percent(ratio, humanize.SHARE_DIGITS)

    def agreed(self, ratio: float | None) -> str:
        """Return a ratio that was agreed, such as an objective, as it was written."""
        return humanize.agreed(ratio)

    def service_time(self, milliseconds: float | None) -> str:
        """Return time that is owed, or a part of it, in hours: ``745h``; a hyphen for None."""
        return humanize.service_time(milliseconds, self.number)

    def duration(self, milliseconds: float | None) -> str:
        """Return how long something lasted by the clock: ``1d 2h 15s``; a hyphen for None."""
        return humanize.NOTHING if milliseconds is None else humanize.duration(round(milliseconds))

    def money(self, amount: float | None, currency: str) -> str:
        """Return an amount without cents."""
        return humanize.NOTHING if amount is None else f"{self.number(amount)} {currency}"

    def amount(self, amount: float, currency: str) -> str:
        """Return an amount that is owed, to the cent."""
        return f"{self.number(amount, 2)} {currency}"

    def counted(self, count: int, noun: str) -> str:
        """Return ``1 outage`` or ``3 outages``."""
        return f"{self.number(count)} {noun}" if count == 1 else f"{self.number(count)} {noun}s"

    def _local(self, at: int) -> datetime:
        return datetime.fromtimestamp(at // 1000, self.zone)


class Babel(Language):
    """A language's way, such as ``de``: ``03.10.2026, 08:15:30 CEST``, ``1.234,5``."""

    def __init__(self, language: str, zone: ZoneInfo) -> None:
        from babel import Locale, dates, numbers  # noqa: PLC0415 - who reads English need not wait

        super().__init__(zone)
        self._dates, self._numbers = dates, numbers
        self._locale = Locale.parse(language.replace("-", "_"))
        self._percent = self._locale.percent_formats[None].pattern

    def in_zone(self, zone: ZoneInfo) -> Language:
        """Return the same by the clocks of another zone."""
        return Babel(str(self._locale), zone)

    def moment(self, at: int) -> str:
        """Return an instant to the second, with its zone."""
        local = self._local(at)
        text = self._dates.format_datetime(local, "medium", locale=self._locale)
        return f"{text} {local:%Z}"

    def stretch(self, start: int, end: int) -> str:
        """Return ``START to END``; what END shares with START is not repeated."""
        first, last = self._local(start), self._local(end)
        if first.tzname() != last.tzname():
            return f"{self.moment(start)} to {self.moment(end)}"
        head = self.moment(start).removesuffix(f" {first:%Z}")
        if first.date() != last.date():
            return f"{head} to {self.moment(end)}"
        time = self._dates.format_time(last, "medium", locale=self._locale)
        return f"{head} to {time} {last:%Z}"

    def day(self, at: int) -> str:
        """Return a date."""
        return self._dates.format_date(self._local(at), "medium", locale=self._locale)

    def tick(self, at: int, *, clock: bool) -> str:
        """Return what an axis of time says: a day and its month, or a time of day."""
        return self._by("Hm" if clock else "MMMd", self._local(at))

    def month(self, at: int) -> str:
        """Return the short name of a month."""
        return self._dates.format_date(self._local(at), "LLL", locale=self._locale)

    def year(self, at: int) -> str:
        """Return a year."""
        return self._by("y", self._local(at))

    def title(self, interval: Interval) -> str:
        """Return what people call a period; a week is named by its days."""
        first, last = self._local(interval.start), self._local(interval.end - 1)
        match recognized(interval, self.zone).kind:
            case "day":
                return self._dates.format_date(first, "full", locale=self._locale)
            case "week":
                days = first.date(), last.date()
                return self._dates.format_interval(*days, "yMMMd", locale=self._locale)
            case "month":
                return self._by("yMMMM", first)
            case "quarter":
                return self._by("yQQQQ", first)
            case "year":
                return self._by("y", first)
        return self.stretch(*interval)

    def number(self, value: float, digits: int = 0) -> str:
        """Return a number with so many digits after the point."""
        return self._shaped(value, _pattern(digits))

    def percent(self, ratio: float | None, digits: int = humanize.AVAILABILITY_DIGITS) -> str:
        """Return a ratio, such as an availability, as a percentage; a miss never reads 100 %."""
        if ratio is None:
            return humanize.UNKNOWN
        return self._percentage(humanize.rounded_percent(ratio, digits), _pattern(digits))

    def agreed(self, ratio: float | None) -> str:
        """Return a ratio that was agreed, such as an objective, as it was written."""
        if ratio is None:
            return humanize.NOTHING
        exact = humanize.rounded_percent(ratio, humanize.EXACT_DIGITS)
        return self._percentage(exact, f"#,##0.{'#' * humanize.EXACT_DIGITS}")

    def _percentage(self, percent: float, pattern: str) -> str:
        shape = self._percent.replace("#,##0", pattern)
        return self._numbers.format_percent(percent / 100, shape, locale=self._locale)

    def _shaped(self, value: float, shape: str) -> str:
        return self._numbers.format_decimal(value, shape, locale=self._locale)

    def _by(self, skeleton: str, local: datetime) -> str:
        return self._dates.format_skeleton(skeleton, local, locale=self._locale)


def language(report: PeriodReport) -> Language:
    """Return how a report writes times and numbers."""
    return _made(report.language, report.timezone)


@lru_cache(maxsize=32)
def _made(name: str, timezone: str) -> Language:
    zone = ZoneInfo(timezone)
    return Language(zone) if name == HOUSE else Babel(name, zone)


def _pattern(digits: int) -> str:
    return f"#,##0.{'0' * digits}" if digits else "#,##0"
