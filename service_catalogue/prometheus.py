"""Where the samples are: Prometheus or whatever speaks its HTTP API."""

from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from service_catalogue.base import (
    FilePath,
    Frozen,
    Headers,
    LabelName,
    Name,
    PositiveMilliseconds,
    printable,
    unit,
)
from uptime_common.shown import shown


def _http_url(value: str) -> str:
    try:
        parts = urlsplit(printable(value))
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        good = False
    if not good:
        hint = "" if "://" in value else "; write its scheme, too"
        raise ValueError(f"{shown(value)} is not an http:// or https:// URL{hint}")
    return value.rstrip("/")


HttpUrl = Annotated[str, Field(json_schema_extra=unit("URL")), AfterValidator(_http_url)]


class BasicAuth(Frozen):
    """HTTP basic auth; the password stays in a file."""

    username: Name
    """The login."""
    password_file: FilePath
    """File of its password."""


class TlsClient(Frozen):
    """How a server's certificate is verified and which one we show."""

    ca_file: FilePath | None = None
    """PEM file of the authorities that are trusted, in place of the system's."""
    cert_file: FilePath | None = None
    """PEM file of the certificate that we show."""
    key_file: FilePath | None = None
    """PEM file of its key."""
    insecure_skip_verify: bool = False
    """Accept any certificate."""

    @model_validator(mode="after")
    def _pair(self) -> Self:
        if (self.cert_file is None) != (self.key_file is None):
            raise ValueError("cert_file and key_file go together")
        return self


class Prometheus(Frozen):
    """Where the samples are."""

    url: HttpUrl = "http://127.0.0.1:9090"
    """Prometheus, or whatever speaks its HTTP API."""
    headers: Headers = Field(default_factory=dict)
    """Sent along, such as ``X-Scope-OrgID`` to Mimir."""
    basic_auth: BasicAuth | None = None
    """Login, where it wants one."""
    bearer_token_file: FilePath | None = None
    """File of a token, where it wants one."""
    tls: TlsClient = TlsClient()
    """How its certificate is verified, and which one we show."""
    timeout: PositiveMilliseconds = 30_000
    """How long one query may take."""
    scrape_interval: PositiveMilliseconds | None = None
    """That of the series which the engine reads; measured without it, hour by hour."""
    max_gap: PositiveMilliseconds | None = None
    """The longest distance of two samples that is no gap; 2.5 scrape intervals without it."""
    replica_labels: tuple[LabelName, ...] = ("prometheus_replica", "replica")
    """Labels in which copies of one counter differ, scraped by two Prometheus."""

    @model_validator(mode="after")
    def _one_auth(self) -> Self:
        if self.basic_auth and self.bearer_token_file:
            raise ValueError("basic_auth and bearer_token_file exclude each other")
        return self
