"""libcurl's multi interface on the event loop, by ``socket_action``.

See https://curl.se/libcurl/c/curl_multi_socket_action.html for the protocol of callbacks.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import pycurl

from exporter.network.watch import READ, WRITE, Ready, Watch, watch

_WANTED = {
    pycurl.POLL_IN: READ,
    pycurl.POLL_OUT: WRITE,
    pycurl.POLL_INOUT: READ | WRITE,
    pycurl.POLL_REMOVE: 0,
}
_EVENTS = {
    READ: pycurl.CSELECT_IN,
    WRITE: pycurl.CSELECT_OUT,
    READ | WRITE: pycurl.CSELECT_IN | pycurl.CSELECT_OUT,
}


@dataclass(frozen=True, slots=True)
class Done:
    """How a transfer ended: libcurl's code (0 is well) and its words."""

    code: int
    message: str = ""


_WELL = Done(0)


class Curl:
    """Performs easy handles concurrently on the running loop."""

    def __init__(self, watching: Callable[[Ready], Watch] = watch) -> None:
        self._loop = asyncio.get_running_loop()
        self._watch = watching(self._on_ready)
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._on_socket)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._on_timer)
        self._waiting: dict[pycurl.Curl, asyncio.Future[Done]] = {}
        self._timer: asyncio.Handle | None = None

    async def perform(self, easy: pycurl.Curl) -> Done:
        """Run one transfer; cancelling the caller ends it at once."""
        future: asyncio.Future[Done] = self._loop.create_future()
        self._waiting[easy] = future
        self._multi.add_handle(easy)
        try:
            return await future
        finally:
            if self._waiting.pop(easy, None) is not None:
                self._multi.remove_handle(easy)

    def _on_socket(self, what: int, fd: int, _multi: object, _data: object) -> None:
        self._watch.set(fd, _WANTED[what])

    def _on_timer(self, milliseconds: int) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if milliseconds >= 0:
            self._timer = self._loop.call_later(milliseconds / 1000, self._on_time)

    def _on_time(self) -> None:
        self._timer = None
        self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        self._collect()

    def _on_ready(self, ready: list[tuple[int, int]]) -> None:
        for fd, event in ready:
            if event:
                self._multi.socket_action(fd, _EVENTS[event])
        self._collect()

    def _collect(self) -> None:
        more = 1
        while more:
            more, good, bad = self._multi.info_read()
            for easy in good:
                self._finish(easy, _WELL)
            for easy, code, message in bad:
                self._finish(easy, Done(code, message))

    def _finish(self, easy: pycurl.Curl, done: Done) -> None:
        future = self._waiting.pop(easy)
        self._multi.remove_handle(easy)
        if not future.done():
            future.set_result(done)

    def close(self) -> None:
        """End every transfer."""
        for easy in list(self._waiting):
            self._multi.remove_handle(easy)
        for future in self._waiting.values():
            future.cancel()
        self._waiting.clear()
        if self._timer is not None:
            self._timer.cancel()
        self._multi.close()
        self._watch.close()
