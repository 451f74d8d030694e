"""What the probes of other protocols than HTTP ask and expect."""

import base64
import re
from typing import Annotated, Any, Final, Literal, Self

import regex
from pydantic import AfterValidator, Field, model_validator

from service_catalogue.base import FilePath, Frozen, Headers, PositiveMilliseconds, Text
from service_catalogue.probes.base import (
    UNIX,
    Endpoint,
    HostPort,
    NetworkProbe,
    Regex,
    SourcedProbe,
    TlsPeer,
    TlsVersion,
    default_port,
)
from uptime_common.shown import shown


def _other_type(value: str) -> str:
    number = value.removeprefix("TYPE")
    if not (value.startswith("TYPE") and number.isdecimal() and 0 < int(number) < 65_536):  # noqa: PLR2004 - 16 bits
        raise ValueError(f"{shown(value)} is neither a type of records nor TYPE and its number")
    return value


RecordType = Literal[
    "A", "AAAA", "ANY", "CAA", "CNAME", "DNAME", "DNSKEY", "DS", "HINFO", "HTTPS", "MX", "NAPTR",
    "NS", "NSEC", "PTR", "RRSIG", "SOA", "SRV", "SSHFP", "SVCB", "TLSA", "TXT",
]  # fmt: skip
OtherType = Annotated[str, AfterValidator(_other_type)]
Rcode = Literal["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"]


GROUP: Final = re.compile(r"\\(?:(\d{1,2})|g<(\w+)>|(\\))|\$\{(\w+)\}", re.ASCII)
"""What stands in ``send`` for a group of ``expect``, or for a backslash."""


def named_groups(template: str) -> list[str]:
    """Return the groups that a ``send`` names."""
    found = (match[1] or match[2] or match[4] for match in GROUP.finditer(template))
    return [name for name in found if name]


def _octets(value: str) -> str:
    try:
        read = octets(value)
    except ValueError:
        read = b""
    if not read:
        raise ValueError(f"{shown(value)} is not hex: or base64: and some bytes")
    return value


def octets(value: str) -> bytes:
    """Return the bytes that ``hex:0a 0b`` or ``base64:Cgs=`` stands for.

    Raises:
        ValueError: it is neither.
    """
    kind, _, text = value.partition(":")
    if kind == "hex":
        return bytes.fromhex(text)
    if kind == "base64":
        return base64.b64decode(text, validate=True)
    raise ValueError


Octets = Annotated[str, AfterValidator(_octets)]


class Step(Frozen):
    r"""One step of a conversation: what to await, what to say then, whether to begin TLS then.

    ``send`` may name groups of ``expect`` as ``\1``, ``\g<name>``, ``${1}`` or ``${name}``, and
    write ``\\`` for a backslash; all else, a backslash before a letter too, is sent as it stands.
    Without ``expect`` everything is. A line end is added. ``expect_bytes`` and ``send_bytes``, as
    ``hex:`` or ``base64:``, stand for the very bytes, without line end.
    """

    expect: Regex | None = None
    expect_bytes: Octets | None = None
    send: str | None = None
    send_bytes: Octets | None = None
    starttls: bool = False

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not (self.expect or self.expect_bytes or self.send_bytes or self.starttls) and (
            self.send is None
        ):
            raise ValueError("needs expect, send or starttls")
        if self.expect and self.expect_bytes:
            raise ValueError("expect and expect_bytes exclude each other")
        if self.send is not None and self.send_bytes:
            raise ValueError("send and send_bytes exclude each other")
        if self.expect is not None and self.send is not None:
            groups = regex.compile(self.expect.encode())
            for name in named_groups(self.send):
                if int(name) > groups.groups if name.isdigit() else name not in groups.groupindex:
                    raise ValueError(f"send names the group {name!r}, which expect does not have")
        return self


class TcpProbe(SourcedProbe):
    """A TCP connection; good when it is accepted and the conversation goes as expected.

    ``target`` is host:port, or ``unix:`` and the path of a socket.

    ``tls`` begins TLS at once, or sets the options of a ``starttls`` step.
    """

    type: Literal["tcp"]
    target: Endpoint
    tls: TlsPeer | None = None
    conversation: tuple[Step, ...] = ()

    @model_validator(mode="after")
    def _of_a_path(self) -> Self:
        if not self.target.startswith(UNIX):
            return self
        if self.source_address is not None:
            raise ValueError("a unix socket is not asked from an address")
        secure = self.tls is not None or any(step.starttls for step in self.conversation)
        if secure and not (self.tls and self.tls.server_name):
            raise ValueError("TLS on a unix socket needs tls.server_name")
        return self


class TlsProbe(SourcedProbe):
    """A TLS handshake: chain, name, version, and how long the first certificate remains valid."""

    type: Literal["tls"]
    target: Annotated[str, default_port(443)]
    starttls: Literal["smtp", "imap", "pop3", "postgres"] | None = None
    min_version: TlsVersion = "1.2"
    min_validity: PositiveMilliseconds | None = None
    tls: TlsPeer = TlsPeer()

    @model_validator(mode="after")
    def _versions(self) -> Self:
        if self.min_version == "1.3" and self.tls.max_version == "1.2":
            raise ValueError("tls.max_version is lower than min_version")
        return self


class DnsProbe(SourcedProbe):
    r"""One question to one name server; good when the answer has the code and records expected.

    ``expect`` holds regular expressions, each of which some record's text must match in whole;
    ``reject`` those that none may match. Types without a text of their own are written as RFC 3597
    has them (``\# 4 0a000001``); those of ``ANY``, ``expect_authority`` and ``expect_additional``
    (and ``reject_...``) as type and text: ``NS ns1.example.org.``. ``expect_authenticated`` wants
    the AD flag.
    """

    type: Literal["dns"]
    server: Annotated[str, default_port(53)]
    query: Text
    record: RecordType | OtherType = "A"
    query_class: Literal["IN", "CH", "HS"] = "IN"
    transport: Literal["udp", "tcp", "tls"] = "udp"
    tls: TlsPeer = TlsPeer()
    recursion: bool = True
    expect_rcode: tuple[Rcode, ...] = ("NOERROR",)
    expect: tuple[Regex, ...] = ()
    reject: tuple[Regex, ...] = ()
    expect_authority: tuple[Regex, ...] = ()
    reject_authority: tuple[Regex, ...] = ()
    expect_additional: tuple[Regex, ...] = ()
    reject_additional: tuple[Regex, ...] = ()
    expect_authenticated: bool = False

    @model_validator(mode="before")
    @classmethod
    def _port_of_tls(cls, data: Any) -> Any:
        server = data.get("server") if isinstance(data, dict) else None
        if isinstance(server, str) and data.get("transport") == "tls":
            bare = server.startswith("[") and server.endswith("]")
            if bare or ":" not in server:
                return {**data, "server": f"{server}:853"}
        return data

    @model_validator(mode="after")
    def _tls_to_speak(self) -> Self:
        if self.transport != "tls" and self.tls != TlsPeer():
            raise ValueError("tls needs transport: tls")
        return self

    @property
    def target(self) -> str:
        """Return what is asked of whom."""
        return f"{self.query}@{self.server}"


class IcmpProbe(SourcedProbe):
    """Echo requests; good when not more than ``max_loss`` (a ratio) of them stay unanswered.

    ``ttl`` is the most routers that one may pass; with ``dont_fragment`` one that is too long for
    the way is not sent, and fails with ``size``.
    """

    type: Literal["icmp"]
    target: Annotated[str, Field(pattern=r"^[^\s/]+$")]
    count: Annotated[int, Field(ge=1, le=100)] = 1
    size: Annotated[int, Field(ge=0, le=65_000)] = 56
    max_loss: Annotated[float, Field(ge=0, lt=1)] = 0.0
    ttl: Annotated[int, Field(ge=1, le=255)] | None = None
    dont_fragment: bool = False


class GrpcProbe(NetworkProbe):
    """The gRPC health protocol; good when the service (empty: the server) is serving.

    ``metadata`` goes along as headers.
    """

    type: Literal["grpc"]
    target: HostPort
    service: str = ""
    metadata: Headers = Field(default_factory=dict)
    tls: TlsPeer | None = None


class SshProbe(NetworkProbe):
    """An SSH server's banner."""

    type: Literal["ssh"]
    target: Annotated[str, default_port(22)]
    expect: Regex | None = None


class SmtpProbe(NetworkProbe):
    """An SMTP server's greeting and its answer to EHLO."""

    type: Literal["smtp"]
    target: Annotated[str, default_port(25)]
    expect: Regex | None = None


class ImapProbe(NetworkProbe):
    """An IMAP server's greeting."""

    type: Literal["imap"]
    target: Annotated[str, default_port(143)]
    expect: Regex | None = None


class PostgresProbe(NetworkProbe):
    """A PostgreSQL server that takes sessions, as ``pg_isready`` asks; no password is needed."""

    type: Literal["postgres"]
    target: Annotated[str, default_port(5432)]
    user: Text = "uptime"
    database: Text = "postgres"


class MysqlProbe(NetworkProbe):
    """A MySQL or MariaDB server that takes logins; being refused is an answer, too."""

    type: Literal["mysql"]
    target: Annotated[str, default_port(3306)]
    user: Text = "uptime"


class RedisProbe(NetworkProbe):
    """A Redis or Valkey server's answer to PING, after AUTH where a password file is given."""

    type: Literal["redis"]
    target: Annotated[str, default_port(6379)]
    username: Text | None = None
    password_file: FilePath | None = None


class NtpProbe(NetworkProbe):
    """A time server that is synchronised and not further off than ``max_offset``."""

    type: Literal["ntp"]
    target: Annotated[str, default_port(123)]
    max_offset: PositiveMilliseconds = 1_000
