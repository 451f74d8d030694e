"""Good and bad TLS below HTTP, and plain conversations over TCP."""

import socket
import time
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
    Case("tls-1.2-alone", raw(ok()), tls="only 1.2", asked="localhost"),
    Case("tls-1.3-alone", raw(ok()), tls="only 1.3", asked="localhost"),
    Case("tls-1.2-where-1.3-is-wanted", raw(ok()), tls="only 1.2", asked="localhost",
         ours={"tls": {"min_version": "1.3"}}, theirs={"tls_config": {"min_version": "TLS13"}}),
    Case("tls-1.3-where-1.2-is-wanted", raw(ok()), tls="only 1.3", asked="localhost",
         ours={"tls": {"max_version": "1.2"}}, theirs={"tls_config": {"max_version": "TLS12"}}),
    Case("tls-name-in-capitals", raw(ok()), tls="upper", asked="localhost"),
    Case("tls-asked-in-capitals", raw(ok()), tls="good", asked="LOCALHOST"),
    Case("tls-address-alone", raw(ok()), tls="address"),
    Case("tls-address-asked-by-name", raw(ok()), tls="address", asked="localhost"),
    Case("tls-unverified-stranger", raw(ok()), tls="stranger", asked="localhost",
         ours={"tls": _SKIP}, theirs={"tls_config": _SKIP}),
    Case("tls-unverified-other-name", raw(ok()), tls="other", asked="localhost",
         ours={"tls": _SKIP}, theirs={"tls_config": _SKIP}),
    Case("tls-by-ip6", raw(ok()), tls="good", host="::1", ours={"server_name": "localhost"},
         theirs={"tls_config": {"server_name": "localhost"}}),
    *(Case(f"tls-wildcard-{what}", raw(ok()), tls="wildcard", ours={"server_name": name},
           theirs={"tls_config": {"server_name": name}})
      for what, name in {"below": "shop.example.org", "two-below": "a.shop.example.org",
                         "itself": "example.org", "elsewhere": "shop.example.com"}.items()),
    *(Case(f"tls-{name.replace(' ', '-')}", raw(ok()), tls=name, asked="localhost")
      for name in ("chain", "chain lacks", "chain with root", "chain turned",
                   "chain with stranger", "chain doubled")),
]  # fmt: skip


def _talk(*steps: dict[str, object]) -> dict[str, Any]:
    return {"ours": {"conversation": [dict(s) for s in steps]},
            "theirs": {"query_response": [dict(s) for s in steps]}}  # fmt: skip


def _says_slowly(*parts: bytes) -> Serve:
    def serve(connection: socket.socket) -> None:
        for part in parts:
            connection.sendall(part)
            time.sleep(0.02)
        connection.recv(65_536)

    return serve


def _floods(connection: socket.socket) -> None:
    while True:
        connection.sendall(b"note\r\n" * 100)
        time.sleep(0.01)


def _secure(*steps: dict[str, object]) -> dict[str, Any]:
    """Return a conversation that is, or becomes, one by TLS."""
    talk = _talk(*steps)
    at_once = not any(step.get("starttls") for step in steps)
    talk["theirs"] |= {"tls": True} if at_once else {}
    return talk


_STARTTLS: tuple[dict[str, object], ...] = (
    {"expect": "^220"}, {"send": "STARTTLS"}, {"expect": "^220"}, {"starttls": True},
    {"send": "EHLO x"},
)  # fmt: skip
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
    Case("tcp-closed-at-once", lambda _: None, kind="tcp"),
    Case("tcp-banner-in-pieces", _says_slowly(b"2", b"20 hel", b"lo\r\n"), kind="tcp",
         **_talk({"expect": "^220 hello"})),
    Case("tcp-banner-without-line-end", _says_slowly(b"220 hello"), kind="tcp",
         **_talk({"expect": "^220 hello"})),
    Case("tcp-banner-line-feed-alone", _says(b"220 hello\n"), kind="tcp",
         **_talk({"expect": "^220 hello$"})),
    Case("tcp-banner-behind-others", _says(b"note 1\r\nnote 2\r\n220 hello\r\n"), kind="tcp",
         **_talk({"expect": "^220 "})),
    Case("tcp-banner-of-bytes", _says(b"\xff\xfb\x01 login:\r\n"), kind="tcp",
         **_talk({"expect": "login:"})),
    Case("tcp-banner-endless", _floods, kind="tcp", **_talk({"expect": "^220 "})),
    Case("tcp-tls-from-the-start", _says(b"* OK ready\r\n"), kind="tcp", tls="good",
         asked="localhost", **_secure({"expect": "^[*] OK"})),
    Case("tcp-tls-expired", _says(b"* OK ready\r\n"), kind="tcp", tls="expired",
         asked="localhost", **_secure({"expect": "^[*] OK"})),
    Case("tcp-tls-other-name", _says(b"* OK ready\r\n"), kind="tcp", tls="other",
         asked="localhost", **_secure({"expect": "^[*] OK"})),
    Case("tcp-tls-expected-plain-there", _says(b"* OK ready\r\n"), kind="tcp",
         asked="localhost", **_secure({"expect": "^[*] OK"})),
    Case("starttls", _says(b"250 secure\r\n"), kind="tcp", tls="good", asked="localhost",
         plain=(b"220 mail\r\n", b"220 go\r\n"), **_secure(*_STARTTLS)),
    Case("starttls-expired", _says(b"250 secure\r\n"), kind="tcp", tls="expired",
         asked="localhost", plain=(b"220 mail\r\n", b"220 go\r\n"), **_secure(*_STARTTLS)),
    Case("starttls-refused", _says(b"220 mail\r\n", b"454 not now\r\n"), kind="tcp",
         asked="localhost", **_secure(*_STARTTLS)),
    Case("starttls-greeting-refuses", _says(b"554 go away\r\n"), kind="tcp",
         asked="localhost", **_secure(*_STARTTLS)),
    Case("starttls-then-plain", _says(b"220 mail\r\n", b"220 go\r\n", b"250 oops\r\n"),
         kind="tcp", asked="localhost", **_secure(*_STARTTLS)),
    Case("starttls-then-end", _says(b"220 mail\r\n", b"220 go\r\n"), kind="tcp",
         asked="localhost", **_secure(*_STARTTLS)),
]  # fmt: skip
CASES = [*TLS_CASES, *TCP_CASES]
