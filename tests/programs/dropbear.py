"""A real SSH server: Dropbear, the one that Debian has as a bare program without a service."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.programs.lodging import listens, lodging
from tests.programs.ports import free_port
from tests.programs.process import find_program


@contextmanager
def running_dropbear() -> Iterator[str]:
    """Run Dropbear; give its host:port."""
    with lodging("dropbear") as home:
        port, key = free_port(), str(home.folder / "key")
        home.run(find_program("dropbearkey"), "-t", "ed25519", "-f", key)
        command = [find_program("dropbear"), "-F", "-E", "-r", key, "-P", "", "-p"]
        with home.serving([*command, f"127.0.0.1:{port}"], lambda: listens(port)):
            yield f"127.0.0.1:{port}"
