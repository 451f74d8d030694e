"""Names that are read from the right move no figure that stands beside them."""

import pytest

from uptime_common.bidi import isolated


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Web shop 210.3 % used", "Web shop 210.3 % used"),
        ("Büro & 日本 🚀 5", "Büro & 日本 🚀 5"),
        ("מרכז שירת 210.3 % used", "\u2068מרכז שירת\u2069 210.3 % used"),
        ("a מר (2) b; מרכז 3", "a \u2068מר\u2069 (2) b; \u2068מרכז\u2069 3"),
        ("مركز الاتصالات", "\u2068مركز الاتصالات\u2069"),
        ("צה״ל-ב", "\u2068צה״ל-ב\u2069"),
        ("\ud800 מ", "\ud800 \u2068מ\u2069"),
    ],
)
def test_words_from_the_right_stand_alone(text: str, expected: str) -> None:
    assert isolated(text) == expected
