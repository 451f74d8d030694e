"""What is settled is searched for garbage no more, until all is settled anew."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from uptime_common.garbage import settle


class Thing:
    def __init__(self) -> None:
        self.myself = self


@pytest.fixture(autouse=True)
def _thawed() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


def test_what_is_settled_is_searched_no_more_and_a_reload_lets_go_of_it() -> None:
    old = Thing()
    settle()
    assert not any(thing is old for thing in gc.get_objects())
    gone = weakref.ref(old)
    del old
    settle()
    assert gone() is None
    assert gc.get_threshold()[0] == 10_000
