"""Bodies: whole or cut short, compressed, long, and in any charset."""

import gzip
import socket
import zlib
from typing import Any

import pytest
from pydantic import ValidationError

from exporter.probes.body import DOCUMENT, WINDOW
from exporter.probes.transport.result import ProbeResult
from tests.exporter.asking import ask, target_of
from tests.exporter.servers import serving

TEXT = b"all is fine " * 1000 + b"END"


def fetch(body: bytes, *headers: str, length: int | None = None, **fields: Any) -> ProbeResult:
    """Ask a server that sends this body, announced with this length (default: its own)."""
    lines = [*headers]
    if "Transfer-Encoding: chunked" not in headers:
        lines.append(f"Content-Length: {len(body) if length is None else length}")
    head = "\r\n".join(["HTTP/1.1 200 OK", *lines, "", ""]).encode()

    def answer(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(head + body)

    with serving(answer) as port:
        return ask(type="http", url=f"http://127.0.0.1:{port}/", **fields)


def raw_deflate(data: bytes) -> bytes:
    made = zlib.compressobj(wbits=-15)
    return made.compress(data) + made.flush()


PACKED = {
    "gzip": gzip.compress(TEXT),
    "x-gzip": gzip.compress(TEXT[:5000]) + gzip.compress(TEXT[5000:]),
    "deflate": zlib.compress(TEXT),
    "Deflate": raw_deflate(TEXT),
    "identity": TEXT,
}


@pytest.mark.parametrize("encoding", PACKED)
def test_a_compressed_body_is_read(encoding: str) -> None:
    header = f"Content-Encoding: {encoding}"
    result = fetch(PACKED[encoding], header, compression=True, expect_body="^all.*END$")
    assert result.success, result.detail


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "deflate", "Deflate"])
@pytest.mark.parametrize("fields", [{}, {"expect_body": "fine"}])
def test_a_compressed_body_that_is_cut_short_is_a_failure(
    encoding: str, fields: dict[str, Any]
) -> None:
    cut = PACKED[encoding][:-9]
    result = fetch(cut, f"Content-Encoding: {encoding}", compression=True, **fields)
    assert (result.success, result.reason) == (False, "protocol"), result.detail


@pytest.mark.parametrize(
    ("encoding", "body"), [("gzip", b"not gzip"), ("br", b"x"), ("gzip, br", b"x")]
)
def test_a_body_that_is_not_what_its_encoding_says_is_a_failure(encoding: str, body: bytes) -> None:
    result = fetch(body, f"Content-Encoding: {encoding}", compression=True)
    assert (result.success, result.reason) == (False, "protocol"), result.detail


def test_an_empty_body_is_not_cut_short() -> None:
    assert fetch(b"", "Content-Encoding: gzip", compression=True).success


def test_a_body_shorter_than_announced_is_a_failure() -> None:
    assert fetch(TEXT, length=len(TEXT) + 1, expect_body="fine").success is False
    chunks = b"4\r\nfine\r\n"
    assert fetch(chunks, "Transfer-Encoding: chunked", expect_body="fine").success is False
    assert fetch(chunks + b"0\r\n\r\n", "Transfer-Encoding: chunked", expect_body="fine").success


LONG = b"HEAD" + b"x" * (6 * WINDOW) + b"MIDDLE" + b"y" * (3 * WINDOW) + b"TAIL"
SEARCHES: list[tuple[str, bool]] = [
    ("HEAD", True),
    ("MIDDLE", True),
    ("TAIL$", True),
    ("^HEADx", True),
    ("xMIDDLEy", True),
    ("^MIDDLE", False),
    ("^x", False),
    ("x$", False),
    ("^y", False),
    (r"MIDDLE\Z", False),
    ("NOWHERE", False),
]


@pytest.mark.parametrize(("pattern", "there"), SEARCHES)
def test_a_page_of_any_length_is_searched_and_not_kept(pattern: str, there: bool) -> None:
    assert (fetch(LONG, expect_body=pattern).reason is None) is there
    assert (fetch(LONG, reject_body=pattern).reason == "body") is there


def test_only_a_limit_that_is_set_is_one() -> None:
    assert fetch(LONG).success
    assert fetch(LONG, max_body=0).success
    assert fetch(LONG, max_body=len(LONG)).success
    assert fetch(LONG, max_body=len(LONG) - 1).reason == "size"
    packed = gzip.compress(LONG)
    header = "Content-Encoding: gzip"
    assert fetch(packed, header, compression=True, max_body=len(LONG) - 1).reason == "size"


def test_a_document_that_is_too_long_for_us_is_our_limit() -> None:
    document = b'{"a": "' + b"x" * DOCUMENT + b'"}'
    result = fetch(document, expect_json={"$.a": "x"})
    assert (result.success, result.cause) == (None, "catalogue")


GREEN = "GRÜN ist schön"


@pytest.mark.parametrize(
    ("body", "header", "fields"),
    [
        (GREEN.encode(), "", {}),
        (GREEN.encode(), "Content-Type: text/html; charset=utf-8", {}),
        (GREEN.encode("latin-1"), 'Content-Type: text/html; Charset="ISO-8859-1"', {}),
        (GREEN.encode("utf-16"), "", {}),
        (b'<meta charset="iso-8859-1">' + GREEN.encode("latin-1"), "", {}),
        (
            GREEN.encode("latin-1"),
            "Content-Type: text/html; charset=none-such",
            {"charset": "cp1252"},
        ),
    ],
)
def test_expressions_see_text_in_the_charset_of_the_answer(
    body: bytes, header: str, fields: dict[str, Any]
) -> None:
    headers = [header] if header else []
    assert fetch(body, *headers, expect_body="(?i)grün ist SCHÖN", **fields).success
    assert fetch(body, *headers, reject_body=r"\bsch\w+n$", **fields).reason == "body"


def test_bytes_are_seen_where_they_are_asked_for() -> None:
    assert fetch(b"\x00\xff\xfe", charset="latin-1", expect_body=r"^\x00\xff\xfe$").success


@pytest.mark.parametrize(
    "fields",
    [
        {"method": "HEAD", "expect_body": "x"},
        {"method": "HEAD", "reject_body": "x"},
        {"method": "HEAD", "expect_json": {"$.a": 1}},
        {"charset": "klingon"},
        {"expect_body": "("},
    ],
)
def test_what_cannot_be_judged_is_refused_by_check(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        target_of(type="http", url="http://shop.example.org/", **fields)
