"""What the models of all probe types are made of."""

from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

import regex
from pydantic import AfterValidator, Field, model_validator

from service_catalogue.base import Frozen, Identifier, PositiveMilliseconds, Text
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
        raise ValueError(f"{shown(value)} is not an http:// or https:// URL")
    ascii_url(value)
    return value


def _regex(value: str) -> str:
    try:
        regex.compile(value.encode())
    except regex.error as error:
        raise ValueError(f"{shown(value)} is not a regular expression: {error}") from None
    return value


def _host_port(value: str) -> str:
    host, _, port = value.rpartition(":")
    bare = host.startswith("[") and host.endswith("]")
    if not host or (":" in host and not bare) or not port.isdigit():
        raise ValueError(f"{shown(value)} is not host:port")
    if not 0 < int(port) <= 65535:  # noqa: PLR2004 - the highest port
        raise ValueError(f"{shown(value)} names a port that does not exist")
    ascii_host(host)
    return value


def default_port(default: int) -> AfterValidator:
    """Return the validator of host:port whose port may be left out."""

    def complete(value: str) -> str:
        bare = value.startswith("[") and value.endswith("]")
        return _host_port(value if ":" in value and not bare else f"{value}:{default}")

    return AfterValidator(complete)


Url = Annotated[str, AfterValidator(_url)]
Regex = Annotated[str, Field(min_length=1), AfterValidator(_regex)]
HostPort = Annotated[str, AfterValidator(_host_port)]


class TlsPeer(TlsClient):
    """TLS to a peer whose name in the certificate may differ from its address."""

    server_name: Text | None = None


class AnyProbe(Frozen):
    """What every probe has; ``name`` defaults to the type and is unique within its service.

    A run that fails is tried again up to ``retries`` times at once; the last try is the verdict,
    every failed one is counted.
    """

    name: Identifier | None = None
    interval: PositiveMilliseconds = 15_000
    timeout: PositiveMilliseconds = 5_000
    retries: Annotated[int, Field(ge=0, le=5)] = 0

    @model_validator(mode="after")
    def _in_time(self) -> Self:
        if self.timeout * (1 + self.retries) > self.interval:
            tries = " of all tries" if self.retries else ""
            raise ValueError(f"timeout{tries} is longer than interval")
        return self


class NetworkProbe(AnyProbe):
    """A probe of another host.

    ``preferred_ip_protocol`` is asked first; with ``ip_protocol_fallback`` the other one serves if
    the name has no address of it.
    """

    preferred_ip_protocol: Literal["ip4", "ip6"] = "ip4"
    ip_protocol_fallback: bool = True
