"""node_exporter and sla-exporter side by side on free loopback ports, and what they say."""

import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import requests
from prometheus_client.parser import text_string_to_metric_families

from benchmarks.cpu import cpu_seconds
from tests.programs.ports import free_port
from tests.programs.process import find_program, running

Series = tuple[str, tuple[tuple[str, str], ...]]
"""Name, and the labels that are not empty (an empty label is no label), sorted."""


class Peer(NamedTuple):
    """A running exporter."""

    name: str
    pid: int
    url: str

    def text(self) -> str:
        """Scrape it once."""
        answer = requests.get(self.url, timeout=10)
        answer.raise_for_status()
        return answer.text

    def cpu_seconds(self) -> float:
        """Return user and system time of the process so far."""
        return cpu_seconds(self.pid)


@contextmanager
def node_exporter(folder: Path, *flags: str, program: str = "") -> Iterator[Peer]:
    """Run node_exporter, the one on PATH if no other is given, until the block ends."""
    program = program or find_program("prometheus-node-exporter", "node_exporter")
    with _run("node_exporter", folder, [program, *flags]) as peer:
        yield peer


@contextmanager
def sla_exporter(folder: Path, *flags: str, python: str = sys.executable) -> Iterator[Peer]:
    """Run our exporter, host health only, until the block ends.

    Another Python of the same version may be given: distributions build theirs with profile-guided
    optimisation, which a Python built from source usually lacks.
    """
    command = [python, "-m", "exporter", "--no-probes", *flags]
    with _run("sla-exporter", folder, command) as peer:
        yield peer


@contextmanager
def _run(name: str, folder: Path, command: list[str]) -> Iterator[Peer]:
    port = free_port()
    url = f"http://127.0.0.1:{port}/metrics"
    env = {"PYTHONPATH": f"{Path.cwd()}:{sysconfig.get_paths()['purelib']}"}
    with running(
        [*command, f"--web.listen-address=127.0.0.1:{port}"],
        ready_url=url,
        log=folder / f"{name}.log",
        env=env,
    ) as process:
        yield Peer(name, process.pid, url)


def series(text: str) -> dict[Series, float]:
    """Return the samples of host metrics."""
    return {
        (s.name, tuple(sorted((k, v) for k, v in s.labels.items() if v))): s.value
        for family in text_string_to_metric_families(text)
        for s in family.samples
        if s.name.startswith("node_") and s.name != "node_exporter_build_info"
    }


def headers(text: str) -> dict[str, tuple[str, str]]:
    """Return type and help of every host metric."""
    found = text_string_to_metric_families(text)
    return {f.name: (f.type, f.documentation) for f in found if f.name.startswith("node_")}
