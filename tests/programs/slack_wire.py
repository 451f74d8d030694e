"""The websocket of the local Slack: it pushes envelopes and takes their acknowledgements.

Source: https://docs.slack.dev/apis/events-api/using-socket-mode. An address is good for one
connection; Slack sends `hello` first, and `disconnect` when the connection is to be renewed.
"""

import asyncio
import itertools
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from aiohttp import WSMsgType, web

from tests.programs.slack import Slack

_PATIENCE_SECONDS = 20.0

Json = dict[str, Any]


class Wire:
    """What the websocket end saw; every method is called from the test's thread."""

    def __init__(self) -> None:
        self.acknowledged: list[str] = []
        self.opened = 0
        self.changed = threading.Condition()
        self.port = 0
        self._sockets: list[web.WebSocketResponse] = []
        self._tickets: set[str] = set()
        self._numbers = itertools.count(1)
        self._loop = asyncio.new_event_loop()

    def address(self) -> str:
        """Return an address that is good for one connection."""
        ticket = str(next(self._numbers))
        self._tickets.add(ticket)
        return f"ws://127.0.0.1:{self.port}/link/?ticket={ticket}&app_id=A1"

    @property
    def connections(self) -> int:
        """Return how many websockets are open."""
        return len(self._sockets)

    def wait(self, until: Callable[[], bool]) -> None:
        """Wait until something is so."""
        with self.changed:
            assert self.changed.wait_for(until, _PATIENCE_SECONDS), "nothing came of it"

    def push(self, kind: str, payload: Any, envelope: str = "") -> str:
        """Send an envelope, and return its id when it was acknowledged."""
        identifier = envelope or f"envelope-{next(self._numbers)}"
        before = self.acknowledged.count(identifier)
        self.send({"type": kind, "envelope_id": identifier, "payload": payload})
        self.wait(lambda: self.acknowledged.count(identifier) > before)
        return identifier

    def send(self, message: Any) -> None:
        """Send a message as it is over the newest connection."""
        text = message if isinstance(message, str) else json.dumps(message)
        asyncio.run_coroutine_threadsafe(self._sockets[-1].send_str(text), self._loop).result(10)

    def renew(self) -> None:
        """Ask for a new connection, as Slack does every few hours."""
        opened = self.opened
        self.send({"type": "disconnect", "reason": "refresh_requested", "debug_info": {}})
        self.wait(lambda: self.opened == opened + 1 and self.connections == 1)

    def drop(self) -> None:
        """Close every connection."""
        for socket in list(self._sockets):
            asyncio.run_coroutine_threadsafe(socket.close(), self._loop).result(10)

    async def _link(self, request: web.Request) -> web.StreamResponse:
        if request.query["ticket"] not in self._tickets:
            return web.Response(status=408, text="this address was used")
        self._tickets.remove(request.query["ticket"])
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"type": "hello", "num_connections": 1})
        self._note(lambda: self._sockets.append(socket))
        self.opened += 1
        async for message in socket:
            if message.type == WSMsgType.TEXT:
                self._note(partial(self._take, message.data))
        self._note(lambda: self._sockets.remove(socket))
        return socket

    def _take(self, text: str) -> None:
        self.acknowledged.append(json.loads(text)["envelope_id"])

    def _note(self, change: Callable[[], None]) -> None:
        with self.changed:
            change()
            self.changed.notify_all()

    async def _serve(self) -> web.AppRunner:
        app = web.Application()
        app.router.add_get("/link/", self._link)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.port = runner.addresses[0][1]
        return runner


@contextmanager
def slack_wire(slack: Slack) -> Iterator[Wire]:
    """Serve the websocket of a local Slack until the block ends."""
    wire = Wire()
    thread = threading.Thread(target=wire._loop.run_forever)
    thread.start()
    runner = asyncio.run_coroutine_threadsafe(wire._serve(), wire._loop).result(10)
    slack.link = wire.address
    try:
        yield wire
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), wire._loop).result(10)
        wire._loop.call_soon_threadsafe(wire._loop.stop)
        thread.join()
        wire._loop.close()
