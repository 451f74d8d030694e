"""Our own limits hold back work, never a verdict."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
import uvloop

from exporter.network.admission import AT_ONCE, Admission
from exporter.probes.transport.result import ProbeResult
from exporter.probes.transport.run import Network
from exporter.services.runner import attempt
from exporter.services.schedule import Schedule
from exporter.services.target import Target
from tests.exporter.asking import target_of
from tests.exporter.servers import serving

MANY = 150
REFUSAL = bytes.fromhex("15 0303 0002 0228")  # alert: fatal, handshake failure


def test_few_begin_in_one_turn_of_the_loop_in_the_order_in_which_they_came() -> None:
    begun: list[int] = []
    turns: list[int] = []

    async def beginner(admission: Admission, number: int) -> None:
        await admission.begin()
        begun.append(number)

    async def main() -> None:
        admission = Admission()
        tasks = [asyncio.ensure_future(beginner(admission, n)) for n in range(23)]
        while len(begun) < 23:
            before = len(begun)
            await asyncio.sleep(0)
            turns.append(len(begun) - before)
        await asyncio.gather(*tasks)

    asyncio.run(main())
    assert begun == sorted(begun)
    assert max(turns) == AT_ONCE


def test_who_gives_up_while_waiting_takes_nobody_s_place() -> None:
    async def main() -> None:
        admission = Admission(at_once=1)
        await admission.begin()
        leaver, stayer = (asyncio.ensure_future(admission.begin()) for _ in range(2))
        await asyncio.sleep(0)
        leaver.cancel()
        await asyncio.wait_for(stayer, 5)
        for _ in range(10):
            await asyncio.wait_for(admission.begin(), 5)

    asyncio.run(main())


@contextmanager
def patient_site() -> Iterator[int]:
    """Answer TLS hellos (by an alert) only when all of `MANY` clients have sent theirs."""
    all_wait = threading.Barrier(MANY)

    def answer(connection: socket.socket) -> None:
        connection.recv(65_536)
        with suppress(threading.BrokenBarrierError):
            all_wait.wait(30)
            connection.sendall(REFUSAL)

    with serving(answer) as port:
        try:
            yield port
        finally:
            all_wait.abort()


async def scheduled(targets: list[Target]) -> dict[str, ProbeResult]:
    """Run each target once, as the exporter does, from its schedule."""
    network, found = Network.open(), dict[str, ProbeResult]()
    complete = asyncio.Event()

    async def job(target: Target, _late: float) -> None:
        if target.config.target not in found:
            found[target.config.target] = await attempt(target, network)
        if len(found) == len(targets):
            complete.set()

    schedule = Schedule(job)
    schedule.replace(targets)
    for turn in schedule._turns:
        schedule._start(turn)
    try:
        await asyncio.wait_for(complete.wait(), 30)
    finally:
        await schedule.close()
        await network.close()
    return found


def run_scheduled(targets: list[Target]) -> dict[str, ProbeResult]:
    """Run `scheduled` on the exporter's event loop."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(scheduled(targets))


def site_at(port: int, number: int) -> Target:
    """Return a target of its own key."""
    made = target_of(type="http", url=f"https://127.0.0.1:{port}/{number}", timeout="4s")
    return Target(made.key._replace(service=f"s{port}-{number}"), made.config, made.need)


def test_handshakes_that_all_wait_for_their_peers_wait_at_the_same_time() -> None:
    with patient_site() as port:
        found = run_scheduled([site_at(port, n) for n in range(MANY)])
    assert {result.reason for result in found.values()} == {"tls"}


@pytest.mark.parametrize("backlog", [1024, 0])
def test_peers_that_never_answer_hold_up_nobody_else(backlog: int) -> None:
    with (
        socket.create_server(("127.0.0.1", 0), backlog=backlog) as listener,
        socket.create_connection(listener.getsockname()),
        patient_site() as port,
    ):
        dead = listener.getsockname()[1]
        silent = [site_at(dead, n) for n in range(MANY)]
        found = run_scheduled([*silent, *(site_at(port, n) for n in range(MANY))])
    told = {True: set[str | None](), False: set[str | None]()}
    for target, result in found.items():
        told[f":{dead}/" in target].add(result.reason)
    assert told[False] == {"tls"}
    assert told[True] <= {"timeout", "setup"}  # a busy machine is no proof of their silence
