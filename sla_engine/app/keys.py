"""The file of the key that seals reports: made once, read at the start."""

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from sla_engine.app.errors import JobError
from sla_engine.reports.seal import Signer

_OWN = 0o600
_OTHERS = 0o077


def make_key(path: Path) -> Signer:
    """Make a key and write it to a new file that only its owner reads (mode 0600, PEM, PKCS 8).

    Raises:
        JobError: the file is there already, or cannot be written.
    """
    key = Ed25519PrivateKey.generate()
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWN)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(text)
        except OSError:
            path.unlink(missing_ok=True)  # half a key seals nothing, and is never written over
            raise
    except FileExistsError as error:
        raise JobError(f"{path} is there already; nothing is ever written over") from error
    except OSError as error:
        raise JobError(f"{path}: {error.strerror}") from error
    return Signer(key)


def read_key(path: Path | None) -> Signer | None:
    """Read a key that `make_key` or openssl wrote; None without a path.

    Raises:
        JobError: it cannot be read, others may read it, or it is no ed25519 key.
    """
    if path is None:
        return None
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            key = load_pem_private_key(file.read(), None)
    except OSError as error:
        raise JobError(f"{path}: {error.strerror}") from error
    except (ValueError, TypeError) as error:
        raise JobError(f"{path}: no private key in PEM without a password") from error
    if mode & _OTHERS:
        raise JobError(f"{path}: others may read this key: chmod 600, or make another")
    if not isinstance(key, Ed25519PrivateKey):
        raise JobError(f"{path}: no ed25519 key")
    return Signer(key)
