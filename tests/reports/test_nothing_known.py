"""What is said where nothing is known, or nothing was agreed; and words that stand side by side."""

import re
from dataclasses import replace

import pytest

from sla_engine.domain.report import Capacity
from sla_engine.reports import FORMATS
from sla_engine.reports.language import TRANSLATED, Babel
from tests.reports.sample import BERLIN, REPORT

NONE_PUBLISHED = "Server health is missing: no host publishes any."


@pytest.mark.parametrize("form", ["text", "html", "slack"])
def test_where_no_time_was_agreed_no_part_of_it_is_known(form: str) -> None:
    told = FORMATS[form].render(replace(REPORT, services=())).decode()
    assert "no time was agreed" in told
    assert "unknown of the agreed time" not in told


@pytest.mark.parametrize("form", ["text", "html"])
@pytest.mark.parametrize("language", TRANSLATED)
def test_that_server_health_is_missing_is_said_in_the_language(form: str, language: str) -> None:
    refused = "Server health is missing: http://x: connection refused"
    for capacity in (Capacity(problem=NONE_PUBLISHED), Capacity(problem=refused, unanswered="x:")):
        told = FORMATS[form].render(replace(REPORT, language=language, capacity=capacity)).decode()
        assert "Server health" not in told
        assert (capacity.unanswered or "") in told
    english = FORMATS[form].render(replace(REPORT, capacity=Capacity(problem=NONE_PUBLISHED)))
    assert NONE_PUBLISHED in english.decode()


@pytest.mark.parametrize("language", ["en", *TRANSLATED])
def test_no_brackets_stand_in_brackets(language: str) -> None:
    told = FORMATS["text"].render(replace(REPORT, language=language)).decode()
    assert "(" in told
    assert re.findall(r".*\([^()\n]*\(.*", told) == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_on_course_is_another_word_than_met(language: str) -> None:
    say = Babel(language, BERLIN)
    course = say.phrase("on course")
    assert course != say.phrase("met")
    assert say.phrase("On course").lower() == course.lower()
    assert say.phrase("on course, at risk, lost").split(", ")[0] == course
    assert course in say.plural("{n} service met or on course", "{n} services met or on course", 1)
