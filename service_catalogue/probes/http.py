"""What an HTTP probe asks and expects."""

from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

import jsonpath
import regex
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from service_catalogue.base import FilePath, Frozen, HeaderName, Headers, Name, Text, unit
from service_catalogue.probes.address import excepted
from service_catalogue.probes.base import HostName, NetworkProbe, Regexes, TlsRange, Url, several
from service_catalogue.prometheus import TlsClient
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
    except RecursionError:
        raise ValueError(f"{shown(value)} has brackets nested too deep to be read") from None
    return value


def _places(value: Any) -> Any:
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


def _place(value: str) -> str:
    try:
        excepted(value)
    except ValueError as error:
        raise ValueError(f"{shown(value)} is no host, network or * to ask without proxy") from error
    return value


Status = Annotated[int, Field(ge=100, le=599, json_schema_extra=unit("status code"))]
TextRegex = Annotated[str, Field(min_length=1), AfterValidator(_text_regex)]
TextRegexes = Annotated[
    tuple[TextRegex, ...], BeforeValidator(several, json_schema_input_type=str | list[str])
]
Places = Annotated[
    tuple[Annotated[str, AfterValidator(_place)], ...],
    BeforeValidator(_places, json_schema_input_type=str | list[str]),
]
JsonPath = Annotated[str, AfterValidator(_jsonpath)]
Scalar = str | bool | int | float | None


class ProbeAuth(Frozen):
    """HTTP basic auth, read at every run: the name itself, or a file of it; the password's file."""

    username: Name | None = None
    """The login; either this or ``username_file``."""
    username_file: FilePath | None = None
    """File of the login."""
    password_file: FilePath
    """File of its password, read at every run."""

    @model_validator(mode="after")
    def _one_name(self) -> Self:
        if (self.username is None) is (self.username_file is None):
            raise ValueError("needs either username or username_file")
        return self


class OAuth2(Frozen):
    """A token by client credentials (RFC 6749, section 4.4), kept until it expires."""

    token_url: Url
    """Where a token is asked for."""
    client_id: Name
    """Who asks."""
    client_secret_file: FilePath
    """File of its secret."""
    client_auth: Literal["basic", "post"] = "basic"
    """Where identifier and secret stand: in the header (``basic``) or in the form (``post``)."""
    scopes: tuple[Text, ...] = ()
    """What the token is to be good for."""
    parameters: dict[Text, str] = Field(default_factory=dict)
    """Further fields of the form, such as ``audience``."""
    tls: TlsClient = TlsClient()
    """How the token server's certificate is verified."""


class HttpProbe(NetworkProbe):
    """An HTTP request; good when the last answer is as expected."""

    type: Literal["http"]
    """An HTTP request."""
    url: Url
    """What is asked."""
    server_name: HostName | None = None
    """Who is asked (Host, SNI, the certificate's name) where the URL's host says only where that
    is; a redirect to it stays there."""
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] = "GET"
    """How it is asked."""
    headers: Headers = Field(default_factory=dict)
    """Sent along; ``Host`` is no name for TLS."""
    header_files: dict[HeaderName, FilePath] = Field(default_factory=dict)
    """Headers by the files of their values, read at every run."""
    body: Text | None = None
    """Sent along; either this or ``body_file``."""
    body_file: FilePath | None = None
    """File of what is sent, read at every run."""
    basic_auth: ProbeAuth | None = None
    """Login by HTTP basic auth."""
    bearer_token_file: FilePath | None = None
    """File of a token, read at every run."""
    oauth2: OAuth2 | None = None
    """A token by client credentials."""
    follow_redirects: bool = True
    """Whether to go where an answer leads; credentials do not go to another origin."""
    max_redirects: Annotated[int, Field(ge=0, le=50, json_schema_extra=unit("redirects"))] = 10
    """How far."""
    proxy_url: Url | None = None
    """Proxy that is asked to ask."""
    no_proxy: Places = ()
    """Hosts, domains and networks that it is not asked for."""
    proxy_headers: Headers = Field(default_factory=dict)
    """Headers for the proxy alone."""
    http: Literal["1.1", "2"] | None = None
    """The version that is spoken; TLS negotiates 2 or 1.1 without it."""
    compression: bool = False
    """Ask for gzip or deflate; a body that ends early then fails."""
    max_body: Annotated[int, Field(ge=0, json_schema_extra=unit("bytes"))] = 0
    """A longer body, decompressed, fails; 0 sets no limit."""
    charset: Annotated[str, AfterValidator(_charset)] | None = None
    """Of the body; without it the one that the answer names, else UTF-8. ``latin-1`` shows every
    byte as one character."""
    expect_status: tuple[Status, ...] = ()
    """Codes that are good; 200 to 299 without it."""
    expect_version: tuple[Version, ...] = ()
    """Versions of HTTP that are good."""
    expect_tls: bool | None = None
    """Whether the last answer must have come by TLS, or must not."""
    expect_headers: dict[str, Regexes] = Field(default_factory=dict)
    """By a header's name, expressions that must all match; one that is sent several times is looked
    at line by line, and joined by commas."""
    reject_headers: dict[str, Regexes] = Field(default_factory=dict)
    """By a header's name, expressions of which none may match."""
    expect_body: TextRegexes = ()
    """Expressions that must all match in the body."""
    reject_body: TextRegexes = ()
    """Expressions of which none may match in the body."""
    expect_json: dict[JsonPath, Scalar] = Field(default_factory=dict)
    """By a JSONPath (RFC 9535), the value that some match must equal."""
    websocket: bool = False
    """Ask for a WebSocket: good is 101 and what else RFC 6455 wants; no body is read."""
    tls: TlsRange = TlsRange()
    """TLS to the server."""

    @property
    def target(self) -> str:
        """Return the URL without its credentials."""
        parts = urlsplit(self.url)
        return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()

    @model_validator(mode="after")
    def _body_to_judge(self) -> Self:
        if self.method == "HEAD" and (self.expect_body or self.reject_body or self.expect_json):
            raise ValueError("an answer to HEAD has no body to expect or reject anything of")
        if self.body is not None and self.body_file is not None:
            raise ValueError("body and body_file exclude each other")
        return self

    @model_validator(mode="after")
    def _handshake(self) -> Self:
        if not self.websocket:
            return self
        if self.method != "GET" or self.http == "2":
            raise ValueError("websocket is asked for by GET and HTTP/1.1")
        fields = ("body", "body_file", "expect_status", "expect_body", "reject_body", "expect_json")
        if given := [name for name in fields if getattr(self, name)]:
            raise ValueError(f"websocket excludes {given[0]}: good is 101, without a body")
        return self

    @model_validator(mode="after")
    def _one_auth(self) -> Self:
        if self.basic_auth and self.bearer_token_file:
            raise ValueError("basic_auth and bearer_token_file exclude each other")
        if self.oauth2 and (self.basic_auth or self.bearer_token_file):
            raise ValueError("oauth2 excludes basic_auth and bearer_token_file")
        return self

    @model_validator(mode="after")
    def _one_header(self) -> Self:
        given = {name.lower() for name in self.headers}
        if twice := [name for name in self.header_files if name.lower() in given]:
            raise ValueError(f"{shown(twice[0])} stands in headers and in header_files")
        return self

    @model_validator(mode="after")
    def _with_proxy(self) -> Self:
        if self.proxy_url is None and (self.no_proxy or self.proxy_headers):
            raise ValueError("no_proxy and proxy_headers need proxy_url")
        return self
