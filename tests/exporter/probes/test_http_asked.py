"""Who is asked, by what way, with which credentials, and what of the answer decides."""

import asyncio
import json
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme

from exporter.probes.transport.result import ProbeResult
from exporter.probes.transport.run import Network
from exporter.services.runner import attempt
from tests.exporter.asking import ask, ask_all, target_of
from tests.exporter.servers import Handler, serving

FINE = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\nfine"


class Backend:
    """A certificate for shop.example, and what servers that have it heard."""

    def __init__(self, folder: Path) -> None:
        self._ca = trustme.CA()
        self.file = str(folder / "ca.pem")
        self._ca.cert_pem.write_to_path(self.file)
        self.heard: list[bytes] = []
        self.names: list[str] = []

    def secure(self, answer: bytes = FINE, **versions: Any) -> AbstractContextManager[int]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._ca.issue_cert("shop.example").configure_cert(context)
        for name, version in versions.items():
            setattr(context, name, version)
        context.sni_callback = lambda _s, name, _c: self.names.append(name)

        def handle(connection: socket.socket) -> None:
            with context.wrap_socket(connection, server_side=True) as wrapped:
                self.heard.append(wrapped.recv(65_536))
                wrapped.sendall(answer)
                wrapped.unwrap()

        return serving(handle)

    def plain(self, answer: bytes = FINE) -> AbstractContextManager[int]:
        return serving(self.handler(answer))

    def handler(self, answer: bytes) -> Handler:
        def handle(connection: socket.socket) -> None:
            self.heard.append(connection.recv(65_536))
            connection.sendall(answer)

        return handle


@pytest.fixture
def backend(tmp_path: Path) -> Backend:
    return Backend(tmp_path)


def get(url: str, backend: Backend, **fields: Any) -> ProbeResult:
    tls = {"ca_file": backend.file} | fields.pop("tls", {})
    return ask(type="http", url=url, tls=tls, **fields)


def test_a_backend_by_address_is_asked_for_the_name_that_it_serves(backend: Backend) -> None:
    with backend.secure() as port:
        url = f"https://127.0.0.1:{port}/"
        named = get(url, backend, server_name="Shop.example")
        bare = get(url, backend)
        other = get(url, backend, server_name="mail.example")
    assert named.success, named.detail
    assert bare.reason == other.reason == "certificate_hostname"
    assert backend.names[0] == "shop.example"
    assert f"host: shop.example:{port}".encode() in backend.heard[0].lower()


def test_a_backend_is_asked_for_a_name_in_plain_text_and_by_name(backend: Backend) -> None:
    with backend.plain() as port:
        for host in ("127.0.0.1", "localhost"):
            url = f"http://{host}:{port}/"
            assert get(url, backend, server_name="münchen.example").success
            assert f"Host: xn--mnchen-3ya.example:{port}".encode() in backend.heard.pop()


def test_a_redirect_to_the_name_stays_at_the_backend(backend: Backend) -> None:
    with backend.secure() as port:
        there = f"https://shop.example:{port}/in".encode()
        moved = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + there + b"\r\n\r\n"
        with backend.plain(moved) as first:
            url = f"http://127.0.0.1:{first}/"
            result = get(url, backend, server_name="shop.example", expect_tls=True)
            lost = get(url, backend, server_name="other.invalid")
    assert result.success, result.detail
    assert lost.reason == "resolve"


def test_a_backend_behind_a_proxy_is_asked_for_by_its_address(backend: Backend) -> None:
    asked: list[bytes] = []

    def proxy(connection: socket.socket) -> None:
        asked.append(connection.recv(65_536))
        connection.sendall(b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n")

    with serving(proxy) as port:
        url, by = "https://192.0.2.1:8443/", f"http://127.0.0.1:{port}"
        get(url, backend, server_name="shop.example", proxy_url=by)
    assert asked[0].startswith(b"CONNECT 192.0.2.1:8443 ")


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"expect_headers": {"set-cookie": ["^a=1$", "^b=2$"]}}, None),
        ({"expect_headers": {"Set-Cookie": "^a=1, b=2$"}}, None),
        ({"expect_headers": {"Set-Cookie": ["^a=1$", "^c"]}}, "header"),
        ({"expect_headers": {"Set-Cookie": "^b=1$"}}, "header"),
        ({"reject_headers": {"Set-Cookie": "^b=2$"}}, "header"),
        ({"reject_headers": {"set-cookie": ["^c", "^2"], "server": "."}}, None),
        ({"expect_body": ["^fi", "ne$"], "reject_body": ["x", "y"]}, None),
        ({"expect_body": ["^fi", "^ne"]}, "body"),
        ({"reject_body": ["x", "ine"]}, "body"),
        ({"expect_tls": False}, None),
        ({"expect_tls": True}, "tls"),
    ],
)
def test_several_expressions_must_or_must_not_match(
    backend: Backend, fields: dict[str, Any], reason: str | None
) -> None:
    with backend.plain() as port:
        assert get(f"http://127.0.0.1:{port}/", backend, **fields).reason == reason


def test_headers_of_an_answer_that_redirected_are_not_those_of_the_last(backend: Backend) -> None:
    with backend.plain() as port:
        to = f"http://127.0.0.1:{port}/".encode()
        head = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nX-First: a\r\nLocation: "
        with backend.plain(head + to + b"\r\n\r\n") as first:
            url = f"http://127.0.0.1:{first}/"
            assert get(url, backend, reject_headers={"X-First": "."}).success
            assert get(url, backend, expect_headers={"X-First": "."}).reason == "header"


def test_an_answer_by_tls_may_be_a_failure(backend: Backend) -> None:
    with backend.secure() as port:
        url = f"https://127.0.0.1:{port}/"
        assert get(url, backend, server_name="shop.example", expect_tls=False).reason == "tls"


def test_tls_is_not_newer_than_allowed(backend: Backend) -> None:
    old = {"maximum_version": ssl.TLSVersion.TLSv1_2}
    new = {"minimum_version": ssl.TLSVersion.TLSv1_3}
    cases: list[tuple[dict[str, Any], dict[str, str], str | None]] = [
        (new, {}, None),
        (new, {"max_version": "1.2"}, "tls"),
        (old, {"max_version": "1.2"}, None),
        (old, {"min_version": "1.3"}, "tls"),
        (new, {"min_version": "1.3", "max_version": "1.3"}, None),
    ]
    for versions, limits, reason in cases:
        with backend.secure(**versions) as port:
            url, target = f"https://127.0.0.1:{port}/", f"127.0.0.1:{port}"
            result = get(url, backend, server_name="shop.example", tls=limits)
            assert result.reason == reason, (limits, result)
            tls = {"ca_file": backend.file, "server_name": "shop.example", **limits}
            assert ask(type="tls", target=target, tls=tls).reason == reason, limits


def test_headers_and_body_come_from_files_at_every_run(backend: Backend, tmp_path: Path) -> None:
    key, body = tmp_path / "key", tmp_path / "body"
    with backend.plain() as port:
        fields = {"header_files": {"X-Key": str(key)}, "body_file": str(body), "method": "POST"}
        for secret in ("one", "two"):
            key.write_text(f"{secret}\n")
            body.write_bytes(b"\xff" + secret.encode() + b"\n")
            assert get(f"http://127.0.0.1:{port}/", backend, **fields).success
            heard = backend.heard.pop()
            assert f"X-Key: {secret}\r\n".encode() in heard
            assert heard.endswith(b"\xff" + secret.encode() + b"\n")


@pytest.mark.parametrize("content", [b"a\nEvil: b", b"\xff", None])
def test_a_file_that_gives_no_header_tells_nothing_of_the_target(
    backend: Backend, tmp_path: Path, content: bytes | None
) -> None:
    key = tmp_path / "key"
    if content is not None:
        key.write_bytes(content)
    with backend.plain() as port:
        result = get(f"http://127.0.0.1:{port}/", backend, header_files={"X-Key": str(key)})
    assert (result.success, result.cause) == (None, "file")
    assert backend.heard == []


def test_headers_from_files_are_not_told_to_another_origin(
    backend: Backend, tmp_path: Path
) -> None:
    key = tmp_path / "key"
    key.write_text("hunter2")
    with backend.plain() as port:
        to = f"http://localhost:{port}/".encode()
        head = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: "
        with backend.plain(head + to + b"\r\n\r\n") as first:
            url, files = f"http://127.0.0.1:{first}/", {"X-Key": str(key)}
            assert get(url, backend, header_files=files, headers={"X-Open": "a"}).success
    first_heard, second = backend.heard
    assert b"hunter2" in first_heard
    assert b"hunter2" not in second
    assert b"X-Open: a" in second


class Identity:
    """A token server and a shop that takes the newest token alone."""

    def __init__(self) -> None:
        self.lasts: Any = 3600
        self.status = b"200 OK"
        self.body: bytes | None = None
        self.asked: list[bytes] = []
        self.visits: list[bytes] = []
        self.revoked = False

    def token(self, connection: socket.socket) -> None:
        self.asked.append(connection.recv(65_536))
        answer = {"access_token": f"t{len(self.asked)}", "expires_in": self.lasts}
        body = self.body if self.body is not None else json.dumps(answer).encode()
        head = b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n" % (self.status, len(body))
        connection.sendall(head + body)
        self.revoked = False

    def shop(self, connection: socket.socket) -> None:
        heard = connection.recv(65_536)
        self.visits.append(heard)
        good = b"Bearer t%d\r\n" % len(self.asked) in heard and not self.revoked
        status = b"200 OK" if good else b"401 No"
        connection.sendall(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n")


@contextmanager
def identity(tmp_path: Path) -> Iterator[tuple[Identity, Callable[..., dict[str, Any]]]]:
    secret = tmp_path / "secret"
    secret.write_text("a:b c\n")
    server = Identity()
    with serving(server.token) as tokens, serving(server.shop) as port:

        def probe(**fields: Any) -> dict[str, Any]:
            oauth2 = {
                "token_url": f"http://127.0.0.1:{tokens}/token",
                "client_id": "ul",
                "client_secret_file": str(secret),
                **fields,
            }
            return {"type": "http", "url": f"http://127.0.0.1:{port}/", "oauth2": oauth2}

        yield server, probe


def test_a_token_is_asked_for_and_sent(tmp_path: Path) -> None:
    with identity(tmp_path) as (server, probe):
        fields = {"scopes": ["a", "b"], "parameters": {"audience": "x y"}}
        assert ask(**probe(**fields)).success
        assert ask(**probe(client_auth="post")).success
    basic, form = server.asked
    assert b"Authorization: Basic dWw6YSUzQWIrYw==" in basic  # ul:a%3Ab+c
    assert basic.endswith(b"grant_type=client_credentials&audience=x+y&scope=a+b")
    assert b"Authorization" not in form
    assert form.endswith(b"client_id=ul&client_secret=a%3Ab+c")


@pytest.mark.parametrize(("lasts", "asked"), [(3600, 1), ("3600", 1), (5, 3), (None, 3), ("x", 3)])
def test_a_token_is_kept_until_it_expires(tmp_path: Path, lasts: Any, asked: int) -> None:
    with identity(tmp_path) as (server, probe):
        server.lasts = lasts
        assert all(r.success for r in in_turn([probe()] * 3))
    assert len(server.asked) == asked


def test_a_token_revoked_early_is_replaced_within_the_run(tmp_path: Path) -> None:
    with identity(tmp_path) as (server, probe):

        def revoke(_: Network) -> None:
            server.revoked = True

        assert [r.reason for r in in_turn([probe()] * 2, between=revoke)] == [None, None]
    assert (len(server.asked), len(server.visits)) == (2, 3)


def test_a_token_that_has_expired_is_not_sent(tmp_path: Path) -> None:
    def age(network: Network) -> None:
        for key, token in network.tokens.items():
            network.tokens[key] = token._replace(until=0.0)

    with identity(tmp_path) as (server, probe):
        assert all(r.success for r in in_turn([probe()] * 2, between=age))
    assert (len(server.asked), len(server.visits)) == (2, 2)


def test_a_401_to_a_new_token_is_the_verdict(tmp_path: Path) -> None:
    with identity(tmp_path) as (server, probe):
        server.body = b'{"access_token": "wrong", "expires_in": 60}'
        assert ask(**probe()).reason == "status"
    assert (len(server.asked), len(server.visits)) == (1, 1)


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (b"401 No", b'{"error": "invalid_client"}', "401 invalid_client"),
        (b"503 No", b"<html>", "503"),
        (b"200 OK", b"[]", "no access_token"),
        (b"200 OK", b'{"access_token": "a\\nb"}', "no access_token"),
        (b"200 OK", b'{"access_token": "a", "token_type": "mac"}', "'mac'"),
        (b"302 Found", b"", "302"),
    ],
)
def test_a_token_server_that_gives_none_is_named(
    tmp_path: Path, status: bytes, body: bytes, told: str
) -> None:
    with identity(tmp_path) as (server, probe):
        server.status, server.body = status, body
        result = ask(**probe())
    assert (result.success, result.reason) == (False, "oauth2")
    assert told in result.detail
    assert server.visits == []


def test_a_token_server_that_is_not_there_is_named_and_a_secret_is_not_told(
    tmp_path: Path,
) -> None:
    log: list[str] = []
    with identity(tmp_path) as (_, probe):
        result = ask(**probe(token_url="http://127.0.0.1:1/"))
        assert (result.reason, "refused" in result.detail) == ("oauth2", True)
        hindered = ask(**probe(client_secret_file="/nowhere"))
        assert (hindered.success, hindered.cause) == (None, "file")
        ask_all([probe(), probe(client_auth="post")], log)
    assert "a:b c" not in "".join(log)
    assert "Bearer" not in "".join(log)


def in_turn(
    probes: list[dict[str, Any]], between: Callable[[Network], None] = lambda _: None
) -> list[ProbeResult]:
    """Run probes one after the other with one network."""

    async def main() -> list[ProbeResult]:
        network, results = Network.open(), []
        try:
            for probe in probes:
                results.append(await attempt(target_of(**probe), network))
                between(network)
            return results
        finally:
            await network.close()

    return asyncio.run(main())


def test_a_proxy_hears_its_own_headers_and_the_target_does_not(backend: Backend) -> None:
    tunnel: list[bytes] = []

    def proxy(connection: socket.socket) -> None:
        tunnel.append(connection.recv(65_536))
        connection.sendall(b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n")

    with serving(proxy) as port:
        get(
            "https://shop.invalid/",
            backend,
            proxy_url=f"http://127.0.0.1:{port}",
            proxy_headers={"X-Proxy": "p"},
            headers={"X-Target": "t"},
        )
    assert b"X-Proxy: p" in tunnel[0]
    assert b"X-Target" not in tunnel[0]


@pytest.mark.parametrize(
    ("places", "direct"),
    [
        ("127.0.0.0/8", True),
        (["shop.invalid", "127.0.0.1"], True),
        ("*", True),
        ("127.0.0.1:1", False),
        ("10.0.0.0/8,localhost", False),
    ],
)
def test_a_proxy_is_not_asked_for_what_is_excepted(
    backend: Backend, places: Any, direct: bool
) -> None:
    asked: list[bytes] = []

    def proxy(connection: socket.socket) -> None:
        asked.append(connection.recv(65_536))
        connection.sendall(FINE)

    with serving(proxy) as by, backend.plain() as port:
        fields = {"proxy_url": f"http://127.0.0.1:{by}", "no_proxy": places}
        assert get(f"http://127.0.0.1:{port}/", backend, **fields).success
    assert (len(asked), len(backend.heard)) == ((0, 1) if direct else (1, 0))


def test_a_redirect_from_an_excepted_host_goes_by_the_proxy(backend: Backend) -> None:
    asked: list[bytes] = []

    def proxy(connection: socket.socket) -> None:
        asked.append(connection.recv(65_536))
        connection.sendall(FINE)

    away = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: http://shop.invalid/x\r\n\r\n"
    with serving(proxy) as by, backend.plain(away) as port:
        fields = {"proxy_url": f"http://127.0.0.1:{by}", "no_proxy": "127.0.0.1"}
        assert get(f"http://127.0.0.1:{port}/", backend, **fields).success
    assert asked[0].startswith(b"GET http://shop.invalid/x ")


def test_the_name_for_basic_auth_may_stand_in_a_file(backend: Backend, tmp_path: Path) -> None:
    name, password = tmp_path / "name", tmp_path / "password"
    name.write_text("ann\n", encoding="utf-8")
    password.write_text("s3cret\n", encoding="utf-8")
    auth = {"username_file": str(name), "password_file": str(password)}
    with backend.plain() as port:
        url = f"http://127.0.0.1:{port}/"
        assert ask(type="http", url=url, basic_auth=auth).success
        name.write_text("an:n", encoding="utf-8")
        odd = ask(type="http", url=url, basic_auth=auth)
        name.unlink()
        gone = ask(type="http", url=url, basic_auth=auth)
    assert b"Authorization: Basic YW5uOnMzY3JldA==\r\n" in backend.heard[0]
    assert [r.cause for r in (odd, gone)] == ["file", "file"]
    assert len(backend.heard) == 1
