"""24 hours of 100 probes every 15 s, in a quarter of an hour: what does the exporter not give back?

Usage: python -m benchmarks.soak [--hours=24] [--speed=100]

Intervals, time limits and flapping are SPEED times shorter than in service; the sockets, names,
handshakes, child processes, scrapes and SIGHUPs are real. At rest, with nearly nothing to probe,
once after a tenth of the runs and once after all of them, descriptors and tasks must be the same,
threads within asyncio's pool, objects within 1 % and memory within 4 MiB; else it exits 1.
"""

import argparse
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import NamedTuple

import psutil
import requests

from benchmarks.probing_stacks import program
from benchmarks.ten_thousand import values
from tests.programs.ports import free_port
from tests.programs.process import stop

INTERVAL, TIMEOUT, FLAP, RELOAD = 15.0, 5.0, 600.0, 900.0
"""Seconds in service; divided by the speed here."""
TARGETS, WARM_UP, REST = 100, 0.1, 6
MIB = 2**20
ACCEPTS = ("text/plain", "application/openmetrics-text;version=1.0.0", "*/*")
Probe = dict[str, object]
RESTING = [
    {"id": "rest", "name": "Rest", "probes": [{"type": "file", "path": "/", "interval": "1h"}]}
]


class Held(NamedTuple):
    """What the process holds at rest."""

    descriptors: int
    threads: int
    tasks: int
    objects: int
    memory: float
    """MiB resident."""

    def __str__(self) -> str:
        return (
            f"{self.descriptors} descriptors, {self.tasks} tasks, {self.threads} threads, "
            f"{self.objects} objects, {self.memory:.1f} MiB"
        )


def probes(folder: Path, ports: dict[str, list[int]]) -> list[Probe]:
    """Return what is asked: every kind of socket, half of the hosts by name."""

    def at(kind: str, i: int) -> str:
        return f"{'127.0.0.1' if i % 2 else f'n{i}.soak.test'}:{ports[kind][i % len(ports[kind])]}"

    tls = {"tls": {"ca_file": str(folder / "ca.pem")}}
    talk = {"conversation": [{"expect": "^220 ", "send": "EHLO me"}, {"expect": "^250 "}]}
    dns: Probe = {"type": "dns", "server": f"127.0.0.1:{ports['dns']}"}
    return [
        *({"type": "http", "url": f"http://{at('http', i)}/{i}"} for i in range(36)),
        *({"type": "http", "url": f"https://{at('https', i)}/{i}"} | tls for i in range(12)),
        *({"type": "tcp", "target": at("http", i)} for i in range(8)),
        *({"type": "tcp", "target": at("talk", i)} | talk for i in range(6)),
        *({"type": "tls", "target": at("https", i)} | tls for i in range(8)),
        *({"type": kind, "target": at("talk", i)} for kind in ("smtp", "redis") for i in range(3)),
        *({"type": kind, "target": at("talk", i)} for kind in ("imap", "mysql") for i in range(3)),
        *({"type": "grpc", "target": at("http", i)} for i in range(2)),
        *(dns | {"query": f"n{i}.soak.test"} for i in range(6)),
        *({"type": "icmp", "target": f"127.0.0.{i + 1}"} for i in range(5)),
        *({"type": "command", "command": c} for c in ("true", "sleep 60")),
        {"type": "ntp", "target": f"127.0.0.1:{ports['dns']}"},
        {"type": "file", "path": str(folder / "*.pem")},
        {"type": "process", "executable": "nothing"},
    ]


class Catalogue:
    """services.yml, ever anew: a tenth of the services leave, others come, some change."""

    def __init__(self, path: Path, asked: list[Probe], speed: float) -> None:
        self._path = path
        self._asked = asked
        self._limits = {
            "interval": f"{INTERVAL / speed * 1000:.0f}ms",
            "timeout": f"{TIMEOUT / speed * 1000:.0f}ms",
        }
        self._random, self._numbers = Random(7), itertools.count()
        self._ids = [f"s{i}" for i in range(len(asked))]

    def write(self, *, rest: bool = False) -> None:
        services = [
            {"id": name, "name": name, "probes": [probe | self._limits]}
            for name, probe in zip(self._ids, self._asked, strict=True)
        ]
        document = {"organization": "Soak", "timezone": "UTC"}
        content = document | {"services": RESTING if rest else services}
        self._path.write_text(json.dumps(content), encoding="utf-8")

    def change(self) -> None:
        for place in self._random.sample(range(len(self._ids)), len(self._ids) // 10):
            self._ids[place] = f"new{next(self._numbers)}"
        self.write()


class Soak:
    """The exporter under test, and what is done to it."""

    def __init__(self, process: psutil.Process, url: str, folder: Path, catalogue: Catalogue):
        self._process = process
        self._session = requests.Session()
        self._url = url
        self._counts = folder / "counts.json"
        self._catalogue = catalogue
        self.kinds: Counter[str] = Counter()
        self.scrapes = self.reloads = 0
        self.page = ""

    def scrape(self) -> int:
        """Scrape in the next style; return how many runs there have been."""
        accept = ACCEPTS[self.scrapes % len(ACCEPTS)]
        answer = self._session.get(f"{self._url}/metrics", headers={"Accept": accept}, timeout=60)
        self.scrapes += 1
        if accept == "text/plain":
            self.page = answer.text
        return int(values(self.page.encode(), "sla_exporter_probe_lateness_seconds_count")[""])

    def reload(self) -> None:
        self._process.send_signal(signal.SIGHUP)
        self.reloads += 1

    def run(self, runs: int, speed: float) -> None:
        """Scrape and reload until so many runs were made."""
        self._catalogue.write()
        self.reload()
        again = time.monotonic() + RELOAD / speed
        while self.scrape() < runs:
            time.sleep(INTERVAL / speed)
            if time.monotonic() > again:
                self._catalogue.change()
                self.reload()
                again += RELOAD / speed

    def rest(self) -> Held:
        """Let everything end; return what is still held."""
        self._catalogue.write(rest=True)
        self.reload()
        time.sleep(REST)
        for _ in ACCEPTS:
            self.scrape()
        self._counts.unlink(missing_ok=True)
        self._process.send_signal(signal.SIGUSR1)
        while not self._counts.exists():
            time.sleep(0.1)
        counts = json.loads(self._counts.read_text(encoding="utf-8"))
        self.kinds = Counter(counts["kinds"])
        threads, memory = self._process.num_threads(), self._process.memory_info().rss / MIB
        descriptors = self._process.num_fds()
        return Held(descriptors, threads, counts["tasks"], counts["objects"], memory)


def grown(before: Held, after: Held) -> list[str]:
    """Return what there is more of than chance allows."""
    pool = min(32, (os.cpu_count() or 1) + 4)  # threads that asyncio keeps for blocking calls
    limits = Held(0, pool, 0, before.objects // 100, 4)
    return [
        name
        for name, was, now, more in zip(Held._fields, before, after, limits, strict=True)
        if now - was > more
    ]


def most_more(before: Counter[str], after: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in (after - before).most_common(5))


def soak(it: Soak, hours: float, speed: float) -> bool:
    total = int(hours * 3600 / INTERVAL * TARGETS)
    began = time.monotonic()
    print(f"at the start:   {it.rest()}", flush=True)
    it.run(int(total * WARM_UP), speed)
    warm = it.rest()
    kinds = it.kinds
    print(f"after a tenth:  {warm}", flush=True)
    it.run(total, speed)
    reasons = values(it.page.encode(), "service_probe_failures_total")
    end = it.rest()
    print(f"after it all:   {end}")
    print(
        f"{total} runs and more, {it.scrapes} scrapes and {it.reloads} reloads in "
        f"{time.monotonic() - began:.0f} s; reasons of failures seen: {', '.join(sorted(reasons))}"
    )
    more = grown(warm, end)
    print(f"grown: {', '.join(more) or 'nothing'}; most objects more: {most_more(kinds, it.kinds)}")
    return not more


def with_world(folder: Path, speed: float, then: Callable[[dict[str, list[int]]], bool]) -> bool:
    command = [sys.executable, "-m", "benchmarks.soak_world", str(folder), str(FLAP / speed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            return then(json.loads(process.stdout.readline()))
        finally:
            stop(process)


def main() -> int:
    flags = argparse.ArgumentParser(description=__doc__)
    flags.add_argument("--hours", type=float, default=24.0)
    flags.add_argument("--speed", type=float, default=100.0)
    given = flags.parse_args()
    with TemporaryDirectory() as name:
        folder, address = Path(name), f"127.0.0.1:{free_port()}"

        def then(ports: dict[str, list[int]]) -> bool:
            asked, config = probes(folder, ports), folder / "services.yml"
            assert len(asked) == TARGETS, len(asked)
            catalogue = Catalogue(config, asked, given.speed)
            catalogue.write(rest=True)
            command = [sys.executable, "-m", "benchmarks.soak_exporter", f"{folder}/counts.json"]
            command += [str(ports["dns"]), str(given.speed), f"--config.file={config}"]
            command += [f"--web.listen-address={address}"]
            url = f"http://{address}"
            with program(folder, "ours", command, f"{url}/-/ready") as process:
                return soak(Soak(process, url, folder, catalogue), given.hours, given.speed)

        good = with_world(folder, given.speed, then)
        log = (folder / "ours.log").read_text(encoding="utf-8")
        broken = [line for line in log.splitlines() if "probe broke" in line or "Traceback" in line]
        print("\n".join(broken[:5]))
    return 0 if good and not broken else 1


if __name__ == "__main__":
    os.nice(5)
    sys.exit(main())
