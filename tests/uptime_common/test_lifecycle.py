import asyncio
from collections.abc import Sequence

import aiohttp
import pytest

from uptime_common.lifecycle import Reload, lifecycle
from uptime_common.web import WebConfig, start_server


async def _fine() -> Sequence[str]:
    return ()


async def _bad() -> Sequence[str]:
    return ("a.yml:1: is wrong", "a.yml:2: too")


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize(
    ("reload", "enabled", "expected"),
    [
        (_fine, True, (200, "")),
        (_fine, False, (403, "Lifecycle API is not enabled.\n")),
        (_bad, True, (500, "failed to reload config:\na.yml:1: is wrong\na.yml:2: too\n")),
    ],
)
def test_a_reload_is_done_refused_or_complained_of(
    method: str, reload: Reload, enabled: bool, expected: tuple[int, str]
) -> None:
    async def scenario() -> None:
        routes = lifecycle(reload, enabled=enabled)
        runner = await start_server(routes, ("127.0.0.1", 0), WebConfig())
        try:
            url = f"http://127.0.0.1:{runner.addresses[0][1]}/-/reload"
            async with (
                aiohttp.ClientSession() as session,
                session.request(method, url) as response,
            ):
                assert (response.status, await response.text()) == expected
        finally:
            await runner.cleanup()

    asyncio.run(scenario())
