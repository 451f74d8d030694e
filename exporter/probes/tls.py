"""TLS: a verified handshake, and a chain that stays valid long enough."""

import time
from typing import NamedTuple

from exporter.metrics import TLS_EXPIRY
from exporter.probes.transport.connect import split
from exporter.probes.transport.result import ProbeError, Reason
from exporter.probes.transport.run import Run
from exporter.probes.transport.stream import Stream, dial
from service_catalogue.probes import TlsProbe


class Heard(NamedTuple):
    """What a server says when all is well, what it says to refuse, and what that means."""

    good: str
    refused: str
    reason: Reason


_SMTP = (
    Heard(r"^220 ", r"^(?!220)\d{3} ", "status"),
    b"EHLO uptime-ledger\r\n",
    Heard(r"^250 ", r"^(?!250)\d{3} ", "status"),
    b"STARTTLS\r\n",
    Heard(r"^220( |$)", r"^\d{3}( |$)", "tls"),
)
_IMAP = (
    Heard(r"^\* OK", r"^\* (BYE|PREAUTH)", "status"),
    b"a STARTTLS\r\n",
    Heard(r"^a OK", r"^(a (NO|BAD)|\* BYE)", "tls"),
)
_POP3 = (Heard(r"^\+OK", r"^-ERR", "status"), b"STLS\r\n", Heard(r"^\+OK", r"^-ERR", "tls"))
_SSL_REQUEST = bytes.fromhex("00000008 04d2162f")  # PostgreSQL's protocol, "SSLRequest"
_DIALOGUES: dict[str, tuple[Heard | bytes, ...]] = {"smtp": _SMTP, "imap": _IMAP, "pop3": _POP3}


async def probe(config: TlsProbe, run: Run) -> None:
    """Shake hands and look at the certificates."""
    async with dial(config, run, config.target) as stream:
        if config.starttls == "postgres":
            await _postgres(stream)
        elif config.starttls:
            await _ask(stream, _DIALOGUES[config.starttls])
        await stream.start_tls(config.tls, split(config.target)[0], config.min_version)
    _judge_validity(config, run)


async def _ask(stream: Stream, dialogue: tuple[Heard | bytes, ...]) -> None:
    for part in dialogue:
        if isinstance(part, Heard):
            await stream.match(*part)
        else:
            await stream.send(part)


async def _postgres(stream: Stream) -> None:
    await stream.send(_SSL_REQUEST)
    if await stream.exactly(1) != b"S":
        raise ProbeError("tls", "the server does not offer TLS")


def _judge_validity(config: TlsProbe, run: Run) -> None:
    """Fail while the chain has less than ``min_validity`` left."""
    expiry = run.measured.get((TLS_EXPIRY, ()))
    if config.min_validity is None or expiry is None:
        return
    left = expiry - time.time()
    if left * 1000 < config.min_validity:
        raise ProbeError("certificate_expired", f"expires in {left / 86_400:.1f} days")
