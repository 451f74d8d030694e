"""A limit or fault of our own is unknown, named and counted; never a verdict about others."""

import asyncio
import errno
import gc
import os
import resource
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiodns
import pytest
import structlog
import trustme
import uvloop

from exporter import descriptors
from exporter import metrics as exporter_metrics
from exporter.health import Health
from exporter.network.resolver import Resolver
from exporter.probes import PROBES
from exporter.probes.body import Body
from exporter.probes.transport import curl_tls
from exporter.probes.transport.connect import network_error
from exporter.probes.transport.result import CAUSES, UNJUDGED, ProbeError, ProbeResult
from exporter.probes.transport.run import Network, Run
from exporter.probes.transport.tls import tls_error
from exporter.services.runner import Runner, attempt
from exporter.services.store import Store
from exporter.services.target import Target
from tests.exporter.asking import ask, ask_all, target_of
from tests.exporter.probes.test_contract import NETWORK, probe_of
from tests.exporter.servers import serving
from tests.exporter.services.test_blackbox_format import Certified, plain
from tests.programs.ports import free_port
from uptime_common.descriptors import raise_limit


def run_probes(probes: list[dict[str, Any]], around: Callable[[], Any]) -> list[ProbeResult]:
    """Run probes inside a context that is entered after the network was opened."""

    async def main() -> list[ProbeResult]:
        network = Network.open()
        try:
            with around():
                return await asyncio.gather(*(attempt(target_of(**p), network) for p in probes))
        finally:
            await network.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main())


@contextmanager
def no_descriptors() -> Iterator[None]:
    """Let no descriptor be opened, whatever another thread closes meanwhile."""
    gc.collect()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_no_probe_calls_its_target_down_without_a_descriptor_to_ask_it(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x", encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        port = server.getsockname()[1]
        probes = [
            *(probe_of(kind, "127.0.0.1", port) for kind in NETWORK),
            {"type": "http", "url": f"https://127.0.0.1:{port}/"},
            {"type": "grpc", "target": f"127.0.0.1:{port}", "tls": {}},
            {"type": "tcp", "target": f"127.0.0.1:{port}", "tls": {}},
            {
                "type": "redis",
                "target": f"127.0.0.1:{port}",
                "password_file": str(tmp_path / "secret"),
            },
            {"type": "command", "command": ["/bin/true"]},
            {"type": "systemd", "unit": "x.service"},
            {"type": "file", "path": f"{tmp_path}/*.none"},
        ]
        found = run_probes([p | {"timeout": "2s"} for p in probes], no_descriptors)
    told = [(p["type"], r.success, r.cause, r.detail) for p, r in zip(probes, found, strict=True)]
    assert [t for t in told if t[1:3] != (None, "descriptors")] == []


@pytest.mark.parametrize(
    ("number", "reason", "cause"),
    [
        (errno.EMFILE, "setup", "descriptors"),
        (errno.ENFILE, "setup", "descriptors"),
        (errno.ENOMEM, "setup", "memory"),
        (errno.ENOBUFS, "setup", "memory"),
        (errno.EACCES, "setup", "permission"),
        (errno.EPERM, "setup", "permission"),
        (errno.EADDRNOTAVAIL, "setup", "addresses"),
        (errno.ECONNREFUSED, "refused", None),
        (errno.ENETUNREACH, "unreachable", None),
        (errno.EHOSTUNREACH, "unreachable", None),
    ],
)
def test_errors_of_the_system_are_ours_or_theirs(
    number: int, reason: str, cause: str | None
) -> None:
    error = network_error(OSError(number, "x"))
    assert (error.reason, error.cause) == (reason, cause)
    assert (error.reason in UNJUDGED) is (cause is not None)


def test_the_soft_limit_on_descriptors_is_raised_to_the_hard_one() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (before[0] // 2, before[1]))
        raise_limit()
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        assert soft == hard == before[1]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_as_many_probes_run_as_there_are_descriptors_for() -> None:
    assert [descriptors.runs_at_once(n) for n in (16, 256, 1024, 10**6)] == [8, 128, 800, 20_000]


def test_proxies_of_the_environment_are_asked_by_no_type(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[bytes] = []

    def proxy(connection: socket.socket) -> None:
        heard.append(connection.recv(1000))

    with serving(proxy) as port:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{port}")
        shut = free_port()
        kinds = [kind for kind in NETWORK if kind not in ("icmp", "dns", "ntp")]
        probes = [probe_of(kind, "127.0.0.1", shut) for kind in kinds]
        probes.append({"type": "http", "url": f"https://127.0.0.1:{shut}/"})
        probes.append({"type": "grpc", "target": f"127.0.0.1:{shut}", "tls": {}})
        assert {result.reason for result in ask_all(probes)} == {"refused"}
    assert heard == []


def test_a_proxy_of_the_catalogue_is_asked_whatever_the_environment_excepts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def proxy(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "*")
    with serving(proxy) as port:
        asked = {"type": "http", "url": "http://shop.invalid/"}
        assert ask(**asked, proxy_url=f"http://127.0.0.1:{port}").success


def test_files_of_a_folder_that_we_may_not_read_are_not_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ask(type="file", path=f"{tmp_path}/*.gz").reason == "missing"

    def denied(path: str) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", path)

    monkeypatch.setattr(os, "scandir", denied)
    result = ask(type="file", path=f"{tmp_path}/*.gz")
    assert (result.success, result.cause) == (None, "permission")


@pytest.mark.parametrize(("stall", "reason"), [(0.0, "timeout"), (0.8, "setup")])
def test_a_process_that_got_no_cpu_blames_nobody(
    monkeypatch: pytest.MonkeyPatch, stall: float, reason: str
) -> None:
    async def waits(_config: object, _run: Run) -> None:
        await asyncio.sleep(0.05)
        time.sleep(stall)  # noqa: ASYNC251 - the stall
        await asyncio.Event().wait()

    monkeypatch.setitem(PROBES, "tcp", waits)
    result = ask(type="tcp", target="127.0.0.1:1", timeout="1s")
    assert (result.reason, result.cause) == (reason, "overload" if stall else None)


def test_causes_are_counted_and_each_is_logged_once_in_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def denied(_config: object, _run: Run) -> None:
        raise network_error(OSError(errno.EMFILE, "Too many open files"))

    async def broken(_config: object, _run: Run) -> None:
        raise MemoryError

    async def refused(_config: object, _run: Run) -> None:
        raise ProbeError("refused")

    monkeypatch.setitem(PROBES, "tcp", denied)
    monkeypatch.setitem(PROBES, "ssh", broken)
    monkeypatch.setitem(PROBES, "tls", refused)
    health = Health("1")

    async def main() -> None:
        network = Network.open()
        runner = Runner(network, Store("x"), health)
        for kind, times in (("tcp", 5), ("ssh", 2), ("tls", 1)):
            target: Target = target_of(type=kind, target="127.0.0.1:1")
            for _ in range(times):
                await runner(target, 0.0)
        await network.close()

    with structlog.testing.capture_logs() as log:
        asyncio.run(main())
    health.close()
    assert [line["cause"] for line in log] == ["descriptors", "memory"]
    name = exporter_metrics.HINDERED.name
    lines = [line for line in health_lines(health) if line.startswith(name)]
    counted = {"descriptors": 5, "memory": 2}
    assert lines == [f'{name}{{cause="{c}"}} {counted.get(c, 0)}' for c in CAUSES]


def health_lines(health: Health) -> list[str]:
    """Return the lines of what is told of the exporter itself."""
    health._process = None
    return health.render("text").splitlines()


def test_a_system_without_authorities_calls_no_certificate_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = ssl.DefaultVerifyPaths("", "", "", "", "", "")
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: nobody)
    monkeypatch.setattr(curl_tls, "_PLACES", ())
    curl_tls.system_authorities.cache_clear()
    asked: list[dict[str, Any]] = []
    try:
        with Certified(tmp_path).serving() as port:
            asked = [
                {"type": "http", "url": f"https://localhost:{port}/"},
                {"type": "tls", "target": f"localhost:{port}"},
                {"type": "tcp", "target": f"localhost:{port}", "tls": {}},
                {"type": "grpc", "target": f"localhost:{port}", "tls": {}},
                {"type": "dns", "server": f"localhost:{port}", "query": "a.b", "transport": "tls"},
            ]
            found = ask_all(asked)
            unverified = {"type": "tls", "target": f"localhost:{port}"}
            trusting = ask(**unverified, tls={"insecure_skip_verify": True})
    finally:
        curl_tls.system_authorities.cache_clear()
    assert [(r.success, r.cause) for r in found] == [(None, "file")] * len(asked)
    assert trusting.success


@pytest.mark.parametrize(
    ("raised", "cause"), [(MemoryError(), "memory"), (TypeError("of ours"), "internal")]
)
def test_a_body_that_we_cannot_take_is_not_too_long(
    raised: Exception, cause: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_body: Body, _part: bytes) -> None:
        raise raised

    monkeypatch.setattr(Body, "take", fails)
    with serving(plain) as port:
        result = ask(type="http", url=f"http://127.0.0.1:{port}/")
    assert (result.success, result.cause) == (None, cause), result


def test_a_handshake_for_which_no_memory_is_left_blames_nobody() -> None:
    error = ssl.SSLError(1, "[SSL] malloc failure (_ssl.c:1000)")
    error.reason = "MALLOC_FAILURE"
    assert tls_error(error).cause == "memory"
    error.reason = "SSLV3_ALERT_HANDSHAKE_FAILURE"
    assert tls_error(error).cause is None


@pytest.mark.parametrize(("days", "cause"), [(-1, "file"), (30, None)])
def test_an_expired_certificate_of_ours_is_not_the_fault_of_a_peer_who_refuses_it(
    days: int, cause: str | None, tmp_path: Path
) -> None:
    authority, stranger = trustme.CA(), trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    (authority if days < 0 else stranger).configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    ours = authority.issue_cert("us", not_after=datetime.now(UTC) + timedelta(days=days))
    ours.cert_chain_pems[0].write_to_path(str(tmp_path / "us.pem"))
    ours.private_key_pem.write_to_path(str(tmp_path / "us.key"))
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    tls = {"ca_file": "ca.pem", "cert_file": "us.pem", "key_file": "us.key"}
    tls = {name: str(tmp_path / file) for name, file in tls.items()}

    def refuses(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secure:
            secure.recv(100)

    with serving(refuses) as port:
        talk = [{"send": "hello"}, {"expect": "hello"}]
        found = ask_all(
            [
                {"type": "http", "url": f"https://localhost:{port}/", "tls": tls},
                {"type": "tcp", "target": f"localhost:{port}", "tls": tls, "conversation": talk},
            ]
        )
    shut = ask(type="http", url=f"https://localhost:{free_port()}/", tls=tls)
    assert [(r.success, r.cause) for r in found] == [(None if cause else False, cause)] * 2, found
    assert cause or found[1].reason == "tls"
    assert (shut.reason, shut.cause) == ("refused", None)


@pytest.mark.parametrize("how", ["dead", "no servers"])
def test_no_type_of_probe_blames_a_name_for_name_servers_of_ours(how: str, tmp_path: Path) -> None:
    empty = tmp_path / "resolv.conf"
    empty.write_text("", encoding="utf-8")
    told: dict[str, Any] = {
        "nameservers": ["127.0.0.1"],
        "udp_port": free_port(),
        "tcp_port": free_port(),
    }
    if how == "no servers":
        told = {"resolvconf_path": str(empty), "udp_port": free_port(), "tcp_port": free_port()}
    probes = [
        *(probe_of(kind, "shop.example", 1) for kind in NETWORK),
        {"type": "http", "url": "https://127.0.0.1:1/", "proxy_url": "http://proxy.example:1"},
    ]

    async def main() -> list[ProbeResult]:
        network = Network.open()
        await network.resolver.close()
        dead = Resolver(aiodns.DNSResolver(timeout=0.2, tries=1, **told))
        network = replace(network, resolver=dead)
        try:
            return await asyncio.gather(*(attempt(target_of(**p), network) for p in probes))
        finally:
            await network.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        found = runner.run(main())
    assert [(r.success, r.cause) for r in found] == [(None, "resolver")] * len(probes), found


@pytest.mark.parametrize("number", [errno.EPERM, errno.ENOBUFS, errno.EADDRNOTAVAIL, errno.ENOMEM])
def test_a_datagram_that_does_not_leave_this_host_blames_nobody(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused(_loop: object, _sock: socket.socket, _data: bytes) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(uvloop.Loop, "sock_sendall", refused)
    found = ask_all(
        [
            {"type": "dns", "server": "127.0.0.1:1", "query": "example.org"},
            {"type": "ntp", "target": "127.0.0.1:1"},
        ]
    )
    assert [r.success for r in found] == [None, None]
    assert {r.cause for r in found} == {network_error(OSError(number, "x")).cause}
