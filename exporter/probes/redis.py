"""Redis: PING answered by PONG (https://redis.io/docs/latest/develop/reference/protocol-spec/)."""

from exporter.probes.transport.result import ProbeError, Reason
from exporter.probes.transport.run import Run
from exporter.probes.transport.secret import secret
from exporter.probes.transport.stream import dial
from service_catalogue.probes import RedisProbe


async def probe(config: RedisProbe, run: Run) -> None:
    """Authenticate if asked to, then ping; a server that wants a password first is alive."""
    async with dial(config, run, config.target) as stream:
        if config.password_file:
            user = [config.username] if config.username else []
            await stream.send(_command("AUTH", *user, await secret(config.password_file, run)))
            answer = await stream.line()
            if answer != b"+OK":
                raise ProbeError("authentication", answer[:80].decode("latin-1"))
        await stream.send(_command("PING"))
        answer = await stream.line()
    if answer != b"+PONG" and not answer.startswith(b"-NOAUTH"):
        reason: Reason = "answer" if answer.startswith(b"-") else "protocol"
        raise ProbeError(reason, answer[:80].decode("latin-1"))


def _command(*words: str) -> bytes:
    parts = [f"${len(word.encode())}\r\n{word}\r\n" for word in words]
    return f"*{len(words)}\r\n{''.join(parts)}".encode()
