"""The text of a document: read within bounds, UTF-8, without characters that YAML excludes."""

import hashlib
import os
import re
import select
import stat
from pathlib import Path

MAX_BYTES = 32 * 1024 * 1024
_PATIENCE_SECONDS = 10.0
_PIECE = 1 << 20
_MARKS = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
# What YAML calls printable (1.1, 5.1.1), with the byte order mark where text begins.
_EXCLUDED = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class SourceError(Exception):
    """A file that holds no text for us; ``line`` counts from 1."""

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.line = line


def read_source(path: Path) -> str:
    """Return the text of a file; see `read_hashed`."""
    return read_hashed(path)[0]


def read_hashed(path: Path) -> tuple[str, str]:
    """Return the text of a file, and the SHA-256 of its bytes in hexadecimal digits.

    Raises:
        SourceError: it cannot be read, is too large, or is not text in UTF-8.
    """
    try:
        content = _content(path)
    except OSError as error:
        raise SourceError(f"cannot be read: {error.strerror or error}") from error
    except ValueError as error:  # a path with NUL in it
        raise SourceError(f"cannot be read: {error}") from error
    if len(content) > MAX_BYTES:
        raise SourceError(f"is larger than {MAX_BYTES // 1024**2} MiB")
    return decoded(content), hashlib.sha256(content).hexdigest()


def decoded(content: bytes) -> str:
    """Return bytes as text, without a byte order mark.

    Raises:
        SourceError: they are not UTF-8, or hold characters that YAML excludes.
    """
    for mark, name in _MARKS:
        if content.startswith(mark):
            raise SourceError(f"is in {name}; save it as UTF-8")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        byte = f"0x{content[error.start]:02x}"
        raise SourceError(f"byte {byte} is not UTF-8 (Latin-1?); save it as UTF-8", line) from error
    check_characters(text)
    return text


def check_characters(text: str) -> None:
    """Refuse characters that YAML excludes.

    Raises:
        SourceError: with the line of the first.
    """
    found = _EXCLUDED.search(text)
    if found is not None:
        line = text.count("\n", 0, found.start()) + 1
        raise SourceError(f"character U+{ord(found[0]):04X} is not allowed", line)


def _content(path: Path) -> bytes:
    """Return at most a byte more than is allowed; a pipe is waited for, but not for ever."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise IsADirectoryError(0, "Is a directory")
        pieces: list[bytes] = []
        while sum(map(len, pieces)) <= MAX_BYTES:
            if not select.select([descriptor], [], [], _PATIENCE_SECONDS)[0]:
                raise TimeoutError(0, f"nothing came for {_PATIENCE_SECONDS:g} seconds")
            piece = os.read(descriptor, _PIECE)
            if not piece:
                break
            pieces.append(piece)
        return b"".join(pieces)
    finally:
        os.close(descriptor)
