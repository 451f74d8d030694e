"""What the probes share of TLS: authorities, options for libcurl, expiry."""

import ssl
from functools import lru_cache
from pathlib import Path

import pycurl

from catalogue.source import TlsClient
from exporter.probes.result import ProbeError


@lru_cache(maxsize=1)
def system_authorities() -> str | None:
    """Return the file of the system's certificate authorities; None leaves it to libcurl."""
    paths = ssl.get_default_verify_paths()
    return paths.cafile or next(
        (p for p in ("/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem") if Path(p).is_file()),
        None,
    )


def set_curl_tls(easy: pycurl.Curl, tls: TlsClient) -> None:
    """Set verification and client certificate; every probe is a full handshake.

    Raises:
        ProbeError: a file that is named is not there.
    """
    easy.setopt(pycurl.OPT_CERTINFO, 1)
    easy.setopt(pycurl.SSL_SESSIONID_CACHE, 0)
    if tls.insecure_skip_verify:
        easy.setopt(pycurl.SSL_VERIFYPEER, 0)
        easy.setopt(pycurl.SSL_VERIFYHOST, 0)
    authorities = str(tls.ca_file) if tls.ca_file else system_authorities()
    if authorities:
        easy.setopt(pycurl.CAINFO, _there(authorities))
    if tls.cert_file and tls.key_file:
        easy.setopt(pycurl.SSLCERT, _there(str(tls.cert_file)))
        easy.setopt(pycurl.SSLKEY, _there(str(tls.key_file)))


def _there(path: str) -> str:
    if not Path(path).is_file():
        raise ProbeError("setup", f"{path}: no such file")
    return path


def earliest_expiry(easy: pycurl.Curl) -> float | None:
    """Return when the first certificate of the peer's chain expires, in seconds since the epoch."""
    dates = [
        ssl.cert_time_to_seconds(text)
        for certificate in easy.getinfo(pycurl.INFO_CERTINFO)
        for name, text in certificate
        if name == "Expire date"
    ]
    return float(min(dates)) if dates else None
