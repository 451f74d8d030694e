"""Probes against the real programs that they were made for."""

import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from tests.exporter.asking import ask
from tests.programs.ports import free_port
from tests.programs.process import find_program, stop

pytestmark = pytest.mark.integration


@contextmanager
def redis(*flags: str) -> Iterator[str]:
    """Run Redis; give its address as soon as it listens."""
    port = free_port()
    command = [find_program("redis-server"), "--port", str(port), "--save", "", *flags]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            deadline = time.monotonic() + 10
            while ask(type="tcp", target=f"127.0.0.1:{port}").reason == "refused":
                assert time.monotonic() < deadline
            yield f"127.0.0.1:{port}"
        finally:
            stop(process)


def test_redis_answers_with_and_without_a_password(tmp_path: Path) -> None:
    good, bad = tmp_path / "good", tmp_path / "bad"
    good.write_text("hunter2\n", encoding="utf-8")
    bad.write_text("hunter3\n", encoding="utf-8")
    with redis() as target:
        assert ask(type="redis", target=target).success
    with redis("--requirepass", "hunter2") as target:
        assert ask(type="redis", target=target).success
        assert ask(type="redis", target=target, password_file=str(good)).success
        wrong = ask(type="redis", target=target, password_file=str(bad))
        assert wrong.reason == "authentication"


@pytest.fixture(scope="module")
def grpc_server() -> Iterator[str]:
    server = grpc.server(ThreadPoolExecutor(2))
    servicer = health.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    servicer.set("shop", health_pb2.HealthCheckResponse.SERVING)
    servicer.set("till", health_pb2.HealthCheckResponse.NOT_SERVING)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}"
    server.stop(None).wait()


@pytest.mark.parametrize(
    ("service", "reason"), [("", None), ("shop", None), ("till", "answer"), ("none", "status")]
)
def test_grpc_health_is_asked_by_service(
    grpc_server: str, service: str, reason: str | None
) -> None:
    result = ask(type="grpc", target=grpc_server, service=service)
    assert result.reason == reason, result.detail
