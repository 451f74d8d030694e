"""How a report speaks: our own way in English, or a language's (Babel and catalogues of words).

A language has its words in ``locale/NAME.po``; one without keeps English ones, in its own dates and
numbers.
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sla_engine.domain.interval import Interval
from sla_engine.domain.period import recognized
from sla_engine.reports.period_title import title
from uptime_common import humanize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from babel.messages.catalog import Catalog

    from sla_engine.domain.report import PeriodReport

HOUSE = "en"

TRANSLATED = ("de", "es", "fr")
"""The languages that there are words of, beside English."""


def marked(text: str) -> str:
    """Return a text as it is; it stands where it is found, and is put into words elsewhere."""
    return text


def counts(one: str, many: str) -> tuple[str, str]:
    """Return a text of one and of many, as `marked` does."""
    return one, many


_WITH_CENTS = frozenset({"EUR", "USD", "GBP", "CHF"})
_THIN = "\N{NARROW NO-BREAK SPACE}"
_MARKED = re.compile(r" ?([:;!?])(?=\s|$)")
_SPLIT = re.compile(r"(-?[0-9]+)([a-z]+)")

_COUNTED = (
    counts("{n} service", "{n} services"),
    counts("{n} outage", "{n} outages"),
    counts("{n} unplanned outage", "{n} unplanned outages"),
    counts("{n} component", "{n} components"),
    counts("{n} event", "{n} events"),
    counts("{n} slice", "{n} slices"),
    counts("{n} row", "{n} rows"),
    counts("{n} short outage", "{n} short outages"),
)
"""What is counted (`Language.counted`)."""


FIELDS = {
    "cause": marked("cause"),
    "ticket": marked("ticket"),
    "owner": marked("owner"),
    "note": marked("note"),
    "class": marked("class"),
    "class_asked": marked("class asked for"),
}
"""What a correction may change, in words."""


class Word(str):
    """A word in the reader's language, with the one of ours that it stands for."""

    __slots__ = ("key",)
    key: str

    def __new__(cls, text: str, key: str) -> Word:
        """Return a word; ``key`` is what styles and marks go by."""
        found = super().__new__(cls, text)
        found.key = key
        return found


class Language:
    """Our own way: ``2026-10-03 08:15:30 CEST``, ``1,234.5``, ``99.900 %``. Times in ms UTC."""

    also, thus = "; ", ": "
    """What stands between two things told, and before what is told of one."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone

    @property
    def code(self) -> str:
        """Return the language of the words, as a page names it."""
        return HOUSE

    def phrase(self, text: str, /, **fields: object) -> str:
        """Return a text in words of the language, with its fields filled in."""
        return text.format(**fields) if fields else text

    def plural(self, one: str, many: str, count: int, /, **fields: object) -> str:
        """Return the text for so many; ``{n}`` in it is the number."""
        return (one if count == 1 else many).format(n=self.number(count), **fields)

    def word(self, text: str) -> Word:
        """Return a word in the language that still knows which one it is."""
        return Word(self.phrase(text), text)

    def listed(self, names: Sequence[str], limit: int) -> str:
        """Return names joined by commas; those over the limit are counted."""
        if len(names) <= limit:
            return ", ".join(names)
        shown = ", ".join(names[:limit])
        return self.phrase("{names} and {n} more", names=shown, n=self.number(len(names) - limit))

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
        """Return an amount that is owed, to the cent, or what its currency has."""
        return f"{self.number(amount, _decimals(currency))} {currency}"

    def fee(self, amount: float, currency: str) -> str:
        """Return what an amount owed is a part of: without cents only where it has none."""
        whole = float(amount).is_integer()
        return self.money(amount, currency) if whole else self.amount(amount, currency)

    def counted(self, count: int, noun: str) -> str:
        """Return ``1 outage`` or ``3 outages``."""
        one = f"{{n}} {noun}"
        return self.plural(one, f"{one}s", count)

    def _local(self, at: int) -> datetime:
        return datetime.fromtimestamp(at // 1000, self.zone)


@cache
def _decimals(currency: str) -> int:
    """Return how many decimals a currency has (ISO 4217)."""
    if currency in _WITH_CENTS:
        return 2
    from babel.numbers import get_currency_precision  # noqa: PLC0415 - most need not wait

    return int(get_currency_precision(currency))


class Babel(Language):
    """A language's way, such as ``de``: ``03.10.2026, 08:15:30 CEST``, ``1.234,5``."""

    def __init__(self, language: str, zone: ZoneInfo) -> None:
        from babel import Locale, dates, numbers  # noqa: PLC0415 - who reads English need not wait

        super().__init__(zone)
        self._dates, self._numbers = dates, numbers
        self._locale = Locale.parse(language.replace("-", "_"))
        self._percent = self._locale.percent_formats[None].pattern
        self._words = _catalogue(self._locale.language)
        self.also, self.thus = map(self._spaced, (self.also, self.thus))

    @property
    def code(self) -> str:
        """Return the language of the words, as a page names it."""
        return HOUSE if self._words is None else self._locale.language

    def phrase(self, text: str, /, **fields: object) -> str:
        """Return a text in words of the language, with its fields filled in."""
        found = None if self._words is None else self._words.get(text)
        said = text if found is None else self._spaced(str(found.string))
        return super().phrase(said, **fields)

    def plural(self, one: str, many: str, count: int, /, **fields: object) -> str:
        """Return the text for so many; ``{n}`` in it is the number."""
        found = None if self._words is None else self._words.get((one, many))
        if found is None:
            return super().plural(one, many, count, **fields)
        said = self._spaced(str((found.string or ())[self._form(count)]))
        return said.format(n=self.number(count), **fields)

    def _spaced(self, text: str) -> str:
        """Return a text with the spaces that French has at marks, which never end a line."""
        return _in_french(text) if self.code == "fr" else text

    def _form(self, count: int) -> int:
        """Return which form a count takes; French has one for 0, too."""
        return int(count > 1 if self._locale.language == "fr" else count != 1)

    def service_time(self, milliseconds: float | None) -> str:
        """Return time that is owed, or a part of it, in hours; a hyphen for None."""
        return self._units(humanize.service_time(milliseconds, lambda value, _: f"{value:.0f}"))

    def duration(self, milliseconds: float | None) -> str:
        """Return how long something lasted by the clock; a hyphen for None."""
        return self._units(super().duration(milliseconds))

    def _units(self, text: str) -> str:
        """Return a duration of ours in the language's own units."""
        if text == humanize.NOTHING:
            return text
        return " ".join(map(self._unit, text.split()))

    def _unit(self, part: str) -> str:
        found = _SPLIT.fullmatch(part)
        if found is None:
            return part
        symbol = self.phrase(_UNITS.get(found[2], found[2]))
        return f"{self.number(int(found[1]))}\N{NARROW NO-BREAK SPACE}{symbol}"

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
            return self._to(self.moment(start), self.moment(end))
        head = self.moment(start).removesuffix(f" {first:%Z}")
        if first.date() != last.date():
            return self._to(head, self.moment(end))
        time = self._dates.format_time(last, "medium", locale=self._locale)
        return self._to(head, f"{time} {last:%Z}")

    def _to(self, start: str, end: str) -> str:
        return self.phrase("{start} to {end}", start=start, end=end)

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
            return self.phrase(marked("unknown"))
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


PLAIN = Language(ZoneInfo("UTC"))
"""Our own way, of what has no times in it."""


def language(report: PeriodReport) -> Language:
    """Return how a report writes times and numbers."""
    return language_of(report.language, ZoneInfo(report.timezone))


@lru_cache(maxsize=32)
def language_of(name: str, zone: ZoneInfo) -> Language:
    """Return a language, such as ``de``, by the clocks of a zone."""
    return Language(zone) if name == HOUSE else Babel(name, zone)


@lru_cache(maxsize=8)
def _catalogue(name: str) -> Catalog | None:
    """Return the words of a language; None where there are none."""
    if name not in TRANSLATED:
        return None
    from babel.messages.pofile import read_po  # noqa: PLC0415 - who reads English need not wait

    with files("sla_engine.reports").joinpath("locale", f"{name}.po").open("rb") as file:
        return read_po(file, locale=name)


_UNITS = {"d": marked("d"), "m": "min"}
"""How people of any language write our units, where not as we do."""


@cache
def _in_french(text: str) -> str:
    text = _MARKED.sub(f"{_THIN}\\1", text)
    return text.replace("« ", f"«{_THIN}").replace(" »", f"{_THIN}»")


def _pattern(digits: int) -> str:
    return f"#,##0.{'0' * digits}" if digits else "#,##0"
