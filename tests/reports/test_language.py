from collections.abc import Callable
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from sla_engine.domain.interval import Interval
from sla_engine.domain.period import parse_period
from sla_engine.reports import FORMATS
from sla_engine.reports.language import Babel, Language
from tests.reports.sample import BERLIN, MONTH, REPORT, at

Golden = Callable[[str, str], None]
GERMAN = replace(REPORT, language="de")


@pytest.mark.parametrize("format_", ["html", "slack", "text"])
def test_golden_in_german(format_: str, golden: Golden) -> None:
    golden(f"october-de.{format_}", FORMATS[format_].render(GERMAN).decode())


@pytest.mark.parametrize("format_", ["csv", "json"])
def test_what_programs_read_knows_no_language(format_: str) -> None:
    assert FORMATS[format_].render(GERMAN) == FORMATS[format_].render(REPORT)


@pytest.mark.parametrize(
    ("period", "german", "french"),
    [
        ("2026-10-03", "Samstag, 3. Oktober 2026", "samedi 3 octobre 2026"),
        ("2026-W40", "28. Sept. - 4. Okt. 2026", "28 sept. - 4 oct. 2026"),
        ("2026-10", "Oktober 2026", "octobre 2026"),
        ("2026-Q4", "4. Quartal 2026", "4e trimestre 2026"),
        ("2026", "2026", "2026"),
    ],
)
def test_periods_are_named_in_the_language(period: str, german: str, french: str) -> None:
    found = parse_period(period, BERLIN, 0)
    span = Interval(found.start, found.end)
    assert _plain(Babel("de", BERLIN).title(span)) == german
    assert _plain(Babel("fr", BERLIN).title(span)) == french


def test_times_keep_their_zone_and_repeat_nothing() -> None:
    german = Babel("de", BERLIN)
    night, day = at("2026-10-18T02:00"), at("2026-10-18T04:00")
    assert german.moment(night) == "18.10.2026, 02:00:00 CEST"
    assert german.stretch(night, day) == "18.10.2026, 02:00:00 to 04:00:00 CEST"
    assert german.stretch(*MONTH) == "01.10.2026, 00:00:00 CEST to 01.11.2026, 00:00:00 CET"
    assert german.tick(night, clock=False) == "18. Okt."


@pytest.mark.parametrize(
    ("name", "number", "percent"),
    [
        ("de", "1.234,50", "99,950\N{NO-BREAK SPACE}%"),
        ("de-CH", "1’234.50", "99.950%"),  # noqa: RUF001 - what the Swiss write
        ("tr", "1.234,50", "%99,950"),
    ],
)
def test_numbers_have_the_shape_of_the_language(name: str, number: str, percent: str) -> None:
    language = Babel(name, BERLIN)
    assert language.number(1234.5, 2) == number
    assert language.percent(0.9995) == percent


def test_a_miss_is_100_percent_in_no_language() -> None:
    for language in (Language(BERLIN), Babel("de", ZoneInfo("UTC"))):
        assert "100" not in language.percent(0.9999999)
        assert "100" in language.percent(1.0)


def _plain(text: str) -> str:
    """Take spaces and dashes for plain ones: which a language wants changes with its tables."""
    return " ".join(text.split()).replace("\N{EN DASH}", "-")
