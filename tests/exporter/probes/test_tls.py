import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme

from exporter.probes.transport.result import ProbeResult
from tests.exporter.asking import ask, measured
from tests.exporter.servers import serving

NOW = datetime.now(UTC)


class Authority:
    """A certificate authority and servers with its certificates."""

    def __init__(self, folder: Path) -> None:
        self._ca = trustme.CA()
        self.file = str(folder / "ca.pem")
        self._ca.cert_pem.write_to_path(self.file)

    def context(self, name: str = "localhost", days: int = 30) -> ssl.SSLContext:
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        expiry = NOW + timedelta(days=days)
        self._ca.issue_cert(name, not_after=expiry).configure_cert(made)
        return made


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


def secure(
    context: ssl.SSLContext, before: Callable[[socket.socket], None] = lambda _: None
) -> AbstractContextManager[int]:
    def handle(connection: socket.socket) -> None:
        before(connection)
        with context.wrap_socket(connection, server_side=True) as wrapped:
            wrapped.sendall(b"* OK secure\r\n")
            wrapped.recv(1)

    return serving(handle)


def shake(port: int, authority: Authority, **fields: Any) -> ProbeResult:
    tls = {"ca_file": authority.file} | fields.pop("tls", {})
    return ask(type="tls", target=f"localhost:{port}", tls=tls, **fields)


def test_a_good_chain_is_measured(authority: Authority) -> None:
    with secure(authority.context(days=20)) as port:
        result = shake(port, authority)
    assert result.success, result.detail
    assert {"resolve", "connect", "tls"} <= set(result.phases)
    expiry = measured(result)["tls_certificate_expiry_timestamp_seconds"]
    assert abs(expiry - (NOW + timedelta(days=20)).timestamp()) < 2
    assert measured(result)["tls_version_info/1.3"] == 1


def test_a_certificate_that_ends_soon_fails_where_asked(authority: Authority) -> None:
    with secure(authority.context(days=20)) as port:
        assert shake(port, authority, min_validity="14d").success
        assert shake(port, authority, min_validity="21d").reason == "certificate_expired"


@pytest.mark.parametrize(
    ("name", "days", "tls", "reason"),
    [
        ("localhost", -1, {}, "certificate_expired"),
        ("example.org", 30, {}, "certificate_hostname"),
        ("example.org", 30, {"server_name": "example.org"}, None),
        ("localhost", 30, {"ca_file": None}, "certificate_untrusted"),
        ("localhost", -1, {"insecure_skip_verify": True}, None),
        ("localhost", 30, {"ca_file": "/nowhere.pem"}, "setup"),
    ],
)
def test_certificates_fail_for_the_reason_that_they_have(
    authority: Authority, name: str, days: int, tls: dict[str, object], reason: str | None
) -> None:
    with secure(authority.context(name, days)) as port:
        assert shake(port, authority, tls=tls).reason == reason


def test_an_old_version_fails(authority: Authority) -> None:
    context = authority.context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with secure(context) as port:
        assert shake(port, authority).success
        assert shake(port, authority, min_version="1.3").reason == "tls"


def imap(connection: socket.socket) -> None:
    connection.sendall(b"* OK plain\r\n")
    connection.recv(100)
    connection.sendall(b"a OK begin\r\n")


def smtp(connection: socket.socket) -> None:
    for answer in (b"220 mx\r\n", b"250-mx\r\n250 STARTTLS\r\n", b"220 go\r\n"):
        connection.sendall(answer)
        if not answer.startswith(b"220 go"):
            connection.recv(100)


def postgres(connection: socket.socket) -> None:
    connection.recv(8)
    connection.sendall(b"S")


def no_postgres(connection: socket.socket) -> None:
    connection.recv(8)
    connection.sendall(b"N")
    time.sleep(0.1)


@pytest.mark.parametrize(
    ("protocol", "before", "reason"),
    [
        ("imap", imap, None),
        ("smtp", smtp, None),
        ("postgres", postgres, None),
        ("postgres", no_postgres, "tls"),
    ],
)
def test_tls_begins_within_other_protocols(
    authority: Authority,
    protocol: str,
    before: Callable[[socket.socket], None],
    reason: str | None,
) -> None:
    with secure(authority.context(), before) as port:
        assert shake(port, authority, starttls=protocol).reason == reason


@pytest.fixture
def secure_imap(authority: Authority) -> Iterator[int]:
    with secure(authority.context()) as port:
        yield port


def test_a_conversation_goes_on_in_tls(authority: Authority, secure_imap: int) -> None:
    tls = {"ca_file": authority.file}
    steps = [{"expect": r"^\* OK secure"}]
    target = f"localhost:{secure_imap}"
    assert ask(type="tcp", target=target, tls=tls, conversation=steps).success
    with secure(authority.context(), imap) as port:
        more: list[dict[str, object]] = [
            {"expect": "OK plain", "send": "a STARTTLS"},
            {"expect": "^a OK", "starttls": True},
            {"expect": "OK secure"},
        ]
        target = f"localhost:{port}"
        assert ask(type="tcp", target=target, tls=tls, conversation=more).success
