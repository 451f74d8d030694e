import asyncio

import aiodns
import pytest
import uvloop

from exporter.network.resolver import Protocol, ResolveError, Resolver, ResolverError, literal
from exporter.probes.transport.result import ProbeResult
from exporter.probes.transport.run import Network
from exporter.services.runner import attempt
from tests.exporter.asking import target_of
from tests.exporter.parity.dns_cases import reply
from tests.exporter.servers import answering
from tests.programs.ports import free_port

NONE = aiodns.error.DNSError(aiodns.error.ARES_ENODATA, "no data")
DEAD = aiodns.error.DNSError(aiodns.error.ARES_ETIMEOUT, "timed out")
Table = dict[Protocol, str | aiodns.error.DNSError]


def resolve(table: Table, protocol: Protocol, *, fallback: bool) -> str:
    """Resolve a name whose addresses are those of the table."""

    class Fake(Resolver):
        async def _lookup(self, _host: str, protocol: Protocol) -> str:
            found = table[protocol]
            if isinstance(found, str):
                return found
            raise found

        async def _ask_for_root(self) -> bool:
            return True  # whether this machine's own name server is quick is no part of it

    async def main() -> str:
        resolver = Fake()
        try:
            return await resolver.resolve("shop", protocol, fallback=fallback)
        finally:
            await resolver.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main())


@pytest.mark.parametrize(
    ("table", "protocol", "fallback", "address"),
    [
        ({"ip4": "192.0.2.1", "ip6": "2001:db8::1"}, "ip4", True, "192.0.2.1"),
        ({"ip4": "192.0.2.1", "ip6": "2001:db8::1"}, "ip6", False, "2001:db8::1"),
        ({"ip4": "192.0.2.1", "ip6": NONE}, "ip6", True, "192.0.2.1"),
        ({"ip4": NONE, "ip6": "2001:db8::1"}, "ip4", True, "2001:db8::1"),
        ({"ip4": "192.0.2.1", "ip6": NONE}, "ip6", False, None),
        ({"ip4": "192.0.2.1", "ip6": DEAD}, "ip6", True, None),
        ({"ip4": NONE, "ip6": NONE}, "ip4", True, None),
    ],
)
def test_the_other_protocol_serves_only_where_the_first_has_no_address(
    table: Table, protocol: Protocol, fallback: bool, address: str | None
) -> None:
    if address is None:
        with pytest.raises(ResolveError, match="shop: "):
            resolve(table, protocol, fallback=fallback)
    else:
        assert resolve(table, protocol, fallback=fallback) == address


@pytest.mark.parametrize(
    ("host", "address"),
    [("[::1]", "::1"), ("127.0.0.1", "127.0.0.1"), ("fe80::1%eth0", "fe80::1%eth0"), ("a", None)],
)
def test_addresses_are_not_asked_for(host: str, address: str | None) -> None:
    assert literal(host) == address


def test_sixty_dead_names_do_not_delay_a_living_one() -> None:
    async def main() -> list[str]:
        resolver = Resolver()
        dead = [asyncio.ensure_future(resolver.resolve(f"n{i}.invalid")) for i in range(60)]
        try:
            async with asyncio.timeout(1):
                return [await resolver.resolve("localhost") for _ in range(20)]
        finally:
            await resolver.close()
            await asyncio.gather(*dead, return_exceptions=True)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(main()) == ["127.0.0.1"] * 20


def resolved_by(port: int, within: float) -> str:
    """Resolve a name by a name server at a port; return the kind of error, or the address."""

    async def main() -> str:
        dns = aiodns.DNSResolver(
            nameservers=["127.0.0.1"], udp_port=port, tcp_port=port, timeout=0.2, tries=1
        )
        resolver = Resolver(dns)
        try:
            return await resolver.resolve("shop.example.org", within=within)
        except (ResolveError, ResolverError) as error:
            return type(error).__name__
        finally:
            await resolver.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main())


def rcode(query: bytes, code: int) -> bytes:
    return query[:2] + (0x8180 | code).to_bytes(2) + query[4:6] + bytes(6) + query[12:]


@pytest.mark.parametrize(
    ("code", "told"), [(3, "ResolveError"), (2, "ResolveError"), (5, "ResolverError")]
)
def test_a_name_server_that_answers_speaks_of_the_name_unless_it_refuses_us(
    code: int, told: str
) -> None:
    with answering(lambda query: rcode(query, code)) as port:
        assert resolved_by(port, 4) == told


@pytest.mark.parametrize("within", [4, 0.1])
def test_a_name_server_of_ours_that_is_dead_tells_nothing_of_the_name(within: float) -> None:
    with answering(lambda _: None) as port:
        assert resolved_by(port, within) == "ResolverError"
    assert resolved_by(free_port(), within) == "ResolverError"


@pytest.mark.parametrize("within", [4, 0.1])
def test_a_name_whose_own_servers_are_dead_is_told_from_a_dead_name_server(within: float) -> None:
    def root_alone(query: bytes) -> bytes | None:
        return reply(query, []) if query[12] == 0 else None

    with answering(root_alone) as port:
        assert resolved_by(port, within) == "ResolveError"


def test_a_dead_name_server_is_known_before_the_time_limit() -> None:
    class Dead(Resolver):
        async def _lookup(self, *_: object) -> str:
            await asyncio.Event().wait()
            raise AssertionError

        async def _ask_for_root(self) -> bool:
            return False

    async def main() -> ProbeResult:
        network = Network.open()
        await network.resolver.close()
        dead = Dead()
        network = Network(
            dead, *[getattr(network, n) for n in ("curl", "icmp", "blocking", "pulse")]
        )
        try:
            return await attempt(
                target_of(type="tcp", target="shop.invalid:1", timeout="1s"), network
            )
        finally:
            await network.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        result = runner.run(main())
    assert (result.success, result.reason, result.cause) == (None, "resolver", "resolver")
