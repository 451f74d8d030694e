"""DNS: types, classes, sections, flags and TLS, answered by another library than ours."""

import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dns.flags
import dns.message
import dns.rdataclass
import dns.rrset
import pytest
import trustme

from exporter.probes.transport.dns_message import answer, question
from service_catalogue.probes import DnsProbe
from tests.exporter.asking import ask, measured
from tests.exporter.servers import answering, serving

DS = "12345 8 2 " + "AB" * 32


def zone(query: bytes) -> bytes:
    """Answer from a small zone; with AD where it is asked for."""
    asked = dns.message.from_wire(query)
    made = dns.message.make_response(asked)
    head = asked.question[0]
    records = {
        "TXT": ['"9.18"'],
        "DS": [DS],
        "TYPE65400": ["\\# 4 0a000001"],
        "SOA": ["ns1.example.org. hostmaster.example.org. 2026110101 2 3 4 5"],
    }
    kind = dns.rdatatype.to_text(head.rdtype)
    klass = dns.rdataclass.to_text(head.rdclass)
    for name in records if kind == "ANY" else [kind]:
        if name in records:
            made.answer.append(dns.rrset.from_text_list(head.name, 60, klass, name, records[name]))
    made.authority.append(
        dns.rrset.from_text("example.org.", 60, "IN", "NS", "ns1.example.org.", "ns2.example.org.")
    )
    made.additional.append(dns.rrset.from_text("ns1.example.org.", 60, "IN", "A", "192.0.2.53"))
    made.flags |= asked.flags & dns.flags.AD
    return made.to_wire()


def unsigned(query: bytes) -> bytes:
    made = dns.message.from_wire(zone(query))
    made.flags &= ~dns.flags.AD
    return made.to_wire()


CASES: list[tuple[Callable[[bytes], bytes], dict[str, Any], str | None]] = [
    (zone, {"record": "DS", "expect": [r"\\# 36 3039.*"]}, None),
    (zone, {"record": "TYPE65400", "expect": [r"\\# 4 0a000001"]}, None),
    (zone, {"record": "TYPE65400", "expect": [r"\\# 4 0b.*"]}, "answer"),
    (zone, {"record": "TXT", "query_class": "CH", "expect": [r"9\.18"]}, None),
    (zone, {"record": "ANY", "expect": ["TXT 9.18", "SOA ns1.*", "TYPE65400 .*", "DS .*"]}, None),
    (zone, {"record": "ANY", "expect": ["9.18"]}, "answer"),
    (zone, {"expect_authority": [r"NS ns1\..*", r"NS ns2\..*"]}, None),
    (zone, {"expect_authority": [r"NS ns3\..*"]}, "answer"),
    (zone, {"reject_authority": [r"NS ns2\..*"]}, "answer"),
    (zone, {"expect_additional": [r"A 192\.0\.2\.53"]}, None),
    (zone, {"expect_additional": [r"NS .*"]}, "answer"),
    (zone, {"reject_additional": [r"A .*"]}, "answer"),
    (zone, {"reject_additional": [r"AAAA .*"], "expect_authority": ["NS .*"]}, None),
    (zone, {"expect_authenticated": True}, None),
    (unsigned, {"expect_authenticated": True}, "answer"),
    (unsigned, {}, None),
]


@pytest.mark.parametrize(("server", "fields", "reason"), CASES)
def test_answers_are_judged_by_all_that_they_hold(
    server: Callable[[bytes], bytes], fields: dict[str, Any], reason: str | None
) -> None:
    with answering(server) as port:
        result = ask(type="dns", server=f"127.0.0.1:{port}", query="example.org", **fields)
    assert result.reason == reason, result.detail


def test_what_nobody_asked_for_may_be_broken() -> None:
    def cut(query: bytes) -> bytes:
        return zone(query)[:-6]

    with answering(cut) as port:
        where = {"type": "dns", "server": f"127.0.0.1:{port}", "query": "example.org"}
        assert ask(**where).success
        assert ask(**where, expect_additional=["A .*"]).reason == "protocol"


def test_a_question_is_of_its_class_and_asks_for_the_flag_only_where_it_is_expected() -> None:
    read = dns.message.from_wire(question(1, "version.bind", "TXT", query_class="CH"))
    assert read.question[0].to_text() == "version.bind. CH TXT"
    assert not read.flags & dns.flags.AD
    assert dns.message.from_wire(question(1, "a", "A", authenticated=True)).flags & dns.flags.AD
    assert answer(zone(question(1, "a", "A", authenticated=True)), 1, "A").authenticated


def test_the_serial_is_a_detail() -> None:
    with answering(zone) as port:
        where = {"type": "dns", "server": f"127.0.0.1:{port}", "query": "example.org"}
        assert measured(ask(**where, record="SOA", details=True))["dns_serial"] == 2026110101
        assert "dns_serial" not in measured(ask(**where, record="SOA"))
        assert "dns_serial" not in measured(ask(**where, record="DS", details=True))


def test_a_name_server_is_asked_over_tls(tmp_path: Path) -> None:
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.cert_pem.write_to_path(str(tmp_path / "ca"))
    authority.issue_cert("dns.example").configure_cert(context)

    def server(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as wrapped:
            query = wrapped.recv(65_536)
            reply = zone(query[2:])
            wrapped.sendall(len(reply).to_bytes(2) + reply)

    tls = {"ca_file": str(tmp_path / "ca")}
    with serving(server) as port:
        where = {"type": "dns", "server": f"127.0.0.1:{port}", "query": "example.org"}
        asked = {**where, "record": "DS", "transport": "tls"}
        good = ask(**asked, tls={**tls, "server_name": "dns.example"}, expect=[".*3039.*"])
        other = ask(**asked, tls=tls)
    assert good.success, good.detail
    assert "tls" in good.phases
    assert other.reason == "certificate_hostname"


def test_the_port_of_dns_over_tls_is_853() -> None:
    ports = [
        DnsProbe.model_validate({"type": "dns", "query": "a", "server": s, "transport": t}).server
        for s, t in (("ns", "tls"), ("ns:53", "tls"), ("[::1]", "tls"), ("ns", "tcp"))
    ]
    assert ports == ["ns:853", "ns:53", "[::1]:853", "ns:53"]
