"""When an address is told: patience never moves the start that is told, nor any figure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from service_catalogue import Catalogue, Service
from service_catalogue.notifications import Notifications, QuietHours
from sla_engine.domain.interval import Interval
from sla_engine.domain.notice import Notice
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Books, Derived
from sla_engine.notices.blips import blip_notices
from sla_engine.notices.patience import Patience
from sla_engine.notices.sender import Sender
from tests.notices.test_several_notifiers import Heard
from tests.notices.world import MINUTE, T0, Make, World, catalogue

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = 60 * MINUTE


class Routed:
    """The world with notification routes, and what each scheme heard."""

    def __init__(self, make: Make, *routes: Mapping[str, Any], **service: Any) -> None:
        self.world: World = make()
        known = self.world.catalogue
        services = [
            Service.model_validate({"id": "s0", "name": "S0", "sli": {"promql": "up"}, **service}),
            *known.services[1:],
        ]
        notifications = Notifications.model_validate({"routes": list(routes)})
        self.world.catalogue = Catalogue.model_construct(
            **{**dict(known), "services": tuple(services), "notifications": notifications}
        )
        self.slack, self.console = Heard(), Heard()
        books = Books(self.world.catalogue, self.world.ledger)
        notifiers = {"slack": self.slack, "console": self.console}
        self.world.sender = Sender(books, self.world.outbox, notifiers, lambda: self.world.now)

    def at(self, moment: int) -> list[str]:
        """Return what was told at the console by a moment after the start."""
        self.world.now = T0 + moment
        self.world.sender.run()
        return [title for _, title in self.console.got]


def test_what_was_over_before_it_lasted_is_not_told_there(make: Make) -> None:
    routed = Routed(make, {"to": ["console:"], "after": "2m"}, {"to": "#ops"})
    routed.world.change("opened", "s0", T0)
    assert routed.at(MINUTE) == []
    routed.world.change("resolved", "s0", T0, T0 + MINUTE)
    assert routed.at(5 * MINUTE) == []
    assert routed.world.outbox.pending() == 0
    assert len(routed.slack.got) == 2


def test_what_lasts_is_told_with_its_true_start(make: Make) -> None:
    routed = Routed(make, {"to": ["console:"], "after": "2m"})
    routed.world.change("opened", "s0", T0)
    assert routed.at(2 * MINUTE - 1) == []
    assert routed.at(2 * MINUTE) == ["S0 is down since 2026-10-03 08:15:30 CEST"]


def test_a_service_of_its_own_patience_is_told_nowhere_before(make: Make) -> None:
    routed = Routed(make, {"to": "console:"}, after="3m")
    routed.world.change("opened", "s0", T0)
    routed.world.change("opened", "s1", T0)
    assert routed.at(0) == ["S1 is down since 2026-10-03 08:15:30 CEST"]
    assert len(routed.at(3 * MINUTE)) == 2


def test_one_that_is_over_leaves_a_group_before_it_is_told(make: Make) -> None:
    routed = Routed(make, {"to": "console:", "after": "2m"})
    routed.world.change("opened", "s0", T0)
    routed.world.change("opened", "s1", T0)
    routed.at(0)
    routed.world.change("resolved", "s0", T0, T0 + MINUTE)
    assert routed.at(2 * MINUTE) == ["S1 is down since 2026-10-03 08:15:30 CEST"]


@pytest.mark.parametrize("acknowledged", [True, False])
def test_what_nobody_takes_on_is_told_to_others(make: Make, acknowledged: bool) -> None:
    routed = Routed(make, {"to": "#ops"}, {"to": "console:", "unacknowledged": "10m"})
    world = routed.world
    world.change("opened", "s0", T0)
    routed.at(0)
    if acknowledged:
        facts = world.outbox.with_key_like("outage:")[0]
        taken = {**facts.facts, "acknowledged_by": "ann"}
        world.outbox.add([Notice("k", facts.topic, "acknowledged", T0 + MINUTE, "s0", taken)])
    assert len(routed.at(10 * MINUTE)) == (not acknowledged)


def test_the_end_of_what_nobody_heard_of_is_not_told_either(make: Make) -> None:
    routed = Routed(make, {"to": "console:", "unacknowledged": "10m"})
    world = routed.world
    world.change("opened", "s0", T0)
    routed.at(0)
    began = world.outbox.with_key_like("outage:")[0]
    taken = {**began.facts, "acknowledged_by": "ann"}
    world.outbox.add([Notice("k", began.topic, "acknowledged", T0 + MINUTE, "s0", taken)])
    assert routed.at(10 * MINUTE) == []
    world.change("resolved", "s0", T0, T0 + 20 * MINUTE)
    assert routed.at(20 * MINUTE) == []
    assert world.outbox.pending() == 0
    assert world.ledger.verify() == []


def test_a_blip_that_turns_out_to_last_is_told_after_all(make: Make) -> None:
    routed = Routed(make, {"to": "console:", "after": "2m"})
    routed.world.change("opened", "s0", T0)
    routed.world.change("resolved", "s0", T0, T0 + MINUTE)
    assert routed.at(3 * MINUTE) == []
    routed.world.change("reopened", "s0", T0)
    assert routed.at(4 * MINUTE) == ["S0 is down since 2026-10-03 08:15:30 CEST"]


def test_what_patience_left_untold_is_one_message_on_the_next_day(make: Make) -> None:
    routed = Routed(make, {"to": "console:"}, after="3m")
    world = routed.world
    spans = [(T0, T0 + MINUTE), (T0 + HOUR, T0 + HOUR + MINUTE), (T0 + 2 * HOUR, T0 + 3 * HOUR)]
    for start, end in spans:
        line = (Segment(start, end, State.DOWN), Segment(end, end + MINUTE, State.UP))
        world.ledger.apply([Derived("s0", line, start)])
    books = Books(world.catalogue, world.ledger)
    assert list(blip_notices(books, world.outbox, T0 + 12 * HOUR)) == []
    for _ in range(2):
        world.outbox.add(blip_notices(books, world.outbox, T0 + 20 * HOUR))
    [told] = routed.at(20 * HOUR)
    assert told == "2 short outages of 1 service on 2026-10-03, untold until now (unknown)"


def test_routes_choose_by_kind_owner_service_and_label(make: Make) -> None:
    routed = Routed(
        make,
        {"to": "console:", "services": ["s1"], "kinds": ["outage"]},
        {"to": "console:planned", "kinds": ["planned"]},
        {"to": "console:label", "labels": {"team": "x"}},
        labels={"team": "x"},
    )
    for name in ("s0", "s1", "s2"):
        routed.world.change("opened", name, T0)
    routed.at(0)
    assert {place: title.split()[0] for place, title in routed.console.got} == {
        "": "S1",
        "planned": "S2",
        "label": "S0",
    }


@pytest.mark.parametrize(
    ("hours", "due"),
    [
        ("08:00-09:00", "2026-10-03T09:00"),
        ("22:00-07:00", None),
        ("06:00-05:00", "2026-10-04T05:00"),
        ("08:16-09:00", None),
    ],
)
def test_quiet_hours_put_off_what_falls_in_them(hours: str, due: str | None) -> None:
    first, last = ([int(x) for x in one.split(":")] for one in hours.split("-"))
    quiet = QuietHours(first[0] * 60 + first[1], last[0] * 60 + last[1])
    notice = Notice("k", "budget:s0", "budget", T0, "s0", {})
    found = Patience(quiet=quiet).due(notice, T0, catalogue())
    if due is None:
        assert found == T0
    else:
        assert found == datetime.fromisoformat(due).replace(tzinfo=BERLIN).timestamp() * 1000


def _berlin(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=BERLIN).timestamp() * 1000)


def test_what_is_not_urgent_is_told_when_hours_begin_in_the_past_tense(make: Make) -> None:
    routed = Routed(make, {"to": "console:", "hours": "office"}, {"to": "#ops"})
    routed.world.change("opened", "s0", T0)  # a Saturday: Monday is three days of waiting away
    assert routed.at(0) == []
    routed.world.change("resolved", "s0", T0, T0 + MINUTE)
    monday = _berlin("2026-10-05T08:00") - T0
    for moment in range(MINUTE, monday, HOUR):
        assert routed.at(moment) == []
    [told] = routed.at(monday)
    assert told.startswith("S0 was down for 1m (resolved)")
    assert len(routed.slack.got) == 2


def test_the_hours_of_each_service_are_its_own(make: Make) -> None:
    routed = Routed(make, {"to": "console:", "hours": "service"})
    routed.world.change("opened", "s0", T0)
    routed.world.change("opened", "desk", T0)
    assert routed.at(0) == ["S0 is down since 2026-10-03 08:15:30 CEST"]
    [_, later] = routed.at(_berlin("2026-10-05T08:00") - T0)
    assert later.startswith("Desk is down since 2026-10-03")


def test_a_retry_does_not_fall_into_quiet_hours(make: Make) -> None:
    routed = Routed(make, {"to": "console:", "quiet": "08:16-09:00"})
    routed.world.change("opened", "s0", T0)
    routed.world.sender.address()
    assert routed.at(MINUTE) == []
    assert len(routed.at(_berlin("2026-10-03T09:00") - T0)) == 1


@pytest.mark.parametrize("place", ["route", "service"])
def test_nobody_is_told_before_so_many_samples_were_bad(make: Make, place: str) -> None:
    least = {"min_samples": 3}
    route = {"to": "console:"} | (least if place == "route" else {})
    routed = Routed(make, route, **(least if place == "service" else {}))
    world = routed.world
    world.change("opened", "s0", T0)
    assert routed.at(44_999) == []  # samples are 15 s apart
    assert routed.at(45_000) == ["S0 is down since 2026-10-03 08:15:30 CEST"]


def test_time_of_which_nothing_is_known_is_no_bad_sample(make: Make) -> None:
    routed = Routed(make, {"to": "console:"}, min_samples=3)
    world, ledger = routed.world, routed.world.ledger
    dark = (
        Segment(T0, T0 + 15_000, State.DOWN),
        Segment(T0 + 15_000, T0 + 10 * MINUTE, State.UNKNOWN),
    )
    ledger.apply([Derived("s0", dark, T0)])
    world.change("opened", "s0", T0)
    assert routed.at(10 * MINUTE) == []
    down = (Segment(T0 + 10 * MINUTE, T0 + 11 * MINUTE, State.DOWN),)
    ledger.apply([Derived("s0", down, None)])
    assert routed.at(11 * MINUTE) == ["S0 is down since 2026-10-03 08:15:30 CEST"]


def test_one_bad_sample_that_is_over_is_left_out_and_counted(make: Make) -> None:
    routed = Routed(make, {"to": "console:"}, min_samples=3)
    world = routed.world
    line = (Segment(T0, T0 + 15_000, State.DOWN), Segment(T0 + 15_000, T0 + HOUR, State.UP))
    world.ledger.apply([Derived("s0", line, T0)])
    world.change("opened", "s0", T0)
    world.change("resolved", "s0", T0, T0 + 15_000)
    assert routed.at(HOUR) == []
    assert world.outbox.pending() == 0
    [span] = world.ledger.histories(Interval(T0, T0 + HOUR))["s0"].outages
    assert span == (T0, T0 + 15_000)
