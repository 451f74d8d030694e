"""A real IMAP server: Dovecot."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.programs.lodging import listens, lodging
from tests.programs.ports import free_port
from tests.programs.process import find_program
from tests.programs.tls import Papers

_CONFIG = """\
base_dir = {folder}/run
state_dir = {folder}/run
log_path = /dev/stderr
protocols = imap
listen = 127.0.0.1
default_login_user = {user}
default_internal_user = {user}
default_internal_group = {group}
ssl = yes
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
passdb {{
  driver = static
}}
userdb {{
  driver = static
}}
"""


@contextmanager
def running_dovecot(papers: Papers) -> Iterator[str]:
    """Run Dovecot with STARTTLS; give its host:port."""
    with lodging("dovecot") as home:
        port = free_port()
        home.write("cert.pem", papers.chain)
        home.write("key.pem", papers.key)
        text = _CONFIG.format(
            folder=home.folder, port=port, user=home.folder.owner(), group=home.folder.group()
        )
        config = home.write("config", text)
        command = [find_program("dovecot"), "-F", "-c", str(config)]
        with home.serving(command, lambda: listens(port)):
            yield f"localhost:{port}"
