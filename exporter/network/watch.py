"""Watching other libraries' sockets on the event loop."""

import asyncio
import select
from collections.abc import Callable
from typing import Protocol

READ, WRITE = 1, 2
Ready = Callable[[list[tuple[int, int]]], None]
"""Takes what is ready: descriptors, each with READ, WRITE or both."""


class Watch(Protocol):
    """Calls back when a descriptor is ready."""

    def set(self, fd: int, wanted: int) -> None:
        """Watch a descriptor for READ, WRITE, both, or (0) no longer."""

    def close(self) -> None:
        """Watch nothing any more."""


class EpollWatch:
    """One epoll descriptor of our own, which the loop watches.

    Three system calls per connection where uvloop's own watching takes a dozen, and one wake-up
    for all that is ready.
    """

    def __init__(self, ready: Ready) -> None:
        self._ready = ready
        self._epoll = select.epoll()
        self._watched: dict[int, int] = {}
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._epoll.fileno(), self._wake)

    def set(self, fd: int, wanted: int) -> None:
        """Watch a descriptor; see `Watch`."""
        watched = self._watched.pop(fd, 0)
        if wanted:
            self._watched[fd] = wanted
        if wanted == watched:
            return
        mask = (select.EPOLLIN if wanted & READ else 0) | (select.EPOLLOUT if wanted & WRITE else 0)
        if not watched:
            self._epoll.register(fd, mask)
        elif wanted:
            self._epoll.modify(fd, mask)
        else:
            self._epoll.unregister(fd)

    def _wake(self) -> None:
        hang_up = select.EPOLLHUP | select.EPOLLERR
        self._ready(
            [
                (
                    fd,
                    (READ if event & (select.EPOLLIN | hang_up) else 0)
                    | (WRITE if event & (select.EPOLLOUT | hang_up) else 0),
                )
                for fd, event in self._epoll.poll(0)
            ]
        )

    def close(self) -> None:
        """Watch nothing any more."""
        self._loop.remove_reader(self._epoll.fileno())
        self._epoll.close()


class LoopWatch:
    """The loop's own readers and writers, where there is no epoll."""

    def __init__(self, ready: Ready) -> None:
        self._ready = ready
        self._watched: dict[int, int] = {}
        self._loop = asyncio.get_running_loop()

    def set(self, fd: int, wanted: int) -> None:
        """Watch a descriptor; see `Watch`."""
        watched = self._watched.pop(fd, 0)
        if wanted:
            self._watched[fd] = wanted
        changed = wanted ^ watched
        if changed & READ:
            if wanted & READ:
                self._loop.add_reader(fd, self._ready, [(fd, READ)])
            else:
                self._loop.remove_reader(fd)
        if changed & WRITE:
            if wanted & WRITE:
                self._loop.add_writer(fd, self._ready, [(fd, WRITE)])
            else:
                self._loop.remove_writer(fd)

    def close(self) -> None:
        """Watch nothing any more."""
        for fd in list(self._watched):
            self.set(fd, 0)


def watch(ready: Ready) -> Watch:
    """Return the best watch of this platform."""
    return EpollWatch(ready) if hasattr(select, "epoll") else LoopWatch(ready)
