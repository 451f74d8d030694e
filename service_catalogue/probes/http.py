"""What an HTTP probe asks and expects."""

from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

import jsonpath
import regex
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from service_catalogue.base import FilePath, Frozen, HeaderName, Headers, Name, Text
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
    return value


def _places(value: Any) -> Any:
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


def _place(value: str) -> str:
    try:
        excepted(value)
    except ValueError as error:
        raise ValueError(f"{shown(value)} is no host, network or * to ask without proxy") from error
    return value


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
    username_file: FilePath | None = None
    password_file: FilePath

    @model_validator(mode="after")
    def _one_name(self) -> Self:
        if (self.username is None) is (self.username_file is None):
            raise ValueError("needs either username or username_file")
        return self


class OAuth2(Frozen):
    """A token by client credentials (RFC 6749, section 4.4), kept until it expires.

    ``client_auth`` says where identifier and secret stand: in the header (``basic``) or in the
    form (``post``). ``parameters`` are further fields of the form, such as ``audience``.
    """

    token_url: Url
    client_id: Name
    client_secret_file: FilePath
    client_auth: Literal["basic", "post"] = "basic"
    scopes: tuple[Text, ...] = ()
    parameters: dict[Text, str] = Field(default_factory=dict)
    tls: TlsClient = TlsClient()


class HttpProbe(NetworkProbe):
    """An HTTP request; good when the last answer is as expected.

    ``server_name`` is who is asked (Host, SNI, the name that the certificate must have) where the
    URL's host says only where that is; a redirect to it stays there. ``expect_status`` defaults to
    200-299; ``expect_tls`` says whether the last answer must have come by TLS or must not.
    ``expect_headers`` and ``reject_headers`` map names to one or several regular expressions; one
    that is sent several times is looked at line by line, and as one with commas between.
    ``websocket`` asks for one: good is 101 and what else RFC 6455 wants, and no body is read.
    ``expect_json`` maps JSONPath (RFC 9535) to a value that some match must equal. ``expect_body``
    and ``reject_body``, one or several expressions, look at text in ``charset``, or in the one that
    the answer names (else UTF-8); ``latin-1`` shows every byte as one character. A body of more
    than ``max_body`` bytes, decompressed, fails; 0 sets no limit. ``http`` fixes the version that
    is spoken; without it TLS negotiates 2 or 1.1. ``body_file`` and ``header_files`` are read at
    every run. Credentials, those files' headers among them, are not sent to another origin that a
    redirect names. ``no_proxy`` names hosts, domains and networks that ``proxy_url`` is not asked
    for; ``proxy_headers`` are for the proxy alone.
    """

    type: Literal["http"]
    url: Url
    server_name: HostName | None = None
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] = "GET"
    headers: Headers = Field(default_factory=dict)
    header_files: dict[HeaderName, FilePath] = Field(default_factory=dict)
    body: Text | None = None
    body_file: FilePath | None = None
    basic_auth: ProbeAuth | None = None
    bearer_token_file: FilePath | None = None
    oauth2: OAuth2 | None = None
    follow_redirects: bool = True
    max_redirects: Annotated[int, Field(ge=0, le=50)] = 10
    proxy_url: Url | None = None
    no_proxy: Places = ()
    proxy_headers: Headers = Field(default_factory=dict)
    http: Literal["1.1", "2"] | None = None
    compression: bool = False
    max_body: Annotated[int, Field(ge=0)] = 0
    charset: Annotated[str, AfterValidator(_charset)] | None = None
    expect_status: tuple[Annotated[int, Field(ge=100, le=599)], ...] = ()
    expect_version: tuple[Version, ...] = ()
    expect_tls: bool | None = None
    expect_headers: dict[str, Regexes] = Field(default_factory=dict)
    reject_headers: dict[str, Regexes] = Field(default_factory=dict)
    expect_body: TextRegexes = ()
    reject_body: TextRegexes = ()
    expect_json: dict[JsonPath, Scalar] = Field(default_factory=dict)
    websocket: bool = False
    tls: TlsRange = TlsRange()

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
