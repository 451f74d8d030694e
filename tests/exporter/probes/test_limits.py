"""An answer longer than we or our libraries read is no verdict: unknown, by the cause ``limit``."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest

from exporter.probes.transport.result import ProbeResult
from tests.exporter.asking import ask
from tests.exporter.servers import Handler, saying, serving

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n"
MOVED = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: /"
LINES = b"".join(b"250-X%d\r\n" % n for n in range(1100))


def asked(handler: Handler, **probe: Any) -> ProbeResult:
    """Return what a probe of such a server came to."""
    with serving(handler) as port:
        name = "url" if probe["type"] == "http" else "target"
        target = f"http://127.0.0.1:{port}/" if name == "url" else f"127.0.0.1:{port}"
        return ask(**{name: target, "timeout": "3s"} | probe)


@pytest.mark.parametrize(
    "answer",
    [
        OK + b"X: y\r\n" * 100_000 + b"\r\n",
        OK + b"X: " + b"y" * 200_000 + b"\r\n\r\n",
        OK + (b"X: " + b"y" * 8000 + b"\r\n") * 50 + b"\r\n",
        MOVED + b"y" * 200_000 + b"\r\n\r\n",
        CHUNKED + b"X: y\r\n" * 100_000 + b"\r\n",
        CHUNKED + b"X: " + b"y" * 200_000 + b"\r\n\r\n",
    ],
    ids=["headers", "header", "head", "location", "trailers", "trailer"],
)
def test_a_head_longer_than_libcurl_reads_is_unknown(answer: bytes) -> None:
    result = asked(saying(answer), type="http")
    assert (result.success, result.reason, result.cause) == (None, "setup", "limit"), result.detail


@pytest.mark.parametrize(
    ("parts", "probe"),
    [
        ((b"a" * 70_000,), {"type": "tcp", "conversation": [{"expect": "x"}]}),
        ((b"junk\r\n" * 200_000,), {"type": "tcp", "conversation": [{"expect": "x"}]}),
        ((b"a" * 70_000,), {"type": "smtp"}),
        ((b"a" * 70_000,), {"type": "imap"}),
        ((b"220 mx\r\n", LINES), {"type": "smtp"}),
    ],
)
def test_lines_longer_or_more_than_we_read_are_unknown(
    parts: tuple[bytes, ...], probe: dict[str, Any]
) -> None:
    result = asked(saying(*parts), **probe)
    assert (result.success, result.cause) == (None, "limit"), (result.reason, result.detail)


@pytest.mark.parametrize(
    ("parts", "probe"),
    [
        ((OK + b"X: " + b"y" * 90_000 + b"\r\n\r\n",), {"type": "http"}),
        ((OK + b"X: y\r\n" * 4000 + b"\r\n",), {"type": "http"}),
        (
            (b"junk\r\n" * 5000 + b"ready\r\n",),
            {"type": "tcp", "conversation": [{"expect": "^ready"}]},
        ),
        ((b"220 mx\r\n", LINES[:4000] + b"\r\n250 END\r\n", b"221 bye\r\n"), {"type": "smtp"}),
    ],
)
def test_what_is_long_and_within_the_limits_is_read(
    parts: tuple[bytes, ...], probe: dict[str, Any]
) -> None:
    result = asked(saying(*parts), **probe)
    assert result.success, (result.reason, result.detail)


def test_a_token_longer_than_we_read_is_unknown(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x", encoding="utf-8")
    body = b'{"access_token": "' + b"a" * 300_000 + b'"}'
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
    with serving(saying(head + body)) as port:
        oauth2 = {
            "client_id": "us",
            "client_secret_file": str(tmp_path / "secret"),
            "token_url": f"http://127.0.0.1:{port}/",
        }
        result = ask(type="http", url=f"http://127.0.0.1:{port}/", oauth2=oauth2)
    assert (result.success, result.cause) == (None, "limit"), (result.reason, result.detail)


@pytest.mark.parametrize(("size", "cause"), [(100_000, None), (5 * 1024 * 1024, "limit")])
def test_a_grpc_message_longer_than_we_read_is_unknown(size: int, cause: str | None) -> None:
    def check(_request: bytes, _context: grpc.ServicerContext) -> bytes:
        field = b"\x12" + bytes(
            [size & 127 | 128, size >> 7 & 127 | 128, size >> 14 & 127 | 128, size >> 21]
        )
        return b"\x08\x01" + field + b"a" * size  # SERVING, and a field that nobody knows

    handlers = {"Check": grpc.unary_unary_rpc_method_handler(check)}
    server = grpc.server(ThreadPoolExecutor(1))
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("grpc.health.v1.Health", handlers),)
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        result = ask(type="grpc", target=f"127.0.0.1:{port}")
    finally:
        server.stop(None)
    assert (result.success, result.cause) == (None if cause else True, cause), result.detail
