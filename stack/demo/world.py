"""The demo's stack: a temporary folder, a catalogue, and the product's command lines."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from stack.layout import PREFERRED, ROOT, Layout, any_ports
from stack.ready import await_ready

STOP_SECONDS = 5


READY_SECONDS = 60


@dataclass(frozen=True)
class Plan:
    """How long everything takes, in seconds; ``scrape`` is also how exact the times must be."""

    scrape: float = 5
    probe: float = 1
    tick: float = 5
    calm: float = 20
    outage: float = 40

    @property
    def window(self) -> timedelta:
        """Return the length of the maintenance window: it is open all the time."""
        return timedelta(seconds=READY_SECONDS + self.calm + self.outage + 4 * self.scrape)


QUICK = Plan(scrape=2, probe=0.5, tick=1, calm=4, outage=6)


class NotReadyError(Exception):
    """The stack did not do what the demo waits for."""


def catalogue(plan: Plan, urls: dict[str, str], api_url: str, now: datetime) -> dict[str, Any]:
    """Return the demo's catalogue: a shop, and a library whose maintenance window is declared."""
    probe = {"interval": _duration(plan.probe), "timeout": _duration(plan.probe)}
    names = {"shop": "Web shop", "library": "Library"}
    return {
        "organization": "Uptime Ledger demo",
        "timezone": "UTC",
        "services": [
            {
                "id": service,
                "name": names[service],
                "objective": 99.9,
                "probes": [{"type": "http", "url": url, **probe}],
            }
            for service, url in urls.items()
        ],
        "maintenance": [
            {
                "id": "new-shelves",
                "title": "New shelves",
                "services": ["library"],
                "start": now.isoformat(),
                "end": (now + plan.window).isoformat(),
                "requester": "ann",
                "approver": "bob",
            }
        ],
        "slack": {"channel": "#uptime", "api_url": api_url},
    }


def _duration(seconds: float) -> str:
    return f"{round(seconds * 1000)}ms"


@dataclass(frozen=True)
class World:
    """A running stack and what one asks of it."""

    layout: Layout
    process: subprocess.Popen[bytes]

    def report(self, since: float, style: str) -> str:
        """Return ``sla-engine report`` from an epoch second until now."""
        now = datetime.now(UTC).isoformat()
        begin = datetime.fromtimestamp(since, UTC).isoformat()
        return self._engine("report", f"--from={begin}", f"--to={now}", f"--format={style}")

    def _engine(self, command: str, *flags: str) -> str:
        files = [f"--config.file={self.layout.services}", f"--storage.ledger={self.layout.ledger}"]
        prometheus = f"--prometheus.url={self.layout.url('prometheus')}"
        return subprocess.run(
            [sys.executable, "-m", "sla_engine", command, *files, prometheus, *flags],
            cwd=ROOT,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout

    def last_scrape(self) -> float:
        """Return when the exporter was last scraped, in epoch seconds; wait for the first time.

        Raises:
            NotReadyError: it was not in time.
        """
        url = f"{self.layout.url('prometheus')}/api/v1/query"
        query = {"query": "max(timestamp(service_up))"}
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            result = requests.get(url, params=query, timeout=5).json()["data"]["result"]
            if result:
                return float(result[0]["value"][1])
            time.sleep(0.1)
        raise NotReadyError(f"nothing was scraped in {READY_SECONDS} s\n{self.log()}")

    def log(self) -> str:
        """Return what the stack printed."""
        return (self.layout.var / "stack.log").read_text(encoding="utf-8", errors="replace")


@contextmanager
def running_world(folder: Path, plan: Plan, document: dict[str, Any]) -> Iterator[World]:
    """Run ``python -m stack run`` until the block ends; all programs answer when it begins.

    Raises:
        NotReadyError: they did not answer in time, or did not stop in time.
    """
    services = folder / "services.yml"
    services.write_text(json.dumps(document, indent=2), encoding="utf-8")
    layout = Layout(folder, services, any_ports(PREFERRED))
    ports = [f"--port={name}={port}" for name, port in layout.ports.items()]
    flags = [
        f"--config.file={services}",
        f"--var={folder}",
        f"--scrape-interval={_duration(plan.scrape)}",
        f"--tick={_duration(plan.tick)}",
        *ports,
    ]
    with (folder / "stack.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "stack", "run", *flags],
            cwd=ROOT,
            env={**os.environ, "SLACK_BOT_TOKEN": "xoxb-demo"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    world = World(layout, process)
    try:
        if waiting := await_ready(layout, READY_SECONDS):
            raise NotReadyError(f"not ready in time: {', '.join(waiting)}\n{world.log()}")
        yield world
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    begun = time.monotonic()
    process.wait(30)
    took = time.monotonic() - begun
    if took > STOP_SECONDS:
        raise NotReadyError(f"the stack took {took:.1f} s to stop")
