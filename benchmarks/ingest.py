"""Backfill against one scan of the same samples, and against slo-generator.

    python -m benchmarks.ingest [--services 100] [--days 30] [--jitter MS] [--data FOLDER [--make]]
                                [--prometheus PROGRAM]

A real Prometheus holds samples every 15 s with known outages, flapping and gaps; every way reads
the same. slo-generator, the real one where pip can install it, asks for good and for valid events,
two queries a service, one service after another, and gets no outages. CPU seconds are of the
process named, from /proc and getrusage; wall seconds are printed beside them. The scan is the mean
of three, between the others: a virtual machine is not always as fast. Exact means: every outage
with its first failed and its first good sample.

The last minutes are left to a running engine (no HTTP server, notices to the console): ticks every
30 s with all they bring, that is answers, derivation, ledger, figures, metrics, and a look for
notices every 5 s. Of ten ticks one works out all figures anew. A report is all of ``sla-engine
report --format=json`` but the start of Python.

A thousand services for a month take minutes to make: ``--make`` makes them and stops, goes on where
it was stopped, and the next run uses them.
"""

import argparse
import contextlib
import io
import multiprocessing
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import Any
from unittest import mock

from benchmarks.cpu import cpu_seconds
from benchmarks.samples import Expected, Past
from benchmarks.slo_generator import installed
from service_catalogue import Catalogue
from sla_engine.accounting.report import report
from sla_engine.domain.interval import Interval
from sla_engine.domain.period import containing
from sla_engine.ledger import Books, Ledger
from sla_engine.measurement.backfill import backfill
from sla_engine.prometheus import Client
from sla_engine.reports import FORMATS
from tests.programs.prometheus import Prometheus, create_blocks, running_prometheus
from uptime_common.garbage import look_seldom, settle

START = 1_790_812_800_000
DAY = 86_400_000
BLOCK = 54 * 3_600_000
TICK = 30_000
WARM, TICKS, SENDS = 6, 10, 6


def main() -> None:
    """Generate, serve, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--services", type=int, default=100)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--jitter", type=int, default=0, help="milliseconds either way")
    parser.add_argument("--data", type=Path, help="keep the samples there")
    parser.add_argument("--make", action="store_true", help="only make the samples")
    parser.add_argument("--prometheus", help="another program than the installed one")
    options = parser.parse_args()
    past = Past(options.services, Interval(START, START + options.days * DAY), options.jitter)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        data = options.data or Path(name) / "prometheus"
        make(data, past)
        if not options.make:
            flags = ["--query.max-samples=200000000", "--query.timeout=10m"]
            program = options.prometheus
            with running_prometheus(data, flags=flags, program=program) as prometheus:
                compare(Path(name), prometheus, past.expected(), past.period)


def make(data: Path, past: Past) -> None:
    """Put a past into a Prometheus's folder, block by block; those that are there stay."""
    data.mkdir(parents=True, exist_ok=True)
    first, end = past.period
    for start in range(first // BLOCK * BLOCK, end, BLOCK):
        done = data / f"made-{start}"
        if not done.exists():
            text = data / "block.om"
            past.write(text, Interval(max(start, first), min(start + BLOCK, end)))
            create_blocks(data, text, block="54h")
            text.unlink()
            done.touch()


def compare(
    folder: Path, prometheus: Prometheus, expected: dict[str, Expected], period: Interval
) -> None:
    """Measure every way and print a line for each."""
    samples = sum(e.samples for e in expected.values())
    outages = sum(len(e.outages) for e in expected.values())
    days = period.length // DAY
    print(f"{len(expected)} services, {days} days, {samples:,} samples, {outages:,} outages")
    seconds, end = period.length // 1000, period.end / 1000 - 0.001
    query = f"count_over_time(service_up[{seconds}s])"
    prometheus.query(query, end)  # the first one reads the blocks from disk
    scans = [_server(prometheus, lambda: prometheus.query(query, end))]
    clients: list[float] = []
    way, name = installed(folder / "slo-generator")
    one_by_one = _server(
        prometheus, lambda: clients.append(way(prometheus.url, list(expected), period))
    )
    book = _catalogue(prometheus.url, list(expected))
    scans.append(_server(prometheus, lambda: prometheus.query(query, end)))
    ours, child = _ours(prometheus, book, folder, period)
    scans.append(_server(prometheus, lambda: prometheus.query(query, end)))
    scan = statistics.mean(cpu for cpu, _ in scans), statistics.mean(wall for _, wall in scans)
    _print("one scan, count_over_time", scan, 0.0, "-", scan)
    _print(name, one_by_one, clients[0], "none", scan)
    exact = _exact(folder, expected, period)
    _print("backfill", ours, child["cpu"], f"{exact} of {outages}", scan)
    print(f"backfill: client memory {child['memory'] / 1024:.0f} MiB")
    print(f"report of the period: {child['report']:.3f} CPU s")
    tick, most, mean, send = (child[k] * 1000 for k in ("tick", "most", "mean", "send"))
    print(f"CPU of the engine: a steady tick {tick:.0f} ms, one with all figures {most:.0f} ms,")
    print(f"  ticks of five minutes {mean:.0f} ms on average, a look for notices {send:.1f} ms")


def _print(name: str, server: tuple[float, float], client: float, exact: str, scan: Any) -> None:
    cpu, wall = server
    ratio = (cpu + client) / scan[0]
    print(
        f"{name:36} server {cpu:6.2f} s  client {client:5.2f} s  wall {wall:6.2f} s  "
        f"{ratio:5.2f} x one scan  exact outages: {exact}"
    )


def _server(prometheus: Prometheus, work: Callable[[], object]) -> tuple[float, float]:
    """Return the CPU seconds of Prometheus and the wall seconds of some work."""
    cpu, wall = cpu_seconds(prometheus.pid), time.monotonic()
    work()
    return cpu_seconds(prometheus.pid) - cpu, time.monotonic() - wall


def _catalogue(url: str, services: list[str]) -> Catalogue:
    probe = {"type": "http", "url": "http://127.0.0.1:1"}
    entries = [
        {"id": name, "name": name, "objective": 99.9, "probes": [probe]} for name in services
    ]
    prometheus = {"url": url, "scrape_interval": "15s", "timeout": "5m"}
    plain = {"organization": "X", "timezone": "UTC", "prometheus": prometheus, "services": entries}
    return Catalogue.model_validate(plain)


def _ours(
    prometheus: Prometheus, book: Catalogue, folder: Path, period: Interval
) -> tuple[tuple[float, float], dict[str, float]]:
    """Backfill in a process of its own, so that its CPU and memory are its alone."""
    context = multiprocessing.get_context("spawn")
    receive, send = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(send, book, f"sqlite:///{folder}/l.db", period))
    cpu = cpu_seconds(prometheus.pid)
    process.start()
    found: dict[str, float] = receive.recv()
    server = cpu_seconds(prometheus.pid) - cpu, found["wall"]
    found |= receive.recv()
    process.join()
    return server, found


def _child(send: Any, book: Catalogue, url: str, period: Interval) -> None:
    with Ledger.open(url) as ledger, Client(book.prometheus) as client:
        cpu, wall = time.process_time(), time.monotonic()
        until = period.end - (WARM + TICKS) * TICK
        backfill(Books(book, ledger), client, Interval(period.start, until), until)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        spent = {"cpu": time.process_time() - cpu, "wall": time.monotonic() - wall}
        send.send(spent | {"memory": memory})
        found = _ticks(book, client, ledger, until)
        reports = []
        look_seldom()  # as the command does
        for _ in range(3):
            cpu = time.process_time()
            month = containing("month", period.start, UTC)
            FORMATS["json"].render(report(Books(book, ledger), month, month.end, strips=False))
            reports.append(time.process_time() - cpu)
        send.send(found | {"report": min(reports)})


def _ticks(book: Catalogue, client: Client, ledger: Ledger, until: int) -> dict[str, float]:
    """Return the CPU seconds of an engine's ticks from here on: median, highest, mean; of sends."""
    from sla_engine.app import engine, notifications  # noqa: PLC0415 - they are no part of backfill
    from sla_engine.app.context import Context  # noqa: PLC0415
    from sla_engine.metrics import EngineMetrics  # noqa: PLC0415

    moment = mock.Mock(return_value=until)
    ticks, sends = [], []
    with (
        mock.patch.object(engine, "now", moment),
        mock.patch.object(notifications, "now", moment),
        contextlib.redirect_stdout(io.StringIO()),
    ):
        settle()  # as serve does
        running = engine.Engine(Context(book, ledger, client), EngineMetrics("benchmark"))
        for _ in range(WARM + TICKS):
            moment.return_value += TICK
            ticks.append(_cpu_of(running.tick))
            sends += [_cpu_of(running.send) for _ in range(SENDS)]
    ticks, sends = ticks[-TICKS:], sends[-TICKS * SENDS :]
    return {
        "tick": statistics.median(ticks),
        "most": max(ticks),
        "mean": statistics.mean(ticks),
        "send": statistics.mean(sends),
    }


def _cpu_of(work: Callable[[], object]) -> float:
    cpu = time.process_time()
    work()
    return time.process_time() - cpu


def _exact(folder: Path, expected: dict[str, Expected], period: Interval) -> int:
    with Ledger.open(f"sqlite:///{folder}/l.db") as ledger:
        histories = ledger.histories(period)
    return sum(
        len(set(histories[name].outages) & set(known.outages)) for name, known in expected.items()
    )


if __name__ == "__main__":
    main()
