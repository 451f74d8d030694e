"""Probes against the real programs that they were made for."""

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import grpc
import psycopg
import pytest
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from tests.exporter.asking import ask, measured
from tests.programs.chrony import running_chrony
from tests.programs.dovecot import running_dovecot
from tests.programs.dropbear import running_dropbear
from tests.programs.exim import running_exim
from tests.programs.mariadb import running_mariadb
from tests.programs.nginx import RunningNginx, running_nginx
from tests.programs.postgresql import running_postgresql
from tests.programs.process import has_program
from tests.programs.redis import running_redis
from tests.programs.tls import Papers, papers

pytestmark = pytest.mark.integration


def needs(program: str) -> pytest.MarkDecorator:
    """Skip where a program is left out because its package would replace one that runs there."""
    reason = f"{program} would replace another program of this machine"
    return pytest.mark.skipif(not has_program(program), reason=reason)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    return papers(tmp_path_factory.mktemp("papers"))


def starttls(protocol: str, target: str, certificates: Papers) -> dict[str, float]:
    """Shake hands by STARTTLS, verified; return what was measured."""
    tls = {"ca_file": certificates.authority}
    result = ask(type="tls", target=target, starttls=protocol, tls=tls)
    assert result.success, result.detail
    untrusted = ask(type="tls", target=target, starttls=protocol)
    assert untrusted.reason == "certificate_untrusted", untrusted.detail
    return measured(result)


def test_redis_answers_with_and_without_a_password(tmp_path: Path) -> None:
    good, bad = tmp_path / "good", tmp_path / "bad"
    good.write_text("hunter2\n", encoding="utf-8")
    bad.write_text("hunter3\n", encoding="utf-8")
    with running_redis() as target:
        assert ask(type="redis", target=target).success
    with running_redis("--requirepass", "hunter2") as target:
        assert ask(type="redis", target=target).success
        assert ask(type="redis", target=target, password_file=str(good)).success
        wrong = ask(type="redis", target=target, password_file=str(bad))
        assert wrong.reason == "authentication"


def test_postgresql_takes_sessions_until_it_is_full(certificates: Papers) -> None:
    few = ("max_connections=4", "superuser_reserved_connections=1", "max_wal_senders=0")
    with running_postgresql(*few, papers=certificates) as url:
        target = url.replace("127.0.0.1", "localhost").rpartition("@")[2]
        stranger = ask(type="postgres", target=target, user="nobody-of-ours")
        assert stranger.success, stranger.detail
        assert ask(type="postgres", target=target, user="ledger").success
        assert starttls("postgres", target, certificates)["tls_version_info/1.3"] == 1
        with ExitStack() as stack:
            for _ in range(4):
                stack.enter_context(psycopg.connect(f"{url}/postgres"))
            full = ask(type="postgres", target=target, user="ledger")
    assert (full.reason, full.detail[:5]) == ("status", "53300")


def test_mariadb_takes_logins_until_it_is_full() -> None:
    with running_mariadb("--max-connections=10") as target:
        result = ask(type="mysql", target=target)
        assert result.success, result.detail
        host, _, port = target.partition(":")
        with ExitStack() as stack:
            for _ in range(12):
                stack.enter_context(socket.create_connection((host, int(port)))).recv(1)
            full = ask(type="mysql", target=target)
    assert (full.reason, full.detail[:4]) == ("status", "1040")


def test_ssh_shows_its_banner() -> None:
    with running_dropbear() as target:
        assert ask(type="ssh", target=target, expect="^SSH-2.0-dropbear").success
        assert ask(type="ssh", target=target, expect="OpenSSH").reason == "answer"


@needs("exim4")
def test_smtp_greets_goes_on_in_tls_and_says_when_it_is_full(certificates: Papers) -> None:
    talk = [
        {"expect": "^220 mx.example.org", "send": "EHLO me"},
        {"expect": "^250 ", "send": "STARTTLS"},
        {"expect": "^220 ", "starttls": True},
        {"send": "EHLO me"},
        {"expect": "^250-PIPELINING"},
    ]
    tls = {"ca_file": certificates.authority}
    with running_exim(certificates, "smtp_accept_max = 8") as target:
        greeted = ask(type="smtp", target=target, expect="ESMTP Exim")
        assert greeted.success, greeted.detail
        assert ask(type="tcp", target=target, conversation=talk, tls=tls).success
        assert "tls_version_info/1.3" in starttls("smtp", target, certificates)
        host, _, port = target.partition(":")
        with ExitStack() as stack:
            for _ in range(8):
                stack.enter_context(socket.create_connection((host, int(port)))).recv(1)
            full = ask(type="smtp", target=target)
    assert (full.reason, full.detail[:3]) == ("status", "421")


def test_imap_greets_and_goes_on_in_tls(certificates: Papers) -> None:
    with running_dovecot(certificates) as target:
        greeted = ask(type="imap", target=target, expect="Dovecot")
        assert greeted.success, greeted.detail
        assert "tls_version_info/1.3" in starttls("imap", target, certificates)


@needs("chronyd")
@pytest.mark.parametrize(("settings", "reason"), [(("local stratum 3",), None), ((), "status")])
def test_a_time_server_must_be_synchronised(settings: tuple[str, ...], reason: str | None) -> None:
    with running_chrony(*settings) as target:
        result = ask(type="ntp", target=target)
    assert result.reason == reason, result.detail
    if reason is None:
        assert measured(result)["ntp_stratum"] == 3
        assert abs(measured(result)["ntp_offset_seconds"]) < 0.5


@pytest.fixture(scope="module")
def nginx(certificates: Papers) -> Iterator[RunningNginx]:
    with running_nginx(certificates) as running:
        yield running


@pytest.mark.parametrize(
    ("url", "fields", "reason"),
    [
        (lambda n: n.plain, {"expect_version": ["1.1"]}, None),
        (lambda n: n.plain + "/old", {}, None),
        (lambda n: n.plain + "/old", {"follow_redirects": False}, "status"),
        (lambda n: n.http2, {"http": "2", "expect_version": ["2"]}, None),
        (lambda n: n.secure, {"expect_version": ["2"]}, None),
        (lambda n: n.secure, {"http": "1.1", "expect_version": ["2"]}, "protocol"),
        (lambda n: n.secure, {"expect_json": {"$.version": "HTTP/2.0"}}, None),
        (lambda n: n.secure, {"expect_headers": {"Content-Type": "json"}}, None),
        (lambda n: n.secure + "/named", {}, "status"),
        (lambda n: n.secure.replace("localhost", "127.0.0.1"), {}, "certificate_hostname"),
    ],
)
def test_nginx_speaks_either_version(
    nginx: RunningNginx,
    certificates: Papers,
    url: Callable[[RunningNginx], str],
    fields: dict[str, Any],
    reason: str | None,
) -> None:
    tls = {"ca_file": certificates.authority}
    result = ask(type="http", url=url(nginx), tls=tls, **fields)
    assert result.reason == reason, result.detail


def test_nginx_knows_us_by_our_certificate(
    nginx: RunningNginx, certificates: Papers, tmp_path: Path
) -> None:
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    chain.write_bytes(certificates.chain)
    key.write_bytes(certificates.key)
    tls = {"ca_file": certificates.authority, "cert_file": str(chain), "key_file": str(key)}
    result = ask(type="http", url=f"{nginx.secure}/named", tls=tls, expect_body="CN=|O=")
    assert result.success, result.detail


@pytest.fixture(scope="module")
def grpc_server() -> Iterator[str]:
    server = grpc.server(ThreadPoolExecutor(2))
    servicer = health.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    servicer.set("shop", health_pb2.HealthCheckResponse.SERVING)
    servicer.set("till", health_pb2.HealthCheckResponse.NOT_SERVING)
    servicer.set("n" * 300, health_pb2.HealthCheckResponse.SERVING)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}"
    server.stop(None).wait()


def test_grpc_metadata_goes_along() -> None:
    seen: list[tuple[str, str | bytes]] = []

    class Kept(grpc.ServerInterceptor):  # type: ignore[misc]  # without types
        def intercept_service(self, continuation: Any, details: Any) -> Any:
            seen.extend(details.invocation_metadata)
            return continuation(details)

    server = grpc.server(ThreadPoolExecutor(2), interceptors=[Kept()])
    health_pb2_grpc.add_HealthServicer_to_server(health.HealthServicer(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        ask(type="grpc", target=f"127.0.0.1:{port}", metadata={"x-tenant": "shop"})
    finally:
        server.stop(None)
    assert ("x-tenant", "shop") in seen


@pytest.mark.parametrize(
    ("service", "reason"),
    [("", None), ("shop", None), ("till", "answer"), ("none", "status"), ("n" * 300, None)],
)
def test_grpc_health_is_asked_by_service(
    grpc_server: str, service: str, reason: str | None
) -> None:
    result = ask(type="grpc", target=grpc_server, service=service)
    assert result.reason == reason, result.detail
