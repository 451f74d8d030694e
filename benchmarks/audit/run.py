"""Command lines of sla-engine at any time of the clock, and samples into a real Prometheus."""

import gc
import os
import pkgutil
import subprocess
import sys
import tempfile
import time
import traceback
from argparse import Namespace
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import NamedTuple, SupportsIndex

import holidays

import sla_engine
from benchmarks.audit.states import Key, Point
from benchmarks.audit.time import Span
from sla_engine.app.context import opened
from sla_engine.cli import main
from sla_engine.ledger import Books
from sla_engine.measurement.ingest import ingest, tick_periods

_AT = """
import sys, time
time.time_ns = lambda: {clock} * 1_000_000
from sla_engine.cli import main
sys.exit(main(sys.argv[1:]))
"""
_CRASHED = 99


class Done(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


def preload() -> None:
    """Import all of the engine once, so that no fork has to."""
    for module in pkgutil.walk_packages(sla_engine.__path__, "sla_engine."):
        if not {"__main__", "migrations"} & set(module.name.split(".")):
            import_module(module.name)
    import_module("sqlalchemy.dialects.sqlite")
    holidays.list_supported_countries()  # imports every country
    gc.collect()
    gc.freeze()


def command(arguments: Iterable[str], clock: int, *, process: bool = False) -> Done:
    """Run a command line of sla-engine as if it were ``clock`` (ms UTC).

    A fork of this process runs it, which saves the start of Python; ``process`` starts a new one.
    """
    if process:
        line = [sys.executable, "-c", _AT.format(clock=clock), *arguments]
        done = subprocess.run(line, capture_output=True, text=True, check=False)
        return Done(done.returncode, done.stdout, done.stderr)
    time_ns = partial(int, clock * 1_000_000)
    return _forked(partial(_at, time_ns, partial(main, list(arguments))))


def note(config: Path, ledger: str, at: int) -> Done:
    """Let the engine see a catalogue at a moment (ms UTC), and derive nothing."""

    def run() -> int:
        with opened(_options(config, ledger)) as context:
            context.noted(at)
        return 0

    return _forked(run)


def _options(config: Path, ledger: str) -> Namespace:
    return Namespace(config_file=config, storage_ledger=ledger, prometheus_url=None, creates=True)


def ticks(config: Path, ledger: str, clocks: Sequence[int]) -> Done:
    """Do what ``serve`` does at each of these moments (ms UTC)."""

    def run() -> int:
        with opened(_options(config, ledger)) as context:
            book, client, store = context.catalogue, context.client, context.ledger
            for now in clocks:
                for period in tick_periods(Books(book, store), now):
                    ingest(Books(book, store), client, period, now)
        return 0

    return _forked(run)


def _at(time_ns: Callable[[], int], run: Callable[[], int]) -> int:
    time.time_ns = time_ns
    time.sleep = _awake
    return run()


def _awake(_: float | SupportsIndex) -> None:
    """Wait for nothing: the clock stands still."""


def _forked(run: Callable[[], int]) -> Done:
    """Run something in a copy of this process."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = os.fork()
        if child == 0:
            os.dup2(out.fileno(), 1)
            os.dup2(err.fileno(), 2)
            _end_with(run)
        _, status = os.waitpid(child, 0)
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode())
        return Done(os.waitstatus_to_exitcode(status), *texts)


def _end_with(run: Callable[[], int]) -> None:
    """Run something in this process, which ends with it."""
    code = _CRASHED
    sys.stdout, sys.stderr = (os.fdopen(number, "w", closefd=False) for number in (1, 2))
    try:
        code = run()
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    except BaseException:  # noqa: BLE001 - whatever it is, it is a finding
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def write_openmetrics(
    path: Path, series: dict[Key, list[Point]], losses: Sequence[Span] = ()
) -> None:
    """Write samples as OpenMetrics text, a family after another, but for those that are lost."""
    with path.open("w", encoding="ascii") as out:
        family = ""
        for (metric, labels), points in sorted(series.items()):
            if metric != family:
                kind = "counter" if metric.endswith("_total") else "gauge"
                out.write(f"# TYPE {metric.removesuffix('_total')} {kind}\n")
                family = metric
            name = ",".join(f'{key}="{value}"' for key, value in labels)
            out.writelines(
                f"{metric}{{{name}}} {v} {t // 1000}.{t % 1000:03d}\n"
                for t, v in points
                if not any(start <= t < end for start, end in losses)
            )
        out.write("# EOF\n")
