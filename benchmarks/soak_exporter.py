"""The exporter as it is, but with the soak's name server, that counts itself when told by SIGUSR1.

Usage: python -m benchmarks.soak_exporter FILE PORT SPEED FLAGS...; FILE takes the counts as JSON.
"""

import asyncio
import gc
import json
import signal
import sys
from collections import Counter
from functools import partial
from pathlib import Path

import aiodns

from exporter import cli
from exporter.network import resolver


def count(path: Path, *_: object) -> None:
    """Write how many objects and unfinished tasks there are."""
    gc.unfreeze()  # what a reload settled counts as well
    gc.collect()
    objects = gc.get_objects()
    tasks = sum(isinstance(each, asyncio.Task) and not each.done() for each in objects)
    kinds = Counter(type(each).__name__ for each in objects)
    part = path.with_suffix(".part")
    counts = {"tasks": tasks, "objects": len(objects), "kinds": kinds}
    part.write_text(json.dumps(counts), encoding="utf-8")
    part.replace(path)


def main(path: Path, port: int, speed: float, flags: list[str]) -> int:
    class Soaked(aiodns.DNSResolver):
        def __init__(self, timeout: float, tries: int) -> None:
            super().__init__(
                nameservers=["127.0.0.1"], udp_port=port, timeout=timeout / speed, tries=tries
            )

    resolver.aiodns.DNSResolver = Soaked  # type: ignore[misc]
    signal.signal(signal.SIGUSR1, partial(count, path))
    return cli.main(flags)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), sys.argv[4:]))
