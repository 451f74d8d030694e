"""Mail against a real server: Exim, with STARTTLS, with TLS from the start, with a login."""

from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from service_catalogue.mail import Mail
from sla_engine.domain.notice import Message
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Books, Derived, Ledger, Outbox
from sla_engine.notices.reports import due_reports, report_mistakes
from sla_engine.notices.sender import Sender
from sla_engine.notifiers import Delivered, Failed, MailNotifier, Retry
from tests.notices.october import HOUR, at, book
from tests.programs.exim import Mailboxes, running_mailboxes
from tests.programs.ports import free_port
from tests.programs.process import has_program
from tests.programs.tls import Papers, papers
from tests.reports.sample import MONTH

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not has_program("exim4"), reason="exim4 would replace another mail server"),
]
TOLD = Message("Smith & Sons: <shop> is down", "down", (("Owner", "team & co"),), ("since 14:00",))


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    return papers(tmp_path_factory.mktemp("papers"))


@pytest.fixture(scope="module")
def mailboxes(certificates: Papers) -> Iterator[Mailboxes]:
    with running_mailboxes(certificates) as running:
        yield running


@pytest.fixture
def mail(mailboxes: Mailboxes, certificates: Papers, tmp_path: Path) -> Mail:
    secret = tmp_path / "password"
    secret.write_text("s3cret\n")
    fields = {
        "url": f"smtp://localhost:{mailboxes.port}",
        "from": "uptime@example.org",
        "reply_to": "it@example.org",
        "username": "uptime",
        "password_file": str(secret),
        "ca_file": certificates.authority,
    }
    return Mail.model_validate(fields)


def other(mail: Mail, **fields: object) -> MailNotifier:
    known = mail.model_dump(by_alias=True, mode="json")
    return MailNotifier(Mail.model_validate(known | fields), timeout=5)


def parts(mail: EmailMessage) -> list[str]:
    return [part.get_content_type() for part in mail.walk()]


def body(mail: EmailMessage, kind: str) -> str:
    found = mail.get_body((kind,))
    assert found is not None
    return str(found.get_content())


def test_a_notice_arrives_as_text_and_as_a_page_and_reads_as_it_was_written(
    mailboxes: Mailboxes, mail: Mail
) -> None:
    notifier = MailNotifier(mail)
    assert notifier.send("ops@example.org", TOLD, "k1", (), "outage:O-1") == Delivered(
        "ops@example.org"
    )
    [got] = mailboxes.mails("ops@example.org")
    assert got["Subject"] == TOLD.title
    assert (got["To"], got["Reply-To"]) == ("ops@example.org", "it@example.org")
    assert got["Message-ID"].endswith("@example.org>")
    assert got["References"] == got["In-Reply-To"] != got["Message-ID"]
    assert "with esmtpsa" in " ".join(got["Received"].split())
    assert parts(got) == ["multipart/alternative", "text/plain", "text/html"]
    assert "Owner  team & co" in body(got, "plain")
    page = body(got, "html")
    assert "Smith &amp; Sons: &lt;shop&gt; is down" in page
    assert "&amp;amp;" not in page


def test_tls_from_the_start_and_the_same_mail_twice_has_one_name(
    mailboxes: Mailboxes, mail: Mail
) -> None:
    notifier = other(mail, url=f"smtps://localhost:{mailboxes.tls_port}")
    for _ in range(2):
        assert isinstance(notifier.post("twice@example.org", TOLD, "k2"), Delivered)
    names = [got["Message-ID"] for got in mailboxes.mails("twice@example.org", 2)]
    assert len(set(names)) == 1


def test_what_a_server_refuses_is_told_and_what_it_puts_off_is_tried_again(
    mail: Mail, tmp_path: Path
) -> None:
    notifier = MailNotifier(mail)
    gone = notifier.post("gone@example.org", TOLD, "k3")
    assert gone == Failed("mail: the mailbox is refused: 550")
    busy = notifier.post("busy@example.org", TOLD, "k4")
    assert busy == Retry("mail: the mailbox is refused: 451", doubtful=False)
    wrong = tmp_path / "wrong"
    wrong.write_text("other")
    refused = other(mail, password_file=str(wrong)).post("ops@example.org", TOLD, "k5")
    assert refused == Failed("mail: the login is refused: 535")
    wrong.unlink()
    assert notifier.post("not an address", TOLD, "k6") == Failed("mail: no mail address")
    stranger = other(mail, ca_file=None).post("ops@example.org", TOLD, "k7")
    assert isinstance(stranger, Retry)
    assert stranger.reason.startswith("mail: TLS: ")
    nobody = other(mail, url=f"smtp://localhost:{free_port()}").post("a@example.org", TOLD, "k8")
    assert nobody == Retry("mail: nobody answers (ConnectionRefusedError)", doubtful=False)
    assert MailNotifier(None).post("a@example.org", TOLD, "k9") == Failed(
        "mail: no server is configured (mail.url)"
    )


def test_a_scheduled_report_is_one_mail_with_paper_table_and_picture(
    mailboxes: Mailboxes, mail: Mail, ledger: Ledger
) -> None:
    catalogue = book(channel=None, to=["mail:board@example.org"])
    line = (Segment(MONTH.start, MONTH.end + HOUR, State.UP),)
    ledger.apply([Derived("shop", line, MONTH.end + HOUR)])
    books, outbox = Books(catalogue, ledger), Outbox(ledger.engine)
    now = at("2026-11-01T09:00")
    for _ in range(2):
        outbox.add(due_reports(books, outbox, now, {}))
        tally = Sender(books, outbox, {"mail": MailNotifier(mail)}, lambda: now).run()
        assert tally.reasons == []
    [got] = mailboxes.mails("board@example.org")
    assert got["Subject"].startswith("October 2026: ")
    assert parts(got) == [
        "multipart/mixed", "multipart/alternative", "text/plain", "multipart/related", "text/html",
        "image/png", "application/pdf", "text/csv",
    ]  # fmt: skip
    names = [part.get_filename() for part in got.iter_attachments()]
    assert names == ["seniors-2026-10.pdf", "seniors-2026-10.csv"]
    assert "cid:picture0" in body(got, "html")
    assert len(body(got, "plain").splitlines()) < 40
    assert next(got.iter_attachments()).get_content().startswith(b"%PDF")
    kept = {one.format for one in ledger.kept.of(MONTH)}
    assert kept in (set(), {"json", "pdf", "csv", "picture"})


def test_an_address_that_nobody_serves_is_a_mistake_of_the_catalogue() -> None:
    entry = {"to": ["mail:ops@example.org", "mail:nobody", "fax:1", "#ops", 5]}
    assert list(report_mistakes({"reports": [entry]})) == [
        (("reports", 0, "to", 0), "needs mail, with the url of a server"),
        (("reports", 0, "to", 1), "'nobody' is no mail address such as ops@example.org"),
        (
            ("reports", 0, "to", 2),
            "fax: is no way to tell anybody; valid: slack:, mail:, webhook:, apprise: and console:",
        ),
    ]
    told = report_mistakes({"mail": {"url": "smtp://mx"}, "reports": [{"to": entry["to"][:1]}]})
    assert list(told) == []
