"""A report's seal: which bytes, of which period, on which head of the audit chain, by which key.

An ed25519 signature (RFC 8032) over a few lines of text. In HTML and PDF the seal stands behind the
document, as a comment that no reader shows; beside other formats it is a file ``NAME.sig``.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import NamedTuple, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sla_engine.domain.period import rfc3339
from sla_engine.domain.report import PeriodReport

_TITLE = "UPTIME LEDGER SEAL 1"
_PREFIX = "ed25519:"
_FIELDS = ("document", "period", "made", "ledger", "key", "signature")
_WRAPPED = {"html": (b"<!-- ", b" -->\n"), "pdf": (b"% ", b"\n")}
"""Formats that carry their seal: what stands before the first line, and after the last."""


class SealError(ValueError):
    """What is no seal, or no key; the message says what is wrong in one line."""


class Seal(NamedTuple):
    """The lines of a seal, by name; ``ledger`` is a head of the audit chain, N:HASH."""

    document: str
    period: str
    made: str
    ledger: str
    key: str
    signature: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a seal.

        Raises:
            SealError: it is none.
        """
        title, *lines = text.strip().splitlines()
        pairs = [line.partition(": ") for line in lines]
        if title != _TITLE or tuple(name for name, _, _ in pairs) != _FIELDS:
            raise SealError("the seal is not in the shape of one")
        return cls(*(value for _, _, value in pairs))

    def __str__(self) -> str:
        return f"{self.signed}signature: {self.signature}\n"

    @property
    def signed(self) -> str:
        """Return what the signature is over."""
        fields = zip(_FIELDS[:-1], self, strict=False)
        return f"{_TITLE}\n" + "".join(f"{name}: {value}\n" for name, value in fields)

    def is_of(self, document: bytes) -> bool:
        """Say whether these are the bytes that were sealed."""
        return self.document == digest(document)

    def is_valid(self) -> bool:
        """Say whether the signature is that of the key that the seal names."""
        try:
            public_key(self.key).verify(_bytes(self.signature), self.signed.encode())
        except (SealError, InvalidSignature):
            return False
        return True


@dataclass(frozen=True, slots=True)
class Signer:
    """Seals reports with a private key."""

    key: Ed25519PrivateKey

    @property
    def public(self) -> str:
        """Return the public half, as people compare it: ``ed25519:`` and base64."""
        raw = self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return _PREFIX + base64.b64encode(raw).decode()

    def sign_head(self, head: str) -> str:
        """Return the signature of a head of the audit chain, which stands in the report."""
        return base64.b64encode(self.key.sign(_head_text(head))).decode()

    def seal(self, document: bytes, report: PeriodReport, head: str) -> Seal:
        """Return the seal of a report's bytes, made while the audit chain had this head."""
        period = f"{rfc3339(report.period.start)}/{rfc3339(report.period.end)}"
        made = rfc3339(report.generated_at)
        bare = Seal(digest(document), period, made, head, self.public, "")
        signature = self.key.sign(bare.signed.encode())
        return bare._replace(signature=base64.b64encode(signature).decode())


def _head_text(head: str) -> bytes:
    return f"UPTIME LEDGER HEAD 1\nledger: {head}\n".encode()


def is_signed(head: str, signature: str, key: str) -> bool:
    """Say whether a key signed a head of the audit chain.

    Raises:
        SealError: the key is none.
    """
    try:
        public_key(key).verify(_bytes(signature), _head_text(head))
    except InvalidSignature:
        return False
    return True


def digest(document: bytes) -> str:
    """Return how a seal names bytes."""
    return f"sha256:{hashlib.sha256(document).hexdigest()}"


def public_key(text: str) -> Ed25519PublicKey:
    """Read a public key.

    Raises:
        SealError: it is none.
    """
    try:
        if text.startswith(_PREFIX):
            return Ed25519PublicKey.from_public_bytes(_bytes(text.removeprefix(_PREFIX)))
    except ValueError:
        pass
    raise SealError(f"{text!r} is no public key such as ed25519:... (44 characters of base64)")


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise SealError("what should be base64 is none") from error


def carries_seal(extension: str) -> bool:
    """Say whether a document of that kind carries its seal; else it is a file beside it."""
    return extension in _WRAPPED


def with_seal(document: bytes, extension: str, seal: Seal) -> bytes:
    """Return a document that carries its seal.

    Raises:
        KeyError: documents of that kind carry none.
    """
    return document + _wrapped(extension, seal)


def _wrapped(extension: str, seal: Seal) -> bytes:
    before, after = _WRAPPED[extension]
    lines = str(seal).strip().encode()
    if extension == "pdf":
        lines = lines.replace(b"\n", b"\n% ")
    return before + lines + after


def carried(content: bytes) -> tuple[bytes, Seal] | None:
    """Return a document and the seal that it carries, None where it carries none.

    Raises:
        SealError: what it carries is no seal, or something follows it.
    """
    for extension, (before, after) in _WRAPPED.items():
        at = content.rfind(before + _TITLE.encode())
        if at < 0:
            continue
        try:
            text = content[at + len(before) :].removesuffix(after).decode()
        except UnicodeDecodeError as error:
            raise SealError("what follows the document is no seal") from error
        seal = Seal.parse(text.replace("\n% ", "\n"))
        if _wrapped(extension, seal) != content[at:]:
            raise SealError("something stands beside the seal")
        return content[:at], seal
    return None
