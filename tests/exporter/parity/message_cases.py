"""Status codes, framing, codings and headers, each a little odd."""

import gzip
import zlib
from typing import Any

from tests.exporter.parity.case import Case, ok, raw

_PLAIN = b"HTTP/1.1 200 OK\r\n"
_CHUNKED = _PLAIN + b"Transfer-Encoding: chunked\r\n\r\n"
_GZIP = gzip.compress(b"fine " * 100)
_CODED: dict[str, Any] = {
    "ours": {"compression": True, "expect_body": "fine"},
    "theirs": {"compression": "gzip", "headers": {"Accept-Encoding": "gzip"},
               "fail_if_body_not_matches_regexp": ["fine"]},
}  # fmt: skip
_DEFLATED: dict[str, Any] = {
    "ours": {"compression": True, "expect_body": "fine"},
    "theirs": {"compression": "deflate", "headers": {"Accept-Encoding": "deflate"},
               "fail_if_body_not_matches_regexp": ["fine"]},
}  # fmt: skip
_STATUSES = (
    201, 202, 203, 205, 206, 207, 226, 299, 400, 401, 402, 403, 405, 406, 407, 408, 409, 410, 411,
    413, 421, 422, 423, 425, 426, 429, 431, 451, 499, 501, 502, 503, 504, 505, 507, 511, 520, 599,
    600,
)  # fmt: skip


def _found(body: str) -> dict[str, Any]:
    return {
        "ours": {"expect_body": body},
        "theirs": {"fail_if_body_not_matches_regexp": [body]},
    }


STATUS_CASES = [
    *(Case(f"status-{code}", raw(ok(status=b"%d Some" % code))) for code in _STATUSES),
    Case("status-of-two-digits", raw(b"HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n")),
    Case("status-of-four-digits", raw(b"HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n")),
    Case("status-beyond-ascii", raw("HTTP/1.1 200 Schön\r\nContent-Length: 0\r\n\r\n".encode())),
    Case("version-1.2", raw(b"HTTP/1.2 200 OK\r\nContent-Length: 0\r\n\r\n")),
    Case("version-in-lower-case", raw(b"http/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")),
    Case("version-3-in-plain-text", raw(b"HTTP/3 200 OK\r\nContent-Length: 0\r\n\r\n")),
    Case("version-of-letters", raw(b"HTTP/x.y 200 OK\r\nContent-Length: 0\r\n\r\n")),
    Case("shoutcast", raw(b"ICY 200 OK\r\nContent-Length: 0\r\n\r\n")),
    Case("status-line-alone", raw(b"HTTP/1.1 200 OK\r\n")),
    Case("status-line-cut", raw(b"HTTP/1.1 20")),
    Case("blank-line-first", raw(b"\r\n" + ok())),
    Case("unauthorized-with-challenge", raw(ok(b"", b'WWW-Authenticate: Basic realm="x"',
                                                status=b"401 Unauthorized"))),
    Case("early-hints-alone", raw(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")),
    Case("continue-first", raw(b"HTTP/1.1 100 Continue\r\n\r\n" + ok())),
]  # fmt: skip
FRAMING_CASES = [
    Case("chunks-with-extension", raw(_CHUNKED + b'4;a="b"\r\nfine\r\n0\r\n\r\n'),
         **_found("fine")),
    Case("chunks-with-trailer", raw(_CHUNKED + b"4\r\nfine\r\n0\r\nX-Sum: 1\r\n\r\n")),
    Case("chunks-in-capitals", raw(_CHUNKED + b"A\r\nfine fine!\r\n0\r\n\r\n")),
    Case("chunks-of-leading-zeros", raw(_CHUNKED + b"0004\r\nfine\r\n000\r\n\r\n")),
    Case("chunks-of-one-byte", raw(_CHUNKED + b"1\r\nx\r\n" * 2000 + b"0\r\n\r\n")),
    Case("chunks-none", raw(_CHUNKED + b"0\r\n\r\n")),
    Case("chunk-size-empty", raw(_CHUNKED + b"\r\nfine\r\n0\r\n\r\n")),
    Case("chunk-size-negative", raw(_CHUNKED + b"-4\r\nfine\r\n0\r\n\r\n")),
    Case("chunk-longer-than-said", raw(_CHUNKED + b"2\r\nfine\r\n0\r\n\r\n")),
    Case("chunks-then-garbage", raw(_CHUNKED + b"4\r\nfine\r\n0\r\n\r\nmore")),
    Case("chunks-beside-length", raw(_PLAIN + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"
                                     b"\r\n4\r\nfine\r\n0\r\n\r\n")),
    Case("chunks-by-http-1.0", raw(b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                   b"4\r\nfine\r\n0\r\n\r\n")),
    Case("length-with-plus", raw(_PLAIN + b"Content-Length: +4\r\n\r\nfine")),
    Case("length-after-spaces", raw(_PLAIN + b"Content-Length:    4   \r\n\r\nfine")),
    Case("length-twice-the-same", raw(_PLAIN + b"Content-Length: 4\r\n" * 2 + b"\r\nfine")),
    Case("length-as-list", raw(_PLAIN + b"Content-Length: 4, 4\r\n\r\nfine")),
    Case("length-empty", raw(_PLAIN + b"Content-Length:\r\n\r\nfine")),
    Case("length-beyond-64-bits", raw(_PLAIN + b"Content-Length: 99999999999999999999\r\n\r\nx")),
    Case("length-of-gigabytes", raw(_PLAIN + b"Content-Length: 9000000000\r\n\r\nx")),
    Case("length-none-and-empty", raw(_PLAIN + b"\r\n")),
    Case("no-content-with-body", raw(b"HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\nfine")),
    Case("head-with-body", raw(ok()), ours={"method": "HEAD"}, theirs={"method": "HEAD"}),
    Case("head-without-length", raw(_PLAIN + b"\r\n"), ours={"method": "HEAD"},
         theirs={"method": "HEAD"}),
    Case("options", raw(ok()), ours={"method": "OPTIONS"}, theirs={"method": "OPTIONS"}),
    Case("answered-before-all-was-sent", raw(ok()), ours={"method": "POST", "body": "x" * 20_000},
         theirs={"method": "POST", "body": "x" * 20_000}),
]  # fmt: skip
HEADER_CASES = [
    Case("header-space-before-colon", raw(ok(b"fine", b"X-A : b"))),
    Case("header-empty-name", raw(ok(b"fine", b": b"))),
    Case("header-empty-value", raw(ok(b"fine", b"X-A:"))),
    Case("header-beyond-ascii", raw(ok(b"fine", "X-A: grün".encode()))),
    Case("header-tab", raw(ok(b"fine", b"X-A:\tb\tc"))),
    Case("header-control-character", raw(ok(b"fine", b"X-A: a\x01b"))),
    Case("header-carriage-return-alone", raw(ok(b"fine", b"X-A: a\rX-B: c"))),
    Case("header-name-with-space", raw(ok(b"fine", b"X A: b"))),
    Case("headers-five-hundred", raw(ok(b"fine", *(b"X-%d: y" % i for i in range(500))))),
    Case("connection-close", raw(ok(b"fine", b"Connection: close"))),
    Case("keep-alive-until-close", raw(_PLAIN + b"Connection: keep-alive\r\n\r\nfine")),
    Case("upgrade-offered", raw(ok(b"fine", b"Upgrade: h2c", b"Connection: Upgrade"))),
    Case("alternative-service", raw(ok(b"fine", b'Alt-Svc: h3=":443"'))),
    Case("transport-security-on-plain", raw(ok(b"fine", b"Strict-Transport-Security: max-age=9"))),
    Case("cookie-for-another-domain", raw(ok(b"fine", b"Set-Cookie: a=1; Domain=example.org"))),
    Case("refresh-is-no-redirect", raw(ok(b"fine", b"Refresh: 0; url=/bad"))),
]  # fmt: skip
BODY_CASES = [
    Case("gzip-cut-short", raw(ok(_GZIP[:-12], b"Content-Encoding: gzip")), **_CODED),
    Case("gzip-without-trailer", raw(ok(_GZIP[:-8], b"Content-Encoding: gzip")), **_CODED),
    Case("gzip-of-wrong-sum", raw(ok(_GZIP[:-8] + b"\0" * 8, b"Content-Encoding: gzip")), **_CODED),
    Case("gzip-in-two-members", raw(ok(_GZIP + _GZIP, b"Content-Encoding: gzip")), **_CODED),
    Case("gzip-then-garbage", raw(ok(_GZIP + b"garbage", b"Content-Encoding: gzip")), **_CODED),
    Case("gzip-in-capitals", raw(ok(_GZIP, b"Content-Encoding: GZIP")), **_CODED),
    Case("gzip-by-old-name", raw(ok(_GZIP, b"Content-Encoding: x-gzip")), **_CODED),
    Case("gzip-twice", raw(ok(gzip.compress(_GZIP), b"Content-Encoding: gzip, gzip")), **_CODED),
    Case("gzip-empty", raw(ok(b"", b"Content-Encoding: gzip")), ours={"compression": True},
         theirs={"compression": "gzip", "headers": {"Accept-Encoding": "gzip"}}),
    Case("gzip-chunked", raw(_PLAIN + b"Content-Encoding: gzip\r\n"
                             b"Transfer-Encoding: chunked\r\n\r\n"
                             + b"%x\r\n" % len(_GZIP) + _GZIP + b"\r\n0\r\n\r\n"), **_CODED),
    Case("deflate", raw(ok(zlib.compress(b"fine"), b"Content-Encoding: deflate")), **_DEFLATED),
    Case("deflate-without-wrapper", raw(ok(zlib.compress(b"fine")[2:-4],
                                           b"Content-Encoding: deflate")), **_DEFLATED),
    Case("body-empty-though-expected", raw(ok(b"")), **_found("fine")),
    Case("body-expected-across-parts", raw(_PLAIN + b"Content-Length: 4\r\n\r\nfi", b"ne",
                                           pause=0.02), **_found("^fine$")),
    Case("body-expected-at-its-end", raw(ok(b"x" * 300_000 + b"fine")), **_found("fine$")),
    Case("body-with-nul", raw(ok(b"fi\0ne")), **_found("ne$")),
    Case("body-of-several-lines", raw(ok(b"a\nfine\nb")), **_found("(?m)^fine$")),
    Case("body-in-other-case", raw(ok(b"FINE")), **_found("(?i)fine")),
    Case("body-in-utf-8", raw(ok("grün".encode(), b"Content-Type: text/plain; charset=utf-8")),
         **_found("grün")),
    Case("body-in-latin-1", raw(ok("grün".encode("latin-1"),
                                   b"Content-Type: text/plain; charset=iso-8859-1")),
         **_found("grün")),
    Case("body-of-five-megabytes", raw(ok(b"x" * 5_000_000))),
    Case("body-as-long-as-allowed", raw(ok(b"x" * 4000)), ours={"max_body": 4000},
         theirs={"body_size_limit": "4000B"}),
    Case("header-of-any-case", raw(ok(b"", b"x-KIND: json")),
         ours={"expect_headers": {"X-Kind": "json"}},
         theirs={"fail_if_header_not_matches": [{"header": "X-Kind", "regexp": "json"}]}),
]  # fmt: skip
CASES = [*STATUS_CASES, *FRAMING_CASES, *HEADER_CASES, *BODY_CASES]
