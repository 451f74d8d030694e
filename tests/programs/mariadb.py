"""A real MariaDB server: no InnoDB and no syncs, so that it is there at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.programs.lodging import listens, lodging
from tests.programs.ports import free_port
from tests.programs.process import find_program

_TABLES = Path("/usr/share/mysql/mysql_system_tables.sql")


@contextmanager
def running_mariadb(*flags: str) -> Iterator[str]:
    """Run MariaDB with its tables of users, which know none of ours; give its host:port."""
    with lodging("mariadb") as home:
        port = free_port()
        server = [
            find_program("mariadbd"),
            "--no-defaults",
            f"--datadir={home.folder}",
            "--skip-innodb",
            "--default-storage-engine=Aria",
            "--debug-no-sync",
        ]
        tables = _TABLES.read_text(encoding="utf-8")
        home.run(*server, "--bootstrap", text=f"CREATE DATABASE mysql;\nUSE mysql;\n{tables}")
        server += [f"--port={port}", "--bind-address=127.0.0.1", "--socket=socket", *flags]
        with home.serving(server, lambda: listens(port)):
            yield f"127.0.0.1:{port}"
