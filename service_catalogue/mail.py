"""How mail is sent: one SMTP server, by URL."""

from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from service_catalogue.base import FilePath, Frozen, Name

_PORTS = {"smtp": 587, "smtps": 465}


def _mail_url(text: str) -> str:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"{text} is no URL: {error}") from error
    if parts.scheme not in _PORTS or not parts.hostname or port == 0:
        raise ValueError("must be smtp://HOST or smtps://HOST, with a port if need be")
    if parts.password is not None or parts.username is not None:
        raise ValueError("must not hold a login: give username and password_file")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("must end after the host and its port")
    return text


def _mailbox(text: str) -> str:
    local, _, domain = text.rpartition("@")
    if not local or not domain or any(c.isspace() or c in "<>,;:" for c in text):
        raise ValueError(f"{text!r} is no mail address such as uptime@example.org")
    return text


Mailbox = Annotated[Name, AfterValidator(_mailbox)]


class Mail(Frozen):
    """How mail is sent: one SMTP server."""

    url: Annotated[Name, AfterValidator(_mail_url)]
    """``smtp://HOST`` is STARTTLS on 587, ``smtps://HOST`` TLS from the start on 465; another port
    follows the host."""
    sender: Mailbox = Field(alias="from")
    """The address that mail comes from."""
    reply_to: Mailbox | None = None
    """Where answers go, if not there."""
    username: Name | None = None
    """Login of the server, with ``password_file``."""
    password_file: FilePath | None = None
    """File of its password."""
    ca_file: FilePath | None = None
    """PEM file of the authority of the server's certificate, where it is a private one."""
    starttls: Literal["always", "never"] = "always"
    """``never`` speaks in the clear, as to a relay on this machine, and sends no password."""

    @model_validator(mode="after")
    def _secret_stays_secret(self) -> Self:
        if (self.username is None) != (self.password_file is None):
            raise ValueError("username and password_file go together")
        if self.password_file is not None and not self.is_encrypted:
            raise ValueError("a password is not sent in the clear: use smtps:// or STARTTLS")
        return self

    @property
    def is_encrypted(self) -> bool:
        """Say whether what is sent is hidden on its way."""
        return self.is_tls or self.starttls == "always"

    @property
    def is_tls(self) -> bool:
        """Say whether TLS begins with the connection."""
        return urlsplit(self.url).scheme == "smtps"

    @property
    def host(self) -> str:
        """Return the server's name."""
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        """Return the server's port."""
        parts = urlsplit(self.url)
        return parts.port or _PORTS[parts.scheme]


def is_mailbox(text: str) -> bool:
    """Say whether a text is a mail address."""
    try:
        _mailbox(text)
    except ValueError:
        return False
    return True
