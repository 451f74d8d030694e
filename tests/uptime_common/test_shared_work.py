import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from uptime_common.shared_work import BusyError, GivenUp, NobodyWaitsError, SharedWork


def run(scenario: Awaitable[Any]) -> None:
    async def limited() -> None:
        async with asyncio.timeout(20):
            await scenario

    asyncio.run(limited())


class Work:
    """Work that goes on until it is let go; it knows what it was started for."""

    def __init__(self) -> None:
        self.began: list[str] = []
        self.gave_up: list[str] = []
        self.go = threading.Event()
        self._begun = threading.Semaphore(0)

    def of(self, name: str) -> Callable[[GivenUp], str]:
        def work(given_up: GivenUp) -> str:
            self.began.append(name)
            self._begun.release()
            while not self.go.wait(0.005):
                if given_up():
                    self.gave_up.append(name)
                    raise NobodyWaitsError
            return f"{name} done"

        return work

    async def begun(self) -> None:
        await asyncio.to_thread(self._begun.acquire)


def test_who_asks_for_the_same_gets_the_same() -> None:
    async def scenario() -> None:
        shared: SharedWork[str] = SharedWork("reports", 2)
        work = Work()
        asked = [asyncio.create_task(shared.result("a", work.of("a"))) for _ in range(5)]
        await work.begun()
        work.go.set()
        assert set(await asyncio.gather(*asked)) == {"a done"}
        assert work.began == ["a"]
        assert await shared.result("a", work.of("a")) == "a done"
        assert work.began == ["a", "a"]

    run(scenario())


def test_what_is_beyond_the_bound_is_refused_by_name() -> None:
    async def scenario() -> None:
        shared: SharedWork[str] = SharedWork("reports", 2)
        work = Work()
        asked = [asyncio.create_task(shared.result(name, work.of(name))) for name in "ab"]
        await work.begun()
        await work.begun()
        with pytest.raises(BusyError, match="2 reports are under way, as many as may be"):
            await shared.result("c", work.of("c"))
        work.go.set()
        assert await asyncio.gather(*asked) == ["a done", "b done"]
        assert await shared.result("c", work.of("c")) == "c done"

    run(scenario())


def test_work_that_everybody_left_is_given_up_and_counts_until_it_ends() -> None:
    async def scenario() -> None:
        shared: SharedWork[str] = SharedWork("reports", 1)
        work = Work()
        asked = [asyncio.create_task(shared.result("a", work.of("a"))) for _ in range(2)]
        await work.begun()
        asked[0].cancel()
        await asyncio.sleep(0.02)
        assert work.gave_up == []
        asked[1].cancel()
        await asyncio.gather(*asked, return_exceptions=True)
        work.go.set()
        while True:
            try:
                assert await shared.result("a", work.of("again")) == "again done"
            except BusyError:
                await asyncio.sleep(0.001)
            else:
                break
        assert work.began == ["a", "again"]

    run(scenario())


def test_work_that_waits_and_that_everybody_left_never_begins() -> None:
    async def scenario() -> None:
        shared: SharedWork[str] = SharedWork("reports", 9, threads=1)
        work = Work()
        first = asyncio.create_task(shared.result("a", work.of("a")))
        await work.begun()
        left = [asyncio.create_task(shared.result(n, work.of(str(n)))) for n in range(8)]
        await asyncio.sleep(0)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        work.go.set()
        assert await first == "a done"
        assert await shared.result("b", work.of("b")) == "b done"
        assert work.began == ["a", "b"]

    run(scenario())


def test_all_who_wait_are_told_what_failed() -> None:
    async def scenario() -> None:
        def broken(_: GivenUp) -> str:
            raise ValueError("no service x")

        shared: SharedWork[str] = SharedWork("reports", 1)
        asked = [shared.result("a", broken) for _ in range(3)]
        found = await asyncio.gather(*asked, return_exceptions=True)
        assert [str(error) for error in found] == ["no service x"] * 3

    run(scenario())
