"""CPU per scrape at equal collectors: python -m benchmarks.host_cost [--scrapes=N] [--python=PATH].

Both processes are scraped in turns over kept-alive connections, with the headers that Prometheus
sends (so gzip, and the best format that each speaks); all their CPU time counts, user and system,
HTTP included. ``--node-exporter=PATH`` compares with another release than the one on PATH.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import requests

from benchmarks.hosts import Peer, node_exporter, series, sla_exporter
from exporter.collectors import COLLECTORS

TARGET = 0.25
AS_PROMETHEUS = {
    "Accept": "application/openmetrics-text;version=1.0.0;q=0.8,"
    "application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
    "Accept-Encoding": "gzip",
}


def common(node: Peer, ours: Peer) -> list[str]:
    """Return the collectors that run by default in both."""
    names = [
        {dict(s[1])["collector"] for s in series(p.text()) if "collector_success" in s[0]}
        for p in (node, ours)
    ]
    return sorted(names[0] & names[1] & COLLECTORS.keys())


def measure(peers: list[Peer], scrapes: int, pause: float) -> dict[str, float]:
    """Return CPU milliseconds per scrape by name."""
    sessions = {peer.name: requests.Session() for peer in peers}
    for session in sessions.values():
        session.headers.update(AS_PROMETHEUS)
    for peer in peers:
        for _ in range(5):
            sessions[peer.name].get(peer.url, timeout=10)
    start = {peer.name: peer.cpu_seconds() for peer in peers}
    for _ in range(scrapes):
        for peer in peers:
            sessions[peer.name].get(peer.url, timeout=10)
        time.sleep(pause)
    return {p.name: (p.cpu_seconds() - start[p.name]) * 1000 / scrapes for p in peers}


def main() -> int:
    flags = argparse.ArgumentParser(description=__doc__)
    flags.add_argument("--scrapes", type=int, default=300)
    flags.add_argument("--pause", type=float, default=0.0, help="seconds between scrapes")
    flags.add_argument("--python", default=sys.executable, help="Python of our exporter")
    flags.add_argument("--node-exporter", default="", metavar="PATH", help="the peer's program")
    given = flags.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        program = given.node_exporter
        with node_exporter(folder, program=program) as node, sla_exporter(folder) as ours:
            collectors = common(node, ours)
        chosen = ["--collector.disable-defaults", *(f"--collector.{c}" for c in collectors)]
        with (
            node_exporter(folder, *chosen, program=program) as node,
            sla_exporter(folder, *chosen, python=given.python) as ours,
        ):
            counts = {peer.name: len(series(peer.text())) for peer in (node, ours)}
            cost = measure([node, ours], given.scrapes, given.pause)
    for peer, milliseconds in cost.items():
        print(f"{peer:14} {counts[peer]:4} host series  {milliseconds:6.2f} ms CPU per scrape")
    ratio = cost["sla-exporter"] / cost["node_exporter"]
    print(f"{len(collectors)} collectors; ratio {ratio:.2f} (target {TARGET:.2f})")
    return 0 if ratio <= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
