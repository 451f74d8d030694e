"""Random worlds, judged by an oracle: python -m benchmarks.audit [--seeds 1-300] [--months 4].

Every world is a catalogue, samples in a real Prometheus, and what people decide. Command lines of
sla-engine derive it in pieces and in one, report it, correct it, derive it again: from a Prometheus
that has all, from one that lost some, and from one that answers in part. Every figure is
compared with an oracle that shares no code with the engine. A world that disagrees prints how to
see it again; the exit code is then 1.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from benchmarks.audit.faults import faulty
from benchmarks.audit.make import make
from benchmarks.audit.play import Play
from benchmarks.audit.run import preload, write_openmetrics
from benchmarks.audit.world import Servers, World
from tests.programs.prometheus import create_blocks, running_prometheus

_BATCH = 10
_SHOWN = 12
_CLOSED = 3  # points of a range that includes its left edge


def main(arguments: Sequence[str] | None = None) -> int:
    """Audit the worlds; return 1 when one disagrees."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="1-50", help="a seed, or first-last (default: 1-50)")
    parser.add_argument("--months", type=int, default=0, help="so many worlds last a month")
    parser.add_argument("--processes", action="store_true", help="a new process per command")
    parser.add_argument("--keep", type=Path, help="work in this folder and leave it there")
    options = parser.parse_args(arguments)
    first, _, last = options.seeds.partition("-")
    seeds = iter(range(int(first), int(last or first) + 1))
    bad = 0
    preload()
    left = options.months
    while batch := list(islice(seeds, _BATCH)):
        worlds = [make(seed, month=i < left) for i, seed in enumerate(batch)]
        left = max(0, left - len(batch))
        with tempfile.TemporaryDirectory(prefix="audit-") as folder:
            bad += sum(_batch(options.keep or Path(folder), worlds, processes=options.processes))
    print(f"{bad} worlds disagree" if bad else "no world disagrees")
    return 1 if bad else 0


def _batch(folder: Path, worlds: Sequence[World], *, processes: bool) -> Iterator[bool]:
    """Yield of each world whether it disagrees; they share a Prometheus."""
    whole, lossy = folder / "prometheus", folder / "lossy"
    for server, lost in ((whole, False), (lossy, True)):
        server.mkdir(parents=True)
        for world in worlds:
            losses = world.losses if lost else ()
            write_openmetrics(server / "world.om", world.series, losses)
            create_blocks(server, server / "world.om")
    with (
        running_prometheus(whole) as prometheus,
        running_prometheus(lossy) as other,
        faulty(prometheus.url, worlds[0].seed) as spoiling,
    ):
        closed = prometheus.value("count_over_time(vector(1)[2s:1s])") == _CLOSED
        servers = Servers(prometheus.url, other.url, spoiling)
        for world in worlds:
            world.closed = closed
            yield _audited(folder / f"world-{world.seed}", world, servers, processes)


def _audited(folder: Path, world: World, servers: Servers, processes: bool) -> bool:
    began = time.monotonic()
    play = Play(folder, world, servers, processes=processes)
    found = list(play.findings())
    hours = (world.span[1] - world.span[0]) / 3_600_000
    print(
        f"seed {world.seed}: {world.zone}, {hours:.0f} h, {len(world.catalogue['services'])} "
        f"services, {play.figures} figures of {play.reports} reports, "
        f"{play.outages} outages, {time.monotonic() - began:.1f} s: "
        f"{'DISAGREES' if found else 'agrees'}",
        flush=True,
    )
    for line in found[:_SHOWN]:
        print(f"    {line}")
    if found:
        print(f"    {len(found)} in all; again: python -m benchmarks.audit --seeds {world.seed}")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
