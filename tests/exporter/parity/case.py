"""A hostile endpoint, and how both probers are asked about it."""

import socket
import ssl
import struct
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

Serve = Callable[[socket.socket], None]
LIMIT_SECONDS = 3.0
"""Time limit of both probers."""
TOO_LONG = LIMIT_SECONDS * 3


@dataclass(frozen=True)
class Case:
    """One endpoint and one question.

    Args:
        name: unique; also the module's name in blackbox_exporter.
        serve: runs for every connection; None: nobody listens.
        tls: the certificate that the server shows (a key of ``Certificates``), if it speaks TLS.
        host: where the server listens and whom the probers ask.
        plain: what the server says, each part before it hears a line, before TLS begins.
        answers: what the server returns for a datagram, if it is one of datagrams.
        asked: the host that the probers name, if not ``host``.
        patient: we wait until our limit, where they know at once.
        at: gives the port of a server that runs meanwhile, in place of ``serve``.
        ours: more fields of our probe.
        theirs: more fields of the module's section.
    """

    name: str
    serve: Serve | None
    kind: str = "http"
    tls: str | None = None
    host: str = "127.0.0.1"
    asked: str | None = None
    path: str = "/"
    scheme: str | None = None
    plain: tuple[bytes, ...] = ()
    answers: Callable[[bytes], bytes | None] | None = None
    patient: bool = False
    at: Callable[[], AbstractContextManager[int]] | None = None
    ours: Mapping[str, Any] = field(default_factory=dict)
    theirs: Mapping[str, Any] = field(default_factory=dict)


def heard(connection: socket.socket) -> bytes:
    """Read until the end of a request's head; return it."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(65_536)
        if not part:
            break
        data += part
    return data


def asked_for(answer: Callable[[bytes, bytes, bytes], bytes]) -> Serve:
    """Return a server that answers by method, path and the request's head."""

    def serve(connection: socket.socket) -> None:
        head = heard(connection)
        method, path, *_ = [*head.split(b" ", 2), b"", b""]
        connection.sendall(answer(method, path, head))
        finish(connection)

    return serve


def raw(*parts: bytes, pause: float = 0.0) -> Serve:
    """Return a server that hears a request, then sends parts with pauses between them."""

    def serve(connection: socket.socket) -> None:
        heard(connection)
        for part in parts:
            connection.sendall(part)
            time.sleep(pause)
        finish(connection)

    return serve


def finish(connection: socket.socket) -> None:
    """End our side, then wait for the peer's: a close with unread data would be a reset."""
    if isinstance(connection, ssl.SSLSocket):
        return  # whoever wrapped it says goodbye
    try:
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65_536):
            pass
    except OSError:
        pass


def ok(body: bytes = b"fine", *headers: bytes, status: bytes = b"200 OK") -> bytes:
    """Return a well-formed answer."""
    head = [b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join(head) + b"\r\n\r\n" + body


def endless(head: bytes, part: bytes) -> Serve:
    """Return a server that sends a part again and again."""

    def serve(connection: socket.socket) -> None:
        heard(connection)
        connection.sendall(head)
        deadline = time.monotonic() + TOO_LONG
        while time.monotonic() < deadline:
            connection.sendall(part)
            time.sleep(0.01)

    return serve


def reset(after: bytes = b"") -> Serve:
    """Return a server that resets the connection after it said something."""

    def serve(connection: socket.socket) -> None:
        heard(connection)
        connection.sendall(after)
        time.sleep(0.05)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return serve


def silent(connection: socket.socket) -> None:
    """Accept and never say a word."""
    del connection
    time.sleep(TOO_LONG)


def hang_up(connection: socket.socket) -> None:
    """Accept and end at once."""
    finish(connection)
