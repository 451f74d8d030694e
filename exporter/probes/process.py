"""Processes: as many as expected run under a name or command line."""

import time
from collections.abc import Iterator
from functools import partial

import psutil
import regex

from exporter.metrics import PROCESSES
from exporter.probes.hidepid import others_hidden
from exporter.probes.transport.pattern import too_slow
from exporter.probes.transport.result import HinderedError, ProbeError
from exporter.probes.transport.run import Run
from service_catalogue.probes import ProcessProbe


async def probe(config: ProcessProbe, run: Run) -> None:
    """Count the matches; zombies do not count."""
    with run.phase("processing"):
        deadline = time.monotonic() + run.left() / 2
        count = await run.network.blocking.call(config, partial(_count, config, deadline))
    enough = count >= config.min and config.max is None
    too_many = config.max is not None and count > config.max
    if not (enough or too_many) and await run.network.blocking.call("hidden", others_hidden):
        raise HinderedError("permission", f"{count} seen; /proc hides the processes of others")
    run.measure(PROCESSES, count)
    if count < config.min:
        raise ProbeError("missing", f"{count} run, {config.min} are expected")
    if too_many:
        raise ProbeError("status", f"{count} run, at most {config.max} are expected")


def _count(config: ProcessProbe, deadline: float) -> int:
    pattern = config.executable or config.command_line or ""
    expression = regex.compile(pattern)
    look = expression.fullmatch if config.executable else expression.search
    try:
        return sum(
            look(text, timeout=max(0.001, deadline - time.monotonic()), concurrent=True) is not None
            for text in _texts(config)
        )
    except TimeoutError as error:
        raise too_slow(pattern) from error


def _texts(config: ProcessProbe) -> Iterator[str]:
    """Yield the names, or the command lines, of the processes that live."""
    field = "name" if config.executable else "cmdline"
    for process in psutil.process_iter([field, "status"]):
        if _lives(process):
            found = process.info[field] or ""
            yield found if isinstance(found, str) else " ".join(found)


def _lives(process: psutil.Process) -> bool:
    return bool(process.info["status"] != psutil.STATUS_ZOMBIE)
