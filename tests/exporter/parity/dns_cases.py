"""Name servers, good and bad."""

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

from tests.exporter.parity.case import Case


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
]  # fmt: skip
