import asyncio
import errno
import socket
import struct
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.network import icmp
from exporter.network.icmp import Icmp, checksum
from exporter.probes.transport.dns_message import WRITTEN, answer, question
from tests.exporter.asking import ask, ask_all, measured
from tests.exporter.parity.dns_cases import one_a, reply
from tests.exporter.servers import answering, serving

RECORDS = {
    "DNAME": ["other.example."],
    "A": ["192.0.2.1", "192.0.2.2"],
    "AAAA": ["2001:db8::1"],
    "CAA": ['0 issue "ca.example.org"'],
    "CNAME": ["www.example.org."],
    "MX": ["10 mx.example.org."],
    "NS": ["ns1.example.org.", "ns2.example.org."],
    "PTR": ["host.example.org."],
    "SOA": ["ns1.example.org. root.example.org. 1 7200 3600 1209600 300"],
    "SRV": ["1 2 5060 sip.example.org."],
    "TXT": ['"v=spf1 -all"'],
}


@pytest.mark.parametrize("record", sorted(WRITTEN))
def test_records_read_as_a_zone_file_writes_them(record: str) -> None:
    query = question(7, "example.org", record)
    assert dns.message.from_wire(query).question[0].to_text() == f"example.org. IN {record}"
    found = answer(reply(query, RECORDS[record]), 7, record)
    assert found.rcode == "NOERROR"
    assert sorted(found.records) == sorted(
        text.strip('"') if record == "TXT" else text for text in RECORDS[record]
    )


@given(st.binary(max_size=200))
def test_garbage_is_an_error_never_a_crash(data: bytes) -> None:
    for message in (data, struct.pack("!HH", 7, 0x8000) + data):
        try:
            answer(message, 7, "MX")
        except ValueError:
            continue


@given(st.data())
def test_a_cut_answer_is_an_error(data: st.DataObject) -> None:
    whole = reply(question(7, "example.org", "SOA"), RECORDS["SOA"])
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(ValueError, match=r"cut short|circle|not a response"):
        answer(whole[:cut], 7, "SOA")


def test_a_name_that_points_to_itself_ends() -> None:
    message = struct.pack("!HHHHHH", 7, 0x8000, 1, 0, 0, 0) + b"\xc0\x0c\0\1\0\1"
    with pytest.raises(ValueError, match="circle"):
        answer(message, 7, "A")


@pytest.mark.parametrize(
    ("server", "fields", "reason"),
    [
        (one_a, {}, None),
        (one_a, {"expect": [r"192\.0\.2\.\d"]}, None),
        (one_a, {"expect": ["192"]}, "answer"),
        (one_a, {"reject": [r".*\.1"]}, "answer"),
        (lambda q: reply(q, [], rcode=3), {}, "status"),
        (lambda q: reply(q, [], rcode=3), {"expect_rcode": ["NXDOMAIN"]}, None),
        (lambda q: reply(q, [], rcode=2), {}, "status"),
        (lambda q: q[:2] + b"\x80", {}, "protocol"),
        (lambda q: b"\0\0" + one_a(q)[2:], {"timeout": "300ms"}, "timeout"),
        (lambda _: None, {"timeout": "300ms"}, "timeout"),
        (one_a, {"query": "a..b"}, "setup"),
    ],
)
def test_a_name_server_is_judged_by_code_and_records(
    server: Callable[[bytes], bytes | None], fields: dict[str, object], reason: str | None
) -> None:
    with answering(server) as port:
        probe = {"query": "example.org"} | fields
        result = ask(type="dns", server=f"127.0.0.1:{port}", **probe)
    assert result.reason == reason, result.detail


def test_an_answer_too_long_for_udp_comes_by_tcp() -> None:
    def tcp(connection: socket.socket) -> None:
        length = int.from_bytes(connection.recv(2))
        message = one_a(connection.recv(length))
        connection.sendall(len(message).to_bytes(2) + message)

    def udp(query: bytes) -> bytes:
        return reply(query, [], flags=dns.flags.TC)

    with serving(tcp) as port, answering(udp, port):
        for transport in ("udp", "tcp"):
            server = f"127.0.0.1:{port}"
            result = ask(type="dns", server=server, query="example.org", transport=transport)
            assert measured(result)["dns_answer_records"] == 1


def ntp(offset: float = 0.0, stratum: int = 2, head: int = 0x24) -> Callable[[bytes], bytes]:
    def handle(request: bytes) -> bytes:
        stamp = int((time.time() + offset + 2_208_988_800) * 2**32) % 2**64
        times = struct.pack("!QQ", stamp, stamp)
        return bytes([head, stratum]).ljust(24, b"\0") + request[40:48] + times

    return handle


@pytest.mark.parametrize(
    ("server", "reason"),
    [
        (ntp(), None),
        (ntp(offset=30), "stale"),
        (ntp(offset=-30), "stale"),
        (ntp(stratum=16), "status"),
        (ntp(stratum=0), "status"),
        (ntp(head=0xE4), "status"),
        (ntp(head=0x23), "protocol"),
        (lambda _: b"short", "protocol"),
        (lambda q: ntp()(q)[:24] + b"elsewhen" + ntp()(q)[32:], "timeout"),
    ],
)
def test_a_clock_is_judged_by_its_offset(
    server: Callable[[bytes], bytes], reason: str | None
) -> None:
    with answering(server) as port:
        result = ask(type="ntp", target=f"127.0.0.1:{port}", max_offset="1s", timeout="300ms")
    assert result.reason == reason, result.detail
    if reason == "stale":
        assert abs(measured(result)["ntp_offset_seconds"]) == pytest.approx(30, abs=1)


def test_the_local_host_answers_echo_requests() -> None:
    result = ask(type="icmp", target="127.0.0.1", count=3)
    assert result.success, result.detail
    assert measured(result)["icmp_loss_ratio"] == 0
    assert 0 < measured(result)["icmp_round_trip_seconds"] < 1


@pytest.mark.parametrize(
    ("answered", "max_loss", "reason"),
    [(4, 0.0, None), (3, 0.0, "loss"), (3, 0.25, None), (0, 0.5, "timeout")],
)
def test_lost_echoes_count(
    monkeypatch: pytest.MonkeyPatch, answered: int, max_loss: float, reason: str | None
) -> None:
    sent = iter(range(4))

    async def echo(_self: Icmp, _address: str, _size: int, *_: object, **__: object) -> float:
        if next(sent) >= answered:
            await asyncio.sleep(60)
        return 0.001

    monkeypatch.setattr(Icmp, "echo", echo)
    result = ask(type="icmp", target="127.0.0.1", count=4, max_loss=max_loss, timeout="1s")
    assert result.reason == reason
    assert measured(result)["icmp_loss_ratio"] == 1 - answered / 4


def test_without_permission_the_message_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def forbidden(*_: object) -> socket.socket:
        raise PermissionError

    without = partial(icmp._socket, make=forbidden)
    monkeypatch.setattr(icmp, "_socket", without)
    result = ask(type="icmp", target="127.0.0.1")
    assert result.success is None
    assert "CAP_NET_RAW" in result.detail
    assert "ping_group_range" in result.detail


@given(st.binary(min_size=2, max_size=200).filter(lambda d: len(d) % 2 == 0))
def test_a_packet_with_its_checksum_sums_to_zero(data: bytes) -> None:
    assert checksum(data + checksum(data).to_bytes(2)) == 0


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_options_of_an_echo_do_not_stay_with_the_socket(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[int] = []
    real = icmp._send

    def noted(sock: socket.socket, *arguments: Any, **options: Any) -> None:
        level, _, discover = icmp._OPTIONS[sock.family]
        before = sock.getsockopt(level, discover)
        real(sock, *arguments, **options)
        assert sock.getsockopt(level, discover) == before
        sent.extend(int.from_bytes(data, sys.byteorder) for _, _, data in arguments[2])

    monkeypatch.setattr(icmp, "_send", noted)
    fields = {"type": "icmp", "target": address}
    whole = {**fields, "ttl": 64, "dont_fragment": True, "size": 1000}
    results = ask_all([fields, {**fields, "ttl": 1}, whole])
    assert [r.reason for r in results] == [None] * 3, results
    assert sorted(sent) == [1, 64]


def test_echoes_leave_with_the_ttl_asked_for() -> None:
    try:
        listener = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    except PermissionError:
        pytest.skip("raw sockets need CAP_NET_RAW")
    seen = set()
    with listener:
        listener.setblocking(False)
        fields = {"type": "icmp", "target": "127.0.0.1", "size": 777}
        ask_all([{**fields, "ttl": 7}, {**fields, "ttl": 9, "dont_fragment": True}])
        while True:
            try:
                packet = listener.recv(65_535)
            except BlockingIOError:
                break
            if packet[20] == 8 and len(packet) == 20 + 8 + 777:
                seen.add((packet[8], bool(packet[6] & 0x40)))
    assert {ttl for ttl, _ in seen} == {7, 9}
    assert (9, True) in seen


def test_an_echo_too_long_for_the_way_fails_where_it_may_not_be_cut(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def too_long(*_: object, **__: object) -> None:
        raise OSError(errno.EMSGSIZE, "Message too long")

    monkeypatch.setattr(icmp, "_send", too_long)
    result = ask(type="icmp", target="127.0.0.1", size=9000, dont_fragment=True)
    assert (result.success, result.reason) == (False, "size")
    assert ask(type="icmp", target="127.0.0.1", size=9000).success


def test_an_echo_is_sent_from_the_address_of_the_catalogue() -> None:
    try:
        ear = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    except PermissionError:
        pytest.skip("hearing echoes needs CAP_NET_RAW")
    with ear:
        ear.settimeout(5)
        assert ask(type="icmp", target="127.0.0.1", source_address="127.0.0.77", size=701).success
        sources = set[str]()
        while not sources:
            packet = ear.recv(65_535)
            if packet[20] == 8 and len(packet) == 20 + 8 + 701:
                sources.add(socket.inet_ntoa(packet[12:16]))
    assert sources == {"127.0.0.77"}
    assert ask(type="icmp", target="::1", source_address="::1").success


@pytest.mark.parametrize(
    ("target", "source"),
    [("127.0.0.1", "192.0.2.77"), ("::1", "2001:db8::77"), ("127.0.0.1", "::1")],
)
def test_an_echo_from_an_address_that_is_not_ours_tells_nothing(target: str, source: str) -> None:
    result = ask(type="icmp", target=target, source_address=source, timeout="2s")
    assert (result.success, result.cause) == (None, "addresses"), result.detail
