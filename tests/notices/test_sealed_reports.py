"""Scheduled reports that prove the ledger: with their seal inside, or beside them."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sla_engine.accounting.sealing import attest
from sla_engine.ledger import Books, Ledger, Outbox
from sla_engine.notices.reports import due_reports
from sla_engine.notices.sender import Sender
from sla_engine.reports.seal import Seal, Signer, carried
from sla_engine.slack.notifier import SlackBot
from tests.notices.october import MINUTE, at, book
from tests.programs.slack import TOKEN, Slack

SIGNER = Signer(Ed25519PrivateKey.generate())


def send(form: str, ledger: Ledger, slack: Slack, minute: int = 0) -> None:
    books, outbox = Books(book(format=form), ledger), Outbox(ledger.engine)
    now = at("2026-11-01T09:00") + minute * MINUTE
    outbox.add(due_reports(books, outbox, now, {}))
    bot = SlackBot(TOKEN, slack.api_url, timeout=1)
    Sender(books, outbox, {"slack": bot}, lambda: now, signer=SIGNER).run()


def agrees(document: bytes, seal: Seal, ledger: Ledger) -> bool:
    found = attest(document, seal, SIGNER.public, ledger)
    assert found.findings == ()
    return len(found.agrees) == 6


def test_a_page_that_is_sent_carries_its_seal(ledger: Ledger, slack: Slack) -> None:
    send("html", ledger, slack)
    [page] = slack.files.values()
    found = carried(page)
    assert found is not None
    assert agrees(*found, ledger)
    assert ledger.verify() == []


@pytest.mark.parametrize(
    "form", ["csv", "slack"]
)  # slack: a picture, and paper that carries its own
def test_beside_what_cannot_carry_a_seal_stands_one(
    ledger: Ledger, slack: Slack, form: str
) -> None:
    send(form, ledger, slack)
    seal, document, *papers = slack.files.values()
    assert agrees(document, Seal.parse(seal.decode()), ledger)
    found = [carried(paper) for paper in papers]
    assert len(found) == (form == "slack")
    assert all(one is not None and agrees(*one, ledger) for one in found)


def test_a_report_whose_file_needs_another_attempt_has_a_seal_that_fits(
    ledger: Ledger, slack: Slack
) -> None:
    faults = ["server_error"]

    def fault(
        method: str,
    ) -> str | None:  # the seal is uploaded first; the file after it fails once
        second = method == "files.completeUploadExternal" and len(slack.files) > 1
        return faults.pop() if second and faults else None

    slack.fault = fault
    for minute in range(4):
        send("csv", ledger, slack, minute)
    assert faults == []
    parts = list(slack.files.values())
    documents = [part for part in parts if part.startswith(b"record,")]
    seals = [Seal.parse(part.decode()) for part in parts if part.startswith(b"UPTIME LEDGER SEAL")]
    assert agrees(documents[-1], next(s for s in seals if s.is_of(documents[-1])), ledger)
