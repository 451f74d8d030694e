"""What the probes of other protocols than HTTP ask and expect."""

import base64
import re
from typing import Annotated, Any, Final, Literal, Self

import regex
from pydantic import AfterValidator, Field, model_validator

from service_catalogue.base import FilePath, Frozen, Headers, PositiveMilliseconds, Text, unit
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
    """One step of a conversation: what to await, what to say then, whether to begin TLS then."""

    expect: Regex | None = None
    """Expression to await; all that comes without it."""
    expect_bytes: Octets | None = None
    """The very bytes to await: ``hex:0d 0a`` or ``base64:DQo=``."""
    send: str | None = None
    r"""What to say then, with a line end; names groups of ``expect`` as ``\1``, ``\g<name>``,
    ``${1}`` or ``${name}``, and writes ``\\`` for a backslash."""
    send_bytes: Octets | None = None
    """The very bytes to say, without line end."""
    starttls: bool = False
    """Begin TLS after it."""

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
    """A TCP connection; good when it is accepted and the conversation goes as expected."""

    type: Literal["tcp"]
    """A TCP connection."""
    target: Endpoint
    """host:port, or ``unix:`` and the path of a socket."""
    tls: TlsPeer | None = None
    """Begin TLS at once, or the options of a ``starttls`` step."""
    conversation: tuple[Step, ...] = ()
    """What is said and awaited."""

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
    """A TLS handshake."""
    target: Annotated[str, default_port(443)]
    """host:port; 443 without a port."""
    starttls: Literal["smtp", "imap", "pop3", "postgres"] | None = None
    """Protocol that TLS is asked for in."""
    min_version: TlsVersion = "1.2"
    """The oldest version that is good."""
    min_validity: PositiveMilliseconds | None = None
    """How long the certificate must still be valid."""
    tls: TlsPeer = TlsPeer()
    """How its certificate is verified, and which one we show."""

    @model_validator(mode="after")
    def _versions(self) -> Self:
        if self.min_version == "1.3" and self.tls.max_version == "1.2":
            raise ValueError("tls.max_version is lower than min_version")
        return self


class DnsProbe(SourcedProbe):
    """One question to one name server; good when the answer has the code and records expected."""

    type: Literal["dns"]
    """A question to a name server."""
    server: Annotated[str, default_port(53)]
    """host:port; 53 (with ``transport: tls`` 853) without a port."""
    query: Text
    """The name that is asked for."""
    record: RecordType | OtherType = "A"
    """Type of the records: a name such as ``A``, or ``TYPE65400``."""
    query_class: Literal["IN", "CH", "HS"] = "IN"
    """Class of the records."""
    transport: Literal["udp", "tcp", "tls"] = "udp"
    """How it is asked."""
    tls: TlsPeer = TlsPeer()
    """TLS to the server, with ``transport: tls``."""
    recursion: bool = True
    """Whether the server may ask others."""
    expect_rcode: tuple[Rcode, ...] = ("NOERROR",)
    """Codes that are good."""
    expect: tuple[Regex, ...] = ()
    """Expressions, each of which some record's text must match in whole; types without a text of
    their own are written as RFC 3597 has them."""
    reject: tuple[Regex, ...] = ()
    """Expressions that no record's text may match."""
    expect_authority: tuple[Regex, ...] = ()
    """The same of the authority section, whose records are written with their type: ``NS
    ns1.example.org.``"""
    reject_authority: tuple[Regex, ...] = ()
    """Expressions that none of the authority section may match."""
    expect_additional: tuple[Regex, ...] = ()
    """The same of the additional section."""
    reject_additional: tuple[Regex, ...] = ()
    """Expressions that none of the additional section may match."""
    expect_authenticated: bool = False
    """Whether the answer must say that it was authenticated (the AD flag)."""

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
    """Echo requests; good when not too many of them stay unanswered."""

    type: Literal["icmp"]
    """Echo requests."""
    target: Annotated[str, Field(pattern=r"^[^\s/]+$")]
    """Name or address."""
    count: Annotated[int, Field(ge=1, le=100, json_schema_extra=unit("requests"))] = 1
    """How many are sent."""
    size: Annotated[int, Field(ge=0, le=65_000, json_schema_extra=unit("bytes"))] = 56
    """Payload of each."""
    max_loss: Annotated[float, Field(ge=0, lt=1, json_schema_extra=unit("ratio"))] = 0.0
    """How many may stay unanswered."""
    ttl: Annotated[int, Field(ge=1, le=255, json_schema_extra=unit("routers"))] | None = None
    """The most routers that one may pass."""
    dont_fragment: bool = False
    """One that is too long for the way is not sent, and fails with ``size``."""


class GrpcProbe(NetworkProbe):
    """The gRPC health protocol; good when the service is serving."""

    type: Literal["grpc"]
    """The gRPC health protocol."""
    target: HostPort
    """host:port."""
    service: str = ""
    """Whose health is asked; empty: the server's."""
    metadata: Headers = Field(default_factory=dict)
    """Sent along as headers."""
    tls: TlsPeer | None = None
    """TLS to the server; in the clear without it."""


class SshProbe(NetworkProbe):
    """An SSH server's banner."""

    type: Literal["ssh"]
    """An SSH server."""
    target: Annotated[str, default_port(22)]
    """host:port; 22 without a port."""
    expect: Regex | None = None
    """Expression that its banner must match."""


class SmtpProbe(NetworkProbe):
    """An SMTP server's greeting and its answer to EHLO."""

    type: Literal["smtp"]
    """An SMTP server."""
    target: Annotated[str, default_port(25)]
    """host:port; 25 without a port."""
    expect: Regex | None = None
    """Expression that its greeting must match."""


class ImapProbe(NetworkProbe):
    """An IMAP server's greeting."""

    type: Literal["imap"]
    """An IMAP server."""
    target: Annotated[str, default_port(143)]
    """host:port; 143 without a port."""
    expect: Regex | None = None
    """Expression that its greeting must match."""


class PostgresProbe(NetworkProbe):
    """A PostgreSQL server that takes sessions, as ``pg_isready`` asks; no password is needed."""

    type: Literal["postgres"]
    """A PostgreSQL server."""
    target: Annotated[str, default_port(5432)]
    """host:port; 5432 without a port."""
    user: Text = "uptime"
    """Who asks; no password is sent."""
    database: Text = "postgres"
    """Which database is asked for."""


class MysqlProbe(NetworkProbe):
    """A MySQL or MariaDB server that takes logins; being refused is an answer, too."""

    type: Literal["mysql"]
    """A MySQL or MariaDB server."""
    target: Annotated[str, default_port(3306)]
    """host:port; 3306 without a port."""
    user: Text = "uptime"
    """Who asks; no password is sent."""


class RedisProbe(NetworkProbe):
    """A Redis or Valkey server's answer to PING, after AUTH where a password file is given."""

    type: Literal["redis"]
    """A Redis or Valkey server."""
    target: Annotated[str, default_port(6379)]
    """host:port; 6379 without a port."""
    username: Text | None = None
    """Login, with ``password_file``."""
    password_file: FilePath | None = None
    """File of a password, sent by AUTH."""


class NtpProbe(NetworkProbe):
    """A time server; good when it is synchronised and near our time."""

    type: Literal["ntp"]
    """A time server."""
    target: Annotated[str, default_port(123)]
    """host:port; 123 without a port."""
    max_offset: PositiveMilliseconds = 1_000
    """How far its time may be off ours."""
