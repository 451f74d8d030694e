"""TLS contexts, made once per set of options: making one costs 30 ms."""

import ssl
from functools import lru_cache

from exporter.probes import chain
from exporter.probes.transport.connect import CAUSES, network_error
from exporter.probes.transport.curl_tls import authorities, system_authorities
from exporter.probes.transport.result import HinderedError, ProbeError, Reason
from service_catalogue.probes.base import TlsRange
from service_catalogue.prometheus import TlsClient

_VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
_EXPIRED = 10
_OTHER_NAME = frozenset({62, 64})  # X509_V_ERR_HOSTNAME_MISMATCH, _IP_ADDRESS_MISMATCH
_UNTRUSTED = frozenset({2, 18, 19, 20, 21, 24, 27})  # X509_V_ERR_*: no chain to an authority


def context(tls: TlsClient, min_version: str = "1.2") -> ssl.SSLContext:
    """Return the shared context for these options.

    Raises:
        ProbeError: a file cannot be read or does not hold what it should.
    """
    trusted = authorities(tls)
    most = ""
    if isinstance(tls, TlsRange):
        min_version = max(min_version, tls.min_version or "1.2")
        most = tls.max_version or ""
    files = (str(f) if f else "" for f in (trusted, tls.cert_file, tls.key_file))
    try:
        return _context(*files, min_version, most, insecure=tls.insecure_skip_verify)
    except OSError as error:
        cause = CAUSES.get(error.errno or 0, "file")
        raise HinderedError(cause, f"TLS files: {error.strerror or error}") from error


@lru_cache(maxsize=256)
def _context(
    ca_file: str, cert_file: str, key_file: str, least: str, most: str, *, insecure: bool
) -> ssl.SSLContext:
    made = ssl.create_default_context(cafile=ca_file or None)
    made.hostname_checks_common_name = False
    made.minimum_version = _VERSIONS[least]
    if most:
        made.maximum_version = _VERSIONS[most]
    if insecure:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    if cert_file:
        made.load_cert_chain(cert_file, key_file)
    return made


def forget() -> None:
    """Read certificate files anew at the next use."""
    _context.cache_clear()
    system_authorities.cache_clear()
    chain.forget()


def tls_error(error: ssl.SSLError) -> ProbeError:
    """Return the verdict that an error of a handshake stands for."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return ProbeError(certificate_reason(error.verify_code), error.verify_message)
    return network_error(error)


def certificate_reason(code: int) -> Reason:
    """Return the reason of one of OpenSSL's X509_V_ERR_* codes."""
    if code == _EXPIRED:
        return "certificate_expired"
    if code in _OTHER_NAME:
        return "certificate_hostname"
    return "certificate_untrusted" if code in _UNTRUSTED else "certificate_invalid"
