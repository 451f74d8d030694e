"""HTTP connections within bounds: so many at a time, and none that says nothing for ever.

aiohttp speaks HTTP on them; here they are accepted, handed over and ended. A client that opens
connections and says nothing (on purpose, or behind a broken network) costs a place for seconds, and
when all places are taken the one that has waited longest makes room.
"""

import asyncio
import errno
import logging
import socket
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from uptime_common.refused import refused, refused_at_once
from uptime_common.seldom import Seldom

_BACKLOG = 1024
_AGAIN = 5  # seconds after which who was refused may come again
_PAUSE = 0.2  # seconds until accepting is tried again
_OURS = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
_ABSENT = {errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL}
_log = logging.getLogger("web")


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many connections, and how long (seconds) each may take.

    ``head`` is from its opening, the handshake of TLS included, to the end of the first request's
    headers; ``idle`` is from an answer's beginning to the end of the next request's headers.
    ``look`` is how often it is looked at who exceeds these.
    """

    connections: int
    head: float = 10.0
    idle: float = 300.0
    look: float = 1.0


@dataclass(slots=True, eq=False)
class _Connection:
    """``since`` is when it was opened or its last answer began (seconds of the loop's clock).

    ``shaking`` is the handshake of TLS while it is under way.
    """

    sock: socket.socket
    since: float
    shaking: asyncio.Task[None] | None = None
    transport: asyncio.Transport | None = None
    asked: bool = False
    busy: bool = False

    @property
    def is_open(self) -> bool:
        """Say whether it has its descriptor: a closing one does while it has something to say."""
        return self.sock.fileno() >= 0

    @property
    def is_writing(self) -> bool:
        """Say whether an answer waits for the client to read it."""
        return self.transport is not None and self.transport.get_write_buffer_size() > 0

    @property
    def waits(self) -> bool:
        """Say whether the client has the next move."""
        return not self.busy and (self.transport is not None or self.shaking is not None)

    def end(self) -> None:
        """Close it, whatever is on its way."""
        if self.transport is not None:
            self.transport.abort()
        elif self.shaking is not None:
            self.shaking.cancel()


class Connections:
    """Accepts on listening sockets and hands connections to aiohttp's server."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._open: dict[object, _Connection] = {}
        self._opening: set[asyncio.Task[None]] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._seldom = Seldom()

    def middleware(self) -> Middleware:
        """Return what must see every request first: a connection with one under way is kept."""

        @web.middleware
        async def seen(request: web.Request, handler: Handler) -> web.StreamResponse:
            connection = self._open.get(request.protocol)
            if connection is None:  # it made room just now; nobody will read the answer
                return refused("the connection made room for another", after=_AGAIN)
            connection.asked = connection.busy = True
            try:
                return await handler(request)
            finally:
                connection.busy, connection.since = False, asyncio.get_running_loop().time()

        return seen

    def accept(
        self,
        listening: Sequence[socket.socket],
        server: Callable[[], web.RequestHandler],
        tls: Callable[[], ssl.SSLContext | None],
    ) -> None:
        """Begin to accept; ``tls`` is asked for each connection."""
        for sock in listening:
            accepting = self._accept_on(sock, server, tls)
            self._tasks.append(asyncio.create_task(accepting))
        self._tasks.append(asyncio.create_task(self._look()))

    async def close(self) -> None:
        """Accept no more; what is open stays."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept_on(
        self,
        listening: socket.socket,
        server: Callable[[], web.RequestHandler],
        tls: Callable[[], ssl.SSLContext | None],
    ) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                sock, _ = await loop.sock_accept(listening)
            except OSError as error:
                await self._failed(error)
                continue
            if not self._has_room():
                self._refuse(sock, plain=tls() is None)
                continue
            handler, context = server(), tls()
            connection = self._open[handler] = _Connection(sock, loop.time())
            task = asyncio.create_task(self._hand_over(connection, handler, context))
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)
            connection.shaking = task if context else None
            await asyncio.sleep(0)  # the loop's other work goes on, however many come

    async def _hand_over(
        self, connection: _Connection, handler: web.RequestHandler, tls: ssl.SSLContext | None
    ) -> None:
        """Hand a connection to aiohttp; of a stranger's handshake that fails nothing is told."""
        loop = asyncio.get_running_loop()
        limit = None if tls is None else self._bounds.head
        with suppress(OSError):
            connection.transport, _ = await loop.connect_accepted_socket(
                lambda: handler, connection.sock, ssl=tls, ssl_handshake_timeout=limit
            )

    async def _failed(self, error: OSError) -> None:
        """Wait after an accept that failed; where it is for want of descriptors, free some."""
        if error.errno not in _OURS:
            return  # a client that was gone again
        if self._seldom.due("accept"):
            _log.error("no HTTP connection can be accepted: %s", error.strerror)
        self._make_room()
        await asyncio.sleep(_PAUSE)

    def _has_room(self) -> bool:
        """Say whether one more may be open, after the one that waited longest made room."""
        most = self._bounds.connections
        if len(self._open) < most:
            return True
        self._forget_closed()
        if len(self._open) < most:
            return True
        given_up = self._seldom.due("room")
        if given_up:
            _log.warning(
                "%d HTTP connections are open, as many as may be; %d since the last such line "
                "took the place of one that waited, or were refused",
                *(most, given_up),
            )
        return self._make_room()

    def _make_room(self) -> bool:
        """End the connection that has waited longest, and say whether there was one.

        One to which an answer is on its way comes last, and one with a request under way is kept.
        """
        waiting = [one for one in self._open.items() if one[1].waits]
        if not waiting:
            return False
        handler, longest = min(waiting, key=lambda one: (one[1].is_writing, one[1].since))
        longest.end()
        del self._open[handler]
        return True

    def _refuse(self, sock: socket.socket, *, plain: bool) -> None:
        with sock, suppress(OSError):
            if plain:
                why = f"{self._bounds.connections} requests are under way"
                sock.send(refused_at_once(why, after=_AGAIN))
                sock.shutdown(socket.SHUT_WR)

    async def _look(self) -> None:
        """End again and again what has waited too long."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(self._bounds.look)
            self._forget_closed()
            for connection in self._open.values():
                limit = self._bounds.idle if connection.asked else self._bounds.head
                if connection.waits and loop.time() - connection.since > limit:
                    connection.end()

    def _forget_closed(self) -> None:
        for handler in [key for key, one in self._open.items() if not one.is_open]:
            del self._open[handler]


async def listening_sockets(listen: tuple[str, int]) -> list[socket.socket]:
    """Listen on host and port; an empty host means every interface.

    Raises:
        OSError: the name has no address, or none of its addresses can be listened on.
    """
    host, port = listen
    found: list[socket.socket] = []
    infos = await asyncio.get_running_loop().getaddrinfo(
        host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    absent: OSError | None = None
    for family, address in dict.fromkeys((info[0], info[4]) for info in infos):
        try:
            sock = socket.create_server(address, family=family, backlog=_BACKLOG)
        except OSError as error:
            if error.errno in _ABSENT:
                absent = error
                continue
            for opened in found:
                opened.close()
            raise
        sock.setblocking(False)
        found.append(sock)
    if absent is not None and not found:
        raise absent
    return found
