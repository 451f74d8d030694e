import json

from sla_engine.domain.availability import AccountingInput, Figures, Terms, figures
from sla_engine.domain.interval import Interval
from sla_engine.domain.notice import Message
from sla_engine.domain.objective import ratio
from sla_engine.domain.outage import Outage, OutageSpan
from sla_engine.domain.outage_changes import Change
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Books, Derived, Outbox
from sla_engine.notices.outages import outage_notices, running_notices
from sla_engine.notices.sender import Sender
from sla_engine.notifiers import Capabilities, Delivered, Notifier, Outcome
from sla_engine.slack.notifier import SlackWebhook
from tests.notices.world import MINUTE, T0, Make, World


def test_the_head_of_an_open_outage_shows_how_long_it_has_lasted(world: World) -> None:
    world.sender.figures = {"s0": figures_with_budget(30 * MINUTE)}
    _goes_down(world, "s0")
    for _ in range(12 * 10):  # ten minutes, a tick each five seconds
        world.now += 5_000
        world.outbox.add(
            running_notices(Books(world.catalogue, world.ledger), world.outbox, world.now)
        )
        world.drain()
    [root] = world.slack.roots()
    assert "*So far*\\n10m" in json.dumps(root["blocks"])
    assert "33.3 % used by this outage" in json.dumps(root["blocks"])
    assert root["edits"] == 6  # after 1, 2, 3, 4, 5 and 10 minutes
    assert world.slack.replies(root["ts"]) == []


def test_downtime_outside_of_service_hours_burns_no_budget(world: World) -> None:
    world.sender.figures = {"desk": figures_with_budget(30 * MINUTE)}
    _goes_down(world, "desk")  # on a Saturday
    for hours, told in ((1, "0.0 % used"), (48, "100.0 % used")):  # Monday, half past eight
        world.now = T0 + hours * 60 * MINUTE + (hours == 48) * 870_000
        world.outbox.add(
            running_notices(Books(world.catalogue, world.ledger), world.outbox, world.now)
        )
        world.drain()
        [root] = world.slack.roots()
        assert told in json.dumps(root["blocks"])


def test_a_restart_neither_repeats_nor_makes_up_for_steps_of_a_duration(world: World) -> None:
    _goes_down(world, "s0")
    world.now += 3 * 60 * MINUTE
    for _ in range(3):
        restarted = Outbox(world.ledger.engine)
        restarted.add(running_notices(Books(world.catalogue, world.ledger), restarted, world.now))
        world.drain()
    [root] = world.slack.roots()
    assert root["edits"] == 1
    assert "*So far*\\n3h" in json.dumps(root["blocks"])


def test_an_open_outage_that_nobody_was_told_of_is_not_told_by_its_duration(world: World) -> None:
    world.ledger.apply([Derived("s0", (Segment(T0, T0 + 1, State.DOWN),), T0)])
    world.now += 60 * MINUTE
    world.outbox.add(running_notices(Books(world.catalogue, world.ledger), world.outbox, world.now))
    assert world.outbox.pending() == 0


def test_where_nothing_can_be_edited_durations_are_not_told(world: World) -> None:
    _goes_down(world, "s0")
    hook = SlackWebhook(world.slack.hook_url, timeout=1)
    books = Books(world.catalogue, world.ledger)
    sender = Sender(books, world.outbox, {"slack": hook}, lambda: world.now)
    world.now += 60 * MINUTE
    world.outbox.add(running_notices(Books(world.catalogue, world.ledger), world.outbox, world.now))
    sender.run()
    assert len(world.slack.messages) == 1
    assert world.outbox.pending() == 0


def test_a_flood_costs_one_edit_a_step(make: Make) -> None:
    world = make(count=30, flood_limit=5)
    _goes_down(world, *(f"s{i}" for i in range(30)))
    [root] = world.slack.roots()
    before = root["edits"]
    world.now += 30 * MINUTE
    world.outbox.add(running_notices(Books(world.catalogue, world.ledger), world.outbox, world.now))
    world.drain()
    assert root["edits"] == before + 1
    assert "30m so far" in json.dumps(root["blocks"])


def _goes_down(world: World, *services: str) -> None:
    down = [Derived(s, (Segment(T0, T0 + 1, State.DOWN),), T0) for s in services]
    world.ledger.apply(down, outage_notices(Books(world.catalogue, world.ledger), T0 + 1))
    world.drain()


def figures_with_budget(budget: int) -> Figures:
    period = (Interval(T0, T0 + 1000 * budget),)
    return figures(AccountingInput((), (), period, period), Terms(ratio(99.9)), T0 + 1)


def test_planned_work_that_overruns_is_told_where_outages_are_told(make: Make) -> None:
    loud = {"channel": "#gold", "severities": ["unplanned"], "mentions": ["@here"]}
    world = make(routes=[{"channel": "#seniors", "severities": ["planned"]}, loud])
    _goes_down(world, "s2")
    assert [m["channel"] for m in world.slack.roots()] == ["C0SENIORS0"]
    world.now += 60 * MINUTE  # its window ended after 45 minutes
    world.outbox.add(running_notices(Books(world.catalogue, world.ledger), world.outbox, world.now))
    world.drain()
    told = {m["channel"]: m["text"] for m in world.slack.roots()}
    assert "still down after its maintenance window" in told["C00000GOLD"]
    assert "<!here>" in told["C00000GOLD"]


def test_what_was_found_late_says_so_for_good(world: World) -> None:
    late = Change("opened", "s0", None, OutageSpan(T0 - 40 * MINUTE, T0 - 30 * MINUTE))
    told = outage_notices(Books(world.catalogue, world.ledger), world.now, late=True)
    world.outbox.add(told([late]))
    world.drain()
    [root] = world.slack.roots()
    found = "*Found*\\nlate: its samples came after the fact"
    assert found in json.dumps(root["blocks"])
    world.changes(
        Change("changed", "s0", late.after, OutageSpan(T0 - 40 * MINUTE, T0 - 20 * MINUTE))
    )
    world.drain()
    assert "*Lasted*\\n20m" in json.dumps(root["blocks"])
    assert found in json.dumps(root["blocks"])


def test_what_is_found_in_time_does_not_speak_of_it(world: World) -> None:
    _goes_down(world, "s0")
    [root] = world.slack.roots()
    assert "Found" not in json.dumps(root["blocks"])


def test_what_nobody_measured_inside_an_outage_burns_no_budget(world: World) -> None:
    world.sender.figures = {"s0": figures_with_budget(30 * MINUTE)}
    _goes_down(world, "s0")
    _derive(world, (10, State.DOWN), (10, State.UNKNOWN), (1, State.DOWN))
    world.outbox.add(running_notices(Books(world.catalogue, world.ledger), world.outbox, world.now))
    world.drain()
    [root] = world.slack.roots()
    assert "*Unknown inside*\\n10m" in json.dumps(root["blocks"])
    assert "36.7 % used by this outage" in json.dumps(root["blocks"])
    _derive(world, (10, State.DOWN), (10, State.UNKNOWN), (4, State.DOWN), (1, State.UP))
    world.drain()
    assert "*Lasted*\\n24m" in json.dumps(root["blocks"])
    assert "*Unknown inside*\\n10m" in json.dumps(root["blocks"])
    assert "46.7 % used by this outage" in json.dumps(root["blocks"])


def _derive(world: World, *states: tuple[int, State]) -> None:
    """Let the ledger learn what s0 was from T0 on, in minutes."""
    line, end = [], T0
    for minutes, state in states:
        line.append(Segment(end, end := end + minutes * MINUTE, state))
    world.now = end
    notify = outage_notices(Books(world.catalogue, world.ledger), end)
    world.ledger.apply([Derived("s0", tuple(line), T0)], notify)


def test_what_an_outage_used_and_what_is_left_are_of_one_moment(world: World) -> None:
    outage = Outage("s0", T0, None)
    wide = (Interval(T0, T0 + 30_000 * MINUTE),)
    known = AccountingInput((outage,), (), (Interval(T0, T0 + 3 * MINUTE),), wide)
    world.sender.figures = {"s0": figures(known, Terms(ratio(99.9)), T0 + 3 * MINUTE)}
    world.now = T0 + 3 * MINUTE + 20_000
    _goes_down(world, "s0")
    [root] = world.slack.roots()
    assert "10.0 % used by this outage, 90.0 % left" in json.dumps(root["blocks"])


class Pager(Notifier):
    """Takes messages and edits none."""

    name = "pager"
    capabilities = Capabilities()

    def __init__(self) -> None:
        self.got: list[str] = []

    def post(self, place: str, message: Message, key: str, thread: str | None = None) -> Outcome:
        del key, thread
        self.got.append(message.title)
        return Delivered(place)


def test_work_that_is_over_rings_once_at_an_address_without_threads(make: Make) -> None:
    """The pager's address hears of outages alone: of what was planned it was not told before."""
    planned = {"channel": "#seniors", "severities": ["planned"]}
    world = make(routes=[planned, {"channel": "pager:", "severities": ["unplanned"]}])
    books, pager = Books(world.catalogue, world.ledger), Pager()
    notifiers = {**world.sender._notifiers, "pager": pager}
    world.sender = Sender(books, world.outbox, notifiers, lambda: world.now)
    _goes_down(world, "s2")
    for minutes in (44, 46, 47, 50, 110):  # its window ends after 45
        world.now = T0 + minutes * MINUTE
        world.outbox.add(running_notices(books, world.outbox, world.now, edited=False))
        world.drain()
        assert len(pager.got) == (minutes > 45), minutes
    assert "still down after its maintenance window" in pager.got[0]
    world.changes(Change("resolved", "s2", OutageSpan(T0, None), OutageSpan(T0, world.now)))
    world.drain()
    assert len(pager.got) == 2
