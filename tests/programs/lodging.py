"""Servers in a folder of their own, run by a user who is not root, on a port of loopback."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.programs.process import READY_SECONDS, find_program, stop


@dataclass(frozen=True)
class Lodging:
    """A folder, and what runs a command as its owner, to end with the test run."""

    folder: Path
    owner: list[str]

    def write(self, name: str, content: str | bytes) -> Path:
        """Write a file that nobody else may read; return its path."""
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return self._give(path, 0o600)

    def copy(self, program: str) -> str:
        """Return a copy of a program: without set-user-ID bits and profiles bound to its path."""
        copied = shutil.copyfile(find_program(program), self.folder / program)
        return str(self._give(copied, 0o700))

    def run(self, *command: str, text: str = "") -> None:
        """Run a command to its end."""
        log = (self.folder / "log").open("ab")
        with log:
            subprocess.run(
                [*self.owner, *command],
                check=True,
                cwd=self.folder,
                input=text.encode(),
                stdout=log,
                stderr=log,
            )

    def _give(self, path: Path, mode: int) -> Path:
        path.chmod(mode)
        if os.geteuid() == 0:
            shutil.chown(path, self.folder.owner(), self.folder.group())
        return path

    @contextmanager
    def serving(self, command: Sequence[str], ready: Callable[[], bool]) -> Iterator[None]:
        """Run a server until the block ends; it is ready when the block begins."""
        log = self.folder / "log"
        with (
            log.open("ab") as output,
            subprocess.Popen(
                [*self.owner, *command],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            ) as process,
        ):
            try:
                _await(ready, process, log)
                yield
            finally:
                stop(process)


@contextmanager
def lodging(name: str, user: str = "nobody") -> Iterator[Lodging]:
    """Give a new folder; as root it belongs to that user, else to whoever runs the tests."""
    folder = Path(tempfile.mkdtemp(prefix=f"{name}-"))
    owner = [find_program("setpriv"), "--pdeathsig", "KILL"]
    try:
        if os.geteuid() == 0:
            entry = pwd.getpwnam(user)
            os.chown(folder, entry.pw_uid, entry.pw_gid)
            owner += [f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups"]
        yield Lodging(folder, [*owner, "--"])
    finally:
        shutil.rmtree(folder)


def listens(port: int) -> bool:
    """Say whether somebody listens on a port of 127.0.0.1."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except ConnectionRefusedError:
        return False
    return True


def _await(ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        if ready():
            return
        time.sleep(0.01)
    state = "was not ready in time" if process.poll() is None else f"ended ({process.returncode})"
    tail = log.read_text(encoding="utf-8", errors="replace")[-3000:]
    raise RuntimeError(f"{process.args!r} {state}:\n{tail}")
