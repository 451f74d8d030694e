"""Redirects of every code, to every kind of place; and answers that only look like one."""

from collections.abc import Mapping
from typing import Any

from tests.exporter.parity.case import Case, Serve, asked_for, ok

_UNFOLLOWED: dict[str, Any] = {
    "ours": {"follow_redirects": False},
    "theirs": {"follow_redirects": False},
}
_FINE: dict[str, Any] = {"ours": {"expect_body": "^fine$"},
         "theirs": {"fail_if_body_not_matches_regexp": ["^fine$"]}}  # fmt: skip
_CODES = {301: b"Moved", 302: b"Found", 303: b"See Other", 307: b"Temporary", 308: b"Permanent"}
_OTHER = {
    200: b"OK", 201: b"Created", 202: b"Accepted", 300: b"Multiple Choices", 304: b"Not Modified",
    305: b"Use Proxy", 306: b"Unused", 401: b"Unauthorized", 410: b"Gone", 503: b"Unavailable",
}  # fmt: skip


def onward(status: bytes, *locations: bytes, body: bytes = b"moved") -> bytes:
    """Return an answer that names places."""
    return ok(body, *(b"Location: " + place for place in locations), status=status)


def by_path(answers: Mapping[bytes, bytes]) -> Serve:
    """Return a server that answers by path, and by method and path where that is a key."""

    def serve(method: bytes, path: bytes, _head: bytes) -> bytes:
        return answers.get(method + b" " + path, answers.get(path, ok(status=b"404 No")))

    return asked_for(serve)


def _hops(count: int) -> Serve:
    steps = {b"/%d" % i: onward(b"302 Found", b"/%d" % (i + 1)) for i in range(1, count)}
    return by_path({b"/": onward(b"302 Found", b"/1"), **steps, b"/%d" % count: ok()})


def _to(location: bytes, path: bytes = b"/good") -> Serve:
    return by_path({b"/": onward(b"302 Found", location), path: ok()})


def _after(code: int, method: bytes) -> Serve:
    """Redirect; only that method is well received there."""
    status = b"%d %s" % (code, _CODES[code])
    refused = ok(b"no", status=b"405 Not Allowed")
    return by_path({b"/": onward(status, b"/good"), b"/good": refused, method + b" /good": ok()})


def _sent(method: str) -> dict[str, Any]:
    return {"ours": {"method": method, "body": "a=1"}, "theirs": {"method": method, "body": "a=1"}}


def _cookie(_method: bytes, path: bytes, head: bytes) -> bytes:
    if path == b"/":
        return ok(b"", b"Location: /in", b"Set-Cookie: s=1", status=b"302 Found")
    return ok() if b"Cookie: s=1" in head else ok(b"who?", status=b"401 Unauthorized")


_KEPT = {301: "POST", 302: "POST", 303: "POST"}
CASES = [
    *(Case(f"redirect-{code}", by_path({b"/": onward(b"%d x" % code, b"/good"), b"/good": ok()}))
      for code in _CODES),
    *(Case(f"redirect-{code}-to-nothing", by_path({b"/": onward(b"%d x" % code, b"/bad")}))
      for code in _CODES),
    *(Case(f"redirect-{code}-without-place", by_path({b"/": onward(b"%d x" % code)}))
      for code in _CODES if code != 302),
    *(Case(f"redirect-{code}-unfollowed", by_path({b"/": onward(b"%d x" % code, b"/good")}),
           **_UNFOLLOWED) for code in _CODES if code != 302),
    *(Case(f"post-redirect-{code}-becomes-get", _after(code, b"GET"), **_sent("POST"))
      for code in _KEPT),
    *(Case(f"post-redirect-{code}-stays-post", _after(code, b"POST"), **_sent("POST"))
      for code in (307, 308)),
    Case("put-redirect-303-becomes-get", _after(303, b"GET"), **_sent("PUT")),
    Case("put-redirect-307-stays-put", _after(307, b"PUT"), **_sent("PUT")),
    Case("put-redirect-301-stays-put", _after(301, b"PUT"), **_sent("PUT")),
    *(Case(f"status-{code}-with-place", by_path({b"/": onward(b"%d %s" % (code, word), b"/good"),
                                                 b"/good": ok()}))
      for code, word in _OTHER.items()),
    Case("post-created-with-place", by_path({b"/": onward(b"201 Created", b"/bad")}),
         **_sent("POST")),
    Case("redirect-relative", _to(b"good")),
    Case("redirect-dotted", _to(b"./x/../good")),
    Case("redirect-above-the-root", _to(b"../../good")),
    Case("redirect-query-only", _to(b"?good", b"/?good")),
    Case("redirect-with-fragment", _to(b"/good#part")),
    Case("redirect-with-space", _to(b"/a good", b"/a%20good")),
    Case("redirect-percent-encoded", _to(b"/%67ood", b"/%67ood")),
    Case("redirect-beyond-ascii", _to("/grün".encode(), b"/gr%C3%BCn")),
    Case("redirect-empty-place", by_path({b"/": onward(b"302 Found", b"")})),
    Case("redirect-place-after-spaces", _to(b"   /good")),
    Case("redirect-same-place-twice", by_path({b"/": onward(b"302 Found", b"/good", b"/good"),
                                               b"/good": ok()})),
    Case("redirect-no-host", _to(b"http:///good")),
    Case("redirect-port-beyond", _to(b"http://127.0.0.1:99999/")),
    Case("redirect-to-mailto", _to(b"mailto:a@example.org")),
    Case("redirect-to-script", _to(b"javascript:void(0)")),
    Case("redirect-to-file", _to(b"file:///etc/hostname")),
    Case("redirect-to-data", _to(b"data:text/plain,fine")),
    Case("redirect-to-no-such-name", _to(b"http://nobody.invalid/")),
    Case("redirect-to-tls-that-is-plain", _to(b"https://127.0.0.1:1/")),
    Case("redirect-ten-times", _hops(10)),
    Case("redirect-eleven-times", _hops(11)),
    Case("redirect-needs-cookie", asked_for(_cookie)),
    Case("redirect-body-is-not-the-answer", by_path({b"/": onward(b"302 x", b"/good", body=b"x"),
                                                     b"/good": ok()}), **_FINE),
    Case("redirect-body-cut-short", by_path({
        b"/": b"HTTP/1.1 302 x\r\nLocation: /good\r\nContent-Length: 99\r\n\r\nmoved",
        b"/good": ok()})),
    Case("redirect-head", by_path({b"/": b"HTTP/1.1 302 x\r\nLocation: /good\r\n\r\n",
                                   b"HEAD /good": b"HTTP/1.1 200 OK\r\n\r\n"}),
         ours={"method": "HEAD"}, theirs={"method": "HEAD"}),
]  # fmt: skip
