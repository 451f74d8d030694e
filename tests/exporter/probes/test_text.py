"""What people write in the catalogue is sent as browsers send it."""

import socket
from queue import SimpleQueue
from typing import Any

import pytest
import regex
from pydantic import ValidationError

from exporter.probes.tcp import filled
from service_catalogue.probes.address import ascii_host, ascii_url
from tests.exporter.asking import ask, ask_all, target_of
from tests.exporter.servers import serving

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("http://a.example/ä", "http://a.example/%C3%A4"),
        ("http://a.example/a b?q=c d", "http://a.example/a%20b?q=c%20d"),
        ("http://a.example/%C3%A4%20%zz", "http://a.example/%C3%A4%20%zz"),
        ("http://bücher.example:81/ü?ö#ß", "http://xn--bcher-kva.example:81/%C3%BC?%C3%B6"),
        ("http://BÜCHER.example/", "http://xn--bcher-kva.example/"),
        ("http://straße.example/", "http://xn--strae-oqa.example/"),
        ("http://例え.テスト/", "http://xn--r8jz45g.xn--zckzah/"),
        ("http://jürgen:pö@a.example/", "http://j%C3%BCrgen:p%C3%B6@a.example/"),
        ("http://[::1]:80/ä", "http://[::1]:80/%C3%A4"),
        ("http://a.example/{x}|[y]~!$&'()*+,;=:@", "http://a.example/{x}|[y]~!$&'()*+,;=:@"),
        ('http://a.example/"<>`', "http://a.example/%22%3C%3E%60"),
    ],
)
def test_a_url_is_sent_as_browsers_send_it(written: str, sent: str) -> None:
    assert ascii_url(written) == sent
    assert ascii_url(sent) == sent


def test_the_request_line_and_host_are_ascii_and_the_label_is_not() -> None:
    heard: list[bytes] = []

    def site(connection: socket.socket) -> None:
        heard.append(connection.recv(65_536))
        connection.sendall(OK)

    with serving(site) as port:
        url = f"http://localhost:{port}/ä b?ö=ü"
        assert ask(type="http", url=url).success
        assert target_of(type="http", url=url).config.target == url
    assert heard[0].startswith(b"GET /%C3%A4%20b?%C3%B6=%C3%BC HTTP/1.1\r\n")


def test_a_location_outside_ascii_is_followed() -> None:
    heard: list[bytes] = []

    def site(connection: socket.socket) -> None:
        heard.append(connection.recv(65_536))
        there = "HTTP/1.1 302 Found\r\nLocation: /grün hier\r\nContent-Length: 0\r\n\r\n".encode()
        connection.sendall(there if len(heard) == 1 else OK)

    with serving(site) as port:
        assert ask(type="http", url=f"http://127.0.0.1:{port}/").success
    assert heard[1].startswith(b"GET /gr%C3%BCn%20hier HTTP/1.1\r\n")


def test_names_outside_ascii_are_asked_for_by_idna() -> None:
    kinds: list[dict[str, Any]] = [
        {"type": "http", "url": "http://bücher.invalid/"},
        {"type": "tcp", "target": "bücher.invalid:1"},
        {"type": "icmp", "target": "bücher.invalid"},
        {"type": "grpc", "target": "bücher.invalid:1"},
        {"type": "dns", "server": "bücher.invalid", "query": "a.example"},
    ]
    assert ["xn--bcher-kva.invalid" in result.detail for result in ask_all(kinds)] == [True] * 5


def test_hosts_that_can_be_no_names_are_refused_by_check() -> None:
    with pytest.raises(ValueError, match="is not a host name"):
        ascii_host("bü..example")
    for fields in ({"type": "http", "url": "http://ü..a/"}, {"type": "tcp", "target": "ü..a:1"}):
        with pytest.raises(ValidationError, match="is not a host name"):
            target_of(**fields)


@pytest.mark.parametrize(
    ("template", "sent"),
    [
        (r"CORP\user", rb"CORP\user"),
        (r"C:\new\1", rb"C:\newone"),
        (r"\1-\2-${1}-${2}", b"one--one-"),
        (r"\g<word>${word}", b"oneone"),
        (r"a\\b\\1", rb"a\b\1"),
        ("$1 $ {1} ${", b"$1 $ {1} ${"),
        ("grün", "grün".encode()),
    ],
)
def test_groups_are_filled_in_and_all_else_is_sent_as_it_stands(template: str, sent: bytes) -> None:
    found = regex.search(rb"(?P<word>one)(two)?", b"one")
    assert found is not None
    assert filled(template, found) == sent


def test_a_backslash_after_an_expect_reaches_the_peer() -> None:
    heard: SimpleQueue[bytes] = SimpleQueue()

    def peer(connection: socket.socket) -> None:
        connection.sendall(b"login: \r\n")
        heard.put(connection.recv(100))

    with serving(peer) as port:
        steps = [{"expect": "login", "send": r"CORP\user"}]
        assert ask(type="tcp", target=f"127.0.0.1:{port}", conversation=steps).success
    assert heard.get(timeout=30) == b"CORP\\user\r\n"


@pytest.mark.parametrize("send", [r"\1", "${1}", r"\g<x>", "${x}"])
def test_a_group_that_is_not_there_is_refused_by_check(send: str) -> None:
    with pytest.raises(ValidationError, match="which expect does not have"):
        target_of(type="tcp", target="a:1", conversation=[{"expect": "x", "send": send}])
