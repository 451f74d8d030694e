import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from service_catalogue import json_schema, load_catalogue
from tests.catalogues import catalogue
from uptime_common import document
from uptime_common.document import DocumentError

FIVE_MISTAKES = """\
organization: Example
timezone: Europe/Berln
services:
  - id: shop
    name: Shop
    objective: 0.999
    calender: office
    probes:
      - type: http
        url: example.com
  - id: shop
    name: Shop again
    depends_on: [ghost]
"""
GOOD = """\
organization: Example
timezone: Europe/Berlin
calendars:
  office:
    weekly: [{days: mon-fri, hours: ["08:00-18:00"]}]
    holidays: DE-BY
services:
  - id: shop
    name: Shop
    objective: 99.9
    calendar: office
    probes: [{type: http, url: "http://127.0.0.1/"}]
  - id: api
    name: API
    sli: {promql: 'up{job="api"}'}
  - id: orders
    name: Orders
    sli: {good: 'ok_total', total: 'all_total'}
  - id: platform
    name: Platform
    components: [shop, api]
    need: 1
maintenance:
  - {id: patch, title: Patching, services: [shop], start: 2026-10-04T02:00, duration: 2h,
     requester: ann, approver: bob}
"""


@pytest.fixture
def load(tmp_path: Path) -> Callable[[str], list[str]]:
    """Return the mistakes of a catalogue, one line each."""

    def mistakes(text: str) -> list[str]:
        path = tmp_path / "services.yml"
        path.write_text(text, encoding="utf-8")
        try:
            load_catalogue(path)
        except DocumentError as error:
            return [str(problem).removeprefix(f"{tmp_path}/") for problem in error.problems]
        return []

    return mistakes


def test_every_mistake_is_told_at_once_with_its_line(load: Callable[[str], list[str]]) -> None:
    lines = load(FIVE_MISTAKES)
    assert [line.split(": ", 2)[:2] for line in lines] == [
        ["services.yml:2", "timezone"],
        ["services.yml:6", "services[0].objective"],
        ["services.yml:7", "services[0].calender"],
        ["services.yml:10", "services[0].probes[0].url"],
        ["services.yml:11", "services[1]"],
        ["services.yml:11", "services[1].id"],
        ["services.yml:13", "services[1].depends_on[0]"],
    ]
    assert "did you mean 'calendar'?" in lines[2]


def test_a_good_catalogue_has_no_mistakes(load: Callable[[str], list[str]]) -> None:
    assert load(GOOD) == []


def test_the_schema_accepts_a_good_catalogue_and_refuses_a_bad_one() -> None:
    schema = json.loads(json_schema(("text", "html")))
    jsonschema.validate(yaml.safe_load(GOOD), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(yaml.safe_load(FIVE_MISTAKES), schema)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "services.yml:1: is empty"),
        (
            "a: [",
            "services.yml:1: not valid YAML: expected the node content, but found '<stream end>'",
        ),
        ("- 1", "services.yml:1: must be a mapping"),
        (GOOD + "timezone: UTC\n", "services.yml:26: timezone: is written twice"),
        (
            GOOD.replace("need: 1", "need: 3"),
            "services.yml:22: services[3].need: is more than the 2 components",
        ),
        (
            GOOD.replace("calendar: office\n", "calendar: office\n    quorum: {probes: 2}\n", 1),
            "services.yml:12: services[0].quorum.probes: is more than the 1 probes",
        ),
        (
            GOOD.replace("[shop, api]", "[shop, platform]"),
            "services.yml:21: services[3].components: goes in a circle: platform -> platform",
        ),
        (
            GOOD + "reports:\n  - {id: r, period: daily, cron: 0 9 * * *, language: xx}\n",
            "services.yml:27: reports[0].language: 'xx' is not a language such as en, de, fr-CH",
        ),
        (
            GOOD.replace("calendar: office", "calendar: shopping"),
            "services.yml:11: services[0].calendar: there is no calendar 'shopping'; valid: office",
        ),
        (
            GOOD + "slack: {app_token_file: /etc/token}\n",
            "services.yml:26: slack: app_token_file needs user_groups: who may press the buttons",
        ),
        (
            GOOD + 'slack: {user_groups: ["@ops"]}\n',
            "services.yml:26: slack.user_groups[0]: string should match pattern '^S[A-Z0-9]{6,}$'",
        ),
    ],
)
def test_the_message_says_what_is_wrong(
    load: Callable[[str], list[str]], text: str, message: str
) -> None:
    assert load(text) == [message]


def test_a_missing_file_is_a_mistake_too(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="cannot be read: No such file"):
        load_catalogue(tmp_path / "none.yml")


@pytest.mark.parametrize("text", [GOOD, FIVE_MISTAKES, "a: [", "a: 1\na: 2\n", "a: \x07"])
def test_without_libyaml_the_same_is_read_and_told(
    load: Callable[[str], list[str]], text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = load(text)
    monkeypatch.setattr(document, "_FAST", yaml.SafeLoader)
    assert load(text) == told


@pytest.mark.parametrize(
    ("source", "method"),
    [
        ({}, "probes"),
        ({"sli": {"promql": "up"}}, "promql"),
        ({"sli": {"good": "g", "total": "t"}}, "events"),
        ({"components": ["other"]}, "components"),
    ],
)
def test_a_service_says_by_what_it_is_judged(source: dict[str, Any], method: str) -> None:
    book = catalogue("other", {"id": "one"} | source)
    assert book.service("one").method == method


def test_a_service_is_found_by_its_id() -> None:
    book = catalogue("one", "other")
    assert book.service("other") is book.find("other") is book.services[1]
    assert book.find("none") is book.find(None) is None
    with pytest.raises(KeyError):
        book.service("none")


def test_a_name_is_kept_without_the_room_around_it() -> None:
    found = catalogue({"id": "shop", "name": " Web shop\u00a0"}, organization="Example Corp ")
    assert (found.organization, found.services[0].name) == ("Example Corp", "Web shop")
