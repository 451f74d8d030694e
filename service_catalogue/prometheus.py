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


HttpUrl = Annotated[str, AfterValidator(_http_url)]


class BasicAuth(Frozen):
    """HTTP basic auth; the password stays in a file."""

    username: Name
    password_file: FilePath


class TlsClient(Frozen):
    """How a server's certificate is verified and which one we show."""

    ca_file: FilePath | None = None
    cert_file: FilePath | None = None
    key_file: FilePath | None = None
    insecure_skip_verify: bool = False

    @model_validator(mode="after")
    def _pair(self) -> Self:
        if (self.cert_file is None) != (self.key_file is None):
            raise ValueError("cert_file and key_file go together")
        return self


class Prometheus(Frozen):
    """The server that the engine queries.

    ``scrape_interval`` is that of the series which the engine reads; without it the engine takes
    the median distance of each series' samples. Counters that only ``replica_labels`` tell apart
    are one counter, scraped by two Prometheus.
    """

    url: HttpUrl = "http://127.0.0.1:9090"
    headers: Headers = Field(default_factory=dict)
    basic_auth: BasicAuth | None = None
    bearer_token_file: FilePath | None = None
    tls: TlsClient = TlsClient()
    timeout: PositiveMilliseconds = 30_000
    scrape_interval: PositiveMilliseconds | None = None
    max_gap: PositiveMilliseconds | None = None
    replica_labels: tuple[LabelName, ...] = ("prometheus_replica", "replica")

    @model_validator(mode="after")
    def _one_auth(self) -> Self:
        if self.basic_auth and self.bearer_token_file:
            raise ValueError("basic_auth and bearer_token_file exclude each other")
        return self
