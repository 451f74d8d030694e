"""SMTP: the greeting, and an answer to EHLO."""

from exporter.probes.transport.greeting import judge
from exporter.probes.transport.result import HinderedError
from exporter.probes.transport.run import Run
from exporter.probes.transport.stream import Stream, dial
from service_catalogue.probes import SmtpProbe

_LONGEST = 1000
_REFUSAL = r"[45]\d\d[ -]"


async def probe(config: SmtpProbe, run: Run) -> None:
    """Greet and leave."""
    async with dial(config, run, config.target) as stream:
        await judge(run, await _reply(stream), "220", config.expect, refusal=_REFUSAL)
        await stream.send(b"EHLO uptime-ledger\r\n")
        await judge(run, await _reply(stream), "250", refusal=_REFUSAL)
        await stream.send(b"QUIT\r\n")


async def _reply(stream: Stream) -> bytes:
    """Return a reply of one or more lines (RFC 5321, section 4.2.1)."""
    lines = [await stream.line()]
    while lines[-1][3:4] == b"-":
        if len(lines) == _LONGEST:
            raise HinderedError("limit", f"a reply of more than {_LONGEST} lines")
        lines.append(await stream.line())
    return b"\n".join(lines)
