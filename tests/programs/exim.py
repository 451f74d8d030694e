"""A real SMTP server: Exim, that only talks or that delivers into folders."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import NamedTuple

from tests.programs.lodging import listens, lodging
from tests.programs.ports import free_port
from tests.programs.process import READY_SECONDS
from tests.programs.tls import Papers

_CONFIG = """\
spool_directory = {folder}/spool
log_file_path = {folder}/%slog
pid_file_path = {folder}/pid
keep_environment =
primary_hostname = mx.example.org
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port}
exim_user = {user}
exim_group = {group}
tls_advertise_hosts = *
tls_certificate = {folder}/cert.pem
tls_privatekey = {folder}/key.pem
{more}
begin acl
"""


@contextmanager
def running_exim(papers: Papers, *settings: str) -> Iterator[str]:
    """Run Exim with STARTTLS; give its host:port."""
    with lodging("exim") as home:
        port = free_port()
        home.write("cert.pem", papers.chain)
        home.write("key.pem", papers.key)
        text = _CONFIG.format(
            folder=home.folder,
            port=port,
            user=home.folder.owner(),
            group=home.folder.group(),
            more="\n".join(settings),
        )
        config = home.write("config", text)
        command = [home.copy("exim4"), "-C", str(config), "-bdf"]
        with home.serving(command, lambda: listens(port)):
            yield f"localhost:{port}"


_DELIVERS = r"""
exim_path = {folder}/exim4
deliver_drop_privilege = true
queue_run_in_order = true
tls_on_connect_ports = {tls_port}
acl_smtp_rcpt = ${{if eq{{$local_part}}{{gone}}{{deny}}\
  {{${{if eq{{$local_part}}{{busy}}{{defer}}{{accept}}}}}}}}
acl_smtp_data = accept
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if and{{{{eq{{$auth2}}{{uptime}}}}{{eq{{$auth3}}{{s3cret}}}}}}}}
  server_set_id = $auth2
begin routers
all:
  driver = accept
  transport = folder
begin transports
folder:
  driver = appendfile
  directory = {folder}/mail
  maildir_format
  create_directory
"""


class Mailboxes(NamedTuple):
    """A mail server: its ports, with STARTTLS and with TLS from the start, and what it took."""

    port: int
    tls_port: int
    folder: Path

    def mails(self, to: str, count: int = 1) -> list[EmailMessage]:
        """Wait until an address has so much mail; return it."""
        deadline, found = time.monotonic() + READY_SECONDS, list[EmailMessage]()
        while len(found) < count and time.monotonic() < deadline:
            time.sleep(0.02)
            found = [mail for mail in self._all() if mail["To"] == to]
        return found

    def _all(self) -> Iterator[EmailMessage]:
        for path in (self.folder / "mail" / "new").glob("*"):
            yield message_from_bytes(path.read_bytes(), policy=policy.default)


@contextmanager
def running_mailboxes(papers: Papers) -> Iterator[Mailboxes]:
    """Run Exim that takes mail for anybody but ``gone`` (refused) and ``busy`` (not now)."""
    with lodging("exim") as home:
        port, tls_port = free_port(), free_port()
        home.write("cert.pem", papers.chain)
        home.write("key.pem", papers.key)
        more = _DELIVERS.format(folder=home.folder, tls_port=tls_port)
        text = _CONFIG.format(
            folder=home.folder,
            port=f"{port} : {tls_port}",
            user=home.folder.owner(),
            group=home.folder.group(),
            more=more,
        )
        config = home.write("config", text)
        command = [home.copy("exim4"), "-C", str(config), "-bdf"]
        with home.serving(command, lambda: listens(port) and listens(tls_port)):
            yield Mailboxes(port, tls_port, home.folder)
