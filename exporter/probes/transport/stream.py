"""A conversation over TCP, with TLS from the start or later."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import regex
from cryptography import x509

from exporter.metrics import TLS_VERSION
from exporter.probes import chain
from exporter.probes.transport.connect import connect, network_error, split
from exporter.probes.transport.pattern import search
from exporter.probes.transport.result import ProbeError
from exporter.probes.transport.run import Run
from exporter.probes.transport.tls import context, tls_error
from service_catalogue.probes import NetworkProbe, TlsPeer

_LIMIT = 64 * 1024


class Stream:
    """Reads and writes, noting what takes how long; failures are ProbeErrors."""

    def __init__(self, run: Run, reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        self._run = run
        self._reader = reader
        self._writer = writer

    async def start_tls(self, tls: TlsPeer, host: str, min_version: str = "1.2") -> None:
        """Shake hands; note version and expiry of the chain."""
        name = tls.server_name or host.strip("[]")
        made = context(tls, min_version)
        with self._run.phase("tls"):
            try:
                await self._writer.start_tls(made, server_hostname=name)
            except ssl.SSLError as error:
                raise tls_error(error) from error
            except ConnectionError as error:
                raise ProbeError("tls", f"the peer ended the handshake: {error}") from error
        note_peer(self._run, self._writer.get_extra_info("ssl_object"))

    async def send(self, data: bytes) -> None:
        """Write."""
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
                raise ProbeError("size", "a line without end") from error
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

    async def match(self, pattern: str) -> "regex.Match[bytes]":
        """Return the match of the first line that has one; lines without a match are skipped."""
        taken = 0
        while True:
            text = await self.line()
            if found := await search(pattern, text, self._run):
                return found
            taken += len(text)
            if taken > _LIMIT:
                raise ProbeError("answer", f"nothing matches {pattern!r} in {_LIMIT} bytes")


def _closed(partial: bytes) -> ProbeError:
    if partial:
        return ProbeError("answer", f"closed after {bytes(partial[-80:])!r}")
    return ProbeError("reset", "closed by the peer")


@asynccontextmanager
async def dial(config: NetworkProbe, run: Run, target: str) -> AsyncIterator[Stream]:
    """Connect to host:port; the connection ends with the block."""
    host, port = split(target)
    sock = await connect(
        run, host, port, config.preferred_ip_protocol, fallback=config.ip_protocol_fallback
    )
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
    run.log(f"{version}, {len(sent)} certificates")


def _chain(peer: ssl.SSLObject, which: str) -> list[x509.Certificate]:
    """Return a chain of the peer; before Python 3.13 only its own certificate is public."""
    public = getattr(peer, which, None)
    if public is not None:
        return [x509.load_der_x509_certificate(der) for der in public()]
    inner: Any = getattr(peer, "_sslobj", None)
    if hasattr(inner, which):
        pems = [c.public_bytes() for c in getattr(inner, which)() or ()]
        return [x509.load_pem_x509_certificate(pem.encode()) for pem in pems]
    own = peer.getpeercert(binary_form=True)
    return [x509.load_der_x509_certificate(own)] if own else []
