"""Where one stack has its files and ports."""

import os
import shutil
import socket
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Not Prometheus' own 9090 and 9093: those may be a system service's, which is not ours to disturb.
PREFERRED = {"prometheus": 9790, "alertmanager": 9793, "exporter": 9710, "engine": 9711}
MARK = "UPTIME_LEDGER_STACK"


@dataclass(frozen=True)
class Layout:
    """One stack: its folder, the catalogue that it runs on, and a port for each program."""

    var: Path
    services: Path
    ports: dict[str, int]
    scrape_interval: str = "15s"
    tick: str = "30s"

    def url(self, program: str) -> str:
        """Return where a program listens, without a slash at the end."""
        return f"http://127.0.0.1:{self.ports[program]}"

    @property
    def ledger(self) -> str:
        """Return the ledger's URL as ``--storage.ledger`` takes it."""
        return f"sqlite:///{self.var / 'ledger.db'}"

    def environment(self) -> dict[str, str]:
        """Return what the Procfile's commands read, and the mark by which they are known.

        Raises:
            FileNotFoundError: Prometheus or Alertmanager is not installed.
        """
        ports = {f"{name.upper()}_PORT": str(port) for name, port in self.ports.items()}
        return {
            **os.environ,
            **ports,
            MARK: str(self.var),
            "VAR": str(self.var),
            "SERVICES": str(self.services),
            "TICK": self.tick,
            "PYTHON": sys.executable,
            "PROMETHEUS": find_program("prometheus"),
            "ALERTMANAGER": find_program("alertmanager", "prometheus-alertmanager"),
        }


def find_program(*names: str) -> str:
    """Return the path of the first of these programs that is installed.

    Raises:
        FileNotFoundError: none is; the message names the Debian packages.
    """
    for name in names:
        if found := shutil.which(name):
            return found
    raise FileNotFoundError(
        f"{names[0]} is not on PATH; Debian: apt-get install prometheus prometheus-alertmanager"
    )


def free_ports(
    preferred: dict[str, int], is_free: Callable[[int], bool] | None = None
) -> dict[str, int]:
    """Return each program's preferred port, or the next free one above it; no port twice."""
    is_free = is_free or port_is_free
    chosen: dict[str, int] = {}
    for name, port in preferred.items():
        candidates = (p for p in range(port, 65536) if p not in chosen.values() and is_free(p))
        chosen[name] = next(candidates)
    return chosen


def port_is_free(port: int) -> bool:
    """Return whether nobody listens on this TCP port of any of our addresses."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def any_ports(programs: Iterable[str]) -> dict[str, int]:
    """Return ports that the kernel picks, all different, for stacks that nobody looks up."""
    sockets = {name: socket.socket() for name in programs}
    try:
        for opened in sockets.values():
            opened.bind(("127.0.0.1", 0))
        return {name: opened.getsockname()[1] for name, opened in sockets.items()}
    finally:
        for opened in sockets.values():
            opened.close()
