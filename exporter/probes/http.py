"""HTTP and HTTPS: a request, bounded redirects, and what is expected of the last answer."""

from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

import pycurl

from exporter.metrics import HTTP_REDIRECTS, HTTP_STATUS
from exporter.probes.transport.connect import resolve
from exporter.probes.transport.curl import bracketed, perform
from exporter.probes.transport.curl_tls import set_curl_tls
from exporter.probes.transport.http_response import VERSIONS, HttpResponse, judge
from exporter.probes.transport.result import ProbeError
from exporter.probes.transport.run import Run
from exporter.probes.transport.secret import secret
from service_catalogue.probes import HttpProbe
from service_catalogue.probes.address import ascii_url

_AGENT = "Uptime-Ledger"
_HTTP = {
    "1.1": pycurl.CURL_HTTP_VERSION_1_1,
    "2": pycurl.CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE,
}
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
"""RFC 9110, section 15.4: other answers may have a Location, too, which is for their reader."""
_SEE_OTHER = 303
_POST_BECOMES_GET = (301, 302)
_OF_ORIGIN = frozenset({"authorization", "cookie", "proxy-authorization", "host"})
_OF_BODY = frozenset(
    {"content-encoding", "content-language", "content-length", "content-location", "content-type"}
)


class _Origin(NamedTuple):
    """Who is asked."""

    secure: bool
    host: str
    port: int


async def probe(config: HttpProbe, run: Run) -> None:
    """Send the request, follow redirects, judge the last answer."""
    easy = pycurl.Curl()
    answer = HttpResponse(config)
    try:
        credentials = await _credentials(config, run)
        _prepare(easy, config, answer)
        await _use_proxy(easy, config, run)
        url, hops = ascii_url(config.url), 0
        _send_as(easy, config, config.headers, credentials)
        while onward := await _hop(easy, config, run, url, answer):
            hops += 1
            if hops > config.max_redirects:
                raise ProbeError("redirect", f"more than {config.max_redirects}")
            _redirect(easy, config, answer, onward, credentials)
            url = onward
        run.measure(HTTP_REDIRECTS, hops)
        run.log(f"{answer.status} after {hops} redirects, {answer.body.size} bytes")
        await judge(config, answer, run)
    finally:
        if answer.status:
            run.measure(HTTP_STATUS, answer.status)
        easy.close()


async def _credentials(config: HttpProbe, run: Run) -> str:
    """Return what libcurl takes as user and password, or a header for a token, or nothing."""
    if config.basic_auth:
        password = await secret(config.basic_auth.password_file, run)
        return f"{config.basic_auth.username}:{password}"
    if config.bearer_token_file:
        return f"Authorization: Bearer {await secret(config.bearer_token_file, run)}"
    return ""


def _prepare(easy: pycurl.Curl, config: HttpProbe, answer: HttpResponse) -> None:
    easy.setopt(pycurl.USERAGENT, _AGENT)
    easy.setopt(pycurl.WRITEFUNCTION, answer.write)
    if config.expect_headers or config.expect_body or config.reject_body or config.compression:
        easy.setopt(pycurl.HEADERFUNCTION, answer.header)
    if config.follow_redirects:
        easy.setopt(pycurl.COOKIEFILE, "")
    if config.compression:
        easy.setopt(pycurl.ACCEPT_ENCODING, "gzip, deflate")
        easy.setopt(pycurl.HTTP_CONTENT_DECODING, 0)  # libcurl takes a body that is cut short
    if config.http:
        easy.setopt(pycurl.HTTP_VERSION, _http_version(config))
    if config.body is not None:
        easy.setopt(pycurl.POSTFIELDS, config.body.encode())
    if config.method == "HEAD":
        easy.setopt(pycurl.NOBODY, 1)
    elif config.method != "GET" or config.body is not None:
        easy.setopt(pycurl.CUSTOMREQUEST, config.method)


def _http_version(config: HttpProbe) -> int:
    if config.http == "2" and config.url.startswith("https:"):
        return int(pycurl.CURL_HTTP_VERSION_2TLS)
    return int(_HTTP[config.http or "1.1"])


async def _use_proxy(easy: pycurl.Curl, config: HttpProbe, run: Run) -> None:
    if config.proxy_url is None:
        return
    origin = _origin(config.proxy_url)
    address = await _resolve(config, run, origin.host)
    easy.setopt(pycurl.RESOLVE, [f"{origin.host}:{origin.port}:{bracketed(address)}"])


async def _resolve(config: HttpProbe, run: Run, host: str) -> str:
    return await resolve(
        run, host, config.preferred_ip_protocol, fallback=config.ip_protocol_fallback
    )


def _send_as(
    easy: pycurl.Curl, config: HttpProbe, headers: dict[str, str], credentials: str
) -> None:
    lines = [f"{name}: {text}" if text else f"{name};" for name, text in headers.items()]
    if credentials and config.bearer_token_file:
        lines.append(credentials)
    elif credentials:
        easy.setopt(pycurl.USERPWD, credentials)
    else:
        easy.unsetopt(pycurl.USERPWD)
    easy.unsetopt(pycurl.HTTPHEADER)  # setting no lines would leave the old ones
    easy.setopt(pycurl.HTTPHEADER, lines)


async def _hop(
    easy: pycurl.Curl, config: HttpProbe, run: Run, url: str, answer: HttpResponse
) -> str | None:
    """Perform one request; return where it redirects to, if that is to be followed."""
    origin = _origin(url)
    address = None if config.proxy_url else await _resolve(config, run, origin.host)
    easy.setopt(pycurl.URL, url)
    if origin.secure:
        set_curl_tls(easy, config.tls)
    try:
        tls = config.tls if origin.secure else None
        await perform(easy, run, address, origin.port, tls=tls, proxy=config.proxy_url or "")
    except ProbeError:
        if answer.error is not None:
            raise answer.error from None
        raise
    finally:
        answer.status = easy.getinfo(pycurl.RESPONSE_CODE)
    answer.version = VERSIONS.get(easy.getinfo(pycurl.INFO_HTTP_VERSION), "")
    if not config.follow_redirects or answer.status not in _REDIRECTS:
        return None
    onward: str | None = easy.getinfo(pycurl.REDIRECT_URL)
    return onward and _sendable(onward)


def _sendable(url: str) -> str:
    try:
        return ascii_url(url)
    except ValueError as error:
        raise ProbeError("redirect", f"{url[:200]!r}: {error}") from error


@lru_cache(maxsize=65_536)
def _origin(url: str) -> _Origin:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ProbeError("redirect", f"{url[:200]!r}: {error}") from error
    if parts.scheme not in ("http", "https") or not host:
        raise ProbeError("redirect", f"to {url[:200]!r}")
    secure = parts.scheme == "https"
    return _Origin(secure, host, port or (443 if secure else 80))


def _redirect(
    easy: pycurl.Curl,
    config: HttpProbe,
    answer: HttpResponse,
    onward: str,
    credentials: str,
) -> None:
    """Prepare the next request as browsers do; another origin gets no credentials of ours."""
    if _becomes_get(answer.status, answer.method):
        answer.method = "GET"
        easy.unsetopt(pycurl.CUSTOMREQUEST)
        easy.setopt(pycurl.HTTPGET, 1)
    same = _origin(onward) == _origin(ascii_url(config.url))
    dropped = frozenset[str]() if same else _OF_ORIGIN
    if answer.method != config.method:
        dropped |= _OF_BODY
    headers = {k: text for k, text in config.headers.items() if k.lower() not in dropped}
    _send_as(easy, config, headers, credentials if same else "")
    answer.clear()


def _becomes_get(status: int, method: str) -> bool:
    """Say whether the next request has neither method nor body of this one (RFC 9110, 15.4)."""
    if status == _SEE_OTHER:
        return method not in ("GET", "HEAD")
    return status in _POST_BECOMES_GET and method == "POST"
