"""Name servers, good and bad."""

import socket
from functools import partial

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

from tests.exporter.parity.case import Case, silent


def reply(query: bytes, records: list[str], rcode: int = 0, flags: int = 0) -> bytes:
    """Return an answer to a query, made by another library than ours."""
    asked = dns.message.from_wire(query)
    made = dns.message.make_response(asked)
    made.set_rcode(dns.rcode.Rcode(rcode))
    made.flags |= flags
    if records:
        head = asked.question[0]
        made.answer.append(dns.rrset.from_text_list(head.name, 60, "IN", head.rdtype, records))
    return made.to_wire()


def one_a(query: bytes) -> bytes:
    """Answer with one address."""
    return reply(query, ["192.0.2.1"])


def delegated(query: bytes) -> bytes:
    """Answer with one address and who is in charge."""
    made = dns.message.from_wire(one_a(query))
    made.authority.append(dns.rrset.from_text("example.org.", 60, "IN", "NS", "ns1.example.org."))
    return made.to_wire()


_AUTHORITY = {"validate_authority_rrs": {"fail_if_not_matches_regexp": [r".*NS\tns1\..*"]}}
_ASKED = {"validate_answer_rrs": {"fail_if_not_matches_regexp": [r".*192\.0\.2\.1$"]}}
_REJECTED = {"validate_answer_rrs": {"fail_if_matches_regexp": [r".*192\.0\.2\.1$"]}}
_RECORDS = {
    "AAAA": "2001:db8::1", "MX": "10 mail.example.org.", "TXT": '"v=spf1 -all"',
    "SOA": "ns1.example.org. root.example.org. 7 3600 600 86400 60", "NS": "ns1.example.org.",
    "CNAME": "other.example.org.", "SRV": "1 2 443 shop.example.org.", "PTR": "shop.example.org.",
    "CAA": '0 issue "ca.example.org"',
}  # fmt: skip


def _of_another(query: bytes) -> bytes:
    other = dns.message.make_query("other.example.org.", "A", id=dns.message.from_wire(query).id)
    return reply(other.to_wire(), ["192.0.2.1"])


def _looping(query: bytes) -> bytes:
    """Answer with a name whose compression points to itself."""
    answer = bytearray(one_a(query))
    where = len(dns.message.from_wire(query).to_wire())
    answer[where : where + 2] = (0xC000 | where).to_bytes(2)
    return bytes(answer)


def _by_tcp(connection: socket.socket) -> None:
    length = int.from_bytes(connection.recv(2))
    answer = one_a(connection.recv(length))
    connection.sendall(len(answer).to_bytes(2) + answer)


def _by_tcp_cut(connection: socket.socket) -> None:
    connection.sendall(b"\x00\xff" + connection.recv(512)[2:20])


CASES = [
    Case("dns-good", None, kind="dns", answers=one_a),
    Case("dns-refused", None, kind="dns"),
    Case("dns-silent", None, kind="dns", answers=lambda _: None),
    Case("dns-no-such-name", None, kind="dns", answers=lambda q: reply(q, [], 3)),
    Case("dns-server-failure", None, kind="dns", answers=lambda q: reply(q, [], 2)),
    Case("dns-refuses-to-say", None, kind="dns", answers=lambda q: reply(q, [], 5)),
    Case("dns-no-records", None, kind="dns", answers=lambda q: reply(q, [])),
    Case("dns-garbage", None, kind="dns", answers=lambda q: q[:2] + b"\xff" * 20),
    Case("dns-cut-short", None, kind="dns", answers=lambda q: one_a(q)[:-6]),
    Case("dns-record-as-asked", None, kind="dns", answers=one_a,
         ours={"expect": [r"192\.0\.2\.1"]}, theirs=_ASKED),
    Case("dns-other-record", None, kind="dns", answers=lambda q: reply(q, ["192.0.2.2"]),
         ours={"expect": [r"192\.0\.2\.1"]}, theirs=_ASKED),
    Case("dns-authority-as-asked", None, kind="dns", answers=delegated,
         ours={"expect_authority": [r"NS ns1\..*"]}, theirs=_AUTHORITY),
    Case("dns-other-authority", None, kind="dns", answers=one_a,
         ours={"expect_authority": [r"NS ns1\..*"]}, theirs=_AUTHORITY),
    *(Case(f"dns-rcode-{code}", None, kind="dns", answers=partial(reply, records=[], rcode=code))
      for code in (1, 4, 6, 9, 10)),
    *(Case(f"dns-{kind.lower()}", None, kind="dns",
           answers=partial(reply, records=[record]),
           ours={"record": kind}, theirs={"query_type": kind})
      for kind, record in _RECORDS.items()),
    *(Case(f"dns-{kind.lower()}-without-records", None, kind="dns", answers=lambda q: reply(q, []),
           ours={"record": kind}, theirs={"query_type": kind}) for kind in ("AAAA", "MX", "SOA")),
    Case("dns-no-such-name-as-asked", None, kind="dns", answers=lambda q: reply(q, [], 3),
         ours={"expect_rcode": ["NXDOMAIN"]}, theirs={"valid_rcodes": ["NXDOMAIN"]}),
    Case("dns-name-though-none-is-wanted", None, kind="dns", answers=one_a,
         ours={"expect_rcode": ["NXDOMAIN"]}, theirs={"valid_rcodes": ["NXDOMAIN"]}),
    Case("dns-record-that-must-not-be", None, kind="dns", answers=one_a,
         ours={"reject": [r"192\.0\.2\.1"]}, theirs=_REJECTED),
    Case("dns-record-that-must-not-be-is-not", None, kind="dns",
         answers=lambda q: reply(q, ["192.0.2.2"]),
         ours={"reject": [r"192\.0\.2\.1"]}, theirs=_REJECTED),
    Case("dns-another-identifier", None, kind="dns",
         answers=lambda q: bytes([q[0] ^ 1]) + one_a(q)[1:]),
    Case("dns-answer-to-another-question", None, kind="dns", answers=_of_another),
    Case("dns-question-sent-back", None, kind="dns", answers=lambda q: q),
    Case("dns-two-records", None, kind="dns",
         answers=lambda q: reply(q, ["192.0.2.1", "192.0.2.2"])),
    Case("dns-empty-datagram-tail", None, kind="dns", answers=lambda q: one_a(q) + b"tail"),
    Case("dns-pointer-to-itself", None, kind="dns", answers=_looping),
    Case("dns-by-tcp", _by_tcp, kind="dns", ours={"transport": "tcp"},
         theirs={"transport_protocol": "tcp"}),
    Case("dns-by-tcp-refused", None, kind="dns", ours={"transport": "tcp"},
         theirs={"transport_protocol": "tcp"}),
    Case("dns-by-tcp-cut-short", _by_tcp_cut, kind="dns", ours={"transport": "tcp"},
         theirs={"transport_protocol": "tcp"}),
    Case("dns-by-tcp-silent", silent, kind="dns", ours={"transport": "tcp"},
         theirs={"transport_protocol": "tcp"}),
]  # fmt: skip
