"""Mail by SMTP: one message to one mailbox, whole, as text and HTML with its files.

A mail cannot be looked up or taken back. Its Message-ID follows from what it tells, and to whom:
one that comes twice, because an answer was lost, is known as the same by whoever reads it.
"""

import mimetypes
import smtplib
import ssl
from collections.abc import Sequence
from email.headerregistry import Address
from email.message import EmailMessage
from functools import lru_cache
from hashlib import sha256

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from service_catalogue.mail import Mail
from sla_engine.domain.notice import Message
from sla_engine.notifiers.contract import (
    Capabilities,
    Delivered,
    Failed,
    File,
    Notifier,
    Outcome,
    Retry,
    plain,
)
from uptime_common.bidi import isolated

SCHEME = "mail"
_DAYS = 3 * 24 * 3_600_000
_TIMEOUT = 30.0
_PERMANENT = 500
_TEXT = 900  # letters of a subject


class MailNotifier(Notifier):
    """Mailboxes by address: ``mail:ops@example.org``."""

    name = SCHEME
    capabilities = Capabilities(whole=True, retry_for=_DAYS)

    def __init__(self, mail: Mail | None, *, timeout: float = _TIMEOUT) -> None:
        self._mail, self._timeout = mail, timeout

    def post(self, place: str, message: Message, key: str, thread: str | None = None) -> Outcome:
        """Send a message without files."""
        return self.send(place, message, key, (), thread or key)

    def send(
        self,
        place: str,
        message: Message,
        key: str,
        files: Sequence[File],
        topic: str,
    ) -> Outcome:
        """Send a message with its files, once."""
        if self._mail is None:
            return Failed("mail: no server is configured (mail.url)")
        try:
            written = compose(self._mail, place, message, key, files=files, topic=topic)
        except ValueError:
            return Failed("mail: no mail address")
        try:
            return self._sent(self._mail, place, written)
        except ssl.SSLError as error:
            return Retry(f"mail: TLS: {error.reason or 'failed'}", doubtful=False)
        except smtplib.SMTPException as error:
            return _answered(error)
        except OSError as error:
            return Retry(f"mail: nobody answers ({type(error).__name__})", doubtful=False)

    def _sent(self, mail: Mail, place: str, written: EmailMessage) -> Outcome:
        try:
            password = None if mail.password_file is None else mail.password_file.read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            return Failed("mail: the password file cannot be read")
        with _connected(mail, self._timeout) as server:
            if mail.username is not None and password is not None:
                server.login(mail.username, password.strip())
            try:
                server.send_message(written, mail.sender, [place])
            except (smtplib.SMTPServerDisconnected, TimeoutError, ConnectionError):
                return Retry("mail: no answer to the message")  # it may have been taken
        return Delivered(place)


def compose(
    mail: Mail, place: str, message: Message, key: str, *, files: Sequence[File], topic: str
) -> EmailMessage:
    """Return a mail: text, HTML, the picture in it, and what is attached.

    Raises:
        ValueError: it cannot be addressed so.
    """
    written = EmailMessage()
    written["Subject"] = " ".join(message.title.split())[:_TEXT]
    written["From"] = Address(addr_spec=mail.sender, display_name="Uptime Ledger")
    written["To"] = Address(addr_spec=place)
    if mail.reply_to is not None:
        written["Reply-To"] = Address(addr_spec=mail.reply_to)
    domain = mail.sender.rpartition("@")[2]
    written["Message-ID"] = _id(f"{key}\n{place}", domain)
    if topic != key:
        written["References"] = written["In-Reply-To"] = _id(f"topic {topic}\n{place}", domain)
    written["Auto-Submitted"] = "auto-generated"  # RFC 3834: out-of-office replies stay away
    written.set_content(isolated(f"{message.title}\n\n{message.text or plain(message)}\n"))
    pictures = [file for file in files if file.alt]
    page = isolated(message.html or _template().render(message=message))
    for number, file in enumerate(pictures):
        page = page.replace(f"cid:{file.name}", f"cid:picture{number}")
    written.add_alternative(page, subtype="html")
    shown = written.get_payload()[1]  # type: ignore[index]
    for number, file in enumerate(pictures):
        main, _, sub = _type(file.name).partition("/")
        shown.add_related(  # type: ignore[union-attr]
            file.content, main, sub, cid=f"<picture{number}>", disposition="inline",
            filename=file.name,
        )  # fmt: skip
    for file in files:
        if not file.alt:
            main, _, sub = _type(file.name).partition("/")
            written.add_attachment(file.content, main, sub, filename=file.name)
    return written


def _connected(mail: Mail, timeout: float) -> smtplib.SMTP:
    """Return a connection to the server, encrypted as it has to be."""
    if not mail.is_encrypted:
        return smtplib.SMTP(mail.host, mail.port, timeout=timeout)
    context = _context(None if mail.ca_file is None else str(mail.ca_file))
    if mail.is_tls:
        return smtplib.SMTP_SSL(mail.host, mail.port, timeout=timeout, context=context)
    server = smtplib.SMTP(mail.host, mail.port, timeout=timeout)
    try:
        server.starttls(context=context)
    except BaseException:
        server.close()
        raise
    return server


@lru_cache(maxsize=4)
def _context(authority: str | None) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=authority)


def _answered(error: smtplib.SMTPException) -> Outcome:
    """Say what an answer of the server means; its text, which may hold anything, stays unsaid."""
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return Failed("mail: the server offers no STARTTLS or no login")
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code = next(iter(error.recipients.values()))[0]
        what = "the mailbox is refused"
    elif isinstance(error, smtplib.SMTPResponseException):
        code = error.smtp_code
        known = isinstance(error, smtplib.SMTPAuthenticationError)
        what = "the login is refused" if known else "refused"
    else:
        return Retry("mail: the server hung up", doubtful=False)
    reason = f"mail: {what}: {code}"
    return Failed(reason) if code >= _PERMANENT else Retry(reason, doubtful=False)


def _id(text: str, domain: str) -> str:
    return f"<{sha256(text.encode()).hexdigest()[:32]}@{domain}>"


def _type(name: str) -> str:
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


@lru_cache(maxsize=1)
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("sla_engine.notifiers", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("mail.html")
