"""What holds for every notifier, and the recipe for another."""

from collections.abc import Iterator

import pytest

from service_catalogue.notifications import SCHEMES
from sla_engine.app.notifiers import NOTIFIERS, SLACK_WAYS
from sla_engine.domain.notice import Message
from sla_engine.notifiers import Capabilities, Delivered, Failed, Missing, Notifier, Retry
from tests.notifiers.far_end import BUSY, NOTIFIERS_TAKEN, FarEnd, Taken, far_end, nobody
from tests.notifiers.teams import TEAMS

MESSAGE = Message(
    "Shop is down", "down", (("Owner", "team"),), ("and more",), ("@here",), ("annotate",), ("O-1",)
)
EVERY = NOTIFIERS_TAKEN | {"teams": TEAMS}


@pytest.fixture
def end() -> Iterator[FarEnd]:
    with far_end() as served:
        yield served


def made(taken: Taken, end: FarEnd) -> Notifier:
    end.answer = taken.taken
    return taken.make(end)


def test_no_notifier_is_left_out_here() -> None:
    assert set(NOTIFIERS_TAKEN) == set(NOTIFIERS) | set(SLACK_WAYS)


def test_addresses_know_the_schemes_of_all_notifiers() -> None:
    assert set(SCHEMES) == set(NOTIFIERS)


@pytest.mark.parametrize("name", EVERY)
def test_a_notifier_has_a_name_and_says_what_it_can(name: str, end: FarEnd) -> None:
    notifier = made(EVERY[name], end)
    assert notifier.name == name
    assert isinstance(notifier.capabilities, Capabilities)


@pytest.mark.parametrize("name", EVERY)
def test_what_is_taken_is_delivered_and_can_be_answered(name: str, end: FarEnd) -> None:
    notifier = made(EVERY[name], end)
    outcome = notifier.post(EVERY[name].place, MESSAGE, "key")
    assert isinstance(outcome, Delivered)
    assert "Shop is down" in "".join(end.got)
    assert (outcome.ts is not None) is notifier.capabilities.threads


@pytest.mark.parametrize("name", EVERY)
def test_a_message_of_a_title_alone_arrives(name: str, end: FarEnd) -> None:
    outcome = made(EVERY[name], end).post(EVERY[name].place, Message("Shop is up", "up"), "key")
    assert isinstance(outcome, Delivered)
    assert "Shop is up" in "".join(end.got)


@pytest.mark.parametrize("name", EVERY)
def test_a_busy_other_side_is_tried_again(name: str, end: FarEnd) -> None:
    notifier = made(EVERY[name], end)
    end.answer = BUSY
    outcome = notifier.post(EVERY[name].place, MESSAGE, "key")
    assert isinstance(outcome, Retry)
    assert not outcome.ours
    assert "\n" not in outcome.reason


@pytest.mark.parametrize("name", EVERY)
def test_what_nobody_takes_is_given_up_at_once_or_after_a_time(name: str, end: FarEnd) -> None:
    taken = EVERY[name]
    notifier = made(taken, end)
    if taken.never is None:
        assert notifier.capabilities.retry_for is not None or name == "console"
        return
    end.answer = taken.never
    assert isinstance(notifier.post(EVERY[name].place, MESSAGE, "key"), Failed)


@pytest.mark.parametrize("name", EVERY)
def test_where_nobody_listens_it_is_tried_again_and_no_secret_is_said(name: str) -> None:
    end = nobody()
    outcome = EVERY[name].make(end).post(EVERY[name].place, MESSAGE, "key")
    assert isinstance(outcome, Retry)
    assert "/hook" not in outcome.reason


@pytest.mark.parametrize("name", EVERY)
def test_what_a_notifier_cannot_do_raises_nothing(name: str, end: FarEnd) -> None:
    notifier = made(EVERY[name], end)
    if notifier.capabilities.threads:
        pytest.skip("it can, and has tests of its own")
    at = Delivered(EVERY[name].place)
    assert isinstance(notifier.edit(at, MESSAGE, "key"), Delivered)
    assert notifier.find(EVERY[name].place, "key", 0) == Missing()
