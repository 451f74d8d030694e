"""HTTP and HTTPS: a request, bounded redirects, and what is expected of the last answer."""

import pycurl

from exporter.metrics import (
    HTTP_BODY,
    HTTP_LENGTH,
    HTTP_MODIFIED,
    HTTP_REDIRECTS,
    HTTP_STATUS,
    HTTP_TLS,
    HTTP_VERSION,
)
from exporter.probes.transport.connect import resolve
from exporter.probes.transport.curl import bracketed, perform
from exporter.probes.transport.curl_tls import set_curl_tls
from exporter.probes.transport.http_request import Prepared, prepared, proxy_of
from exporter.probes.transport.http_response import VERSIONS, HttpResponse, judge
from exporter.probes.transport.result import ProbeError
from exporter.probes.transport.run import Run
from exporter.probes.transport.websocket import handshake_headers
from service_catalogue.probes import HttpProbe
from service_catalogue.probes.address import Origin, ascii_host, ascii_url, named, origin_of

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
_UNAUTHORIZED = 401
_LENGTH = getattr(pycurl, "CONTENT_LENGTH_DOWNLOAD_T", None) or pycurl.CONTENT_LENGTH_DOWNLOAD


async def probe(config: HttpProbe, run: Run) -> None:
    """Send the request, follow redirects, judge the last answer."""
    answer = HttpResponse(config)
    try:
        request = await prepared(config, run)
        await _ask(config, run, request, answer)
        if request.kept and answer.status == _UNAUTHORIZED:
            run.log("401: the token is no longer taken")
            await _ask(config, run, await prepared(config, run, renew=True), answer)
        await judge(config, answer, run)
    finally:
        if answer.status:
            run.measure(HTTP_STATUS, answer.status)


async def _ask(config: HttpProbe, run: Run, request: Prepared, answer: HttpResponse) -> None:
    """Send the request and follow redirects to the last answer."""
    easy = pycurl.Curl()
    answer.method = config.method
    answer.clear()
    try:
        _prepare(easy, config, answer, request.body)
        if run.detailed:
            easy.setopt(pycurl.OPT_FILETIME, 1)
        await _use_proxy(easy, config, run)
        first = ascii_url(config.url)
        if config.server_name is not None:
            first = named(first, config.server_name)
        url, hops = first, 0
        if config.websocket:
            request = request._replace(headers=request.headers | handshake_headers(answer.key))
        _send_as(easy, request.headers, request.user)
        while onward := await _hop(easy, config, run, url, answer):
            hops += 1
            if hops > config.max_redirects:
                raise ProbeError("redirect", f"more than {config.max_redirects}")
            same = _origin(onward) == _origin(first)
            _redirect(easy, config, answer, request, same=same)
            url = onward
        run.measure(HTTP_REDIRECTS, hops)
        if run.detailed:
            _note_details(easy, answer, run)
        run.log(f"{answer.status} after {hops} redirects, {answer.body.size} bytes")
    finally:
        easy.close()


def _note_details(easy: pycurl.Curl, answer: HttpResponse, run: Run) -> None:
    run.measure(HTTP_TLS, answer.secure)
    run.measure(HTTP_BODY, answer.body.size)
    if answer.version:
        run.measure(HTTP_VERSION, float(answer.version))
    length, modified = easy.getinfo(_LENGTH), easy.getinfo(pycurl.INFO_FILETIME)
    if length >= 0:
        run.measure(HTTP_LENGTH, length)
    if modified >= 0:
        run.measure(HTTP_MODIFIED, modified)


def _prepare(
    easy: pycurl.Curl, config: HttpProbe, answer: HttpResponse, body: bytes | None
) -> None:
    easy.setopt(pycurl.USERAGENT, _AGENT)
    easy.setopt(pycurl.WRITEFUNCTION, answer.write)
    easy.setopt(pycurl.HEADERFUNCTION, answer.header)
    if config.follow_redirects:
        easy.setopt(pycurl.COOKIEFILE, "")
    if config.compression:
        easy.setopt(pycurl.ACCEPT_ENCODING, "gzip, deflate")
        easy.setopt(pycurl.HTTP_CONTENT_DECODING, 0)  # libcurl takes a body that is cut short
    if config.http or config.websocket:
        easy.setopt(pycurl.HTTP_VERSION, _http_version(config))
    if body is not None:
        easy.setopt(pycurl.POSTFIELDS, body)
    if config.method == "HEAD":
        easy.setopt(pycurl.NOBODY, 1)
    elif config.method != "GET" or body is not None:
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
    if config.proxy_headers:
        easy.setopt(pycurl.PROXYHEADER, _lines(config.proxy_headers))


async def _resolve(config: HttpProbe, run: Run, host: str) -> str:
    return await resolve(
        run, host, config.preferred_ip_protocol, fallback=config.ip_protocol_fallback
    )


def _lines(headers: dict[str, str]) -> list[str]:
    return [f"{name}: {text}" if text else f"{name};" for name, text in headers.items()]


def _send_as(easy: pycurl.Curl, headers: dict[str, str], user: str) -> None:
    if user:
        easy.setopt(pycurl.USERPWD, user)
    else:
        easy.unsetopt(pycurl.USERPWD)
    easy.unsetopt(pycurl.HTTPHEADER)  # setting no lines would leave the old ones
    easy.setopt(pycurl.HTTPHEADER, _lines(headers))


async def _hop(
    easy: pycurl.Curl, config: HttpProbe, run: Run, url: str, answer: HttpResponse
) -> str | None:
    """Perform one request; return where it redirects to, if that is to be followed."""
    origin = _origin(url)
    proxy, address = proxy_of(config, origin), _backend(config, origin)
    if not proxy:
        address = await _resolve(config, run, address or origin.host)
    easy.setopt(pycurl.URL, url)
    if origin.secure:
        set_curl_tls(easy, config.tls)
    try:
        tls = config.tls if origin.secure else None
        await perform(
            easy, run, address, origin.port, tls=tls, proxy=proxy, enough=lambda: answer.switched
        )
    except ProbeError:
        if answer.error is not None:
            raise answer.error from None
        raise
    finally:
        answer.status = easy.getinfo(pycurl.RESPONSE_CODE)
    answer.finish_head(easy.getinfo(_LENGTH))
    answer.secure = origin.secure
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


def _backend(config: HttpProbe, origin: Origin) -> str | None:
    """Return where ``server_name`` is, if that is who is asked."""
    if config.server_name is None or origin.host != ascii_host(config.server_name).lower():
        return None
    return origin_of(ascii_url(config.url)).host


def _origin(url: str) -> Origin:
    try:
        return origin_of(url)
    except ValueError as error:
        raise ProbeError("redirect", f"{url[:200]!r}: {error}") from error


def _redirect(
    easy: pycurl.Curl, config: HttpProbe, answer: HttpResponse, request: Prepared, *, same: bool
) -> None:
    """Prepare the next request as browsers do; another origin gets no credentials of ours."""
    if _becomes_get(answer.status, answer.method):
        answer.method = "GET"
        easy.unsetopt(pycurl.CUSTOMREQUEST)
        easy.setopt(pycurl.HTTPGET, 1)
    dropped = frozenset[str]() if same else _OF_ORIGIN | request.secrets
    if answer.method != config.method:
        dropped |= _OF_BODY
    headers = {k: text for k, text in request.headers.items() if k.lower() not in dropped}
    _send_as(easy, headers, request.user if same else "")
    answer.clear()


def _becomes_get(status: int, method: str) -> bool:
    """Say whether the next request has neither method nor body of this one (RFC 9110, 15.4)."""
    if status == _SEE_OTHER:
        return method not in ("GET", "HEAD")
    return status in _POST_BECOMES_GET and method == "POST"
