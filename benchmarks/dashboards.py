"""What opening a dashboard costs Prometheus: python -m benchmarks.dashboards [SERVICES].

The month of tests/grafana_dashboards with that many services (default 300), sampled every minute in
the last three hours. Prints, for each dashboard, its queries, their wall time one after the other,
the slowest of them, and what CPU Prometheus spent.
"""

import sys
import tempfile
import time
from pathlib import Path

from benchmarks.cpu import cpu_seconds
from grafana_dashboards.catalog import DASHBOARDS
from grafana_dashboards.queries import queries
from tests.grafana_dashboards import month
from tests.grafana_dashboards.grafana import Grafana
from tests.programs.prometheus import Prometheus, create_blocks, running_prometheus


def main(services: int) -> None:
    """Write the samples, start Prometheus, open every dashboard once."""
    month.SERVICES = {f"service-{n}": (f"team-{n % 12}", "gold") for n in range(services)}
    month.TIMES = (
        *range(month.NOW - 30 * month.DAY, month.NOW - 3 * month.HOUR, 6 * month.HOUR),
        *range(month.NOW - 3 * month.HOUR, month.NOW + month.MINUTE, month.MINUTE),
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        text = folder / "month.om"
        text.write_text(month.month(), encoding="utf-8")
        create_blocks(folder, text, block="744h")
        text.unlink()
        with running_prometheus(folder) as prometheus:
            report(prometheus, services)


def report(prometheus: Prometheus, services: int) -> None:
    """Print a line for each dashboard."""
    grafana = Grafana(prometheus.url, month.NOW)
    print(f"{services} services")
    print(f"{'dashboard':22}{'queries':>8}{'wall s':>8}{'CPU s':>8}  slowest")
    for name in DASHBOARDS:
        before = cpu_seconds(prometheus.pid)
        took = _open(grafana, name)
        cpu = cpu_seconds(prometheus.pid) - before
        slowest, seconds = max(took, key=lambda each: each[1])
        total = sum(each for _, each in took)
        print(f"{name:22}{len(took):8}{total:8.2f}{cpu:8.2f}  {slowest} ({seconds:.2f} s)")


def _open(grafana: Grafana, name: str) -> list[tuple[str, float]]:
    """Ask every query of a dashboard; return its place and seconds."""
    start = time.perf_counter()
    chosen = grafana.open(name)
    took = [("variables", time.perf_counter() - start)]
    for query in queries():
        if query.dashboard == name and not query.place.startswith("$"):
            start = time.perf_counter()
            grafana.ask(query, chosen)
            took.append((query.place, time.perf_counter() - start))
    return took


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
