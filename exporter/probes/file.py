"""File age: the newest file of a pattern is there, young and large enough."""

import glob
import os
import time
from contextlib import suppress
from functools import partial
from pathlib import Path

from exporter.metrics import FILE_MODIFIED, FILE_SIZE
from exporter.probes.transport.result import HinderedError, ProbeError
from exporter.probes.transport.run import Run
from service_catalogue.probes import FileProbe


async def probe(config: FileProbe, run: Run) -> None:
    """Look at the newest match."""
    with run.phase("processing"):
        newest = await run.network.blocking.call(config.path, partial(_newest, config.path))
    run.measure(FILE_MODIFIED, newest.st_mtime)
    run.measure(FILE_SIZE, newest.st_size)
    if newest.st_size < config.min_size:
        raise ProbeError("size", f"{newest.st_size} bytes")
    age = time.time() - newest.st_mtime
    if config.max_age is not None and age * 1000 > config.max_age:
        raise ProbeError("stale", f"{age:.0f} s old")


def _newest(pattern: str) -> os.stat_result:
    paths = glob.iglob(pattern) if glob.has_magic(pattern) else [pattern]  # noqa: PTH207 - absolute
    found: list[os.stat_result] = []
    for path in paths:
        try:
            found.append(Path(path).stat())
        except (FileNotFoundError, NotADirectoryError):
            continue  # vanished since, or never was
        except PermissionError as error:
            raise HinderedError("permission", f"{path}: {error.strerror}") from error
    if not found:
        _look_into_folders(os.path.dirname(pattern))  # noqa: PTH120 - a pattern
        raise ProbeError("missing", f"no file {pattern}")
    return max(found, key=lambda s: s.st_mtime)


def _look_into_folders(pattern: str) -> None:
    """Raise OSError where ``glob`` found nothing because it may not, or could not, look."""
    while pattern.rstrip("/"):
        folders = glob.glob(pattern) if glob.has_magic(pattern) else [pattern]  # noqa: PTH207
        for folder in folders:
            with suppress(FileNotFoundError, NotADirectoryError):
                os.scandir(folder).close()
        pattern = os.path.dirname(pattern) if glob.has_magic(pattern) else ""  # noqa: PTH120
