"""TCP: the connection is accepted, and the conversation goes as expected."""

from exporter.probes.transport.connect import connect, split
from exporter.probes.transport.run import Run
from exporter.probes.transport.stream import Stream, dial
from service_catalogue.probes import Step, TcpProbe, TlsPeer


async def probe(config: TcpProbe, run: Run) -> None:
    """Connect and close, or talk."""
    if not config.conversation and not config.tls:
        host, port = split(config.target)
        sock = await connect(
            run, host, port, config.preferred_ip_protocol, fallback=config.ip_protocol_fallback
        )
        sock.close()
        return
    await _talk(config, run)


async def _talk(config: TcpProbe, run: Run) -> None:
    later = any(step.starttls for step in config.conversation)
    async with dial(config, run, config.target) as stream:
        if config.tls and not later:
            await stream.start_tls(config.tls, split(config.target)[0])
        for step in config.conversation:
            await _step(step, stream, config)


async def _step(step: Step, stream: Stream, config: TcpProbe) -> None:
    found = await stream.match(step.expect) if step.expect else None
    if step.send is not None:
        text = step.send.encode()
        await stream.send((found.expand(text) if found else text) + b"\r\n")
    if step.starttls:
        await stream.start_tls(config.tls or TlsPeer(), split(config.target)[0])
