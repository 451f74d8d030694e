"""TCP probes: bytes, addresses of ours, unix sockets, and STARTTLS that is refused."""

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import trustme

from tests.exporter.asking import ask, measured
from tests.exporter.servers import Handler, saying, serving
from tests.programs.ports import free_port

SOON = 1.0  # seconds; the time limit is five


@contextmanager
def at_path(path: Path, handler: Handler) -> Iterator[str]:
    """Serve one connection at a unix socket; give the target."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def serve() -> None:
            connection, _ = listener.accept()
            with connection, suppress(OSError):
                handler(connection)

        thread = Thread(target=serve, daemon=True)
        thread.start()
        yield f"unix:{path}"
        thread.join(5)


BYTES: list[tuple[list[dict[str, Any]], str | None]] = [
    ([{"expect_bytes": "hex:00 ff 0a"}], None),
    ([{"expect_bytes": "base64:AP8K"}], None),
    ([{"expect_bytes": "hex:00"}, {"expect_bytes": "hex:ff0a"}], None),
    ([{"expect_bytes": "hex:00fe0a"}], "answer"),
    ([{"expect_bytes": "hex:00ff0a00"}], "answer"),
    ([{"expect_bytes": "hex:00ff0a", "send_bytes": "hex:01"}, {"expect_bytes": "hex:02"}], None),
]


@pytest.mark.parametrize(("steps", "reason"), BYTES)
def test_bytes_are_expected_and_sent(steps: list[dict[str, Any]], reason: str | None) -> None:
    def server(connection: socket.socket) -> None:
        connection.sendall(b"\0\xff\n")
        connection.shutdown(socket.SHUT_WR) if len(steps) == 1 else None
        if connection.recv(10) == b"\1":
            connection.sendall(b"\2")

    with serving(server) as port:
        result = ask(type="tcp", target=f"127.0.0.1:{port}", conversation=steps)
    assert result.reason == reason, result.detail


def test_other_bytes_are_told_before_all_have_come() -> None:
    def server(connection: socket.socket) -> None:
        connection.sendall(b"no")
        connection.recv(1)

    started = time.monotonic()
    with serving(server) as port:
        steps = [{"expect_bytes": "hex:00ff0a00"}]
        assert ask(type="tcp", target=f"127.0.0.1:{port}", conversation=steps).reason == "answer"
    assert time.monotonic() - started < SOON


def test_a_connection_comes_from_the_address_asked_for() -> None:
    peers: list[str] = []

    def server(connection: socket.socket) -> None:
        peers.append(connection.getpeername()[0])
        connection.sendall(b"hi\r\n")

    with serving(server) as port:
        for fields in ({}, {"source_address": "127.0.0.9"}):
            talk = [{"expect": "hi"}]
            assert ask(type="tcp", target=f"127.0.0.1:{port}", conversation=talk, **fields).success
    assert peers == ["127.0.0.1", "127.0.0.9"]


@pytest.mark.parametrize("kind", ["tcp", "tls"])
def test_an_address_that_is_not_ours_tells_nothing_of_the_target(kind: str) -> None:
    with serving(saying(b"hi\r\n")) as port:
        result = ask(type=kind, target=f"127.0.0.1:{port}", source_address="192.0.2.77")
    assert (result.success, result.cause) == (None, "addresses")


def test_a_question_by_datagram_comes_from_the_address_asked_for_too() -> None:
    result = ask(type="dns", server="127.0.0.1:53", query="a.example", source_address="192.0.2.77")
    assert (result.success, result.cause) == (None, "addresses")


def test_the_protocol_of_the_source_address_is_asked() -> None:
    with serving(saying(b"hi\r\n"), "::1") as port:
        target = f"localhost:{port}"
        assert ask(type="tcp", target=target, source_address="::1").success
        assert ask(type="tcp", target=target, source_address="127.0.0.1").reason == "refused"


def test_a_unix_socket_is_talked_to(tmp_path: Path) -> None:
    with at_path(tmp_path / "s", saying(b"hello\r\n")) as target:
        result = ask(type="tcp", target=target, conversation=[{"expect": "^hello"}])
    assert result.success, result.detail
    assert "connect" in result.phases


def test_tls_is_spoken_on_a_unix_socket(tmp_path: Path) -> None:
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.cert_pem.write_to_path(str(tmp_path / "ca"))
    authority.issue_cert("db.example").configure_cert(context)

    def server(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as wrapped:
            wrapped.recv(1)

    tls = {"server_name": "db.example", "ca_file": str(tmp_path / "ca")}
    with at_path(tmp_path / "s", server) as target:
        result = ask(type="tcp", target=target, tls=tls)
    assert measured(result)["tls_version_info/1.3"] == 1


def test_a_unix_socket_without_a_listener_is_down(tmp_path: Path) -> None:
    missing = ask(type="tcp", target=f"unix:{tmp_path}/none")
    assert missing.reason == "missing"
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(tmp_path / "s"))
        assert ask(type="tcp", target=f"unix:{tmp_path}/s").reason == "refused"


def test_a_full_queue_of_a_unix_socket_is_no_shortage_of_ours(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        listener.listen(0)
        with socket.socket(socket.AF_UNIX) as first:
            first.connect(str(tmp_path / "s"))
            result = ask(type="tcp", target=f"unix:{tmp_path}/s", timeout="300ms")
    assert (result.success, result.reason) == (False, "timeout")


REFUSED: list[tuple[str, tuple[bytes, ...], str, str]] = [
    ("smtp", (b"554 no service\r\n",), "status", "554"),
    ("smtp", (b"421-busy\r\n421 go\r\n",), "status", "421 go"),
    ("smtp", (b"220 hi\r\n", b"502 what\r\n"), "status", "502"),
    ("smtp", (b"220 hi\r\n", b"250-a\r\n250 b\r\n", b"454 no TLS\r\n"), "tls", "454"),
    ("smtp", (b"220 hi\r\n", b"250 b\r\n", b"502\r\n"), "tls", "502"),
    ("imap", (b"* BYE busy\r\n",), "status", "busy"),
    ("imap", (b"* OK hi\r\n", b"* x\r\na NO not now\r\n"), "tls", "not now"),
    ("imap", (b"* OK hi\r\n", b"a BAD what\r\n"), "tls", "BAD"),
    ("pop3", (b"-ERR busy\r\n",), "status", "busy"),
    ("pop3", (b"+OK hi\r\n", b"-ERR what\r\n"), "tls", "what"),
    ("pop3", (b"+OK hi\r\n", b"+OK go\r\nnot TLS at all, but text\r\n"), "tls", ""),
    ("postgres", (b"", b"N"), "tls", "does not offer"),
]


@pytest.mark.parametrize(("protocol", "parts", "reason", "told"), REFUSED)
def test_starttls_that_is_refused_is_told_at_once(
    protocol: str, parts: tuple[bytes, ...], reason: str, told: str
) -> None:
    def server(connection: socket.socket) -> None:
        saying(*parts)(connection)
        connection.recv(1000)

    started = time.monotonic()
    with serving(server) as port:
        result = ask(type="tls", target=f"localhost:{port}", starttls=protocol)
    assert result.reason == reason, result
    assert told in result.detail
    assert time.monotonic() - started < SOON


def test_a_peer_that_does_not_speak_tls_is_told_at_once() -> None:
    def server(connection: socket.socket) -> None:
        saying(b"+OK hi\r\n", b"+OK go\r\n", b"not TLS at all, but text\r\n")(connection)
        connection.recv(1000)

    started = time.monotonic()
    with serving(server) as port:
        assert ask(type="tls", target=f"localhost:{port}", starttls="pop3").reason == "tls"
    assert time.monotonic() - started < SOON


def test_a_peer_that_leaves_within_the_handshake_is_told_at_once() -> None:
    def server(connection: socket.socket) -> None:
        saying(b"* OK hi\r\n", b"a OK go\r\n")(connection)

    started = time.monotonic()
    with serving(server) as port:
        result = ask(type="tls", target=f"localhost:{port}", starttls="imap")
        plain = ask(type="tls", target=f"localhost:{free_port()}", starttls="imap")
    assert (result.reason, plain.reason) == ("tls", "refused")
    assert time.monotonic() - started < SOON
