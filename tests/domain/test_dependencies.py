"""An outage during that of what a service depends on."""

from sla_engine.domain.dependencies import during, needed
from sla_engine.domain.outage import Outage

NOW = 10_000_000


def down(service: str, start: int, end: int | None) -> Outage:
    return Outage(service, start, end)


def test_what_is_needed_is_found_through_others_and_a_circle_ends() -> None:
    edges = {"shop": ("api",), "api": ("db", "cache"), "db": ("shop", "disk")}
    assert needed("shop", edges) == ("api", "db", "cache", "disk")
    assert needed("disk", edges) == ()


def test_an_outage_begins_during_another_that_may_be_seen_a_minute_later() -> None:
    base = [down("db", 1_000_000, 2_000_000)]
    assert during(down("shop", 1_500_000, 3_000_000), base, NOW)
    assert during(down("shop", 940_000, 1_100_000), base, NOW)
    assert not during(down("shop", 939_999, 1_100_000), base, NOW)
    assert not during(down("shop", 2_000_000, 2_100_000), base, NOW)
    assert during(down("shop", 5_000_000, None), [down("db", 4_000_000, None)], NOW)
