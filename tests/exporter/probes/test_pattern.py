"""Patterns that backtrack for ever end with the time limit, and hold up nobody else."""

import asyncio
import subprocess
import sys
from typing import Any

import pytest
import uvloop

from exporter.probes.transport.run import Network
from exporter.services.runner import attempt
from tests.exporter.asking import ask, target_of
from tests.exporter.parity.dns_cases import reply
from tests.exporter.servers import answering, saying, serving

EVIL = "(a|aa)+$"
TEXT = b"a" * 60 + b"!"
PAGE = b"HTTP/1.1 200 OK\r\nX-Long: %s\r\nContent-Length: 61\r\n\r\n%s" % (TEXT, TEXT)
CASES: list[tuple[dict[str, Any], tuple[bytes, ...]]] = [
    ({"type": "http", "expect_body": EVIL}, (b"", PAGE)),
    ({"type": "http", "reject_body": EVIL}, (b"", PAGE)),
    ({"type": "http", "expect_headers": {"X-Long": EVIL}}, (b"", PAGE)),
    ({"type": "ssh", "expect": EVIL}, (b"SSH-2.0-" + TEXT + b"\r\n",)),
    ({"type": "smtp", "expect": EVIL}, (b"220 " + TEXT + b"\r\n",)),
    ({"type": "tcp", "conversation": [{"expect": EVIL}]}, (TEXT + b"\r\n",)),
]


def at(kind: str, port: int) -> dict[str, str]:
    if kind == "http":
        return {"url": f"http://127.0.0.1:{port}/"}
    return {"target": f"127.0.0.1:{port}"}


@pytest.mark.parametrize(("probe", "parts"), CASES)
def test_a_text_that_makes_a_pattern_backtrack_ends_in_time(
    probe: dict[str, Any], parts: tuple[bytes, ...]
) -> None:
    with serving(saying(*parts)) as port:
        result = ask(**at(probe["type"], port), **probe, timeout="400ms")
    assert result.reason == "timeout"


def test_records_and_processes_are_bounded_too() -> None:
    with answering(lambda query: reply(query, [f'"{TEXT.decode()}"'])) as port:
        asked = {"server": f"127.0.0.1:{port}", "query": "example.org", "record": "TXT"}
        result = ask(type="dns", expect=[EVIL], timeout="400ms", **asked)
    assert result.reason == "timeout"
    waits = [sys.executable, "-c", "print(flush=True); input()", TEXT.decode()]
    with subprocess.Popen(waits, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        lines = ask(type="process", command_line=EVIL, timeout="400ms")
        process.kill()
    assert lines.reason == "timeout", lines.detail


DOCUMENT = b"[" + b"[1,2,3]," * 60_000 + b"1]"
JSON = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(DOCUMENT), DOCUMENT)


@pytest.mark.parametrize(
    ("page", "expected"), [(PAGE, {"expect_body": EVIL}), (JSON, {"expect_json": {"$..zz": 1}})]
)
def test_others_go_on_meanwhile(page: bytes, expected: dict[str, Any]) -> None:
    async def main(port: int) -> int:
        network, turns = Network.open(), 0
        target = target_of(type="http", url=f"http://127.0.0.1:{port}/", timeout="1s", **expected)
        task = asyncio.ensure_future(attempt(target, network))
        while not task.done():
            await asyncio.sleep(0.001)
            turns += 1
        await network.close()
        return turns

    with (
        serving(saying(b"", page)) as port,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        assert runner.run(main(port)) >= 5


def test_a_match_in_a_long_text_is_found() -> None:
    body = b"x" * 3_000_000 + b"needle"
    page = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    with serving(saying(b"", page)) as port:
        assert ask(type="http", url=f"http://127.0.0.1:{port}/", expect_body="nee+dle$").success
