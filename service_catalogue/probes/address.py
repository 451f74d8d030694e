"""Addresses as people write them, in the form in which browsers send them."""

from functools import lru_cache
from typing import Final
from urllib.parse import quote, urlsplit

import idna

_KEPT: Final = "".join(c for c in map(chr, range(0x21, 0x7F)) if c not in '"<>`')
"""ASCII that stays as it is: what is encoded already is not encoded again."""


@lru_cache(maxsize=65_536)
def ascii_host(host: str) -> str:
    """Return a host's name as DNS and certificates know it (UTS 46, as browsers do).

    Raises:
        ValueError: it can be no name.
    """
    if host.isascii():
        return host
    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise ValueError(f"{host!r} is not a host name: {error}") from error


@lru_cache(maxsize=65_536)
def ascii_url(url: str) -> str:
    """Return a URL that can be sent: its host by IDNA, the rest percent-encoded as UTF-8.

    Raises:
        ValueError: its host can be no name.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    netloc = parts.netloc
    if not host.isascii():
        user, at, place = netloc.rpartition("@")
        _, colon, port = place.partition(":")
        netloc = f"{user}{at}{ascii_host(host)}{colon}{port}"
    user, at, place = netloc.rpartition("@")
    netloc = f"{quote(user, safe=_KEPT)}{at}{place}"
    path, query = (quote(part, safe=_KEPT) for part in (parts.path, parts.query))
    return parts._replace(netloc=netloc, path=path, query=query, fragment="").geturl()
