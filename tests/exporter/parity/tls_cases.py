"""Good and bad TLS below HTTP, and plain conversations over TCP."""

import socket
from typing import Any

from tests.exporter.parity.case import Case, Serve, ok, raw, silent

_SKIP = {"insecure_skip_verify": True}


def _cut(connection: socket.socket) -> None:
    """Begin a server's hello and end."""
    connection.recv(65_536)
    connection.sendall(bytes.fromhex("160303007a0200007603"))


def _record_of_garbage(connection: socket.socket) -> None:
    connection.recv(65_536)
    connection.sendall(b"\x17\x03\x03\xff\xff" + b"x" * 100)


def _says(*parts: bytes) -> Serve:
    def serve(connection: socket.socket) -> None:
        for part in parts:
            connection.sendall(part)
            if not connection.recv(65_536):
                return

    return serve


TLS_CASES = [
    Case("tls-good", raw(ok()), tls="good", asked="localhost"),
    Case("tls-by-address", raw(ok()), tls="good"),
    Case("tls-expired", raw(ok()), tls="expired", asked="localhost"),
    Case("tls-other-name", raw(ok()), tls="other", asked="localhost"),
    Case("tls-self-signed", raw(ok()), tls="self", asked="localhost"),
    Case("tls-unknown-authority", raw(ok()), tls="stranger", asked="localhost"),
    Case("tls-unverified-expired", raw(ok()), tls="expired", asked="localhost",
         ours={"tls": _SKIP}, theirs={"tls_config": _SKIP}),
    Case("tls-old-version", raw(ok()), tls="old", asked="localhost"),
    Case("tls-needs-name", raw(ok()), tls="sni", asked="localhost"),
    Case("tls-needs-name-by-address", raw(ok()), tls="sni"),
    Case("tls-wants-certificate", raw(ok()), tls="client", asked="localhost"),
    Case("tls-cut-hello", _cut, scheme="https", asked="localhost"),
    Case("tls-garbage", _record_of_garbage, scheme="https", asked="localhost"),
    Case("tls-silent", silent, scheme="https", asked="localhost"),
    Case("tls-expected-plain-there", raw(ok()), scheme="https", asked="localhost"),
    Case("plain-expected-tls-there", raw(ok()), tls="good", scheme="http", asked="localhost"),
    Case("tls-body-cut-short", raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nabc"),
         tls="good", asked="localhost"),
    Case("tls-no-goodbye", raw(b"HTTP/1.1 200 OK\r\n\r\nfine"), tls="abrupt", asked="localhost"),
]  # fmt: skip


def _talk(*steps: dict[str, object]) -> dict[str, Any]:
    return {"ours": {"conversation": [dict(s) for s in steps]},
            "theirs": {"query_response": [dict(s) for s in steps]}}  # fmt: skip


TCP_CASES = [
    Case("tcp-open", silent, kind="tcp"),
    Case("tcp-refused", None, kind="tcp"),
    Case("tcp-no-such-name", silent, kind="tcp", asked="nobody.invalid"),
    Case("tcp-talk", _says(b"220 hello\r\n", b"250 fine\r\n"), kind="tcp",
         **_talk({"expect": "^220 (.*)"}, {"send": "EHLO x"}, {"expect": "^250 "})),
    Case("tcp-talk-wrong", _says(b"220 hello\r\n", b"554 no\r\n"), kind="tcp",
         **_talk({"expect": "^220 "}, {"send": "EHLO x"}, {"expect": "^250 "})),
    Case("tcp-talk-to-nobody", silent, kind="tcp", **_talk({"expect": "^220 "})),
    Case("tcp-talk-cut", lambda c: c.sendall(b"22"), kind="tcp", **_talk({"expect": "^220 "})),
    Case("tcp-ip6", silent, kind="tcp", host="::1"),
]  # fmt: skip
CASES = [*TLS_CASES, *TCP_CASES]
