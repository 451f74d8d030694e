"""Expiry of certificate files, of those that ``--collector.certificates.files`` names."""

import glob
import logging
from collections.abc import Iterator
from pathlib import Path

from cryptography import x509

from exporter.collectors.support.api import Flag, System
from uptime_common.exposition import Family, Sample, gauge

EXPIRY = gauge(
    "node_certificate_expiry_timestamp_seconds",
    "When the first certificate of the file expires.",
    "path",
    "subject",
)
ERRORS = gauge("node_certificate_file_errors", "Certificate files that could not be read.")
METRICS = (EXPIRY, ERRORS)
FLAGS = (
    Flag(
        "certificates.files",
        "/etc/letsencrypt/live/*/fullchain.pem",
        "globs of PEM or DER certificate files, separated by commas",
    ),
)

_log = logging.getLogger(__name__)


def parse(data: bytes) -> tuple[str, float]:
    """Return subject (RFC 4514) and expiry (Unix seconds) of what expires first in the file.

    Raises:
        ValueError: there is no certificate in it.
    """
    if b"-----BEGIN" in data:
        found = x509.load_pem_x509_certificates(data)
    else:
        found = [x509.load_der_x509_certificate(data)]
    first = min(found, key=lambda certificate: certificate.not_valid_after_utc)
    return first.subject.rfc4514_string(), first.not_valid_after_utc.timestamp()


class Files:
    """What the files said, each parsed again only when it changed."""

    def __init__(self, _system: System) -> None:
        self._known: dict[str, tuple[tuple[int, int], tuple[str, float] | Exception]] = {}

    def read(self, path: str) -> tuple[str, float] | Exception:
        """Return subject and expiry, or why there are none."""
        try:
            stat = Path(path).stat()
        except OSError as error:
            return error
        state = stat.st_mtime_ns, stat.st_ino
        if path not in self._known or self._known[path][0] != state:
            self._known[path] = state, _parsed(path)
        return self._known[path][1]


def _parsed(path: str) -> tuple[str, float] | Exception:
    try:
        return parse(Path(path).read_bytes())
    except (OSError, ValueError) as error:
        _log.error("certificate file %s is left out: %s", path, error)
        return error


def read(system: System) -> Iterator[Family]:
    """Look at the files."""
    patterns = [part.strip() for part in system.text("certificates.files").split(",")]
    paths = sorted({path for pattern in patterns for path in glob.glob(pattern, recursive=True)})  # noqa: PTH207 - absolute patterns
    files = system.part(Files)
    samples: list[Sample] = []
    errors = 0
    for path in paths:
        result = files.read(path)
        if isinstance(result, Exception):
            errors += 1
        else:
            samples.append(((path, result[0]), result[1]))
    yield Family(EXPIRY, samples)
    yield ERRORS.value(errors)
