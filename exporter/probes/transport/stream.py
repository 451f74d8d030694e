"""A conversation over TCP, with TLS from the start or later."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import regex
from cryptography import x509

from exporter.metrics import TLS_CIPHER, TLS_VERSION
from exporter.probes import chain
from exporter.probes.transport.connect import connect, connect_path, network_error, split
from exporter.probes.transport.pattern import search
from exporter.probes.transport.result import HinderedError, ProbeError, Reason
from exporter.probes.transport.run import Run
from exporter.probes.transport.tls import context, tls_error
from service_catalogue.probes import NetworkProbe, SourcedProbe, TlsPeer
from service_catalogue.probes.base import UNIX

_LIMIT = 64 * 1024
_MOST_SKIPPED, _LINE = 256 * 1024, 32  # a short line takes as much time as many bytes


class Stream:
    """Reads and writes, noting what takes how long; failures are ProbeErrors."""

    def __init__(self, run: Run, reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        self._run = run
        self._reader = reader
        self._writer = writer
        self._spoken = False

    async def start_tls(self, tls: TlsPeer, host: str, min_version: str = "1.2") -> None:
        """Shake hands; note version and expiry of the chain."""
        name = tls.server_name or host.strip("[]")
        made = context(tls, min_version)
        if self._spoken and (said := await self._ahead()):
            raise ProbeError("tls", f"the peer says {said[:80]!r} where TLS begins")
        with self._run.phase("tls"):
            try:
                await self._writer.start_tls(made, server_hostname=name)
            except ssl.SSLError as error:
                raise tls_error(error) from error
            except ConnectionError as error:
                raise ProbeError("tls", f"the peer ended the handshake: {error}") from error
        note_peer(self._run, self._writer.get_extra_info("ssl_object"))

    async def _ahead(self) -> bytes:
        """Return what the peer has said already; it would never become part of a handshake."""
        reading = asyncio.ensure_future(self._reader.read(_LIMIT))
        await asyncio.sleep(0)
        if reading.done():
            return reading.result()
        reading.cancel()
        await asyncio.wait([reading])
        return b""

    async def send(self, data: bytes) -> None:
        """Write."""
        self._spoken = True
        self._run.log(f"sent {data[:200]!r}")
        with self._run.phase("processing"):
            try:
                self._writer.write(data)
                await self._writer.drain()
            except OSError as error:
                raise network_error(error) from error

    async def line(self) -> bytes:
        """Return the next line without its end."""
        with self._run.phase("processing"):
            try:
                text = await self._reader.readuntil(b"\n")
            except asyncio.IncompleteReadError as error:
                raise _closed(error.partial) from error
            except asyncio.LimitOverrunError as error:
                raise HinderedError("limit", f"a line of more than {_LIMIT} bytes") from error
            except OSError as error:
                raise network_error(error) from error
        self._run.log(f"read {text[:200]!r}")
        return text.rstrip(b"\r\n")

    async def exactly(self, count: int) -> bytes:
        """Return that many bytes."""
        with self._run.phase("processing"):
            try:
                data = await self._reader.readexactly(count)
            except asyncio.IncompleteReadError as error:
                raise _closed(error.partial) from error
            except OSError as error:
                raise network_error(error) from error
        self._run.log(f"read {data[:200]!r}")
        return data

    async def exact(self, expected: bytes) -> None:
        """Read those bytes.

        Raises:
            ProbeError: others came, as soon as that is clear.
        """
        got = b""
        with self._run.phase("processing"):
            while got != expected:
                try:
                    part = await self._reader.read(len(expected) - len(got))
                except OSError as error:
                    raise network_error(error) from error
                if not part:
                    raise _closed(got)
                got += part
                if not expected.startswith(got):
                    raise ProbeError("answer", f"{got[:80]!r} is not {expected[:80]!r}")
        self._run.log(f"read {got[:200]!r}")

    async def match(
        self, pattern: str, refusal: str | None = None, reason: Reason = "answer"
    ) -> "regex.Match[bytes]":
        """Return the match of the first line that has one; lines without a match are skipped.

        One that matches ``refusal`` ends it at once, with ``reason``.
        """
        taken = 0
        while True:
            text = await self.line()
            if found := await search(pattern, text, self._run):
                return found
            if refusal and await search(refusal, text, self._run):
                raise ProbeError(reason, text[:200].decode("utf-8", "replace"))
            taken += len(text) + _LINE
            if taken > _MOST_SKIPPED:
                raise HinderedError("limit", "nothing matches in more lines than we read")


def _closed(partial: bytes) -> ProbeError:
    if partial:
        return ProbeError("answer", f"closed after {bytes(partial[-80:])!r}")
    return ProbeError("reset", "closed by the peer")


async def connected(config: NetworkProbe, run: Run, target: str) -> socket.socket:
    """Connect as the catalogue wants it; see `connect` and `connect_path`."""
    if target.startswith(UNIX):
        return await connect_path(run, target.removeprefix(UNIX))
    host, port = split(target)
    return await connect(
        run,
        host,
        port,
        config.preferred_ip_protocol,
        fallback=config.ip_protocol_fallback,
        source=config.source_address if isinstance(config, SourcedProbe) else None,
    )


@asynccontextmanager
async def dial(config: NetworkProbe, run: Run, target: str) -> AsyncIterator[Stream]:
    """Connect to host:port or a unix socket; the connection ends with the block."""
    sock = await connected(config, run, target)
    try:
        reader, writer = await asyncio.open_connection(sock=sock, limit=_LIMIT)
    except BaseException:
        sock.close()
        raise
    try:
        yield Stream(run, reader, writer)
    finally:
        writer.transport.abort()


def note_peer(run: Run, peer: ssl.SSLObject) -> None:
    """Measure what the peer showed: version, and when the first certificates expire."""
    version = peer.version() or ""
    run.measure(TLS_VERSION, 1.0, version.removeprefix("TLSv"))
    sent = _chain(peer, "get_unverified_chain")
    if sent:
        checked = peer.context.verify_mode != ssl.CERT_NONE
        verified = _chain(peer, "get_verified_chain") if checked else sent
        dates = chain.earliest(verified), chain.earliest(sent)
        chain.note(run, chain.Chain(*dates, chain.has_names(sent[0])))
        if run.detailed:
            chain.note_certificate(run, sent[0])
    if run.detailed and (cipher := peer.cipher()):
        run.measure(TLS_CIPHER, 1.0, cipher[0])
    run.log(f"{version}, {len(sent)} certificates")


def _chain(peer: ssl.SSLObject, which: str) -> list[x509.Certificate]:
    """Return a chain of the peer; before Python 3.13 only its own certificate is public."""
    public = getattr(peer, which, None)
    if public is not None:
        return _readable(public())
    inner: Any = getattr(peer, "_sslobj", None)
    if hasattr(inner, which):
        return _readable(c.public_bytes().encode() for c in getattr(inner, which)() or ())
    own = peer.getpeercert(binary_form=True)
    return _readable([own] if own else [])


def _readable(sent: Iterable[bytes]) -> list[x509.Certificate]:
    """Return a chain as far as it can be read; nothing where the first of it cannot."""
    own, *others = [chain.read(data) for data in sent] or [None]
    return [] if own is None else [own, *(c for c in others if c is not None)]
