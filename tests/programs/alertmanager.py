"""A real Alertmanager."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.programs.ports import free_port
from tests.programs.process import find_program, running

NOBODY_TOLD = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n"


@dataclass(frozen=True)
class Alertmanager:
    """A running server; ``folder`` holds its configuration, data and ``log``."""

    url: str
    folder: Path
    pid: int

    def get(self, what: str) -> list[dict[str, Any]]:
        """Return ``alerts`` or ``silences`` of the v2 API."""
        reply = requests.get(f"{self.url}/api/v2/{what}", timeout=30)
        reply.raise_for_status()
        found: list[dict[str, Any]] = reply.json()
        return found

    def silence(self, silence: dict[str, Any]) -> str:
        """Post a silence in the v2 API's shape; return its id."""
        reply = requests.post(f"{self.url}/api/v2/silences", json=silence, timeout=30)
        reply.raise_for_status()
        return str(reply.json()["silenceID"])


@contextmanager
def running_alertmanager(
    folder: Path, *, config: str = NOBODY_TOLD, flags: Sequence[str] = (), port: int | None = None
) -> Iterator[Alertmanager]:
    """Run Alertmanager, alone, with everything in ``folder``; it is ready when the block begins."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "alertmanager.yml"
    path.write_text(config, encoding="utf-8")
    listen = f"127.0.0.1:{port or free_port()}"
    command = [
        find_program("alertmanager", "prometheus-alertmanager"),
        f"--config.file={path}",
        f"--storage.path={folder / 'data'}",
        f"--web.listen-address={listen}",
        "--cluster.listen-address=",
        *flags,
    ]
    url = f"http://{listen}"
    with running(command, ready_url=f"{url}/-/ready", log=folder / "log") as process:
        yield Alertmanager(url, folder, process.pid)
