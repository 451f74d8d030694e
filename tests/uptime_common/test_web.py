import asyncio
import base64
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import bcrypt
import pytest
from aiohttp import web

from uptime_common.document import DocumentError
from uptime_common.web import TlsServer, WebConfig, load_web_config, start_server, tls_context


async def _hello(_request: web.Request) -> web.Response:
    return web.Response(text="hello")


@asynccontextmanager
async def served(config: WebConfig) -> AsyncIterator[str]:
    runner = await start_server([web.get("/", _hello)], ("127.0.0.1", 0), config)
    try:
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}/"
    finally:
        await runner.cleanup()


def login(name: str, password: str) -> dict[str, str]:
    given = base64.b64encode(f"{name}:{password}".encode()).decode()
    return {"Authorization": f"Basic {given}"}


@pytest.fixture
def users() -> dict[str, str]:
    return {"ann": bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode()}


@pytest.mark.parametrize(
    ("login", "password", "status"),
    [("ann", "secret", 200), ("ann", "wrong", 401), ("bob", "secret", 401), ("", "", 401)],
)
def test_basic_auth_lets_in_only_whom_it_knows(
    users: dict[str, str], login: str, password: str, status: int
) -> None:
    async def scenario() -> None:
        async with served(WebConfig(basic_auth_users=users)) as url:
            given = base64.b64encode(f"{login}:{password}".encode()).decode()
            headers = {"Authorization": f"Basic {given}"}
            async with aiohttp.ClientSession(headers=headers) as session:
                for _ in range(2):
                    async with session.get(url) as response:
                        assert response.status == status

    asyncio.run(scenario())


def test_without_credentials_the_answer_asks_for_them(users: dict[str, str]) -> None:
    async def scenario() -> None:
        async with (
            served(WebConfig(basic_auth_users=users)) as url,
            aiohttp.ClientSession() as session,
            session.get(url) as response,
        ):
            assert response.status == 401
            assert response.headers["WWW-Authenticate"].startswith("Basic ")

    asyncio.run(scenario())


def test_no_file_means_plain_http_for_everybody() -> None:
    assert load_web_config(None) == WebConfig()


def test_every_mistake_of_the_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "web.yml"
    path.write_text(
        "tls_server_config:\n  cert_file: a.pem\nbasic_auth_users:\n  ann: secret\nrate_limit: 3\n"
    )
    with pytest.raises(DocumentError) as caught:
        load_web_config(path)
    assert [str(p).removeprefix(f"{tmp_path}/") for p in caught.value.problems] == [
        "web.yml:1: tls_server_config: 'key_file' is required",
        "web.yml:4: basic_auth_users.ann: is not a bcrypt hash",
        ("web.yml:5: rate_limit: is not a known key; valid: basic_auth_users, tls_server_config"),
    ]


def test_file_names_are_relative_to_the_file(tmp_path: Path) -> None:
    path = tmp_path / "web.yml"
    path.write_text("tls_server_config: {cert_file: a.pem, key_file: b.pem}\n")
    tls = load_web_config(path).tls_server_config
    assert tls is not None
    assert (tls.cert_file, tls.key_file) == (tmp_path / "a.pem", tmp_path / "b.pem")


@pytest.mark.parametrize(
    ("content", "why"), [(None, "No such file or directory"), ("x", "no PEM with what belongs")]
)
def test_a_file_that_tls_cannot_use_is_named(tmp_path: Path, content: str | None, why: str) -> None:
    pem = tmp_path / "a.pem"
    if content:
        pem.write_text(content, encoding="utf-8")
    with pytest.raises(OSError, match=f"a.pem key_file .*a.pem: {why}"):
        tls_context(TlsServer(cert_file=pem, key_file=pem))


def test_requests_that_are_none_leave_no_traces_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def broken(_request: web.Request) -> web.Response:
        raise ZeroDivisionError

    async def main() -> tuple[bytes, bytes]:
        runner = await start_server([web.get("/", broken)], ("127.0.0.1", 0), WebConfig())
        answers = []
        for line in (b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"GET / HTTP/1.0\r\n\r\n"):
            reader, writer = await asyncio.open_connection(*runner.addresses[0][:2])
            writer.write(line)
            answers.append((await reader.read()).split()[1])
            writer.close()
        await runner.cleanup()
        return answers[0], answers[1]

    assert asyncio.run(main()) == (b"400", b"500")
    assert [r.exc_info[0] for r in caplog.records if r.exc_info] == [ZeroDivisionError]


def test_a_user_whose_hash_changes_needs_the_new_password(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("uptime_common.web._LOOK", 0.01)
    path = tmp_path / "web.yml"

    def write(password: bytes) -> None:
        digest = bcrypt.hashpw(password, bcrypt.gensalt(4)).decode()
        path.write_text(f"basic_auth_users: {{ann: '{digest}'}}\n")

    async def status(session: aiohttp.ClientSession, url: str, password: str) -> int:
        async with session.get(url, headers=login("ann", password)) as response:
            return response.status

    async def scenario() -> None:
        write(b"secret")
        config = load_web_config(path)
        server = await start_server([web.get("/", _hello)], ("127.0.0.1", 0), config, path)
        host, port = server.addresses[0][:2]
        url = f"http://{host}:{port}/"
        async with aiohttp.ClientSession() as session, asyncio.timeout(20):
            assert await status(session, url, "secret") == 200
            write(b"another")
            found = 401
            while found == 401:
                found = await status(session, url, "another")
            assert found == 200
            assert await status(session, url, "secret") == 401
        await server.cleanup()

    asyncio.run(scenario())


def test_passwords_that_are_guessed_hold_up_nobody_whose_is_known(
    users: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    go = threading.Event()
    compare = bcrypt.checkpw

    def slow(password: bytes, digest: bytes) -> bool:
        if password.startswith(b"guess"):
            go.wait(20)
        return compare(password, digest)

    monkeypatch.setattr(bcrypt, "checkpw", slow)

    async def scenario() -> None:
        async with (
            served(WebConfig(basic_auth_users=users)) as url,
            aiohttp.ClientSession() as session,
            asyncio.timeout(20),
        ):

            async def status(password: str) -> int:
                async with session.get(url, headers=login("ann", password)) as response:
                    return response.status

            assert await status("secret") == 200
            guesses = [asyncio.create_task(status(f"guess{n}")) for n in range(40)]
            for _, first in zip(range(24), asyncio.as_completed(guesses), strict=False):
                assert await first == 503
            assert await status("secret") == 200
            go.set()
            assert sorted(await asyncio.gather(*guesses)) == [401] * 16 + [503] * 24

    asyncio.run(scenario())
