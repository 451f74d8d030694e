"""10,000 HTTP targets every 15 s by one exporter on one core.

Usage: python -m benchmarks.ten_thousand [--targets=10000] [--seconds=60] [--python=PATH]

Prints probes lost, lateness, the time and size of a scrape, memory and CPU; exits 1 where a promise
is missed: none lost, p99 of lateness under 100 ms, a scrape under 150 ms, memory under 150 MiB.
"""

import argparse
import os
import statistics
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import requests
from prometheus_client.parser import text_string_to_metric_families

from benchmarks.cpu import cpu_seconds
from benchmarks.probing_stacks import exporter, target_server, targets

START = 60
SCRAPES = 10
MIB = 2**20
LATE, SLOW, LARGE = 0.1, 0.15, 150 * MIB


def scrape(session: requests.Session, url: str) -> tuple[float, bytes]:
    started = time.perf_counter()
    answer = session.get(f"{url}/metrics", timeout=30)
    return time.perf_counter() - started, answer.content


def values(text: bytes, name: str) -> dict[str, float]:
    """Return samples of a name by their last label's value."""
    return {
        next(reversed(sample.labels.values()), ""): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
        if sample.name == name
    }


def late(before: bytes, after: bytes) -> tuple[float, float]:
    """Return the number of runs between two scrapes, and a bound of their lateness' p99."""
    name = "sla_exporter_probe_lateness_seconds_bucket"
    first, last = values(before, name), values(after, name)
    counts = {float(bound): last[bound] - first[bound] for bound in last}
    total = counts[float("inf")]
    return total, min(bound for bound, count in counts.items() if count >= 0.99 * total)


def measure(url: str, process: psutil.Process, count: int, seconds: int) -> bool:
    time.sleep(START)
    session = requests.Session()
    _, before = scrape(session, url)
    cpu, started = cpu_seconds(process.pid), time.monotonic()
    took = []
    for _ in range(SCRAPES):
        time.sleep(seconds / SCRAPES)
        took.append(scrape(session, url)[0])
    _, after = scrape(session, url)
    elapsed = time.monotonic() - started
    cpu = (cpu_seconds(process.pid) - cpu) / elapsed
    runs, p99 = late(before, after)
    due = round(elapsed / 15 * count)
    good = after.count(b"\nservice_probe_success{") - after.count(b"} 0.0\nservice_probe_success{")
    skipped = sum(values(after, "sla_exporter_probes_skipped_total").values())
    memory, slowest = process.memory_info().rss, statistics.median(took)
    print(
        f"{count} targets: {runs:.0f} runs of {due} in {elapsed:.1f} s, "
        f"{skipped:.0f} skipped, {good} shown\n"
        f"lateness p99 within {p99 * 1000:g} ms; scrape {slowest * 1000:.0f} ms (median of "
        f"{SCRAPES}, worst {max(took) * 1000:.0f}), {len(after) / MIB:.1f} MiB of text\n"
        f"memory {memory / MIB:.0f} MiB; CPU {cpu:.0%} of one core"
    )
    on_time = due - runs <= 0.01 * count and not skipped and p99 <= LATE
    return on_time and slowest <= SLOW and memory <= LARGE


def main() -> int:
    flags = argparse.ArgumentParser(description=__doc__)
    flags.add_argument("--targets", type=int, default=10_000)
    flags.add_argument("--seconds", type=int, default=60)
    flags.add_argument("--python", default=sys.executable, help="Python of our exporter")
    given = flags.parse_args()
    with TemporaryDirectory() as name:
        folder = Path(name)
        with target_server(folder) as ports:
            asked = targets("http", given.targets, ports)
            with exporter(folder, "http", asked, given.python) as ours:
                os.sched_setaffinity(ours.process.pid, {0})
                url = f"http://{ours.address}"
                return 0 if measure(url, ours.process, given.targets, given.seconds) else 1


if __name__ == "__main__":
    sys.exit(main())
