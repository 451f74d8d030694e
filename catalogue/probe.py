"""What a probe asks of its target; one model per probe type."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from catalogue.base import Frozen, Identifier, PositiveMilliseconds, Text
from catalogue.source import HttpUrl, TlsClient


class _Probe(Frozen):
    """What every probe has; ``name`` defaults to the type and is unique within its service."""

    name: Identifier | None = None
    interval: PositiveMilliseconds = 15_000
    timeout: PositiveMilliseconds = 5_000

    @model_validator(mode="after")
    def _in_time(self) -> Self:
        if self.timeout > self.interval:
            raise ValueError("timeout is longer than interval")
        return self


class HttpProbe(_Probe):
    """An HTTP request; good when status and body are as expected."""

    type: Literal["http"]
    url: HttpUrl
    method: Literal["GET", "HEAD", "POST", "PUT", "OPTIONS"] = "GET"
    headers: dict[str, str] = Field(default_factory=dict)
    expect_status: tuple[Annotated[int, Field(ge=100, le=599)], ...] = ()
    expect_body: Text | None = None
    tls: TlsClient = TlsClient()

    @property
    def target(self) -> str:
        """Return the URL."""
        return self.url


class TcpProbe(_Probe):
    """A TCP connection; good when it is accepted in time."""

    type: Literal["tcp"]
    target: Annotated[str, Field(pattern=r"^(\[[0-9a-fA-F:.]+\]|[^:\s]+):\d{1,5}$")]


Probe = Annotated[HttpProbe | TcpProbe, Field(discriminator="type")]
