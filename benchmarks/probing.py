"""CPU of probing 1,000 targets every 15 s: our exporter + Prometheus against blackbox + Prometheus.

Usage: python -m benchmarks.probing [--targets=1000] [--seconds=45] [--python=PATH] [KIND ...]

Kinds are http, https, tcp, dns and icmp (default: all). Both stacks run at the same time on the
same targets, whose own CPU is not counted. Prints CPU seconds per 15 s cycle and the ratio, and
exits 1 where a promised ratio is missed. Other releases of the peers are found by PATH.
"""

import argparse
import sys
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import requests

from benchmarks.probing_stacks import MODULES, Stack, ours, target_server, targets, theirs, up

PROMISED = {"http": 6.0, "https": 2.0, "tcp": 5.0, "dns": 5.0, "icmp": 5.0}
WARM_UP = 25
CYCLE = 15


def cycle_cost(stack: Stack, before: tuple[float, float], seconds: float) -> tuple[float, float]:
    after = stack.cpu()
    prober, storage = ((b - a) * CYCLE / seconds for a, b in zip(before, after, strict=True))
    return prober, storage


def states(stack: Stack) -> Counter[str]:
    """Count our targets by state, or by the reason of their failure."""
    targets = requests.get(f"{stack.url}/targets?json", timeout=10).json()
    return Counter(t["reason"] or t["state"] for t in targets)


def compare(kind: str, count: int, seconds: int, python: str) -> float:
    with TemporaryDirectory() as name:
        folder = Path(name)
        with target_server(folder) as ports:
            asked = targets(kind, count, ports)
            with ours(folder, kind, asked, python) as we, theirs(folder, kind, asked) as they:
                time.sleep(WARM_UP)
                before, started = (we.cpu(), they.cpu()), time.monotonic()
                time.sleep(seconds)
                took = time.monotonic() - started
                our = cycle_cost(we, before[0], took)
                their = cycle_cost(they, before[1], took)
                why = states(we)
                good = up(we, "sum(service_probe_success)"), up(they, "sum(probe_success)")
    ratio = sum(their) / sum(our)
    if set(why) != {"up"}:
        print(f"{kind}: states of our targets: {dict(why)}")
    print(
        f"{kind:6} ours {our[0]:.3f} + {our[1]:.3f} s, blackbox {their[0]:.3f} + {their[1]:.3f} s "
        f"per cycle: {ratio:.1f} times less (prober alone {their[0] / our[0]:.1f}); "
        f"promised {PROMISED[kind]:.0f}; good: {good[0]} and {good[1]} of {count}",
        flush=True,
    )
    return ratio


def main() -> int:
    flags = argparse.ArgumentParser(description=__doc__)
    flags.add_argument("kinds", nargs="*", default=list(MODULES))
    flags.add_argument("--targets", type=int, default=1000)
    flags.add_argument("--seconds", type=int, default=45)
    flags.add_argument("--python", default=sys.executable, help="Python of our exporter")
    given = flags.parse_args()
    missed = [
        kind
        for kind in given.kinds
        if compare(kind, given.targets, given.seconds, given.python) < PROMISED[kind]
    ]
    if missed:
        print(f"missed: {', '.join(missed)}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
