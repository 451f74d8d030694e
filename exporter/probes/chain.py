"""Certificate chains: what a server sent, and which of it our trust stands on."""

import hashlib
import re
import warnings
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.utils import CryptographyDeprecationWarning

from exporter.metrics import TLS_CERTIFICATE, TLS_EXPIRY, TLS_PRESENTED_EXPIRY
from exporter.probes.transport.run import Run

_LONGEST: Final = 10
_LONGEST_LABEL: Final = 1024
_MOST_KNOWN: Final = 50_000
_known: Final[dict[bytes, "Chain"]] = {}
"""By digest of what was sent and who is trusted: reading a chain is no small part of a probe."""
_PEM: Final = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
_NAMES: Final = (x509.DNSName, x509.IPAddress)


class Chain(NamedTuple):
    """Expiries in seconds since the epoch; whether the server's certificate has names (SAN)."""

    verified: float
    presented: float
    named: bool


def read(certificate: bytes) -> x509.Certificate | None:
    """Return a certificate in PEM or DER; None where this library does not take it.

    OpenSSL decides about trust, and takes more (a serial number of 0, say): one that only we cannot
    read must cost neither the verdict nor what others of its file are for.
    """
    load = x509.load_pem_x509_certificate
    if not certificate.startswith(b"-----"):
        load = x509.load_der_x509_certificate
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        try:
            return load(certificate)
        except ValueError:
            return None


def expired(path: Path, now: float) -> bool:
    """Say whether the first certificate of a file is known to have expired."""
    try:
        pems = _PEM.findall(path.read_bytes())
    except OSError:
        return False
    own = read(pems[0]) if pems else None
    return own is not None and earliest([own]) < now


def note(run: Run, chain: Chain) -> None:
    """Measure both expiries; of several chains of a run the first to expire counts."""
    for metric, value in ((TLS_EXPIRY, chain.verified), (TLS_PRESENTED_EXPIRY, chain.presented)):
        run.measure(metric, min(value, run.measured.get((metric, ()), value)))


def note_certificate(run: Run, certificate: x509.Certificate) -> None:
    """Tell about a server's certificate."""
    run.measure(
        TLS_CERTIFICATE,
        1.0,
        _short(certificate.subject.rfc4514_string()),
        _short(certificate.issuer.rfc4514_string()),
        _short(",".join(_names(certificate))),
        f"{certificate.serial_number:x}",
        certificate.fingerprint(hashes.SHA256()).hex(),
    )


def _short(text: str) -> str:
    return text[:_LONGEST_LABEL]


def _names(certificate: x509.Certificate) -> list[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return []
    return [str(name.value) for name in names if isinstance(name, _NAMES)]


def chain_of(pems: tuple[str, ...], authorities: str | None) -> Chain | None:
    """Return what holds of a chain as sent, the server's own certificate first.

    None where the server's own cannot be read.

    Args:
        pems: the certificates.
        authorities: the file of those we trust; None where nobody is: all that was sent counts.
    """
    digest = hashlib.blake2b("".join((authorities or "", *pems)).encode(), digest_size=16).digest()
    found = _known.get(digest)
    if found is None:
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        found = _judged(pems, authorities)
        if found is not None:
            _known[digest] = found
    return found


def _judged(pems: Sequence[str], authorities: str | None) -> Chain | None:
    own, *others = (read(pem.encode()) for pem in pems)
    if own is None:
        return None
    sent = [own, *(c for c in others if c is not None)]
    verified = sent if authorities is None else _verified(sent, _trusted(authorities))
    return Chain(earliest(verified), earliest(sent), has_names(sent[0]))


def earliest(certificates: Iterable[x509.Certificate]) -> float:
    """Return when the first of these expires."""
    return min(c.not_valid_after_utc for c in certificates).timestamp()


def has_names(certificate: x509.Certificate) -> bool:
    """Say whether a certificate names hosts as RFC 9525 wants it: not by its subject alone."""
    return bool(_names(certificate))


def _verified(
    sent: Sequence[x509.Certificate], trusted: dict[bytes, list[x509.Certificate]]
) -> list[x509.Certificate]:
    """Return the chain that OpenSSL verifies: an issuer that we trust goes before one sent."""
    chain = [sent[0]]
    while len(chain) < _LONGEST:
        last = chain[-1]
        name = last.issuer.public_bytes()
        if last in trusted.get(last.subject.public_bytes(), ()):
            return chain
        if roots := [root for root in trusted.get(name, ()) if _issued(last, root)]:
            return [*chain, max(roots, key=lambda root: root.not_valid_after_utc)]
        onward = (c for c in sent if c not in chain and c.subject == last.issuer)
        issuer = next((c for c in onward if _issued(last, c)), None)
        if issuer is None:
            return chain
        chain.append(issuer)
    return chain


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


@lru_cache(maxsize=64)
def _trusted(path: str) -> dict[bytes, list[x509.Certificate]]:
    found: dict[bytes, list[x509.Certificate]] = {}
    try:
        pems = _PEM.findall(Path(path).read_bytes())
    except OSError:
        return found  # the handshake itself tells of such a file
    for certificate in filter(None, map(read, pems)):
        found.setdefault(certificate.subject.public_bytes(), []).append(certificate)
    return found


def forget() -> None:
    """Read files of authorities anew at the next use."""
    _trusted.cache_clear()
    _known.clear()
