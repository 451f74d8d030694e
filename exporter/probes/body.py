"""The body of an HTTP answer as it comes in: decompressed, counted, searched; little is kept."""

import re
import zlib
from collections.abc import Iterator, Sequence
from typing import Final

from exporter.probes.transport.pattern import compiled_text, too_slow
from exporter.probes.transport.result import HinderedError, ProbeError

WINDOW: Final = 2 * 1024 * 1024
"""Bytes that expressions see at once of a longer body; a match may be half as long."""
DOCUMENT: Final = 10 * 1024 * 1024
"""Bytes of the longest JSON document that is read."""
_PIECE: Final = 1024 * 1024
_PATIENCE: Final = 0.25  # CPU seconds for a window
_HEAD: Final = 1024
_WIDEST: Final = 4  # bytes of a character of fixed width
_MARKS: Final = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)


class Inflate:
    """Decompresses gzip or deflate, and knows whether the end was seen."""

    def __init__(self, encoding: str) -> None:
        self._gzip = encoding != "deflate"
        self._inner = zlib.decompressobj(31 if self._gzip else 15)
        self.began = False

    @property
    def whole(self) -> bool:
        """Say whether nothing is missing."""
        return self._inner.eof or not self.began

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield what the data hold, in pieces of bounded size.

        Raises:
            zlib.error: they are broken.
        """
        if not self.began and not self._gzip and data[:1] and data[0] & 0x0F != 8:  # noqa: PLR2004
            self._inner = zlib.decompressobj(-15)  # without zlib's head, as some servers send it
        self.began = self.began or bool(data)
        while data:
            yield self._inner.decompress(data, _PIECE)
            data = self._inner.unconsumed_tail
            if self._inner.eof:
                data = self._inner.unused_data
                if not (self._gzip and data.startswith(b"\x1f\x8b")):
                    return
                self._inner = zlib.decompressobj(31)


class Body:
    """Takes parts; finds patterns in them, or keeps a document."""

    def __init__(self, patterns: Sequence[str], *, document: bool, charset: str | None) -> None:
        self._patterns = patterns
        self._document = document
        self._given = charset
        self.clear()

    def clear(self) -> None:
        """Begin anew."""
        self.size = 0
        self.kept = bytearray()
        self.found: set[str] = set()
        self.start = 0
        self._inflate: Inflate | None = None
        self._charset: str | None = self._given

    def encoded(self, content_encoding: str, content_type: str) -> None:
        """Take what the headers say.

        Raises:
            ProbeError: the body is compressed in a way that was not asked for.
        """
        names = [n for n in content_encoding.lower().replace(" ", "").split(",") if n]
        if names in (["gzip"], ["x-gzip"], ["deflate"]):
            self._inflate = Inflate(names[0])
        elif names not in ([], ["identity"]):
            raise ProbeError("protocol", f"content encoding {content_encoding[:80]!r}")
        named = _CHARSET.search(content_type)
        self._charset = self._given or (named[1] if named else None)

    def take(self, part: bytes) -> None:
        """Take a part as it was sent.

        Raises:
            ProbeError: it is broken, or a pattern backtracks for ever on it.
        """
        try:
            for piece in self._inflate.feed(part) if self._inflate else (part,):
                self._add(piece)
        except zlib.error as error:
            raise ProbeError("protocol", f"compressed body: {error}") from error

    def _add(self, piece: bytes) -> None:
        self.size += len(piece)
        if not (self._patterns or self._document):
            return
        self.kept += piece
        if self._document:
            if len(self.kept) > DOCUMENT:
                raise HinderedError("catalogue", f"expect_json reads at most {DOCUMENT} bytes")
        elif len(self.kept) > WINDOW:
            self._slide()

    def _slide(self) -> None:
        """Look into the window, and keep its second half.

        A match at the very end may go on; it, or ``$``, is looked for again with what follows.
        One character before the half is kept, so that ``^`` matches at the true start alone.
        """
        text = self.text()
        for pattern in self._patterns:
            if pattern in self.found:
                continue
            try:
                match = compiled_text(pattern).search(text, self.start, timeout=_PATIENCE)
            except TimeoutError as error:
                raise too_slow(pattern) from error
            if match is not None and match.end() < len(text):
                self.found.add(pattern)
        self._settle_charset()
        del self.kept[: (len(self.kept) - WINDOW // 2) // _WIDEST * _WIDEST]
        self.start = 1

    def text(self) -> str:
        """Return what is kept, in the charset of the catalogue, the headers or the page itself."""
        try:
            text = self.kept.decode(self._settle_charset(), "replace")
        except LookupError:
            text = self.kept.decode("utf-8", "replace")
        return text.removeprefix("\ufeff")

    def _settle_charset(self) -> str:
        if self._charset is None:
            head = bytes(self.kept[:_HEAD])
            meta = _META.search(head)
            marked = next((name for mark, name in _MARKS if head.startswith(mark)), None)
            self._charset = marked or (meta[1].decode("ascii") if meta else "utf-8")
        return self._charset

    def finish(self) -> None:
        """Accept the end.

        Raises:
            ProbeError: a compressed body is cut short.
        """
        if self._inflate is not None and not self._inflate.whole:
            raise ProbeError(
                "protocol", f"the compressed body is cut short after {self.size} bytes"
            )
