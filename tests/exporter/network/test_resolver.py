import asyncio

import aiodns
import pytest
import uvloop

from exporter.network.resolver import Protocol, ResolveError, Resolver, literal

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
