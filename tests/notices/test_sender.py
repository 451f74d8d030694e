import json

import pytest

from sla_engine.domain.notice import Notice
from sla_engine.domain.outage import Correction, OutageSpan
from sla_engine.domain.outage_changes import Change
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Books, Derived
from sla_engine.ledger.reasons import OutageStart
from sla_engine.notices.outages import correction_notices, outage_notices
from tests.notices.world import MINUTE, T0, Make, World
from uptime_common.failure import Failure, Failures


def test_an_outage_is_one_thread_whose_head_is_edited_in_place(world: World) -> None:
    world.change("opened", "s0", T0)
    world.sender.run()
    [root] = world.slack.roots()
    assert "S0 is down since 2026-10-03 08:15:30 CEST" in root["text"]
    world.now += 5 * MINUTE
    world.change("resolved", "s0", T0, T0 + 4 * MINUTE)
    world.sender.run()
    assert len(world.slack.roots()) == 1
    assert "S0 was down for 4m (resolved)" in root["text"]
    [reply] = world.slack.replies(root["ts"])
    assert "resolved at 2026-10-03 08:19:30 CEST after 4m" in reply["text"]


def test_of_whom_nobody_said_anything_nothing_is_told(world: World) -> None:
    world.change("opened", "s0", T0)
    world.drain()
    world.change("opened", "desk", T0)
    world.drain()
    tiered, plain = (json.dumps(root["blocks"]) for root in world.slack.roots())
    assert "unknown, t tier" in tiered
    assert "Owner" in tiered
    assert "Owner" not in plain
    assert "tier" not in plain


def test_planned_work_is_told_as_planned(world: World) -> None:
    world.change("opened", "s2", T0)
    world.drain()
    assert "S2 is down for planned work" in world.slack.roots()[0]["text"]


def test_the_order_of_an_outage_is_kept_when_the_first_attempt_fails(world: World) -> None:
    faults = ["server_error", "rate_limited"]
    world.slack.fault = lambda _: faults.pop(0) if faults else None
    world.change("opened", "s0", T0)
    world.change("resolved", "s0", T0, T0 + MINUTE)
    world.drain()
    [root] = world.slack.roots()
    assert "S0 was down for 1m (resolved)" in root["text"]
    assert world.slack.replies(root["ts"]) == []


def test_what_happens_while_nothing_gets_through_is_told_in_one_answer(world: World) -> None:
    world.change("opened", "s0", T0)
    world.drain()
    world.slack.fault = lambda _: "server_error"
    world.change("resolved", "s0", T0, T0 + MINUTE)
    world.now += MINUTE
    world.sender.run()
    world.change("reopened", "s0", T0)
    world.slack.fault = lambda _: None
    world.drain()
    [root] = world.slack.roots()
    assert "S0 is down since" in root["text"]
    told = [m["text"] for m in world.slack.replies(root["ts"])]
    assert len(told) == 1
    assert "down again" in told[0]


def test_retry_after_is_honoured(world: World) -> None:
    world.slack.fault = lambda _: "rate_limited"
    world.change("opened", "s0", T0)
    world.change("opened", "s1", T0)
    world.sender.run()
    assert len(world.slack.calls) == 1
    world.slack.fault = lambda _: None
    world.now += 6_999
    assert world.sender.run().sent == 0
    world.now += 1
    assert world.sender.run().sent == 2


@pytest.mark.parametrize("fault", ["server_error_after", "reset_after", "timeout_after"])
def test_a_message_that_arrived_without_an_answer_is_not_sent_again(
    world: World, fault: str
) -> None:
    faults = {"chat.postMessage": [fault]}
    world.slack.fault = lambda m: faults[m].pop() if faults.get(m) else None
    world.change("opened", "s0", T0)
    world.drain()
    faults["chat.postMessage"] = [fault]
    world.change("resolved", "s0", T0, T0 + MINUTE)
    world.drain()
    [root] = world.slack.roots()
    assert len(world.slack.replies(root["ts"])) == 1


def test_a_message_lost_without_an_answer_is_sent_again(world: World) -> None:
    faults = ["reset"]
    world.slack.fault = lambda _: faults.pop() if faults else None
    world.change("opened", "s0", T0)
    world.drain()
    assert len(world.slack.roots()) == 1


@pytest.mark.parametrize("fault", ["invalid_auth", "channel_not_found"])
def test_what_cannot_get_through_is_given_up_until_a_restart(world: World, fault: str) -> None:
    world.slack.fault = lambda _: fault
    world.change("opened", "s0", T0)
    assert world.sender.run().reasons == [fault]
    world.now += MINUTE
    world.slack.fault = lambda _: None
    assert world.sender.run().sent == 0
    assert world.sender.revive() == 1
    assert world.sender.run().sent == 1


def test_an_old_notice_that_is_revived_does_not_unsay_the_end(world: World) -> None:
    world.slack.fault = lambda _: "invalid_auth"
    world.change("opened", "s0", T0)
    world.sender.run()
    world.slack.fault = lambda _: None
    world.change("resolved", "s0", T0, T0 + MINUTE)
    world.drain()
    world.sender.revive()
    world.drain()
    [root] = world.slack.roots()
    assert "(resolved)" in root["text"]


def test_what_a_service_takes_down_is_told_in_its_thread(world: World) -> None:
    world.change("opened", "front", T0)
    world.change("opened", "s0", T0)
    world.drain()
    [root] = world.slack.roots()
    assert "S0, Front are down; 2 services affected" in root["text"]
    world.change("resolved", "s0", T0, T0 + MINUTE)
    world.change("resolved", "front", T0, T0 + 2 * MINUTE)
    world.drain()
    assert "2 services up again" in root["text"]
    told = [m["text"] for m in world.slack.replies(root["ts"])]
    assert ["2 services up again" in text for text in told] == [True]


def test_a_dependant_that_fails_on_its_own_has_its_own_thread(world: World) -> None:
    world.change("opened", "s0", T0)
    world.change("resolved", "s0", T0, T0 + MINUTE)
    world.drain()
    world.now += 2 * MINUTE
    world.change("opened", "front", T0 + 2 * MINUTE)
    world.drain()
    assert len(world.slack.roots()) == 2


def test_a_flood_is_one_digest(make: Make) -> None:
    world = make(count=40, flood_limit=5)
    for i in range(30):
        world.change("opened", f"s{i}", T0)
    world.drain()
    [root] = world.slack.roots()
    assert "S0, S1, S3, S4, S5 and 25 more are down; 30 services affected" in root["text"]
    assert "and 10 more" in str(root["blocks"])
    world.now += MINUTE
    world.change("opened", "s35", T0 + MINUTE)
    for i in range(30):
        world.change("resolved", f"s{i}", T0, T0 + MINUTE)
    world.change("resolved", "s35", T0 + MINUTE, T0 + 2 * MINUTE)
    world.drain()
    assert len(world.slack.roots()) == 1
    assert "31 services up again" in root["text"]


def test_up_to_the_limit_each_outage_has_its_thread(make: Make) -> None:
    world = make(count=5, flood_limit=5)
    for i in range(5):
        world.now += MINUTE
        world.change("opened", f"s{i}", T0)
        world.drain()
    assert len(world.slack.roots()) == 5


def test_a_blip_inside_a_tick_is_one_message_in_the_past_tense(world: World) -> None:
    over = OutageSpan(T0, T0 + 15_000)
    both = (Change("opened", "s0", None, over), Change("resolved", "s0", None, over))
    world.changes(*both)
    world.drain()
    [root] = world.slack.roots()
    assert "S0 was down for 15s (resolved)" in root["text"]
    assert world.slack.replies(root["ts"]) == []


def test_a_service_that_fails_twice_in_a_group_counts_once(make: Make) -> None:
    world = make(count=5)
    for name in ("s0", "s1"):
        world.change("opened", name, T0)
    world.drain()
    for name in ("s0", "s1"):
        world.change("resolved", name, T0, T0 + MINUTE)
    world.drain()
    world.now += MINUTE
    world.change("opened", "s0", T0 + MINUTE)
    world.drain()
    world.change("resolved", "s0", T0 + MINUTE, T0 + 2 * MINUTE)
    world.drain()
    [root] = world.slack.roots()
    assert "2 services up again; what was down: 2026-10-03 08:15:30 to 08:17:30" in root["text"]


def test_routes_choose_channels_and_mentions(make: Make) -> None:
    world = make(
        channel="#uptime",
        routes=[
            {"tiers": ["gold"], "channel": "#gold", "mentions": ["@here"]},
            {"channel": "#seniors", "severities": ["planned"]},
        ],
    )
    world.change("opened", "s1", T0)
    world.change("opened", "s2", T0)
    world.change("opened", "s0", T0)
    world.drain()
    told = {m["channel"]: m["text"] for m in world.slack.roots()}
    assert set(told) == {"C00000GOLD", "C0SENIORS0", "C0000UPTIME"}
    assert "<!here>" in told["C00000GOLD"]
    assert "planned work" in told["C0SENIORS0"]


def test_an_outage_whose_start_moves_stays_in_its_thread(world: World) -> None:
    world.change("opened", "s0", T0)
    world.drain()
    world.changes(Change("changed", "s0", OutageSpan(T0, None), OutageSpan(T0 - 15_000, None)))
    world.drain()
    world.change("resolved", "s0", T0 - 15_000, T0 + MINUTE)
    world.drain()
    [root] = world.slack.roots()
    assert "S0 was down for 1m 15s" in root["text"]


def test_a_withdrawn_outage_says_so(world: World) -> None:
    world.change("opened", "s0", T0)
    world.drain()
    world.change("withdrawn", "s0", T0)
    world.drain()
    assert "withdrawn" in world.slack.roots()[0]["text"]


def test_without_the_right_to_read_a_message_may_come_twice_but_is_not_lost(world: World) -> None:
    faults = {"chat.postMessage": ["reset"], "conversations.history": ["missing_scope"]}
    world.slack.fault = lambda m: faults[m].pop() if faults.get(m) else None
    world.change("opened", "s0", T0)
    world.drain()
    assert len(world.slack.roots()) == 1


def test_a_notice_that_cannot_be_written_does_not_hold_up_the_rest(world: World) -> None:
    row = Notice("report:x", "report:x", "report", T0, None, {"channel": "#uptime"})
    world.outbox.add([row])
    world.change("opened", "s0", T0)
    world.drain()
    assert len(world.slack.roots()) == 1


def test_what_people_say_of_an_outage_reaches_its_thread_once(world: World) -> None:
    down = Derived("s0", (Segment(T0, T0 + MINUTE, State.DOWN),), T0)
    world.ledger.apply([down], outage_notices(Books(world.catalogue, world.ledger), T0 + MINUTE))
    world.drain()
    for field, value in (("owner", "Ada"), ("cause", "disk full")):
        said = Correction(T0 + 2 * MINUTE, "ada", field, None, value, "on call")
        world.ledger.corrections.add("s0", T0, said)
    for _ in range(2):
        world.now += MINUTE
        world.outbox.add(
            correction_notices(Books(world.catalogue, world.ledger), world.outbox, world.now)
        )
        world.drain()
    [root] = world.slack.roots()
    assert "acknowledged by Ada" in root["text"]
    assert "disk full" in str(root["blocks"])
    [reply] = world.slack.replies(root["ts"])
    assert "acknowledged by Ada" in reply["text"]


def test_waits_double_from_a_second_to_five_minutes(world: World) -> None:
    world.slack.fault = lambda _: "server_error"
    world.change("opened", "s0", T0)
    waits = []
    for _ in range(11):
        world.sender.run()
        failed = world.now
        while world.outbox.next_due(world.now) is None:
            world.now += 1_000
        assert world.outbox.next_due(world.now - 1) is None
        waits.append((world.now - failed) // 1_000)
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


def test_a_notice_says_why_in_its_title(world: World) -> None:
    why = Failures((Failure("probe", "shop-2:443", "fra", "connect", "refused"),), 1)
    down = Derived("s0", (Segment(T0, T0 + MINUTE, State.DOWN),), T0)
    notify = outage_notices(Books(world.catalogue, world.ledger), T0 + MINUTE)
    world.ledger.apply([down], notify, seen={OutageStart("s0", T0): why})
    world.drain()
    [root] = world.slack.roots()
    assert "S0 is down since 2026-10-03 08:15:30 CEST: refused by shop-2:443" in root["text"]
