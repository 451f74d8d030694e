"""A real Prometheus, empty or with a past made of OpenMetrics text."""

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.programs.ports import free_port
from tests.programs.process import find_program, running

NOTHING_SCRAPED = "global: {scrape_interval: 15s}\n"


@dataclass(frozen=True)
class Prometheus:
    """A running server; ``folder`` holds its configuration, rules, ``data/`` and ``log``."""

    url: str
    folder: Path
    pid: int

    def query(self, expression: str, at: float | None = None) -> list[dict[str, Any]]:
        """Return the result of an instant query, at a time (epoch seconds) or now."""
        params: dict[str, str | float] = {"query": expression}
        if at is not None:
            params["time"] = at
        reply = requests.get(f"{self.url}/api/v1/query", params=params, timeout=30).json()
        if reply["status"] != "success":
            raise ValueError(f"{expression}: {reply['error']}")
        result: list[dict[str, Any]] = reply["data"]["result"]
        return result

    def value(self, expression: str, at: float | None = None) -> float | None:
        """Return the number of an expression with at most one series; None when it has none."""
        found = self.query(expression, at)
        if len(found) > 1:
            raise ValueError(f"{expression} has {len(found)} series")
        return float(found[0]["value"][1]) if found else None

    def reload(self) -> None:
        """Read configuration and rules again, as SIGHUP does."""
        requests.post(f"{self.url}/-/reload", timeout=30).raise_for_status()


@contextmanager
def running_prometheus(
    folder: Path,
    *,
    config: str = NOTHING_SCRAPED,
    files: Mapping[str, str] | None = None,
    openmetrics: str | Path | None = None,
    flags: Sequence[str] = (),
    port: int | None = None,
    program: str | None = None,
) -> Iterator[Prometheus]:
    """Run Prometheus with everything in ``folder``; it is ready when the block begins.

    Args:
        folder: holds configuration and data; a folder used before keeps its data.
        config: prometheus.yml; file names in it are relative to ``folder``.
        files: other files to write there (rules, targets), by name.
        openmetrics: the past, as text or the file that holds it: samples with times in seconds,
            ending with ``# EOF``.
        flags: further flags, such as ``--storage.tsdb.min-block-duration=2h``.
        port: a free one unless given.
        program: another Prometheus than the installed one, by its path.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in {"prometheus.yml": config, **(files or {})}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    if openmetrics is not None:
        create_blocks(folder, openmetrics)
    listen = f"127.0.0.1:{port or free_port()}"
    command = [
        program or find_program("prometheus"),
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        "--storage.tsdb.retention.time=100y",
        "--web.enable-lifecycle",
        "--web.enable-admin-api",
        f"--web.listen-address={listen}",
        *flags,
    ]
    url = f"http://{listen}"
    with running(command, ready_url=f"{url}/-/ready", log=folder / "log") as process:
        yield Prometheus(url, folder, process.pid)


def create_blocks(
    folder: Path, openmetrics: str | Path, block: str = "24h", program: str | None = None
) -> None:
    """Add a past to ``folder/data``, by promtool, in blocks of at most that duration.

    Raises:
        ValueError: promtool's complaint about the text.
    """
    if isinstance(openmetrics, str):
        path = folder / "past.om"
        path.write_text(openmetrics, encoding="utf-8")
    else:
        path = openmetrics
    # promtool reads the whole text once per block: with its 2 h blocks a month is read 360 times.
    size = f"--max-block-duration={block}"
    command = [
        program or find_program("promtool"),
        "tsdb",
        "create-blocks-from",
        "openmetrics",
        size,
    ]
    done = subprocess.run(
        [*command, path, folder / "data"], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise ValueError(done.stderr.strip() or done.stdout.strip())
