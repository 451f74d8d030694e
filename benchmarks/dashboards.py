"""What opening a dashboard costs Prometheus: python -m benchmarks.dashboards [SERVICES [HOSTS]].

The month of tests/grafana_dashboards with that many services (default 300) and hosts (default: the
month's own two), sampled every minute in the last three hours. Prints, for each dashboard, its
queries, their wall time one after the other, what CPU Prometheus spent, and the query that cost
most of it: on a busy machine a query waits, but its CPU seconds are its own.
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.cpu import cpu_seconds
from grafana_dashboards.catalog import DASHBOARDS
from grafana_dashboards.queries import queries
from tests.grafana_dashboards import month
from tests.grafana_dashboards.grafana import Grafana
from tests.programs.prometheus import Prometheus, create_blocks, running_prometheus


def main(services: int, hosts: int = 0) -> None:
    """Write the samples, start Prometheus, open every dashboard once."""
    if hosts:
        month.HOSTS = tuple(f"host-{n}.example.org:9100" for n in range(hosts))
    month.SERVICES = {f"service-{n}": (f"team-{n % 12}", "gold") for n in range(services)}
    month.TIMES = (
        *range(month.NOW - 30 * month.DAY, month.NOW - 3 * month.HOUR, 6 * month.HOUR),
        *range(month.NOW - 3 * month.HOUR, month.NOW + month.MINUTE, month.MINUTE),
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        text = folder / "month.om"
        with text.open("w", encoding="utf-8") as written:
            written.writelines(month.lines())
        create_blocks(folder, text, block="744h")
        text.unlink()
        with running_prometheus(folder) as prometheus:
            print(f"{services} services, {len(month.HOSTS)} hosts")
            report(prometheus)


def report(prometheus: Prometheus) -> None:
    """Print a line for each dashboard."""
    grafana = Grafana(prometheus.url, month.NOW)
    print(f"{'dashboard':22}{'queries':>8}{'wall s':>8}{'CPU s':>8}  dearest, CPU s")
    for name in DASHBOARDS:
        took = [*_open(grafana, name, prometheus.pid)]
        wall, cpu = sum(one[1] for one in took), sum(one[2] for one in took)
        place, _, dearest = max(took, key=lambda each: each[2])
        row = f"{name:22}{len(took):8}{wall:8.2f}{cpu:8.2f}  {place} ({dearest:.2f})"
        print(row, flush=True)


def _open(grafana: Grafana, name: str, pid: int) -> Iterator[tuple[str, float, float]]:
    """Ask every query of a dashboard; yield its place, seconds and Prometheus' CPU seconds."""
    start, before = time.perf_counter(), cpu_seconds(pid)
    chosen = grafana.open(name)
    yield "variables", time.perf_counter() - start, cpu_seconds(pid) - before
    for query in queries():
        if query.dashboard == name and not query.place.startswith("$"):
            start, before = time.perf_counter(), cpu_seconds(pid)
            grafana.ask(query, chosen)
            yield query.place, time.perf_counter() - start, cpu_seconds(pid) - before


if __name__ == "__main__":
    main(*map(int, sys.argv[1:] or ["300"]))
