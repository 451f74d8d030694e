import gzip

import pytest

from uptime_common.exposition import Style
from uptime_common.negotiate import Body, style_of, takes_gzip

PROMETHEUS_2_42 = (
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)


@pytest.mark.parametrize(
    ("accept", "style"),
    [
        ("", "text"),
        ("application/openmetrics-text;q=²", "text"),
        ("application/openmetrics-text;q=nan", "text"),
        ("*/*", "text"),
        ("text/html,*/*;q=0.8", "text"),
        (PROMETHEUS_2_42, "openmetrics"),
        ("text/plain;version=0.0.4;q=0.9,application/openmetrics-text;q=0.1", "text"),
        ("application/openmetrics-text; version=1.0.0; q=0.3, text/plain; q=x", "openmetrics"),
    ],
)
def test_the_client_gets_the_style_that_it_prefers(accept: str, style: Style) -> None:
    assert style_of(accept) == style


@pytest.mark.parametrize(
    ("accept", "takes"),
    [
        ("", False),
        ("gzip", True),
        ("deflate, gzip;q=0.5", True),
        ("gzip;q=0", False),
        ("*", True),
        ("gzip;q=0, *", False),
        ("br", False),
    ],
)
def test_gzip_is_sent_to_who_takes_it(accept: str, takes: bool) -> None:
    assert takes_gzip(accept) is takes


def packed(*parts: bytes, gzip: bool = True) -> tuple[bytes, dict[str, str]]:
    body = Body(gzip=gzip)
    for part in parts:
        body.add(part)
    return body.end()


def test_a_packed_body_unpacks_and_a_small_one_stays_as_it_is() -> None:
    parts = [b"a" * 1000, b"b" * 1000, b"c"]
    body, headers = packed(*parts)
    assert gzip.decompress(body) == b"".join(parts)
    assert headers == {"Content-Encoding": "gzip"}
    assert packed(b"ab", b"c") == (b"abc", {})
    assert packed(*parts, gzip=False) == (b"".join(parts), {})
