"""How long does the first report take: all of a Prometheus' services over a month?

    python -m benchmarks.discovered.month [--services 60] [--days 30] [--step 15] [--server PROGRAM]

Two thirds are targets of blackbox_exporter, the others hosts; one in six has outages or holes. The
command is `report --discover` as a newcomer types it, a new process, to its text.
"""

import argparse
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.audit.run import command
from benchmarks.cpu import cpu_seconds
from benchmarks.discovered.case import BEGIN, DAY, HOUR, MINUTE
from sla_engine.domain.period import rfc3339
from tests.programs.process import find_program
from tests.programs.prometheus import create_blocks, running_prometheus

PROMISED = 20.0
"""Seconds of 60 services over 30 days."""


def lines(services: int, days: int, step: int, seed: int) -> Iterator[str]:
    """Yield samples as OpenMetrics text; ``step`` in ms."""
    chance = random.Random(seed)
    for number in range(services):
        probed = number * 3 < services * 2
        name = f'probe_success{{job="web",instance="https://s{number}.example/"}}'
        name = name if probed else f'up{{job="node",instance="h{number}:9100"}}'
        spans = [
            (start, start + chance.choice((1, 5, 40, 300)) * MINUTE, chance.random() < 0.3)
            for start in (chance.randrange(days * DAY) for _ in range(6 * (number % 6 == 0)))
        ]
        for at in range(-HOUR + chance.randrange(step), days * DAY, step):
            inside = [hole for start, end, hole in spans if start <= at < end]
            if not any(inside):
                time_ = BEGIN + at
                yield f"{name} {int(not inside)} {time_ // 1000}.{time_ % 1000:03d}\n"
    yield "# EOF\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print how long it took; exit code 1 where it is more than promised."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.discovered.month")
    parser.add_argument("--services", type=int, default=60)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--step", type=int, default=15, help="s")
    parser.add_argument("--server", help="(default: the installed Prometheus)")
    options = parser.parse_args(arguments)
    end = BEGIN + options.days * DAY
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (folder / "past.om").open("w") as out:
            out.writelines(lines(options.services, options.days, options.step * 1000, 1))
        create_blocks(folder, folder / "past.om", block="1000h")
        program = options.server or find_program("prometheus")
        with running_prometheus(folder, program=program) as prometheus:
            server, ours = cpu_seconds(prometheus.pid), _children()
            begun = time.perf_counter()
            done = command(
                ["report", "--discover", f"--prometheus.url={prometheus.url}",
                 f"--from={rfc3339(BEGIN)}", f"--to={rfc3339(end)}"],
                end + DAY, process=True,
            )  # fmt: skip
            took = time.perf_counter() - begun
            server, ours = cpu_seconds(prometheus.pid) - server, _children() - ours
    sys.stdout.write(f"{done.out[-400:]}{done.err}")
    sys.stdout.write(
        f"{options.services} services, {options.days} days, every {options.step} s: {took:.1f} s; "
        f"CPU of the command {ours:.1f} s, of the server {server:.1f} s\n"
    )
    return done.code or int(took > PROMISED)


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    sys.exit(main())
