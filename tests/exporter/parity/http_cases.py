"""Bad and good HTTP/1.1, byte by byte."""

import gzip
import json

from tests.exporter.parity.case import Case, endless, hang_up, ok, raw, reset, silent

_JSON = {"Content-Type": "application/json"}
_CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
_FIFTY = b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n"
_BOMB = gzip.compress(b"\0" * 20_000_000, 1)
_LOOP = b"HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n"
_FOUND = {"fail_if_body_not_matches_regexp": ["fine"]}


def _to(location: bytes, status: bytes = b"302 Found") -> bytes:
    return b"HTTP/1.1 " + status + b"\r\nLocation: " + location + b"\r\nContent-Length: 0\r\n\r\n"


STATUS_CASES = [
    Case("good", raw(ok())),
    Case("no-reason-phrase", raw(b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n")),
    Case("http-1.0-until-close", raw(b"HTTP/1.0 200 OK\r\n\r\nfine")),
    Case("not-found", raw(ok(status=b"404 Not Found"))),
    Case("server-error", raw(ok(status=b"500 Oops"))),
    Case("not-modified", raw(b"HTTP/1.1 304 Not Modified\r\n\r\n")),
    Case("no-content", raw(b"HTTP/1.1 204 No Content\r\n\r\n")),
    Case(
        "status-as-asked",
        raw(ok(status=b"418 Teapot")),
        ours={"expect_status": [418]},
        theirs={"valid_status_codes": [418]},
    ),
    Case("status-beyond", raw(ok(status=b"999 What"))),
    Case("status-of-letters", raw(b"HTTP/1.1 2x0 OK\r\n\r\n")),
    Case("early-hints-first", raw(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + ok())),
    Case("interim-flood", endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 10), patient=True),
    Case("switching-unasked", raw(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n")),
]
CONNECTION_CASES = [
    Case("refused", None),
    Case("silent", silent),
    Case("hang-up", hang_up),
    Case("empty-reply", raw()),
    Case("reset-at-once", reset()),
    Case("reset-in-the-head", reset(b"HTTP/1.1 200 OK\r\nContent-Le")),
    Case("reset-in-the-body", reset(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")),
    Case("slow-head", raw(*[bytes([c]) for c in ok()], pause=0.2)),
    Case("slow-body", raw(_FIFTY, *[b"x"] * 50, pause=0.1)),
    Case("slow-but-in-time", raw(*[ok()[i : i + 9] for i in range(0, 45, 9)], pause=0.05)),
    Case("endless-body", endless(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 1000)),
    Case("endless-chunks", endless(_CHUNKED, b"1\r\nx\r\n")),
    Case("endless-head", endless(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n")),
    Case("ip6-only", raw(ok()), host="::1"),
    Case(
        "ip6-wanted-ip4-there",
        raw(ok()),
        asked="localhost",
        ours={"preferred_ip_protocol": "ip6", "ip_protocol_fallback": False},
        theirs={"preferred_ip_protocol": "ip6", "ip_protocol_fallback": False},
    ),
    Case("no-such-name", raw(ok()), asked="nobody.invalid"),
]
FRAMING_CASES = [
    Case("garbage", raw(b"\x00\xff\x16\x03 what is this\r\n\r\n")),
    Case("http-0.9", raw(b"<html>fine</html>")),
    Case("ssh-banner", raw(b"SSH-2.0-OpenSSH_9.6\r\n")),
    Case("body-cut-short", raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")),
    Case("body-too-long", raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabcdef")),
    Case("length-negative", raw(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nabc")),
    Case("length-of-letters", raw(b"HTTP/1.1 200 OK\r\nContent-Length: abc\r\n\r\nabc")),
    Case(
        "two-lengths",
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabc"),
    ),
    Case("chunks", raw(_CHUNKED + b"4\r\nfine\r\n0\r\n\r\n")),
    Case("chunk-size-of-letters", raw(_CHUNKED + b"zz\r\nfine\r\n0\r\n\r\n")),
    Case("chunk-size-too-large", raw(_CHUNKED + b"ffffffffffffffffff\r\nfine\r\n")),
    Case("chunk-without-end", raw(_CHUNKED + b"4\r\nfineX\r\n0\r\n\r\n")),
    Case("chunks-cut-short", raw(_CHUNKED + b"4\r\nfine\r\n")),
    Case("chunks-no-last", raw(_CHUNKED + b"4\r\nfine\r\n0\r\n")),
    Case("unknown-coding", raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: zip\r\n\r\nabc")),
    Case("header-no-colon", raw(b"HTTP/1.1 200 OK\r\nnonsense\r\nContent-Length: 0\r\n\r\n")),
    Case("header-folded", raw(b"HTTP/1.1 200 OK\r\nX-A: b\r\n c\r\nContent-Length: 0\r\n\r\n")),
    Case("header-50-kib", raw(ok(b"", b"X-A: " + b"x" * 50_000))),
    Case("header-400-kib", raw(ok(b"", b"X-A: " + b"x" * 400_000))),
    Case("header-with-nul", raw(ok(b"", b"X-A: a\0b"))),
    Case("line-feeds-alone", raw(b"HTTP/1.1 200 OK\nContent-Length: 4\n\nfine")),
    Case("second-answer", raw(ok() + ok(status=b"500 Oops"))),
]
REDIRECT_CASES = [
    Case("redirect-loop", raw(_LOOP)),
    Case("redirect-unfollowed", raw(_to(b"/x")), ours={"follow_redirects": False},
         theirs={"follow_redirects": False}),
    Case("redirect-to-nowhere", raw(_to(b"http://127.0.0.1:1/"))),
    Case("redirect-to-ftp", raw(_to(b"ftp://127.0.0.1/"))),
    Case("redirect-without-place", raw(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n")),
    Case("redirect-to-garbage", raw(_to(b"http://[::bad/"))),
]  # fmt: skip
BODY_CASES = [
    Case("body-matches", raw(ok()), ours={"expect_body": "fine"}, theirs=_FOUND),
    Case("body-differs", raw(ok(b"oops")), ours={"expect_body": "fine"}, theirs=_FOUND),
    Case(
        "body-forbidden",
        raw(ok(b"oops")),
        ours={"reject_body": "oops"},
        theirs={"fail_if_body_matches_regexp": ["oops"]},
    ),
    Case(
        "header-as-asked",
        raw(ok(b"", b"X-Kind: json")),
        ours={"expect_headers": {"X-Kind": "json"}},
        theirs={"fail_if_header_not_matches": [{"header": "X-Kind", "regexp": "json"}]},
    ),
    Case(
        "header-missing",
        raw(ok()),
        ours={"expect_headers": {"X-Kind": "json"}},
        theirs={"fail_if_header_not_matches": [{"header": "X-Kind", "regexp": "json"}]},
    ),
    Case(
        "larger-than-allowed",
        raw(ok(b"x" * 5000)),
        ours={"max_body": 4000},
        theirs={"body_size_limit": "4000B"},
    ),
    Case(
        "gzip-bomb",
        raw(ok(_BOMB, b"Content-Encoding: gzip")),
        ours={"compression": True, "max_body": 1_000_000},
        theirs={"compression": "gzip", "body_size_limit": "1MB",
                "headers": {"Accept-Encoding": "gzip"}},
    ),
    Case(
        "gzip-broken",
        raw(ok(b"not gzip at all", b"Content-Encoding: gzip")),
        ours={"compression": True},
        theirs={"compression": "gzip", "headers": {"Accept-Encoding": "gzip"}},
    ),
    Case(
        "gzip",
        raw(ok(gzip.compress(b"fine"), b"Content-Encoding: gzip")),
        ours={"compression": True, "expect_body": "fine"},
        theirs={"compression": "gzip", "headers": {"Accept-Encoding": "gzip"}, **_FOUND},
    ),
    Case("gzip-unasked", raw(ok(_BOMB[:5000], b"Content-Encoding: gzip"))),
    Case("json", raw(ok(json.dumps(_JSON).encode()))),
    Case("head", raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"),
         ours={"method": "HEAD"}, theirs={"method": "HEAD"}),
    Case("http-1.0-forbidden", raw(b"HTTP/1.0 200 OK\r\n\r\nfine"),
         ours={"expect_version": ["1.1", "2"]},
         theirs={"valid_http_versions": ["HTTP/1.1", "HTTP/2.0"]}),
]  # fmt: skip
_COOKIES = (b"Set-Cookie: a=1", b"Set-Cookie: b=2")


def _header(name: str, *patterns: str) -> list[dict[str, str]]:
    return [{"header": name, "regexp": pattern} for pattern in patterns]


_FIRST, _SECOND, _THIRD = ("^a=1$", "^b=2$", "^c=3$")
ASKED_CASES = [
    Case("headers-all-match", raw(ok(b"fine", *_COOKIES)),
         ours={"expect_headers": {"Set-Cookie": [_FIRST, _SECOND]}},
         theirs={"fail_if_header_not_matches": _header("Set-Cookie", _FIRST, _SECOND)}),
    Case("headers-one-does-not-match", raw(ok(b"fine", *_COOKIES)),
         ours={"expect_headers": {"Set-Cookie": [_FIRST, _THIRD]}},
         theirs={"fail_if_header_not_matches": _header("Set-Cookie", _FIRST, _THIRD)}),
    Case("header-that-must-not-be", raw(ok(b"fine", *_COOKIES)),
         ours={"reject_headers": {"Set-Cookie": [_THIRD, _SECOND]}},
         theirs={"fail_if_header_matches": _header("Set-Cookie", _THIRD, _SECOND)}),
    Case("header-that-must-not-be-is-not", raw(ok(b"fine", *_COOKIES)),
         ours={"reject_headers": {"Set-Cookie": _THIRD}},
         theirs={"fail_if_header_matches": _header("Set-Cookie", _THIRD)}),
    Case("bodies-all-match", raw(ok()), ours={"expect_body": ["^fi", "ne$"]},
         theirs={"fail_if_body_not_matches_regexp": ["^fi", "ne$"]}),
    Case("bodies-one-does-not-match", raw(ok()), ours={"expect_body": ["^fi", "xx"]},
         theirs={"fail_if_body_not_matches_regexp": ["^fi", "xx"]}),
    Case("bodies-one-must-not-match", raw(ok()), ours={"reject_body": ["xx", "ine"]},
         theirs={"fail_if_body_matches_regexp": ["xx", "ine"]}),
    Case("tls-wanted", raw(ok()), ours={"expect_tls": True}, theirs={"fail_if_not_ssl": True}),
    Case("tls-unwanted", raw(ok()), ours={"expect_tls": False}, theirs={"fail_if_ssl": True}),
    Case("tls-had-and-wanted", raw(ok()), tls="good", asked="localhost",
         ours={"expect_tls": True}, theirs={"fail_if_not_ssl": True}),
    Case("tls-had-but-unwanted", raw(ok()), tls="good", asked="localhost",
         ours={"expect_tls": False}, theirs={"fail_if_ssl": True}),
    Case("backend-by-address", raw(ok()), tls="good",
         ours={"server_name": "localhost"},
         theirs={"tls_config": {"server_name": "localhost"}}),
    Case("backend-of-another-name", raw(ok()), tls="good",
         ours={"server_name": "mail.example"},
         theirs={"tls_config": {"server_name": "mail.example"}}),
    Case("tls-not-newer-than", raw(ok()), tls="good", asked="localhost",
         ours={"tls": {"max_version": "1.2"}},
         theirs={"tls_config": {"max_version": "TLS12"}}),
]  # fmt: skip
CASES = [
    *ASKED_CASES,
    *STATUS_CASES,
    *CONNECTION_CASES,
    *FRAMING_CASES,
    *REDIRECT_CASES,
    *BODY_CASES,
]
