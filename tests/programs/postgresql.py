"""A real PostgreSQL server."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.programs.lodging import lodging
from tests.programs.ports import free_port
from tests.programs.process import find_program
from tests.programs.tls import Papers

_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


@contextmanager
def running_postgresql(*settings: str, papers: Papers | None = None) -> Iterator[str]:
    """Run PostgreSQL in a folder of its own; yield the URL of the server, without a database.

    It refuses to run as root: there it runs as the user postgres. With papers it offers TLS.
    """
    with lodging("postgresql", "postgres") as home:
        data = str(home.folder / "data")
        home.run(_program("initdb"), "-D", data, "-U", "ledger", "-A", "trust", "--no-sync")
        if papers:
            certificate, key = (
                home.write("cert.pem", papers.chain),
                home.write("key.pem", papers.key),
            )
            settings += ("ssl=on", f"ssl_cert_file={certificate}", f"ssl_key_file={key}")
        url = f"postgresql://ledger@127.0.0.1:{free_port()}"
        command = [_program("postgres"), "-D", data, "-p", url.rpartition(":")[2]]
        for setting in (
            *_FAST,
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            *settings,
        ):
            command += ["-c", setting]
        with home.serving(command, lambda: _takes_sessions(url)):
            yield url


def fresh_database(server: str, name: str, template: str = "template1") -> str:
    """Make a database as another is, an empty one unless told; return its URL."""
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'.encode())
    return f"{server}/{name}"


def _takes_sessions(url: str) -> bool:
    try:
        psycopg.connect(f"{url}/postgres").close()
    except psycopg.OperationalError:
        return False
    return True


def _program(name: str) -> str:
    """Return where Debian keeps the server's programs: beside each version, not on PATH."""
    if found := shutil.which(name):
        return found
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(versions[-1]) if versions else find_program(name)
