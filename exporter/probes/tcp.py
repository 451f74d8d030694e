"""TCP: the connection is accepted, and the conversation goes as expected."""

import regex

from exporter.probes.transport.connect import split
from exporter.probes.transport.run import Run
from exporter.probes.transport.stream import Stream, connected, dial
from service_catalogue.probes import Step, TcpProbe, TlsPeer
from service_catalogue.probes.base import UNIX
from service_catalogue.probes.network import GROUP, octets


async def probe(config: TcpProbe, run: Run) -> None:
    """Connect and close, or talk."""
    if not config.conversation and not config.tls:
        sock = await connected(config, run, config.target)
        sock.close()
        return
    await _talk(config, run)


async def _talk(config: TcpProbe, run: Run) -> None:
    later = any(step.starttls for step in config.conversation)
    async with dial(config, run, config.target) as stream:
        if config.tls and not later:
            await stream.start_tls(config.tls, _host(config))
        for step in config.conversation:
            await _step(step, stream, config)


async def _step(step: Step, stream: Stream, config: TcpProbe) -> None:
    found = await stream.match(step.expect) if step.expect else None
    if step.expect_bytes:
        await stream.exact(octets(step.expect_bytes))
    if step.send is not None:
        text = filled(step.send, found) if found else step.send.encode()
        await stream.send(text + b"\r\n")
    if step.send_bytes:
        await stream.send(octets(step.send_bytes))
    if step.starttls:
        await stream.start_tls(config.tls or TlsPeer(), _host(config))


def _host(config: TcpProbe) -> str:
    return "" if config.target.startswith(UNIX) else split(config.target)[0]


def filled(template: str, found: "regex.Match[bytes]") -> bytes:
    """Return a ``send`` with what its groups matched; a group that took no part is empty."""
    parts, position = list[bytes](), 0
    for match in GROUP.finditer(template):
        parts.append(template[position : match.start()].encode())
        name = match[1] or match[2] or match[4]
        parts.append((found[int(name) if name.isdigit() else name] or b"") if name else b"\\")
        position = match.end()
    return b"".join(parts) + template[position:].encode()
