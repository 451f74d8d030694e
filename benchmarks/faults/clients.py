"""Those who ask the engine: half-open connections, who never reads, more than descriptors."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress

from benchmarks.faults.case import BOUNDED, ITS_OWN, Case
from benchmarks.faults.world import World

_NOFILE = 256
_MANY = 1_200
_LOG = 1_000_000


def _connected(world: World, stack: ExitStack, count: int, said: bytes) -> None:
    clients: list[socket.socket] = []
    for _ in range(count):
        client = stack.enter_context(socket.socket())
        client.setblocking(False)
        client.connect_ex(("127.0.0.1", world.port))  # whoever is not let in waits
        clients.append(client)
    time.sleep(1)
    for client in clients:
        with suppress(OSError):
            client.send(said)


def _with(world: World, said: bytes, count: int) -> Iterator[str]:
    world.start_engine(("prlimit", f"--nofile={_NOFILE}:{_NOFILE}", "--"))
    world.settle()
    before = world.log.stat().st_size
    with ExitStack() as stack:
        _connected(world, stack, count, said)
        begun = time.monotonic()
        world.outage("shop")
        if time.monotonic() - begun > 30:
            yield "an outage was seen over 30 s late"
        world.until("it is told", world.slack.roots, 30)
    if world.log.stat().st_size - before > _LOG:
        yield f"the log grew by {world.log.stat().st_size - before:,} bytes"
    world.until("its page answers again", world.answers)
    world.settle()
    yield from world.violations()


def _half_open(world: World) -> Iterator[str]:
    yield from _with(world, b"GET /metrics HTTP/1.1\r\nHost: x\r\nX-", _MANY)


def _silent(world: World) -> Iterator[str]:
    yield from _with(world, b"", _MANY)


def _never_reading(world: World) -> Iterator[str]:
    yield from _with(world, b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 50, 200)


def _garbage(world: World) -> Iterator[str]:
    yield from _with(world, b"\x16\x03\x01\x02\x00 \xff\xfe" * 200, 200)


CASES = (
    Case("clients", "1,200 half-open requests at 256 descriptors", BOUNDED, _half_open),
    Case("clients", "1,200 silent connections at 256 descriptors", BOUNDED, _silent),
    Case("clients", "10,000 requests whose answers nobody reads", BOUNDED, _never_reading),
    Case("clients", "200 that speak another protocol", ITS_OWN, _garbage),
)
