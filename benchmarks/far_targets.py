"""False verdicts on far and dead HTTPS targets: our exporter beside blackbox_exporter.

Usage: python -m benchmarks.far_targets [--targets=1000] [--round-trip=300] [--dead=0]
[--seconds=60] [--python=PATH] [--whole]

Every target is alive, behind a proxy that delays each round trip (the handshake of TCP included) by
so many milliseconds, except for ``dead`` ones, whose SYN is dropped. Prints, for both sides, the
most live targets that were called down at once, and the CPU with its ratio; exits 1 where ours
called one down. ``--whole`` does so at 25, 125 and 300 ms, and at 25 ms beside as many dead ones.
"""

import argparse
import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

import requests
import uvloop

from benchmarks.probing_stacks import Stack, ours, target_server, theirs, up
from tests.programs.process import stop


class Delayed(asyncio.Protocol):
    """Hands on what comes, half a round trip later."""

    def __init__(self, half: float, peer: "Delayed | None" = None) -> None:
        self.half = half
        self.peer = peer
        self.early: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        asyncio.get_running_loop().call_later(self.half, self.hand_on, data)

    def hand_on(self, data: bytes) -> None:
        if self.peer is None:
            self.early.append(data)
        elif not self.peer.transport.is_closing():
            self.peer.transport.write(data)

    def connection_lost(self, _error: Exception | None) -> None:
        if self.peer is not None:
            self.peer.transport.close()


class Door(Delayed):
    """A client's side; its server is reached a round trip after the client came."""

    def __init__(self, half: float, port: int) -> None:
        super().__init__(half)
        self.port = port

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        loop = asyncio.get_running_loop()
        loop.call_later(2 * self.half, lambda: loop.create_task(self.reach()))

    async def reach(self) -> None:
        loop = asyncio.get_running_loop()
        _, self.peer = await loop.create_connection(
            lambda: Delayed(self.half, self), "127.0.0.1", self.port
        )
        for data in self.early:
            self.hand_on(data)
        if self.transport.is_closing():
            self.peer.transport.close()


async def proxy(port: int, half: float) -> None:
    """Run the proxy until the process is ended; print its port."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Door(half, port), "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextmanager
def far(port: int, milliseconds: int) -> Iterator[int]:
    """Give the port at which a server is that many milliseconds away."""
    command = [sys.executable, "-m", "benchmarks.far_targets", f"--proxy={port}"]
    command.append(f"--round-trip={milliseconds}")
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            stop(process)


@contextmanager
def black_hole() -> Iterator[int]:
    """Give a port whose SYNs are dropped: its queue is full."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        port = listener.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            yield port


def down_of_ours(stack: Stack, live: set[str]) -> int:
    shown = requests.get(f"{stack.url}/targets?json", timeout=30).json()
    return sum(t["state"] == "down" and t["target"] in live for t in shown)


def watch(we: Stack, they: Stack, live: set[str], seconds: int) -> tuple[int, int]:
    """Return the most live targets that each side called down at once."""
    path = next(iter(live)).rsplit("/", 1)[0]
    query = f'count(probe_success{{instance=~"{path}/.*"}} == 0)'
    worst, end = (0, 0), time.monotonic() + seconds
    while time.monotonic() < end:
        worst = max(worst[0], down_of_ours(we, live)), max(worst[1], up(they, query))
        time.sleep(1)
    return worst


def lateness(we: Stack) -> str:
    """Return the share of runs that began within 100 ms and within a second of their turn."""
    text = requests.get(f"{we.url}/metrics", timeout=30).text
    name = "sla_exporter_probe_lateness_seconds"
    lines = [line.rsplit(" ", 1) for line in text.splitlines() if line.startswith(name)]
    found = {key: float(value) for key, value in lines}
    total = found[f"{name}_count"]
    shares = (found[f'{name}_bucket{{le="{bound}"}}'] / total for bound in ("0.1", "1.0"))
    return " and ".join(f"{share:.1%}" for share in shares)


def compare(given: argparse.Namespace) -> int:
    """Run both; return the most live targets that ours called down."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        ports = stack.enter_context(target_server(folder))
        near = stack.enter_context(far(ports["https"], given.round_trip))
        hole = stack.enter_context(black_hole())
        live = [f"https://127.0.0.1:{near}/{i}" for i in range(given.targets)]
        asked = live + [f"https://127.0.0.1:{hole}/{i}" for i in range(given.dead)]
        limit = {"timeout": "5s"}
        we = stack.enter_context(ours(folder, "https", asked, given.python, limit))
        they = stack.enter_context(theirs(folder, "https", asked, timeout="5s"))
        before = we.cpu()[0], they.cpu()[0]
        wrong = watch(we, they, set(live), given.seconds)
        cpu = we.cpu()[0] - before[0], they.cpu()[0] - before[1]
        print(
            f"{given.targets} live at {given.round_trip} ms, {given.dead} dead: most live ones "
            f"called down at once: ours {wrong[0]}, blackbox {wrong[1]}; CPU of the prober in "
            f"{given.seconds} s: ours {cpu[0]:.1f}, blackbox {cpu[1]:.1f} s, "
            f"ours is {cpu[0] / cpu[1]:.2f} of it; up at the end: "
            f"ours {up(we, 'sum(service_probe_success)')}, "
            f"blackbox {up(they, 'sum(probe_success)')}; "
            f"begun within 0.1 and 1 s of their turn: {lateness(we)}",
            flush=True,
        )
    return wrong[0]


def worlds(given: argparse.Namespace) -> Iterator[argparse.Namespace]:
    """Yield what is to be compared, one after the other."""
    if not given.whole:
        yield given
        return
    for round_trip, dead in ((25, 0), (125, 0), (300, 0), (25, given.targets)):
        yield argparse.Namespace(**vars(given) | {"round_trip": round_trip, "dead": dead})


def main() -> int:
    flags = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    flags.add_argument("--targets", type=int, default=1000, help="live ones (default: 1000)")
    flags.add_argument("--round-trip", type=int, default=300, help="milliseconds (default: 300)")
    flags.add_argument("--dead", type=int, default=0, help="black holes beside them (default: 0)")
    flags.add_argument("--seconds", type=int, default=60, help="how long each (default: 60)")
    flags.add_argument("--python", default=sys.executable, help="Python of our exporter")
    flags.add_argument("--whole", action="store_true", help="every round trip, and dead ones")
    flags.add_argument("--proxy", type=int, help=argparse.SUPPRESS)
    given = flags.parse_args()
    if given.proxy:
        uvloop.run(proxy(given.proxy, given.round_trip / 2000))
        return 0
    return 1 if sum([compare(world) for world in worlds(given)]) else 0


if __name__ == "__main__":
    sys.exit(main())
