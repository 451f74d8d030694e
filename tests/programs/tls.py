"""Certificates for the servers of the tests, and the authority that they chain to."""

from dataclasses import dataclass
from pathlib import Path

import trustme


@dataclass(frozen=True)
class Papers:
    """A server's certificate chain and key as PEM, and the file of the authority."""

    chain: bytes
    key: bytes
    authority: str


def papers(folder: Path, name: str = "localhost") -> Papers:
    """Make an authority, whose file is in the folder, and a certificate of it for a name."""
    authority = trustme.CA(key_type=trustme.KeyType.ECDSA)
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    issued = authority.issue_cert(name)
    chain = b"".join(part.bytes() for part in issued.cert_chain_pems)
    return Papers(chain, issued.private_key_pem.bytes(), str(folder / "ca.pem"))
