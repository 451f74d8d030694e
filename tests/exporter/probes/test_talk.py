import re
import socket
import struct
from typing import Any

import pytest

from tests.exporter.asking import ask
from tests.exporter.servers import saying, serving

ESMTP = (b"220-mx.example.org ESMTP\r\n220 ready\r\n", b"250-mx\r\n250 HELP\r\n", b"221 bye\r\n")
MYSQL_GREETING = (
    b"\x0a8.0.36\0" + b"\x01\0\0\0" + b"saltsalt\0" + b"\xff\xf7\x21\x02\0\xff\xc1\x15" + b"\0" * 10
)


def packet(number: int, body: bytes) -> bytes:
    return len(body).to_bytes(3, "little") + bytes([number]) + body


def refusal(code: int) -> bytes:
    return packet(2, b"\xff" + struct.pack("<H", code) + b"#28000no")


def postgres(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!I", len(body) + 4) + body


CASES: list[tuple[dict[str, Any], tuple[bytes, ...], str | None]] = [
    ({"type": "ssh"}, (b"SSH-2.0-OpenSSH_9.6\r\n",), None),
    ({"type": "ssh"}, (b"hello\r\nSSH-1.99-x\r\n",), None),
    ({"type": "ssh"}, (b"SSH-1.5-x\r\n",), "protocol"),
    ({"type": "ssh", "expect": "OpenSSH_9"}, (b"SSH-2.0-dropbear\r\n",), "answer"),
    ({"type": "ssh"}, (b"junk\r\n" * 30,), "protocol"),
    ({"type": "smtp"}, ESMTP, None),
    ({"type": "smtp", "expect": "mx.example.org"}, ESMTP, None),
    ({"type": "smtp", "expect": "postfix"}, ESMTP, "answer"),
    ({"type": "smtp"}, (b"554 go away\r\n",), "status"),
    ({"type": "smtp"}, (ESMTP[0], b"502 no\r\n"), "status"),
    ({"type": "imap"}, (b"* OK ready\r\n",), None),
    ({"type": "imap"}, (b"* BYE busy\r\n",), "status"),
    ({"type": "imap"}, (b"+OK ready\r\n",), "protocol"),
    ({"type": "smtp"}, (b"HTTP/1.1 400 no\r\n",), "protocol"),
    ({"type": "redis"}, (b"", b"+PONG\r\n"), None),
    ({"type": "redis"}, (b"", b"-NOAUTH who are you\r\n"), None),
    ({"type": "redis"}, (b"", b"-LOADING dataset\r\n"), "answer"),
    ({"type": "mysql"}, (packet(0, MYSQL_GREETING), refusal(1045)), None),
    ({"type": "mysql"}, (packet(0, MYSQL_GREETING), packet(2, b"\0\0\0\2\0\0\0")), None),
    ({"type": "mysql"}, (packet(0, MYSQL_GREETING), refusal(1040)), "status"),
    ({"type": "mysql"}, (packet(0, b"\xff" + struct.pack("<H", 1129) + b"blocked"),), "status"),
    ({"type": "mysql"}, (b"SSH-2.0-OpenSSH_9.6\r\n",), "protocol"),
    ({"type": "tcp", "conversation": [{"expect": "^220 "}]}, ESMTP, None),
    ({"type": "tcp", "conversation": [{"expect": "^554 "}], "timeout": "300ms"}, ESMTP, "timeout"),
]


@pytest.mark.parametrize(("probe", "parts", "reason"), CASES)
def test_servers_are_judged_by_what_they_say(
    probe: dict[str, Any], parts: tuple[bytes, ...], reason: str | None
) -> None:
    with serving(saying(*parts)) as port:
        result = ask(target=f"127.0.0.1:{port}", **{"timeout": "1s"} | probe)
    assert result.reason == reason, result.detail


@pytest.mark.parametrize(
    ("first", "reason"),
    [
        (postgres(b"R", struct.pack("!I", 10)), None),
        (postgres(b"E", b"SFATAL\0C28000\0Mno entry for host\0\0"), None),
        (postgres(b"E", b"SFATAL\0C57P03\0Mstarting up\0\0"), "status"),
        (postgres(b"E", b"SFATAL\0C53300\0Mtoo many clients\0\0"), "status"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "protocol"),
        (b"R\0\0\0\0", "protocol"),
    ],
)
def test_postgres_is_judged_by_whether_it_takes_sessions(first: bytes, reason: str | None) -> None:
    def handle(connection: socket.socket) -> None:
        connection.recv(100)
        connection.sendall(first)
        connection.recv(1)

    with serving(handle) as port:
        assert ask(type="postgres", target=f"127.0.0.1:{port}").reason == reason


def test_a_conversation_sends_what_it_heard() -> None:
    heard: list[bytes] = []

    def handle(connection: Any) -> None:
        connection.sendall(b"PING 4711\r\n")
        heard.append(connection.recv(100))
        connection.sendall(b"OK\r\n")
        connection.recv(1)

    steps = [{"expect": r"^PING (\d+)", "send": r"PONG \1"}, {"expect": "^OK$"}]
    with serving(handle) as port:
        assert ask(type="tcp", target=f"127.0.0.1:{port}", conversation=steps).success
    assert heard == [b"PONG 4711\r\n"]
    assert re.fullmatch(rb"PONG \d+\r\n", heard[0])
