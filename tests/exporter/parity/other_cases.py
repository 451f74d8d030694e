"""Health by gRPC, and echo requests where this process may send them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from exporter.network.icmp import IcmpForbiddenError, permitted
from tests.exporter.parity.case import Case, ok, raw, silent

_STATES = health_pb2.HealthCheckResponse


@contextmanager
def healthy() -> Iterator[int]:
    """Run a server that is well, and knows one service that is not."""
    server = grpc.server(ThreadPoolExecutor(1))
    servicer = health.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    servicer.set("", _STATES.SERVING)
    servicer.set("shop", _STATES.SERVING)
    servicer.set("mail", _STATES.NOT_SERVING)
    servicer.set("game", _STATES.UNKNOWN)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield port
    finally:
        server.stop(None).wait(5)


@contextmanager
def _without_health() -> Iterator[int]:
    server = grpc.server(ThreadPoolExecutor(1))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield port
    finally:
        server.stop(None).wait(5)


def _of(service: str) -> Case:
    name = service or "server"
    return Case(f"grpc-{name}", None, kind="grpc", at=healthy, ours={"service": service},
                theirs={"service": service})  # fmt: skip


def _may_echo() -> bool:
    try:
        permitted()
    except IcmpForbiddenError:
        return False
    return True


GRPC_CASES = [
    *map(_of, ("", "shop", "mail", "game", "nobody")),
    Case("grpc-without-health", None, kind="grpc", at=_without_health),
    Case("grpc-refused", None, kind="grpc"),
    Case("grpc-expected-http-there", raw(ok()), kind="grpc"),
    Case("grpc-no-such-name", silent, kind="grpc", asked="nobody.invalid"),
]
ICMP_CASES = [
    Case("icmp-here", None, kind="icmp"),
    Case("icmp-ip6", None, kind="icmp", host="::1"),
    Case("icmp-no-such-name", None, kind="icmp", asked="nobody.invalid"),
    Case("icmp-8000-bytes", None, kind="icmp", ours={"size": 8000}, theirs={"payload_size": 8000}),
    Case("icmp-whole", None, kind="icmp", ours={"dont_fragment": True},
         theirs={"dont_fragment": True}),
    Case("icmp-from-an-address", None, kind="icmp", ours={"source_address": "127.0.0.77"},
         theirs={"source_ip_address": "127.0.0.77"}),
    Case("icmp-one-hop", None, kind="icmp", ours={"ttl": 1}, theirs={"ttl": 1}),
]  # fmt: skip
CASES = [*GRPC_CASES, *(ICMP_CASES if _may_echo() else [])]
