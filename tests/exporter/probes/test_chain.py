"""Pinned verdicts on certificates, in every way we shake hands: libcurl's and Python's."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from exporter.probes.transport.result import ProbeResult
from tests.exporter.asking import ask, measured
from tests.exporter.servers import serving

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
NOW = datetime.now(UTC).replace(microsecond=0)
PAGE = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
EXPIRY = "tls_certificate_expiry_timestamp_seconds"
PRESENTED = "tls_presented_chain_expiry_timestamp_seconds"


def in_days(days: float) -> float:
    return (NOW + timedelta(days=days)).timestamp()


def new_key() -> Key:
    return ec.generate_private_key(ec.SECP256R1())


def issue(
    subject: str,
    key: Key,
    issuer: str,
    signer: Key,
    days: float,
    *,
    san: str = "",
    ca: bool = False,
) -> x509.Certificate:
    """Return a certificate that expires in so many days."""
    name, by = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, n)]) for n in (subject, issuer))
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(by)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=100))
        .not_valid_after(NOW + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if san:
        made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(san)]), critical=False)
    return made.sign(signer, hashes.SHA256())


def pem(*certificates: x509.Certificate) -> bytes:
    return b"".join(c.public_bytes(serialization.Encoding.PEM) for c in certificates)


class World:
    """A root that we trust, known by an old root, too; what servers show is made of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root_key, self.between_key, old_key = new_key(), new_key(), new_key()
        self.root = issue("Root", self.root_key, "Root", self.root_key, 900, ca=True)
        self.crossed = issue("Root", self.root_key, "Old Root", old_key, -2, ca=True)
        self.between = issue("Between", self.between_key, "Root", self.root_key, 500, ca=True)
        self.ca_file = folder / "ca.pem"
        self.ca_file.write_bytes(pem(self.root))

    def context(self, *, san: str = "localhost", key: Key | None = None) -> ssl.SSLContext:
        """Return a server that shows a certificate of 60 days, and what leads to the roots."""
        key = key or new_key()
        own = issue("localhost", key, "Between", self.between_key, 60, san=san)
        path = self.folder / "server.pem"
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        path.write_bytes(private + pem(own, self.between, self.crossed))
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.set_ciphers("DEFAULT@SECLEVEL=0")
        made.load_cert_chain(path)
        return made


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("world"))


@contextmanager
def showing(context: ssl.SSLContext) -> Iterator[int]:
    def handle(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as wrapped:
            wrapped.recv(65_536)
            wrapped.sendall(PAGE)

    with serving(handle) as port:
        yield port


WAYS = ["tls", "tcp", "http", "grpc"]


def shake(way: str, port: int, world: World, **tls: Any) -> ProbeResult:
    """Shake hands in one of the ways; what is said after it does not matter."""
    options = {"ca_file": str(world.ca_file)} | tls
    if way == "http":
        return ask(type="http", url=f"https://localhost:{port}/", tls=options)
    return ask(type=way, target=f"localhost:{port}", tls=options)


@pytest.mark.parametrize("way", WAYS)
def test_a_root_that_we_trust_goes_before_an_expired_one_that_was_sent(
    way: str, world: World
) -> None:
    with showing(world.context()) as port:
        result = shake(way, port, world)
    found = measured(result)
    assert result.success or way == "grpc", result.detail
    assert (found[EXPIRY], found[PRESENTED]) == (in_days(60), in_days(-2))


def test_min_validity_is_of_the_verified_chain(world: World) -> None:
    tls = {"ca_file": str(world.ca_file)}
    with showing(world.context()) as port:
        asked = {"type": "tls", "target": f"localhost:{port}", "tls": tls}
        assert ask(**asked, min_validity="14d").success
        assert ask(**asked, min_validity="90d").reason == "certificate_expired"


@pytest.mark.parametrize("way", WAYS)
def test_where_nothing_is_verified_all_that_was_sent_counts(way: str, world: World) -> None:
    with showing(world.context()) as port:
        found = measured(shake(way, port, world, insecure_skip_verify=True))
    assert found[EXPIRY] == found[PRESENTED] == in_days(-2)


@pytest.mark.parametrize("way", WAYS)
def test_the_trusted_root_s_own_expiry_counts(way: str, world: World, tmp_path: Path) -> None:
    soon = issue("Root", world.root_key, "Root", world.root_key, 20, ca=True)
    (tmp_path / "ca.pem").write_bytes(pem(soon))
    with showing(world.context()) as port:
        found = measured(shake(way, port, world, ca_file=str(tmp_path / "ca.pem")))
    assert found[EXPIRY] == in_days(20)


@pytest.mark.parametrize("way", WAYS)
def test_a_common_name_alone_names_no_host(way: str, world: World) -> None:
    with showing(world.context(san="")) as port:
        assert shake(way, port, world).reason == "certificate_hostname"
        result = shake(way, port, world, insecure_skip_verify=True)
    assert result.success or way == "grpc", result.detail


@pytest.mark.parametrize("way", WAYS)
def test_a_key_of_1024_bits_is_refused(way: str, world: World) -> None:
    weak = rsa.generate_private_key(65_537, 1024)
    with showing(world.context(key=weak)) as port:
        result = shake(way, port, world)
    assert result.reason in ("certificate_invalid", "tls"), result.detail


@pytest.mark.parametrize("whose", ["authority", "server"])
def test_a_certificate_that_only_our_library_refuses_decides_nothing(
    whose: str, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd_key, key = new_key(), new_key()
    odd = issue("Odd", odd_key, "Odd", odd_key, 900, ca=True)
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes(pem(odd, world.root))
    load = x509.load_pem_x509_certificate

    def strict(data: bytes) -> x509.Certificate:
        found = load(data)
        refused = "Odd" if whose == "authority" else "localhost"
        if f"CN={refused}" in found.subject.rfc4514_string():
            raise ValueError("a serial number that is not positive")
        return found

    context = world.context(key=key)
    monkeypatch.setattr(x509, "load_pem_x509_certificate", strict)
    with showing(context) as port:
        result = ask(
            type="http",
            url=f"https://localhost:{port}/",
            tls={"ca_file": str(bundle)},
            details=True,
        )
    assert result.success, result.detail
    known = {EXPIRY: in_days(60), PRESENTED: in_days(-2)}
    told = {name: value for name, value in measured(result).items() if name in known}
    assert told == (known if whose == "authority" else {})
