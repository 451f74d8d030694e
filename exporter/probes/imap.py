"""IMAP: the greeting (RFC 9051, section 7.1)."""

from exporter.probes.transport.greeting import judge
from exporter.probes.transport.run import Run
from exporter.probes.transport.stream import dial
from service_catalogue.probes import ImapProbe


async def probe(config: ImapProbe, run: Run) -> None:
    """Read the greeting and leave."""
    async with dial(config, run, config.target) as stream:
        await judge(run, await stream.line(), r"\* (OK|PREAUTH)", config.expect, refusal=r"\* BYE")
        await stream.send(b"a LOGOUT\r\n")
