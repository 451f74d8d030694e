"""What an HTTP probe asks and expects."""

from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

import jsonpath
import regex
from pydantic import AfterValidator, Field, model_validator

from service_catalogue.base import FilePath, Headers, Text
from service_catalogue.probes.base import NetworkProbe, Regex, Url
from service_catalogue.prometheus import BasicAuth, TlsClient
from uptime_common.shown import shown

Version = Literal["1.0", "1.1", "2"]


def _jsonpath(value: str) -> str:
    try:
        jsonpath.compile(value)
    except jsonpath.JSONPathError as error:
        raise ValueError(f"{shown(value)} is not a JSONPath: {error}") from None
    return value


def _charset(value: str) -> str:
    try:
        b"a".decode(value)
    except (LookupError, ValueError):
        raise ValueError(f"{value!r} is not a charset that Python knows") from None
    return value


def _text_regex(value: str) -> str:
    try:
        regex.compile(value)
    except regex.error as error:
        raise ValueError(f"{value!r} is not a regular expression: {error}") from None
    return value


TextRegex = Annotated[str, Field(min_length=1), AfterValidator(_text_regex)]
JsonPath = Annotated[str, AfterValidator(_jsonpath)]
Scalar = str | bool | int | float | None


class HttpProbe(NetworkProbe):
    """An HTTP request; good when the last answer is as expected.

    ``expect_status`` defaults to 200-299. ``expect_headers`` maps names to regular expressions;
    ``expect_json`` maps JSONPath (RFC 9535) to a value that some match must equal. ``expect_body``
    and ``reject_body`` look at text in ``charset``, or in the one that the answer names (else
    UTF-8); ``latin-1`` shows every byte as one character. A body of more than ``max_body`` bytes,
    decompressed, fails; 0 sets no limit. ``http`` fixes the version that is spoken; without it TLS
    negotiates 2 or 1.1. Credentials are not sent to another origin that a redirect names.
    """

    type: Literal["http"]
    url: Url
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] = "GET"
    headers: Headers = Field(default_factory=dict)
    body: Text | None = None
    basic_auth: BasicAuth | None = None
    bearer_token_file: FilePath | None = None
    follow_redirects: bool = True
    max_redirects: Annotated[int, Field(ge=0, le=50)] = 10
    proxy_url: Url | None = None
    http: Literal["1.1", "2"] | None = None
    compression: bool = False
    max_body: Annotated[int, Field(ge=0)] = 0
    charset: Annotated[str, AfterValidator(_charset)] | None = None
    expect_status: tuple[Annotated[int, Field(ge=100, le=599)], ...] = ()
    expect_version: tuple[Version, ...] = ()
    expect_headers: dict[str, Regex] = Field(default_factory=dict)
    expect_body: TextRegex | None = None
    reject_body: TextRegex | None = None
    expect_json: dict[JsonPath, Scalar] = Field(default_factory=dict)
    tls: TlsClient = TlsClient()

    @property
    def target(self) -> str:
        """Return the URL without its credentials."""
        parts = urlsplit(self.url)
        return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()

    @model_validator(mode="after")
    def _body_to_judge(self) -> Self:
        if self.method == "HEAD" and (self.expect_body or self.reject_body or self.expect_json):
            raise ValueError("an answer to HEAD has no body to expect or reject anything of")
        return self

    @model_validator(mode="after")
    def _one_auth(self) -> Self:
        if self.basic_auth and self.bearer_token_file:
            raise ValueError("basic_auth and bearer_token_file exclude each other")
        return self
