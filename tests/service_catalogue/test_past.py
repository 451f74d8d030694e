"""What held of a service, from its versions; and terms that are written down and read again."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from service_catalogue import Catalogue, Service, load_catalogue
from service_catalogue.calendar import Calendar
from service_catalogue.maintenance import WindowEntry
from service_catalogue.past import Afterwards, Version, afterwards, at, pieces, pieces_of
from service_catalogue.service import FOREVER
from service_catalogue.terms import same_service, service_of, service_value, terms_of

EXAMPLE = Path(__file__).parents[2] / "examples" / "services.yml"


def service(**keys: Any) -> Service:
    return Service.model_validate({"id": "a", "name": "A", "sli": {"promql": "up"}} | keys)


def until(moment: int, **keys: Any) -> dict[str, Any]:
    return {"until": datetime.fromtimestamp(moment / 1000, UTC).isoformat()} | keys


def objectives(*versions: Version) -> list[tuple[int, float | None]]:
    """Return the objective up to each moment; minus one where the service was not watched."""
    return [(p.until, p.service.objective if p.service else -1) for p in pieces_of(versions)]


def test_a_service_that_nobody_changed_is_one_piece() -> None:
    one = service(objective=99)
    assert pieces_of([Version(5_000, one)]) == ((FOREVER, one),)
    assert list(pieces(one, 0, 10)) == [(0, 10, one)]


def test_an_edit_counts_from_when_it_was_seen() -> None:
    first, second = service(objective=99), service(objective=98)
    found = objectives(Version(1_000, first), Version(9_000, second))
    assert found == [(9_000, 99), (FOREVER, 98)]


def test_history_that_is_new_with_the_edit_says_since_when() -> None:
    first = service(objective=99)
    for moment in (4_000, 9_000, 12_000):
        second = service(objective=98, history=[until(moment, objective=99)])
        found = objectives(Version(1_000, first), Version(9_000, second))
        assert found == [(moment, 99), (FOREVER, 98)], moment


def test_history_that_was_there_before_the_edit_says_nothing_of_it() -> None:
    history = [until(4_000, objective=97)]
    first, second = (service(objective=goal, history=history) for goal in (99, 98))
    found = objectives(Version(1_000, first), Version(9_000, second))
    assert found == [(4_000, 97), (9_000, 99), (FOREVER, 98)]


def test_history_of_an_earlier_time_leaves_what_was_seen_later() -> None:
    versions = [
        Version(1_000, service(objective=99, history=[until(4_000, objective=97)])),
        Version(9_000, service(objective=98, history=[until(4_000, objective=97)])),
        Version(
            10_000,
            service(objective=98, history=[until(2_000, objective=96), until(4_000, objective=97)]),
        ),
    ]
    assert objectives(*versions) == [(2_000, 96), (4_000, 97), (9_000, 99), (FOREVER, 98)]


def test_history_that_is_taken_away_takes_nothing_back() -> None:
    first = service(objective=98, history=[until(4_000, objective=99)])
    found = objectives(Version(1_000, first), Version(9_000, service(objective=98)))
    assert found == [(4_000, 99), (FOREVER, 98)]


def test_what_is_not_kept_by_history_counts_from_when_it_was_seen() -> None:
    history = [until(4_000, objective=99)]
    second = service(objective=98, tier="gold", history=history)
    found = pieces_of([Version(1_000, service(objective=99)), Version(9_000, second)])
    held = [(p.until, p.service.tier, p.service.objective) for p in found if p.service]
    assert held == [(4_000, "default", 99), (9_000, "default", 98), (FOREVER, "gold", 98)]


def test_a_service_is_not_watched_between_leaving_and_coming_back() -> None:
    one = service(objective=99)
    found = objectives(Version(0, one), Version(5_000, None), Version(9_000, one))
    assert found == [(5_000, 99), (9_000, -1), (FOREVER, 99)]
    whole = one.with_past(pieces_of([Version(0, one), Version(5_000, None)]))
    assert at(whole, 7_000) is whole
    assert list(pieces(whole, 4_000, 6_000)) == [(4_000, 5_000, one), (5_000, 6_000, None)]


def test_what_history_says_against_what_was_seen_is_afterwards() -> None:
    first = service(objective=99)
    late = service(objective=98, history=[until(4_000, objective=99)])
    [found] = afterwards([Version(1_000, first), Version(9_000, late)])
    assert found == Afterwards("objective", 4_000, 9_000, 99, 98, 9_000)
    assert list(afterwards([Version(1_000, first), Version(9_000, service(objective=98))])) == []
    soon = service(objective=98, history=[until(12_000, objective=99)])
    assert list(afterwards([Version(1_000, first), Version(9_000, soon)])) == []


def test_the_example_s_terms_are_read_again_as_they_were() -> None:
    catalogue = load_catalogue(EXAMPLE)
    values = orjson.loads(
        orjson.dumps({f"{k.kind} {k.name}": v for k, v in terms_of(catalogue, "1").items()})
    )
    for one in catalogue.services:
        value = values[f"service {one.id}"]
        again = service_of(value)
        assert same_service(value, service_value(one))
        kept = set(Service.model_fields) - {"probes", "depends_on"}
        assert again.model_dump(include=kept) == one.model_dump(include=kept)
        assert again.method == one.method
        assert service_value(again).get("probes") == value.get("probes")
    for name, calendar in catalogue.calendars.items():
        assert Calendar.model_validate(values[f"calendar {name}"]) == calendar
    for window in catalogue.maintenance.windows:
        assert WindowEntry.model_validate(values[f"window {window.id}"]) == window


@pytest.mark.parametrize(
    "keys",
    [
        {"objective": 99.95, "window": "30d", "credits": [{"below": 99.9, "credit": 5}]},
        {"since": "2026-09-01", "until": "2026-10-01T00:00:00+02:00", "max_gap": "1h30m"},
        {"sli": {"good": "a_total", "total": "b_total"}, "quorum": {"locations": 2}},
        {"history": [until(4_000, objective=99, calendar="x", quorum={"locations": "any"})]},
        {"labels": {"site": "b"}, "min_outage": "90s", "cost_per_hour": 10.5},
    ],
)
def test_every_term_is_read_again_as_it_was(keys: dict[str, Any]) -> None:
    one = service(**keys)
    assert service_of(orjson.loads(orjson.dumps(service_value(one)))) == one


def test_the_digest_is_that_of_the_file(tmp_path: Path) -> None:
    text = "organization: E\ntimezone: UTC\nservices: [{id: a, name: A, sli: {promql: up}}]\n"
    (tmp_path / "s.yml").write_bytes(b"\xef\xbb\xbf" + text.encode())
    expected = hashlib.sha256((tmp_path / "s.yml").read_bytes()).hexdigest()
    found: Catalogue = load_catalogue(tmp_path / "s.yml")
    assert found.digest == expected
