from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from babel import dates, numbers

from sla_engine.domain.interval import Interval
from sla_engine.domain.period import parse_period
from sla_engine.reports import FORMATS
from sla_engine.reports import language as module
from sla_engine.reports.language import Babel, Language
from tests.reports.invented import Invented
from tests.reports.sample import BERLIN, MONTH, REPORT, at

Golden = Callable[[str, str], None]
GERMAN = replace(REPORT, language="de")


@pytest.mark.parametrize("format_", ["html", "slack", "text"])
def test_every_time_and_number_goes_through_the_language(
    format_: str, golden: Golden, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "language_of", lambda _name, zone: Invented(zone))
    golden(f"october-de.{format_}", FORMATS[format_].render(GERMAN).decode())


@pytest.mark.parametrize("format_", ["csv", "json"])
def test_what_programs_read_knows_no_language(format_: str) -> None:
    assert FORMATS[format_].render(GERMAN) == FORMATS[format_].render(REPORT)


@pytest.mark.parametrize("name", ["de", "fr"])
def test_periods_are_named_as_babel_names_them(name: str) -> None:
    first, week = date(2026, 10, 3), (date(2026, 9, 28), date(2026, 10, 4))
    month = date(2026, 10, 1)
    expected = {
        "2026-10-03": dates.format_date(first, "full", locale=name),
        "2026-W40": dates.format_interval(*week, "yMMMd", locale=name),
        "2026-10": dates.format_skeleton("yMMMM", month, locale=name),
        "2026-Q4": dates.format_skeleton("yQQQQ", month, locale=name),
        "2026": dates.format_skeleton("y", month, locale=name),
    }
    found = {text: parse_period(text, BERLIN, 0) for text in expected}
    titles = {
        text: Babel(name, BERLIN).title(Interval(p.start, p.end)) for text, p in found.items()
    }
    assert titles == expected
    assert len(set(titles.values())) == len(titles)


def test_times_keep_their_zone_and_repeat_nothing() -> None:
    german = Babel("de", BERLIN)
    night, day = at("2026-10-18T02:00"), at("2026-10-18T04:00")

    def local(text: str) -> str:
        moment = datetime.fromisoformat(text).replace(tzinfo=BERLIN)
        return dates.format_datetime(moment, "medium", locale="de")

    four = dates.format_time(time(4), "medium", locale="de")
    assert german.moment(night) == f"{local('2026-10-18T02:00')} CEST"
    assert german.stretch(night, day) == f"{local('2026-10-18T02:00')} bis {four} CEST"
    month = f"{local('2026-10-01')} CEST bis {local('2026-11-01')} CET"
    assert german.stretch(*MONTH) == month
    short = dates.format_skeleton("MMMd", date(2026, 10, 18), locale="de")
    assert german.tick(night, clock=False) == short
    assert german.tick(night, clock=True) == dates.format_skeleton("Hm", time(2), locale="de")
    assert german.month(night) == dates.format_date(date(2026, 10, 18), "LLL", locale="de")
    assert german.year(night) == "2026"
    assert german.day(night) == dates.format_date(date(2026, 10, 18), "medium", locale="de")


@pytest.mark.parametrize("name", ["de", "de-CH", "tr"])
def test_numbers_have_the_shape_of_the_language(name: str) -> None:
    language, locale = Babel(name, BERLIN), name.replace("-", "_")
    group, point = numbers.get_group_symbol(locale), numbers.get_decimal_symbol(locale)
    assert language.number(1234.5, 2) == f"1{group}234{point}50"
    half = numbers.format_percent(0.5, locale=locale)
    assert "50" in half
    assert language.percent(0.9995) == half.replace("50", f"99{point}950")


def test_a_miss_is_100_percent_in_no_language() -> None:
    for language in (Language(BERLIN), Babel("de", ZoneInfo("UTC"))):
        assert "100" not in language.percent(0.9999999)
        assert "100" in language.percent(1.0)


@pytest.mark.parametrize(
    ("amount", "currency", "owed", "fee"),
    [
        (1000.5, "EUR", "1,000.50 EUR", "1,000.50 EUR"),
        (1000, "EUR", "1,000.00 EUR", "1,000 EUR"),
        (246_913, "JPY", "246,913 JPY", "246,913 JPY"),
        (3.3337, "KWD", "3.334 KWD", "3.334 KWD"),
    ],
)
def test_money_has_the_decimals_of_its_currency(
    amount: float, currency: str, owed: str, fee: str
) -> None:
    say = Language(BERLIN)
    assert (say.amount(amount, currency), say.fee(amount, currency)) == (owed, fee)
