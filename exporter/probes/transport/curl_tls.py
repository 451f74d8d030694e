"""TLS of libcurl's transfers; it keeps the parsed authorities of all handles for a day."""

import os
import re
import ssl
from functools import lru_cache
from pathlib import Path

import pycurl

from exporter.metrics import TLS_CIPHER, TLS_VERSION
from exporter.probes.chain import Chain, chain_of, note_certificate, read
from exporter.probes.transport.result import HinderedError
from exporter.probes.transport.run import Run
from service_catalogue.probes.base import TlsRange
from service_catalogue.prometheus import TlsClient

_LEAST = {"1.2": pycurl.SSLVERSION_TLSv1_2, "1.3": pycurl.SSLVERSION_TLSv1_3}
_MOST = {"1.2": pycurl.SSLVERSION_MAX_TLSv1_2, "1.3": pycurl.SSLVERSION_MAX_TLSv1_3}
_HANDSHAKE = re.compile(r"SSL connection using TLSv([\d.]+) / (\S+)")
_POST_QUANTUM = (3, 5)
_PLACES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
)


@lru_cache(maxsize=1)
def system_authorities() -> str | None:
    """Return the file of the system's certificate authorities; None leaves it to libcurl."""
    known = (ssl.get_default_verify_paths().cafile, *_PLACES)
    return next((path for path in known if path and Path(path).is_file()), None)


def authorities(tls: TlsClient) -> str | None:
    """Return the file of those that are trusted; None leaves it to OpenSSL's own folder.

    Raises:
        HinderedError: there is nobody to trust, so that every certificate would seem unknown.
    """
    if tls.ca_file:
        return _readable(tls.ca_file)
    found = system_authorities()
    folder = ssl.get_default_verify_paths().capath
    if found is None and not tls.insecure_skip_verify and not (folder and any(os.scandir(folder))):
        raise HinderedError("file", "this system has no certificate authorities (ca-certificates)")
    return found


@lru_cache(maxsize=1)
def _key_groups() -> str | None:
    """Return the key exchanges to offer, the cheapest first.

    From OpenSSL 3.5 on the default prepares a post-quantum key for every handshake, a tenth of its
    cost; here it is offered still, and made for the servers that insist on it. None: the default.
    """
    found = re.search(r"OpenSSL/(\d+)\.(\d+)", pycurl.version)
    if found is None or tuple(map(int, found.groups())) < _POST_QUANTUM:
        return None
    return "X25519:P-256:P-384:P-521:X25519MLKEM768"


def set_curl_tls(easy: pycurl.Curl, tls: TlsClient) -> None:
    """Set verification and client certificate; every probe is a full handshake.

    Raises:
        ProbeError: a file that is named cannot be read.
    """
    easy.setopt(pycurl.OPT_CERTINFO, 1)
    easy.setopt(pycurl.SSL_SESSIONID_CACHE, 0)
    if groups := _key_groups():
        easy.setopt(pycurl.SSL_EC_CURVES, groups)
    if isinstance(tls, TlsRange) and (tls.min_version or tls.max_version):
        least = _LEAST[tls.min_version or "1.2"]
        easy.setopt(pycurl.SSLVERSION, least | _MOST[tls.max_version or "1.3"])
    if tls.insecure_skip_verify:
        easy.setopt(pycurl.SSL_VERIFYPEER, 0)
        easy.setopt(pycurl.SSL_VERIFYHOST, 0)
    if trusted := authorities(tls):
        easy.setopt(pycurl.CAINFO, trusted)
    if tls.cert_file and tls.key_file:
        easy.setopt(pycurl.SSLCERT, _readable(tls.cert_file))
        easy.setopt(pycurl.SSLKEY, _readable(tls.key_file))


def _readable(path: Path) -> str:
    if not os.access(path, os.R_OK):
        raise HinderedError("file", f"{path}: cannot be read")
    return str(path)


def peer_chain(easy: pycurl.Curl, tls: TlsClient, run: Run) -> Chain | None:
    """Return what holds of the chain that the peer sent; None without one."""
    pems = tuple(
        text
        for certificate in easy.getinfo(pycurl.INFO_CERTINFO)
        for name, text in certificate
        if name == "Cert"
    )
    if not pems:
        return None
    if run.detailed and (own := read(pems[0].encode())):
        note_certificate(run, own)
    trusted = tls.ca_file or system_authorities()
    return chain_of(pems, None if tls.insecure_skip_verify or not trusted else str(trusted))


def note_handshake(run: Run, line: str) -> None:
    """Measure version and cipher, which libcurl tells in its log alone."""
    found = _HANDSHAKE.search(line)
    if found is not None:
        run.measure(TLS_VERSION, 1.0, found[1])
        run.measure(TLS_CIPHER, 1.0, found[2])
