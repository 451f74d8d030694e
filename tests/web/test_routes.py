import asyncio

import pytest
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application

from sla_engine.web.routes import Document, Pages, routes
from uptime_common.exposition import CONTENT_TYPES, EOF, Style

LINE = b"a_metric 1.0\n"
MANY = 200_000  # more than two parts


def scrape(accept: str, encoding: str) -> tuple[bytes, str, str]:
    """Return body, content type and encoding of the engine's /metrics."""

    def metrics(style: Style) -> bytes:
        return f"# {style}\n".encode() + LINE * MANY

    async def ask() -> tuple[bytes, str, str]:
        pages = Pages(
            metrics, lambda: None, str, str, lambda _, __: "", lambda _, __: Document(b"", "")
        )
        app = Application()
        app.add_routes(routes(pages))
        headers = {"Accept": accept, "Accept-Encoding": encoding}
        async with TestClient(TestServer(app)) as client:
            answer = await client.get("/metrics", headers=headers)
            got = answer.headers
            return (await answer.read(), got["Content-Type"], got.get("Content-Encoding", ""))

    return asyncio.run(ask())


@pytest.mark.parametrize("encoding", ["gzip", ""])
@pytest.mark.parametrize(
    ("accept", "style", "end"),
    [("*/*", "text", b""), ("application/openmetrics-text", "openmetrics", EOF.encode())],
)
def test_a_scrape_gets_the_style_and_the_encoding_that_it_wants(
    accept: str, style: Style, end: bytes, encoding: str
) -> None:
    body, kind, packed = scrape(accept, encoding)
    assert (kind, packed) == (CONTENT_TYPES[style], encoding)
    assert body == f"# {style}\n".encode() + LINE * MANY + end
