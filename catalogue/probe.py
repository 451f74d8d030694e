"""What a probe asks of its target; one model per probe type."""

from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from catalogue.base import Frozen, Identifier, PositiveMilliseconds, Text
from catalogue.source import TlsClient


def _url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{value!r} is not an http:// or https:// URL")
    return value


Url = Annotated[str, AfterValidator(_url)]


class _Probe(Frozen):
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


class HttpProbe(_Probe):
    """An HTTP request; good when status and body are as expected."""

    type: Literal["http"]
    url: Url
    method: Literal["GET", "HEAD", "POST", "PUT", "OPTIONS"] = "GET"
    headers: dict[str, str] = Field(default_factory=dict)
    expect_status: tuple[Annotated[int, Field(ge=100, le=599)], ...] = ()
    expect_body: Text | None = None
    tls: TlsClient = TlsClient()

    @property
    def target(self) -> str:
        """Return the URL without its credentials."""
        parts = urlsplit(self.url)
        return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


class TcpProbe(_Probe):
    """A TCP connection; good when it is accepted in time."""

    type: Literal["tcp"]
    target: Annotated[str, Field(pattern=r"^(\[[0-9a-fA-F:.]+\]|[^:\s]+):\d{1,5}$")]


Probe = Annotated[HttpProbe | TcpProbe, Field(discriminator="type")]
