"""A real PostgreSQL server."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.programs.ports import free_port
from tests.programs.process import READY_SECONDS, find_program, stop

_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


@contextmanager
def running_postgresql() -> Iterator[str]:
    """Run PostgreSQL in a folder of its own; yield the URL of the server, without a database.

    It refuses to run as root: there it runs as the user postgres, who owns the folder.
    """
    folder = Path(tempfile.mkdtemp(prefix="postgresql-"))
    try:
        owner = _owner(folder)
        log = folder / "log"
        data = folder / "data"
        subprocess.run(
            [*owner, _program("initdb"), "-D", data, "-U", "ledger", "-A", "trust", "--no-sync"],
            check=True,
            cwd=folder,
            stdout=subprocess.DEVNULL,
        )
        url = f"postgresql://ledger@127.0.0.1:{free_port()}"
        settings = (*_FAST, "listen_addresses=127.0.0.1", "unix_socket_directories=")
        command = [*owner, _program("postgres"), "-D", str(data), "-p", url.rpartition(":")[2]]
        for setting in settings:
            command += ["-c", setting]
        with (
            log.open("ab") as output,
            subprocess.Popen(command, cwd=folder, stdout=output, stderr=output) as process,
        ):
            try:
                _await(url, log)
                yield url
            finally:
                stop(process)
    finally:
        shutil.rmtree(folder)


def fresh_database(server: str, name: str) -> str:
    """Make an empty database; return its URL."""
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    return f"{server}/{name}"


def _await(url: str, log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while True:
        try:
            psycopg.connect(f"{url}/postgres").close()
        except psycopg.OperationalError as error:
            if time.monotonic() > deadline:
                raise RuntimeError(log.read_text(encoding="utf-8")[-3000:]) from error
            time.sleep(0.05)
        else:
            return


def _owner(folder: Path) -> list[str]:
    """Return what runs a command as the folder's owner; it ends with the test run."""
    command = [find_program("setpriv"), "--pdeathsig", "KILL"]
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
        command += [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    return [*command, "--"]


def _program(name: str) -> str:
    """Return where Debian keeps the server's programs: beside each version, not on PATH."""
    if found := shutil.which(name):
        return found
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(versions[-1]) if versions else find_program(name)
