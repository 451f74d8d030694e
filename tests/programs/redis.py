"""A real Redis server."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.programs.lodging import listens, lodging
from tests.programs.ports import free_port
from tests.programs.process import find_program


@contextmanager
def running_redis(*flags: str) -> Iterator[str]:
    """Run Redis; give its host:port."""
    with lodging("redis") as home:
        port = free_port()
        command = [find_program("redis-server"), "--port", str(port), "--save", "", *flags]
        with home.serving(command, lambda: listens(port)):
            yield f"127.0.0.1:{port}"
