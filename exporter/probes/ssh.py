"""SSH: the identification string (RFC 4253, section 4.2)."""

from exporter.probes.transport.greeting import judge
from exporter.probes.transport.run import Run
from exporter.probes.transport.stream import dial
from service_catalogue.probes import SshProbe

_LINES_BEFORE = 20


async def probe(config: SshProbe, run: Run) -> None:
    """Read the banner, after whatever lines the server puts before it, and leave."""
    async with dial(config, run, config.target) as stream:
        text = await stream.line()
        for _ in range(_LINES_BEFORE):
            if text.startswith(b"SSH-"):
                break
            text = await stream.line()
        await judge(run, text, r"SSH-(2\.0|1\.99)-", config.expect)
        await stream.send(b"SSH-2.0-uptime_ledger\r\n")
