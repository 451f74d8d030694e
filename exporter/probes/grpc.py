"""The gRPC health protocol, by libcurl's HTTP/2.

See https://github.com/grpc/grpc/blob/master/doc/health-checking.md and PROTOCOL-HTTP2.md there.
"""

import pycurl

from exporter.metrics import GRPC_STATE, GRPC_STATUS, GRPC_TLS
from exporter.probes.transport.connect import resolve, split
from exporter.probes.transport.curl import bounded, perform
from exporter.probes.transport.curl_tls import set_curl_tls
from exporter.probes.transport.result import ProbeError
from exporter.probes.transport.run import Run
from service_catalogue.probes import GrpcProbe, TlsPeer

_PATH = "/grpc.health.v1.Health/Check"
STATES = ("UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN")
_SERVING = 1
_HEADERS = ("Content-Type: application/grpc", "TE: trailers")
_FRAME_HEAD = 5
_OK = 200
_LONGEST = 4 * 1024 * 1024  # as gRPC's own clients have it
_DIGITS = 2  # of a status code


async def probe(config: GrpcProbe, run: Run) -> None:
    """Call Check and judge the state."""
    host, port = split(config.target)
    address = await resolve(
        run, host, config.preferred_ip_protocol, fallback=config.ip_protocol_fallback
    )
    easy, headers = pycurl.Curl(), list[bytes]()
    try:
        _prepare(easy, config, headers)
        with bounded(easy, _LONGEST) as body:
            await perform(easy, run, address, port, tls=config.tls)
        if run.detailed:
            run.measure(GRPC_TLS, config.tls is not None)
        _judge(easy.getinfo(pycurl.RESPONSE_CODE), headers, bytes(body), run)
    finally:
        easy.close()


def _prepare(easy: pycurl.Curl, config: GrpcProbe, headers: list[bytes]) -> None:
    name = config.service.encode()
    message = b"\x0a" + _varint(len(name)) + name if name else b""
    secure = config.tls is not None
    host, port = split(config.target)
    named = (config.tls.server_name if config.tls else None) or host
    easy.setopt(pycurl.URL, f"{'https' if secure else 'http'}://{named}:{port}{_PATH}")
    version = pycurl.CURL_HTTP_VERSION_2_0 if secure else pycurl.CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE
    easy.setopt(pycurl.HTTP_VERSION, version)
    easy.setopt(pycurl.HTTPHEADER, [*_HEADERS, *(f"{k}: {v}" for k, v in config.metadata.items())])
    easy.setopt(pycurl.POSTFIELDS, b"\0" + len(message).to_bytes(4) + message)
    easy.setopt(pycurl.HEADERFUNCTION, headers.append)
    if secure:
        set_curl_tls(easy, config.tls or TlsPeer())


def _varint(number: int) -> bytes:
    """Return a number as Protocol Buffers write it: seven bits a byte, the lowest first."""
    out = bytearray()
    while number > 127:  # noqa: PLR2004 - what seven bits hold
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def _judge(status: int, headers: list[bytes], body: bytes, run: Run) -> None:
    if status != _OK:
        raise ProbeError("status", f"HTTP {status}", code=str(status))
    lines = (line.decode("latin-1").strip() for line in headers)
    fields = dict(line.split(": ", 1) for line in lines if ": " in line)
    code = fields.get("grpc-status", "")
    if run.detailed and code.isdecimal():
        run.measure(GRPC_STATUS, int(code))
    if code != "0":
        said = fields.get("grpc-message", "")
        number = f"grpc_{int(code)}" if code.isdecimal() and len(code) <= _DIGITS else ""
        raise ProbeError("status", f"gRPC status {code or 'missing'} {said}", code=number)
    state = _state(body)
    named = STATES[state] if state < len(STATES) else str(state)
    run.log(f"state {named}")
    if run.detailed:
        run.measure(GRPC_STATE, 1.0, named)
    if state != _SERVING:
        raise ProbeError("answer", named)


def _state(body: bytes) -> int:
    """Return the status of a HealthCheckResponse; a field that is not written is 0."""
    if len(body) < _FRAME_HEAD or body[0] != 0:
        raise ProbeError("protocol", "no message")
    message = body[_FRAME_HEAD:]
    return message[1] if message[:1] == b"\x08" and len(message) > 1 else 0
