"""What the models of all probe types are made of."""

import ipaddress
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

import regex
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from service_catalogue.base import Frozen, Identifier, PositiveMilliseconds, Text, printable, unit
from service_catalogue.probes.address import ascii_host, ascii_url
from service_catalogue.prometheus import TlsClient
from uptime_common.shown import shown


def _url(value: str) -> str:
    parts = urlsplit(value)
    try:
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        good = False
    if not good:
        hint = "" if "://" in value else "; write its scheme, too"
        raise ValueError(f"{shown(value)} is not an http:// or https:// URL{hint}")
    ascii_url(value)
    return value


def _regex(value: str) -> str:
    try:
        regex.compile(value.encode())
    except regex.error as error:
        raise ValueError(f"{shown(value)} is not a regular expression: {error}") from None
    except RecursionError:
        raise ValueError(f"{shown(value)} has brackets nested too deep to be read") from None
    return value


def _host_port(value: str) -> str:
    host, _, port = value.rpartition(":")
    bare = host.startswith("[") and host.endswith("]")
    if not host or (":" in host and not bare) or not _PORT.fullmatch(port):
        raise ValueError(f"{shown(value)} is not host:port")
    if not 0 < int(port) <= 65535:  # noqa: PLR2004 - the highest port
        raise ValueError(f"{shown(value)} names a port that does not exist")
    if not bare:
        _host_name(host)
    return value


def _host_name(value: str) -> str:
    if not _HOST_NAME.fullmatch(value):
        raise ValueError(f"{shown(value)} is not a host name")
    ascii_host(value)
    return value


def _address(value: str) -> str:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        raise ValueError(f"{shown(value)} is not an IP address") from None
    return value


def _endpoint(value: str) -> str:
    if not value.startswith(UNIX):
        return _host_port(value)
    if not value.startswith(f"{UNIX}/") or len(value.encode()) > _LONGEST_PATH + len(UNIX):
        raise ValueError(f"{shown(value)} is not unix:/path of at most {_LONGEST_PATH} bytes")
    return printable(value)


def several(value: Any) -> Any:
    """Return a single text as a list of one."""
    return (value,) if isinstance(value, str) else value


def default_port(default: int) -> AfterValidator:
    """Return the validator of host:port whose port may be left out."""

    def complete(value: str) -> str:
        bare = value.startswith("[") and value.endswith("]")
        return _host_port(value if ":" in value and not bare else f"{value}:{default}")

    return AfterValidator(complete)


_LONGEST_PATH = 107  # what the kernel takes as the address of a socket
_HOST_NAME = regex.compile(r"(?:[^\s/:@?#\[\]*\\.]{1,63}\.)*[^\s/:@?#\[\]*\\.]{1,63}\.?")
_PORT = regex.compile("[0-9]{1,9}")
HostName = Annotated[str, AfterValidator(_host_name)]
Url = Annotated[str, Field(json_schema_extra=unit("URL")), AfterValidator(_url)]
Regex = Annotated[str, Field(min_length=1), AfterValidator(_regex)]
Regexes = Annotated[
    tuple[Regex, ...], BeforeValidator(several, json_schema_input_type=str | list[str])
]
"""One expression or a list of them."""
HostPort = Annotated[str, AfterValidator(_host_port)]
Address = Annotated[str, AfterValidator(_address)]
UNIX = "unix:"
Endpoint = Annotated[str, AfterValidator(_endpoint)]
"""host:port, or ``unix:`` and a path."""
TlsVersion = Literal["1.2", "1.3"]


class TlsRange(TlsClient):
    """TLS of certain versions; the newest that both sides speak unless ``max_version`` forbids."""

    min_version: TlsVersion | None = None
    """The oldest version that is spoken."""
    max_version: TlsVersion | None = None
    """The newest version that is spoken."""

    @model_validator(mode="after")
    def _versions(self) -> Self:
        if self.min_version == "1.3" and self.max_version == "1.2":
            raise ValueError("max_version is lower than min_version")
        return self


class TlsPeer(TlsRange):
    """TLS to a peer whose name in the certificate may differ from its address."""

    server_name: Text | None = None
    """The name that the certificate must have, where it is not the address's."""


class AnyProbe(Frozen):
    """What every probe has."""

    name: Identifier | None = None
    """Unique within its service; its type without it."""
    interval: PositiveMilliseconds = 15_000
    """How often it runs."""
    timeout: PositiveMilliseconds = 5_000
    """How long one run may take; with all retries no longer than ``interval``."""
    retries: Annotated[int, Field(ge=0, le=5, json_schema_extra=unit("tries"))] = 0
    """A run that fails is tried again so often at once; the last try is the verdict."""

    @model_validator(mode="after")
    def _in_time(self) -> Self:
        if self.timeout * (1 + self.retries) > self.interval:
            tries = " of all tries" if self.retries else ""
            raise ValueError(f"timeout{tries} is longer than interval")
        return self


class NetworkProbe(AnyProbe):
    """A probe of another host."""

    preferred_ip_protocol: Literal["ip4", "ip6"] = "ip4"
    """The protocol that is asked first."""
    ip_protocol_fallback: bool = True
    """Ask the other one where the name has no address of the first."""
    details: bool = False
    """Also measure what tells nothing of the verdict, such as the certificate's names."""


class SourcedProbe(NetworkProbe):
    """A probe that may be sent from a certain address of ours, whose protocol is then asked."""

    source_address: Address | None = None
    """The address of ours that it is sent from; its protocol is then asked."""
