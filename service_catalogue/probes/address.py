"""Addresses as people write them, in the form in which browsers send them."""

import ipaddress
from functools import lru_cache
from typing import Final, NamedTuple
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


class Origin(NamedTuple):
    """Who is asked: the host by name or address, without brackets."""

    secure: bool
    host: str
    port: int


@lru_cache(maxsize=65_536)
def origin_of(url: str) -> Origin:
    """Return the origin of an http or https URL.

    Raises:
        ValueError: it is none.
    """
    parts = urlsplit(url)
    host, port = parts.hostname, parts.port
    if parts.scheme not in ("http", "https") or not host:
        raise ValueError("not an http:// or https:// URL")
    secure = parts.scheme == "https"
    return Origin(secure, host, port or (443 if secure else 80))


@lru_cache(maxsize=65_536)
def named(url: str, host: str) -> str:
    """Return a URL with another host."""
    parts = urlsplit(url)
    user, at, _ = parts.netloc.rpartition("@")
    port = f":{parts.port}" if parts.port else ""
    return parts._replace(netloc=f"{user}{at}{ascii_host(host)}{port}").geturl()


class Excepted(NamedTuple):
    """Whom a proxy is not asked for: a network, or a domain (empty: everybody); port 0 is any."""

    network: ipaddress.IPv4Network | ipaddress.IPv6Network | None
    domain: str
    itself: bool
    port: int

    def holds(self, host: str, port: int) -> bool:
        """Say whether a host, by name or address as URLs have it, is one of them."""
        if self.port not in (0, port):
            return False
        if self.network is not None:
            try:
                return ipaddress.ip_address(host) in self.network
            except ValueError:
                return False
        host = host.rstrip(".").lower()
        if not self.domain or host.endswith(f".{self.domain}"):
            return True
        return self.itself and host == self.domain


@lru_cache(maxsize=4096)
def excepted(place: str) -> Excepted:
    """Read an exception from a proxy, as ``no_proxy`` has them.

    ``*``, an address or network, ``example.org`` (and what is below), ``.example.org`` or
    ``*.example.org`` (what is below alone); each may end in ``:port``.

    Raises:
        ValueError: it is none of these.
    """
    if place == "*":
        return Excepted(None, "", itself=True, port=0)
    port = 0
    host, colon, number = place.rpartition(":")
    if colon and number.isdigit() and (":" not in host or host.endswith("]")):
        place, port = host, int(number)
    try:
        return Excepted(ipaddress.ip_network(place.strip("[]"), strict=False), "", False, port)
    except ValueError:
        pass
    domain = place.removeprefix("*").removeprefix(".").rstrip(".")
    if not domain or any(c in "/:*@[] \t" for c in domain):
        raise ValueError(f"{place!r} is no host")
    return Excepted(None, ascii_host(domain).lower(), place[:1] not in ".*", port)
