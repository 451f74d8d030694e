"""The words of reports in other languages: all, with their fields, and none left in English."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from string import Formatter

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from sla_engine.reports import FORMATS, to_mail
from sla_engine.reports.language import TRANSLATED, Babel
from tests.reports.sample import BERLIN, REPORT
from tests.reports.wording import FOLDER, Text, texts


@pytest.fixture(scope="module", params=TRANSLATED)
def catalogue(request: pytest.FixtureRequest) -> dict[Text, Message]:
    with (FOLDER / "locale" / f"{request.param}.po").open("rb") as file:
        found = [one for one in read_po(file, locale=request.param) if one.id]
    return {one.id if isinstance(one.id, str) else (one.id[0], one.id[1]): one for one in found}


def test_every_text_is_translated_and_no_translation_is_of_a_text_that_is_gone(
    catalogue: dict[Text, Message],
) -> None:
    assert sorted(map(str, texts() ^ catalogue.keys())) == []
    assert [one.id for one in catalogue.values() if not all(_strings(one)) or one.fuzzy] == []


def test_a_translation_fills_in_what_its_text_does(catalogue: dict[Text, Message]) -> None:
    for one in catalogue.values():
        ours = one.id if isinstance(one.id, str) else one.id[1]
        for text in _strings(one):
            assert _fields(text) | ({"n"} & _fields(ours)) == _fields(ours), text


@pytest.mark.parametrize("name", TRANSLATED)
@pytest.mark.parametrize("form", ["html", "slack", "mail", "text"])
def test_a_report_in_a_language_has_no_english_text_left(name: str, form: str) -> None:
    report = replace(REPORT, language=name)
    if form == "mail":
        made = to_mail.message(report, "", ("report.pdf",)).html
    else:
        made = FORMATS[form].render(report).decode()
    is_page = form in {"html", "mail"}
    shown = _Shown(made).parts if is_page else made.replace("\\n", "\n").split("\n")
    say = Babel(name, BERLIN)
    ours = [one for one in texts() if isinstance(one, str) and say.phrase(one) != one]
    pieces = {piece for one in ours for piece in _pieces(one) if len(piece.split()) > 2}
    assert len(pieces) > 100
    whole = set(ours) & {part.strip() for part in shown}
    assert whole == set()
    assert [one for one in pieces if _has("\n".join(shown), one)] == []


def test_a_report_in_text_says_its_summary_and_corrections_in_the_language() -> None:
    shown = FORMATS["text"].render(replace(REPORT, language="de")).decode()
    assert "3 von 4 Services haben das Ziel erreicht\nVerfehlt: Web Shop\n" in shown
    assert "\nAbdeckung: 83,1\N{NO-BREAK SPACE}% der Servicezeit sind bekannt\nWARNUNG: " in shown
    assert "ada hat Ursache von O-IMC3KS7MLE geändert, von nichts zu Disk full on db-1" in shown


def test_counts_and_durations_are_those_of_the_language() -> None:
    german, french = Babel("de", BERLIN), Babel("fr", BERLIN)
    assert german.counted(1, "outage") == "1 Ausfall"
    assert german.counted(2, "outage") == "2 Ausfälle"
    assert french.counted(0, "outage") == "0 interruption"
    assert french.counted(2, "outage") == "2 interruptions"
    assert german.service_time(46.5 * 3_600_000).split() == ["46", "h", "30", "min"]
    assert german.duration(90_000_000).split() == ["1", "T", "1", "h"]
    assert french.duration(-500).split() == ["0", "s"]


@pytest.mark.parametrize("form", ["html", "slack", "mail", "text"])
def test_french_has_a_space_that_never_ends_a_line_before_its_double_marks(form: str) -> None:
    report = replace(REPORT, language="fr")
    if form == "mail":
        made = to_mail.message(report, "", ("report.pdf",)).html
    else:
        made = FORMATS[form].render(report).decode()
    parts = _Shown(made).parts if form in {"html", "mail"} else json_texts(made, form)
    written = {"Disk full on db-1: /var"}  # by people
    ours = [part for part in parts if not any(one in part for one in written)]
    found = [m[0] for part in ours for m in re.finditer(r".{0,20}[^\u202f\n][:;!?](?=\s|$)", part)]
    assert found == []
    assert any("\N{NARROW NO-BREAK SPACE}:" in part for part in parts)


def json_texts(made: str, form: str) -> list[str]:
    """Return the lines of a text, or of the texts of Slack's blocks."""
    if form == "text":
        return made.splitlines()
    return [line for text in _texts(json.loads(made)) for line in text.splitlines()]


def _texts(found: object) -> Iterator[str]:
    if isinstance(found, str):
        yield found
    elif isinstance(found, dict | list):
        for one in found.values() if isinstance(found, dict) else found:
            yield from _texts(one)


def test_other_languages_have_no_space_before_marks() -> None:
    german = Babel("de", BERLIN)
    assert (german.also, german.thus) == ("; ", ": ")


def test_french_guillemets_hold_their_word() -> None:
    narrow = "\N{NARROW NO-BREAK SPACE}"
    assert any(f"«{narrow}" in Babel("fr", BERLIN).phrase(one) for one in _plain_texts())


def _plain_texts() -> list[str]:
    return [one for one in texts() if isinstance(one, str)]


def test_a_language_without_words_keeps_english_ones_and_its_numbers() -> None:
    portuguese = Babel("pt-BR", BERLIN)
    assert portuguese.code == "en"
    assert portuguese.phrase("Planned downtime") == "Planned downtime"
    assert portuguese.number(1234.5, 1) == "1.234,5"
    assert Babel("de-CH", BERLIN).phrase("Planned downtime") == "Geplante Ausfallzeit"


def _strings(one: Message) -> tuple[str, ...]:
    return (one.string,) if isinstance(one.string, str) else tuple(one.string or ())


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def _pieces(text: str) -> list[str]:
    """Return what of a text stands between its fields."""
    return [piece.strip(" ;:,.()") for piece, _, _, _ in Formatter().parse(text)]


def _has(page: str, text: str) -> bool:
    return re.search(rf"(?<![\w{{]){re.escape(text)}(?![\w}}])", page) is not None


class _Shown(HTMLParser):
    """What people see of a page: no styles, no scripts; what is told of pictures, too."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._hidden = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden = tag == "style"
        self.parts += [value for key, value in attrs if key in {"aria-label", "alt"} and value]

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data)
