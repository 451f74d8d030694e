"""The estate of ``python -m benchmarks.sixty_days_rules``, its scenes, and its judge."""

import random
from pathlib import Path

import pytest

from benchmarks.sixty_days_rules.estate import FAR, NEAR, Event, Scene, drawn, scenes
from benchmarks.sixty_days_rules.judge import Page, judge, pages
from benchmarks.sixty_days_rules.world import Told, played, series

DOWN = Event("outage", {0: (1000, 1010)})
BLIP = Event("blip", {1: (2000, 2001)})
WORK = Event("work", {2: (3000, 3130)}, window=(3000, 3120), host=(3000, 3012))
SHOP = 'alertname="ServiceDown", service="s0_7"'


def test_stretches_of_a_service_are_near_or_far_and_every_kind_is_drawn() -> None:
    events = drawn(random.Random(1), 200, 60)
    assert {e.kind for e in events} == {
        *("blip", "outage", "hole", "deploy", "flood", "host", "work")
    }
    ends: dict[int, int] = {}
    for event in events:
        start, end = event.span
        for service in event.parts:
            gap = start - ends.get(service, -FAR)
            assert gap >= FAR or 0 < gap <= NEAR
            ends[service] = end


def test_what_differs_in_a_name_alone_is_played_once_and_counted_as_often() -> None:
    events = [Event("blip", {service: (at, at + 1)}) for service, at in ((0, 100), (1, 900))]
    (one,) = scenes(random.Random(1), events)
    assert one.times == 2
    near = [Event("blip", {0: (at, at + 1)}) for at in (100, 300)]
    (both,) = scenes(random.Random(1), near)
    assert (both.times, len(both.events)) == (1, 2)


def test_work_counts_from_its_window_s_end() -> None:
    assert (WORK.unplanned(2), DOWN.unplanned(0)) == (10, 10)
    assert Event("hole", {0: (5, 50)}).unplanned(0) == 0


def test_a_scene_shows_its_services_while_it_lasts() -> None:
    scene = Scene(7, [DOWN], at=10)
    shown = dict(series(scene, 200))
    assert shown['service_up{service="s0_7",location="a"}'] == "_x10 1x15 0x9 1x139 stale"
    assert all(values.startswith("_x10 ") for values in shown.values())


def test_the_judge_sees_what_is_missing_and_what_is_too_much() -> None:
    scene = Scene(7, [DOWN])
    at = scene.world(1000)
    good = Page(at + 6, frozenset([SHOP]), frozenset())
    assert judge(scene, [good], 200)[:4] == (1, 1, 1, [])
    assert len(judge(scene, [], 200).untold) == 1
    assert len(judge(scene, [good._replace(step=at - 2)], 200).needless) == 1
    assert len(judge(Scene(7, [BLIP]), [good], 200).needless) == 1
    many = Page(at + 6, frozenset(['alertname="ManyServicesDown"']), frozenset(["s0_7"]))
    assert judge(scene, [many], 200).untold == []


def test_two_deployments_that_burn_an_hour_s_worth_are_no_page_without_reason() -> None:
    burns = frozenset(['alertname="ServiceErrorBudgetBurnFast", service="e3_7"'])
    for lengths, expected in (((3, 4), (0, 1)), ((3, 3), (1, 0)), ((7,), (0, 1))):
        parts = [{3: (1000 + 100 * n, 1000 + 100 * n + of)} for n, of in enumerate(lengths)]
        scene = Scene(7, [Event("deploy", part) for part in parts])
        at = scene.world(1000 + 100 * (len(lengths) - 1))
        found = judge(scene, [Page(at + 8, burns, frozenset())], 200)
        assert (len(found.needless), found.burns) == expected


def test_a_message_comes_at_once_and_then_at_the_group_s_interval() -> None:
    burns = 'alertname="ServiceErrorBudgetBurnFast", service="s0_7"'
    steady = 'alertname="ServiceErrorBudgetBurnSteady", service="s0_7"'
    firing = {step: {burns} for step in range(2, 40, 2)}
    firing[6].add(steady)
    told = pages(Told(firing | {step: {burns, steady} for step in range(20, 40, 2)}, {}))
    assert [(page.step, page.alerts) for page in told] == [
        (2, frozenset([burns])),
        (22, frozenset([steady])),
    ]


@pytest.mark.integration
def test_the_shipped_rules_page_an_outage_once_and_no_blip(tmp_path: Path) -> None:
    outage, blip = Scene(7, [DOWN]), Scene(8, [BLIP])
    told = pages(played([outage, blip], 200, tmp_path))
    assert judge(outage, told, 200) == (1, 1, 1, [], [], 0)
    assert judge(blip, told, 200) == (0, 0, 0, [], [], 0)
