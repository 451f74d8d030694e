"""HTTP and HTTPS by libcurl: a request, bounded redirects, what is expected of the answer."""

import re
from urllib.parse import urlsplit

import pycurl

from catalogue.probe import HttpProbe
from catalogue.source import TlsClient
from exporter.metrics import HTTP_STATUS, TLS_EXPIRY
from exporter.network.curl import Done
from exporter.probes.connect import resolve
from exporter.probes.result import ProbeError, Reason
from exporter.probes.run import Run
from exporter.probes.tls import earliest_expiry, set_curl_tls

_AGENT = "Uptime-Ledger"
_MAX_BODY = 10 * 1024 * 1024
_MAX_REDIRECTS = 10
_EXPIRED = 10
_OTHER_NAME = frozenset({0, 1, 62})  # libcurl compares names itself and leaves 0 or 1
_UNTRUSTED = frozenset({2, 18, 19, 20, 21, 24, 27})  # X509_V_ERR_*: no chain to an authority
_REASONS: dict[int, Reason] = {
    pycurl.E_COULDNT_RESOLVE_HOST: "resolve",
    pycurl.E_COULDNT_CONNECT: "refused",
    pycurl.E_OPERATION_TIMEDOUT: "timeout",
    pycurl.E_SSL_CONNECT_ERROR: "tls",
    pycurl.E_GOT_NOTHING: "reset",
    pycurl.E_RECV_ERROR: "reset",
    pycurl.E_SEND_ERROR: "reset",
    pycurl.E_WRITE_ERROR: "size",
    pycurl.E_FILESIZE_EXCEEDED: "size",
}


class _Body:
    """Keeps a body up to the limit; a longer one ends the transfer."""

    __slots__ = ("data", "limit")

    def __init__(self, limit: int) -> None:
        self.data = bytearray()
        self.limit = limit

    def write(self, part: bytes) -> int:
        self.data += part
        return len(part) if len(self.data) <= self.limit else 0


async def probe(config: HttpProbe, run: Run) -> None:
    """Send the request, follow redirects, judge the last answer."""
    url = config.url
    easy, body = pycurl.Curl(), _Body(_MAX_BODY)
    try:
        _prepare(easy, config, body)
        for _ in range(_MAX_REDIRECTS + 1):
            url = await _hop(easy, url, run)
            if not url:
                break
            body.data.clear()
        else:
            raise ProbeError("redirect", f"more than {_MAX_REDIRECTS}")
        _judge(easy, config, bytes(body.data))
    finally:
        easy.close()


def _prepare(easy: pycurl.Curl, config: HttpProbe, body: _Body) -> None:
    easy.setopt(pycurl.NOSIGNAL, 1)
    easy.setopt(pycurl.FRESH_CONNECT, 1)
    easy.setopt(pycurl.FORBID_REUSE, 1)
    easy.setopt(pycurl.PROXY, "")
    easy.setopt(pycurl.USERAGENT, _AGENT)
    easy.setopt(pycurl.COOKIEFILE, "")
    easy.setopt(pycurl.WRITEFUNCTION, body.write)
    easy.setopt(pycurl.HTTPHEADER, [f"{name}: {text}" for name, text in config.headers.items()])
    if config.url.startswith("https:") or config.tls != TlsClient():
        set_curl_tls(easy, config.tls)
    if config.method == "HEAD":
        easy.setopt(pycurl.NOBODY, 1)
    elif config.method != "GET":
        easy.setopt(pycurl.CUSTOMREQUEST, config.method)


async def _hop(easy: pycurl.Curl, url: str, run: Run) -> str:
    """Perform one request; return where it redirects to, or nothing."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    address = await resolve(run, host)
    bracketed = f"[{address}]" if ":" in address else address
    easy.setopt(pycurl.URL, url)
    easy.setopt(pycurl.CONNECT_TO, [f"::{bracketed}:{port}"])
    try:
        done = await run.network.curl.perform(easy)
    finally:
        _note_phases(easy, run, parts.scheme)
    if parts.scheme == "https" and (expiry := earliest_expiry(easy)):
        run.measure(TLS_EXPIRY, expiry)
    if done.code:
        raise _failure(easy, done)
    status = easy.getinfo(pycurl.RESPONSE_CODE)
    run.measure(HTTP_STATUS, status)
    run.log(f"{url} answered {status}")
    return easy.getinfo(pycurl.REDIRECT_URL) or ""


def _note_phases(easy: pycurl.Curl, run: Run, scheme: str) -> None:
    """Add libcurl's times, which count from the start of the transfer and are 0 until reached."""
    total = easy.getinfo(pycurl.TOTAL_TIME)
    connected = easy.getinfo(pycurl.CONNECT_TIME)
    run.add("connect", connected or total)
    ready = connected
    if scheme == "https" and connected:
        ready = easy.getinfo(pycurl.APPCONNECT_TIME)
        run.add("tls", (ready or total) - connected)
    if ready:
        answered = easy.getinfo(pycurl.STARTTRANSFER_TIME)
        run.add("processing", (answered or total) - ready)
        if answered:
            run.add("transfer", total - answered)


def _failure(easy: pycurl.Curl, done: Done) -> ProbeError:
    if done.code == pycurl.E_PEER_FAILED_VERIFICATION:
        return ProbeError(_certificate(easy.getinfo(pycurl.SSL_VERIFYRESULT)), done.message)
    return ProbeError(_REASONS.get(done.code, "protocol"), done.message)


def _certificate(code: int) -> Reason:
    """Return the reason of one of OpenSSL's X509_V_ERR_* codes."""
    if code == _EXPIRED:
        return "certificate_expired"
    if code in _OTHER_NAME:
        return "certificate_hostname"
    return "certificate_untrusted" if code in _UNTRUSTED else "certificate_invalid"


def _judge(easy: pycurl.Curl, config: HttpProbe, body: bytes) -> None:
    status = easy.getinfo(pycurl.RESPONSE_CODE)
    good = status in config.expect_status if config.expect_status else 200 <= status < 300  # noqa: PLR2004 - success in HTTP
    if not good:
        raise ProbeError("status", f"{status}")
    if config.expect_body and not re.search(config.expect_body.encode(), body):
        raise ProbeError("body", f"nothing matches {config.expect_body!r}")
