"""One HTTP exchange by libcurl: phases, certificates, and why it failed."""

import errno
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pycurl

from exporter.network.curl import Done
from exporter.probes import chain
from exporter.probes.transport.connect import network_error, no_memory, shortage
from exporter.probes.transport.curl_tls import note_handshake, peer_chain
from exporter.probes.transport.result import Cause, HinderedError, ProbeError, Reason
from exporter.probes.transport.run import Run
from exporter.probes.transport.tls import certificate_reason, tls_alert
from service_catalogue.prometheus import TlsClient

_OTHER_NAME = frozenset({0, 1})  # libcurl compares names itself and leaves OpenSSL's code at these
_REASONS: dict[int, Reason] = {
    pycurl.E_URL_MALFORMAT: "redirect",
    pycurl.E_COULDNT_RESOLVE_PROXY: "resolve",
    pycurl.E_COULDNT_RESOLVE_HOST: "resolve",
    pycurl.E_OPERATION_TIMEDOUT: "timeout",
    pycurl.E_SSL_CONNECT_ERROR: "tls",
    pycurl.E_SSL_CIPHER: "tls",
    pycurl.E_GOT_NOTHING: "reset",
    pycurl.E_RECV_ERROR: "reset",
    pycurl.E_SEND_ERROR: "reset",
    pycurl.E_WRITE_ERROR: "size",
    pycurl.E_FILESIZE_EXCEEDED: "size",
}
_CAUSES: dict[int, Cause] = {
    pycurl.E_SSL_CERTPROBLEM: "file",
    pycurl.E_SSL_CACERT_BADFILE: "file",
    pycurl.E_SSL_ENGINE_INITFAILED: "file",
    pycurl.E_FAILED_INIT: "memory",
    pycurl.E_OUT_OF_MEMORY: "memory",
}

_TOO_LARGE = 100  # CURLE_TOO_LARGE, which pycurl does not name
_OWN_LIMIT = re.compile("(?i)too (large|many) response headers|limit of .* content encodings")


async def perform(
    easy: pycurl.Curl,
    run: Run,
    address: str | None,
    port: int,
    *,
    tls: TlsClient | None,
    proxy: str = "",
    enough: Callable[[], bool] = lambda: False,
) -> None:
    """Run the transfer to an address (None: libcurl knows where); every name is resolved already.

    ``enough`` says of a transfer that our own callbacks ended whether they had all they wanted.
    Without ``tls`` it is in plain text; with it, `set_curl_tls` was called.

    A proxy of the environment is never asked, and its exceptions do not count: what is probed must
    not depend on who started the exporter.

    Raises:
        ProbeError: it failed.
    """
    easy.setopt(pycurl.NOSIGNAL, 1)
    easy.setopt(pycurl.FRESH_CONNECT, 1)
    easy.setopt(pycurl.FORBID_REUSE, 1)
    easy.setopt(pycurl.PROXY, proxy)
    easy.setopt(pycurl.NOPROXY, "")
    if address is not None:
        easy.setopt(pycurl.CONNECT_TO, [f"::{bracketed(address)}:{port}"])
    elif proxy:
        easy.setopt(pycurl.CONNECT_TO, [":::"])  # to where the URL says: an earlier hop may differ
    if run.detailed:
        easy.setopt(pycurl.VERBOSE, 1)
        easy.setopt(pycurl.DEBUGFUNCTION, lambda kind, text: _debug(run, kind, text))
    try:
        done = await run.network.curl.perform(easy)
    finally:
        _note_phases(easy, run, secure=tls is not None)
    found = peer_chain(easy, tls, run) if tls else None
    if found:
        chain.note(run, found)
    if done.code and not enough():
        raise _failure(easy, done)
    if tls and found and not found.named and not tls.insecure_skip_verify:
        # libcurl takes the subject's common name then, as browsers have not since 2017
        raise ProbeError("certificate_hostname", "the certificate has no subject alternative name")


@contextmanager
def bounded(easy: pycurl.Curl, most: int) -> Iterator[bytearray]:
    """Give the body of the transfer inside, of ``most`` bytes: more is beyond a limit of ours.

    Raises:
        HinderedError: it is.
    """
    body = bytearray()

    def keep(part: bytes) -> int:
        body.extend(part)
        return len(part) if len(body) <= most else 0

    easy.setopt(pycurl.WRITEFUNCTION, keep)
    try:
        yield body
    except ProbeError as error:
        if len(body) > most:
            raise HinderedError("limit", f"a body of more than {most} bytes") from error
        raise


def bracketed(address: str) -> str:
    """Return an address as URLs write it."""
    return f"[{address}]" if ":" in address else address


def _debug(run: Run, kind: int, text: bytes) -> None:
    if kind in (pycurl.INFOTYPE_TEXT, pycurl.INFOTYPE_HEADER_IN, pycurl.INFOTYPE_HEADER_OUT):
        mark = {pycurl.INFOTYPE_HEADER_IN: "<", pycurl.INFOTYPE_HEADER_OUT: ">"}.get(kind, "*")
        for line in text.decode("utf-8", "replace").splitlines():
            run.log(f"{mark} {_redacted(line)}")
            note_handshake(run, line if mark == "*" else "")


def _redacted(line: str) -> str:
    name, colon, _ = line.partition(":")
    secret = colon and name.lower() in ("authorization", "proxy-authorization", "cookie")
    return f"{name}: (hidden)" if secret else line


def _note_phases(easy: pycurl.Curl, run: Run, *, secure: bool) -> None:
    """Add libcurl's times, which count from the start of the transfer and are 0 until reached."""
    total = easy.getinfo(pycurl.TOTAL_TIME)
    connected = easy.getinfo(pycurl.CONNECT_TIME)
    run.add("connect", connected or total)
    ready = connected
    if secure and connected:
        ready = easy.getinfo(pycurl.APPCONNECT_TIME)
        run.add("tls", (ready or total) - connected)
    if ready:
        answered = easy.getinfo(pycurl.STARTTRANSFER_TIME)
        run.add("processing", (answered or total) - ready)
        if answered:
            run.add("transfer", total - answered)


def _failure(easy: pycurl.Curl, done: Done) -> ProbeError:
    if done.code == pycurl.E_PEER_FAILED_VERIFICATION:
        code = easy.getinfo(pycurl.SSL_VERIFYRESULT)
        other = code in _OTHER_NAME
        reason = "certificate_hostname" if other else certificate_reason(code)
        return ProbeError(reason, done.message)
    if done.code == pycurl.E_COULDNT_CONNECT:
        number = easy.getinfo(pycurl.OS_ERRNO)
        if not number:  # no socket was made
            return HinderedError(shortage(), done.message)
        return network_error(OSError(number, done.message))
    if cause := _own_cause(done):
        return HinderedError(cause, done.message)
    number = easy.getinfo(pycurl.OS_ERRNO)
    code = tls_alert(done.message) or errno.errorcode.get(number, "")
    return ProbeError(_REASONS.get(done.code, "protocol"), done.message, code=code)


def _own_cause(done: Done) -> Cause | None:
    """Return what of ours ended a transfer, if that did."""
    if done.code == _TOO_LARGE or _OWN_LIMIT.search(done.message):
        return "limit"
    return "memory" if no_memory(done.message) else _CAUSES.get(done.code)
