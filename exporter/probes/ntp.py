"""NTP: a synchronised server whose clock agrees with ours (RFC 5905, section 14: SNTP)."""

import struct
import time

from exporter.metrics import NTP_OFFSET, NTP_STRATUM
from exporter.probes.transport.datagram import LONGEST, datagrams
from exporter.probes.transport.result import ProbeError
from exporter.probes.transport.run import Run
from service_catalogue.probes import NtpProbe

_EPOCH = 2_208_988_800  # seconds from 1900 to 1970
_CLIENT, _SERVER = 0x23, 4  # version 4, mode 3 (client); mode 4 (server)
_SIZE = 48
_UNSYNCHRONISED = 3
_STRATA = range(1, 16)


async def probe(config: NtpProbe, run: Run) -> None:
    """Ask for the time once and compare."""
    async with datagrams(config, run, config.target) as (loop, sock):
        with run.phase("processing"):
            asked = time.time()
            request = bytes([_CLIENT]).ljust(40, b"\0") + _stamp(asked)
            await loop.sock_sendall(sock, request)
            while True:  # the server returns our time stamp; other datagrams are not for us
                message = await loop.sock_recv(sock, LONGEST)
                if len(message) < _SIZE or message[24:32] == request[40:48]:
                    break
            answered = time.time()
    _judge(config, run, message, asked, answered)


def _judge(config: NtpProbe, run: Run, message: bytes, asked: float, answered: float) -> None:
    if len(message) < _SIZE or message[0] & 7 != _SERVER:
        raise ProbeError("protocol", f"{len(message)} bytes that are no answer")
    stratum = message[1]
    run.measure(NTP_STRATUM, stratum)
    received, sent = _time(message[32:40]), _time(message[40:48])
    offset = ((received - asked) + (sent - answered)) / 2
    if message[0] >> 6 == _UNSYNCHRONISED or stratum not in _STRATA:
        raise ProbeError("status", f"not synchronised, stratum {stratum}")
    run.measure(NTP_OFFSET, offset)
    run.log(f"stratum {stratum}, offset {offset:.6f} s")
    if abs(offset) * 1000 > config.max_offset:
        raise ProbeError("stale", f"{offset:.3f} s off")


def _stamp(seconds: float) -> bytes:
    whole = int(seconds)
    return struct.pack("!II", (whole + _EPOCH) % 2**32, int((seconds - whole) * 2**32))


def _time(stamp: bytes) -> float:
    """Return the seconds since 1970; stamps wrap in 2036 (RFC 5905, section 6: eras)."""
    whole, part = int.from_bytes(stamp[:4]), int.from_bytes(stamp[4:])
    era = 0 if whole >= _EPOCH else 2**32
    return float(whole + era - _EPOCH) + part / 2**32
