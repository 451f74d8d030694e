"""Processes: as many as expected run under a name or command line."""

import asyncio
import re

import psutil

from catalogue.probe import ProcessProbe
from exporter.metrics import PROCESSES
from exporter.probes.result import ProbeError
from exporter.probes.run import Run


async def probe(config: ProcessProbe, run: Run) -> None:
    """Count the matches; zombies do not count."""
    with run.phase("processing"):
        count = await asyncio.to_thread(_count, config)
    run.measure(PROCESSES, count)
    if count < config.min:
        raise ProbeError("missing", f"{count} run, {config.min} are expected")
    if config.max is not None and count > config.max:
        raise ProbeError("status", f"{count} run, at most {config.max} are expected")


def _count(config: ProcessProbe) -> int:
    if config.executable:
        whole = re.compile(config.executable)
        names = psutil.process_iter(["name", "status"])
        return sum(bool(_lives(p) and whole.fullmatch(p.info["name"] or "")) for p in names)
    part = re.compile(config.command_line or "")
    lines = psutil.process_iter(["cmdline", "status"])
    return sum(bool(_lives(p) and part.search(" ".join(p.info["cmdline"] or ""))) for p in lines)


def _lives(process: psutil.Process) -> bool:
    return bool(process.info["status"] != psutil.STATUS_ZOMBIE)
