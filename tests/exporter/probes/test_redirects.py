"""Which answers redirect, and what is asked then: RFC 9110, section 15.4, whatever libcurl says."""

import socket
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import pytest

from exporter.probes.transport.result import ProbeResult
from tests.exporter.asking import ask, ask_all, measured
from tests.exporter.servers import serving

STATUSES = sorted(int(status) for status in HTTPStatus if status >= 200)
FOLLOWED = (301, 302, 303, 307, 308)


def head_and_body(connection: socket.socket) -> tuple[str, str]:
    """Read a request."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65_536)
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (int(line[15:]) for line in head.lower().split(b"\r\n") if line[:15] == b"content-length:"),
        0,
    )
    while len(body) < length:
        body += connection.recv(65_536)
    return head.decode(), body.decode()


def site(connection: socket.socket) -> None:
    """Answer ``/STATUS/LOCATION`` so; mirror requests for ``/end``; ``/then/...`` goes on there."""
    head, body = head_and_body(connection)
    path = head.split()[1]
    if path.startswith("/end"):
        mirror = f"{head}\n--\n{body}".encode()
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(mirror))
        if not head.startswith("HEAD"):
            connection.sendall(mirror)
        return
    _, status, location = path.split("/", 2)
    where = f"Location: {location}\r\n" if location else ""
    connection.sendall(f"HTTP/1.1 {status} X\r\n{where}Content-Length: 0\r\n\r\n".encode())


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with serving(site) as port:
        yield port


def probe(port: int, path: str, **fields: Any) -> dict[str, Any]:
    return {"type": "http", "url": f"http://127.0.0.1:{port}{path}", **fields}


def test_five_statuses_redirect_and_all_others_are_judged(port: int) -> None:
    found = ask_all([probe(port, f"/{status}//end") for status in STATUSES])
    verdict = {
        s: (r.reason, measured(r)["http_status_code"]) for s, r in zip(STATUSES, found, strict=True)
    }
    assert verdict == {
        status: (None, 200) if status in FOLLOWED else (None if status < 300 else "status", status)
        for status in STATUSES
    }


def test_a_status_that_is_expected_is_good_with_a_location_too(port: int) -> None:
    asked = [(201, "POST"), (300, "GET"), (304, "GET"), (305, "GET"), (401, "GET"), (503, "GET")]
    found = ask_all(
        [probe(port, f"/{s}//end", method=m, expect_status=[s], body="x") for s, m in asked]
    )
    assert [result.reason for result in found] == [None] * len(asked)


def test_a_redirect_without_a_location_is_an_answer_like_others(port: int) -> None:
    found = ask_all([probe(port, f"/{status}/") for status in FOLLOWED])
    assert [result.reason for result in found] == ["status"] * len(FOLLOWED)
    assert ask(**probe(port, "/302/", expect_status=[302])).success


KEPT: list[tuple[int, str, str, str]] = [
    *((status, "POST", "GET", "") for status in (301, 302, 303)),
    *((status, "POST", "POST", "a=1") for status in (307, 308)),
    *((status, "PUT", "PUT", "a=1") for status in (301, 302, 307, 308)),
    *((status, "DELETE", "DELETE", "a=1") for status in (301, 302, 307, 308)),
    (303, "PUT", "GET", ""),
    (303, "DELETE", "GET", ""),
    (303, "PATCH", "GET", ""),
    *((status, "GET", "GET", "a=1") for status in FOLLOWED),
]


@pytest.mark.parametrize(("status", "method", "then", "body"), KEPT)
def test_method_and_body_are_kept_where_the_status_keeps_them(
    port: int, status: int, method: str, then: str, body: str
) -> None:
    typed = "(?si).*content-type: text/plain" if body else "(?si)(?!.*content-type)"
    result = ask(
        **probe(port, f"/{status}//end", method=method, body="a=1"),
        headers={"Content-Type": "text/plain"},
        expect_body=f"^(?={then} /end HTTP){typed}.*\n--\n{body}$",
    )
    assert result.success, result.detail


def test_head_stays_head(port: int) -> None:
    found = ask_all([probe(port, f"/{status}//end", method="HEAD") for status in FOLLOWED])
    assert [result.reason for result in found] == [None] * len(FOLLOWED)


def test_a_request_that_became_get_stays_it_at_the_next_hop(port: int) -> None:
    result = ask(
        **probe(port, "/302//307//end", method="POST", body="a=1", expect_body="^GET /end.*HTTP")
    )
    assert (result.reason, measured(result)["http_redirects"]) == (None, 2)


LOCATIONS: list[tuple[str, str | None]] = [
    ("/end", None),
    ("../end", None),
    ("../end#part", None),
    ("//127.0.0.1:{port}/end", None),
    ("http://127.0.0.1:{port}/end", None),
    ("HTTP://127.0.0.1:{port}/end", None),
    ("ftp://127.0.0.1/end", "redirect"),
    ("file:///etc/passwd", "redirect"),
    ("javascript:void(0)", "redirect"),
    ("http://127.0.0.1:99999/end", "redirect"),
    ("http://[::1/end", "redirect"),
]


@pytest.mark.parametrize(("location", "reason"), LOCATIONS)
def test_where_a_location_leads(port: int, location: str, reason: str | None) -> None:
    result: ProbeResult = ask(**probe(port, f"/302/{location.format(port=port)}"))
    assert result.reason == reason, result.detail


def test_each_series_of_a_run_is_measured_once_however_many_hops(port: int) -> None:
    result = ask(**probe(port, "/302//301//end"))
    names = [(m.metric.name, m.labels) for m in result.measures]
    assert len(names) == len(set(names))
    assert measured(result) == {"http_status_code": 200, "http_redirects": 2}
