"""A real time server: chrony, which leaves this host's clock alone."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from tests.programs.lodging import lodging
from tests.programs.ports import free_port

_CONFIG = """\
port {port}
bindaddress 127.0.0.1
allow 127.0.0.1
cmdport 0
bindcmdaddress /
pidfile {folder}/pid
{more}
"""
_QUESTION = b"\x23".ljust(48, b"\0")


@contextmanager
def running_chrony(*settings: str) -> Iterator[str]:
    """Run chrony; give its host:port."""
    with lodging("chrony") as home:
        port = free_port()
        text = _CONFIG.format(folder=home.folder, port=port, more="\n".join(settings))
        config = home.write("config", text)
        # -x: never set the clock; -U: start without root.
        command = [home.copy("chronyd"), "-x", "-d", "-U", "-u", home.folder.owner(), "-f"]
        with home.serving([*command, str(config)], lambda: _answers(port)):
            yield f"127.0.0.1:{port}"


def _answers(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(0.05)
        sock.connect(("127.0.0.1", port))
        try:
            sock.send(_QUESTION)
            return bool(sock.recv(100))
        except (ConnectionRefusedError, TimeoutError):
            return False
