"""Groups run side by side: what a recording rule reads at this moment was recorded before it."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from tests.rules import cases

_READ = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{[^}]*\})?(\[)?")
# Owners change seldom: who asks for many of one owner may read those of two minutes ago.
# What was first down at the evaluation before is meant to be asked of that evaluation.
LATE_IS_WELL = {
    ("service:down_of_late:bool", "service:info"),
    ("service_location:failed_of_late:bool", "service:down_began:timestamp_seconds"),
}


class Recorded(NamedTuple):
    """A recording rule: its group, its place in it, and what it reads."""

    group: str
    place: int
    name: str
    expression: str


def _recorded() -> list[Recorded]:
    return [
        Recorded(group["name"], place, rule["record"], rule["expr"])
        for path in cases.RULES
        for group in cases.load(path)["groups"]
        for place, rule in enumerate(group["rules"])
        if "record" in rule
    ]


def _late(rules: list[Recorded]) -> Iterator[tuple[str, str]]:
    """Yield a rule and what it reads that may be of the evaluation before."""
    places = {rule.name: rule for rule in rules}
    for rule in rules:
        for name, span in _READ.findall(rule.expression):
            read = places.get(name)
            if read is None or span or name == rule.name:
                continue
            if read.group != rule.group or read.place > rule.place:
                yield rule.name, name


def test_what_rules_read_at_this_moment_is_recorded_before_them_in_their_group() -> None:
    assert set(_late(_recorded())) == LATE_IS_WELL


def test_a_rule_that_reads_another_group_or_a_later_rule_is_seen() -> None:
    one, two = Recorded("a", 0, "x:y", "z:z + w:w[5m]"), Recorded("a", 1, "z:z", "up")
    assert list(_late([one, two])) == [("x:y", "z:z")]
    assert list(_late([one, two._replace(group="b", place=0)])) == [("x:y", "z:z")]
    assert list(_late([one, Recorded("b", 0, "w:w", "up")])) == []
