"""A real SMTP server: Exim."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.programs.lodging import listens, lodging
from tests.programs.ports import free_port
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
