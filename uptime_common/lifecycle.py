"""``/-/reload`` as Prometheus has it, for those who asked for ``--web.enable-lifecycle``."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from aiohttp import web

Reload = Callable[[], Awaitable[Sequence[str]]]
"""Reads the configuration again; returns what is wrong with it, nothing when it is in force."""


def lifecycle(reload: Reload, *, enabled: bool) -> list[web.RouteDef]:
    """Return the routes; without the flag they answer 403, with a bad configuration 500."""

    async def handle(_request: web.Request) -> web.Response:
        if not enabled:
            return web.Response(status=403, text="Lifecycle API is not enabled.\n")
        problems = await asyncio.shield(asyncio.ensure_future(reload()))  # whoever asked may go
        if problems:
            told = "".join(f"{problem}\n" for problem in problems)
            return web.Response(status=500, text=f"failed to reload config:\n{told}")
        return web.Response()

    return [web.post("/-/reload", handle), web.put("/-/reload", handle)]
