"""The catalogue's services, read without holding up the probes.

A large file is read by a child process: parsing it here would stop the loop by turns, and leave the
memory that it took for good. It hands over only what is needed here.
"""

import os
import pickle
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import structlog

from exporter.children import run
from exporter.services.target import WatchedService, watched
from service_catalogue import load_catalogue, says_nothing
from uptime_common.document import DocumentError, Problem

_log = structlog.get_logger(__name__)
_HOME = Path(__file__).resolve().parents[1]
_LARGE = 256 * 1024
_PATIENCE_SECONDS = 300
Found = tuple[list[WatchedService], tuple[Problem, ...]]


def read_services(
    path: Path | None, now: int | None = None, *, begins: bool = False
) -> Sequence[WatchedService]:
    """Return the services of a catalogue, none without a path; ``now`` in ms UTC.

    Raises:
        DocumentError: with every mistake found; that it says nothing is none where the program
            ``begins``.
    """
    if path is None:
        return ()
    if begins and says_nothing(path):
        _log.warning("nothing is probed yet: the catalogue is empty", file=str(path))
        return ()
    if _size(path) < _LARGE:
        return watched(load_catalogue(path, now).services)
    services, problems = _by_child(path, now)
    if problems:
        raise DocumentError(problems)
    return services


def _size(path: Path) -> int:
    """Return a file's bytes; 0 where reading it says why there are none."""
    try:
        return path.stat().st_size
    except (OSError, ValueError):
        return 0


def _by_child(path: Path, now: int | None) -> Found:
    # Where this module is, so that no folder that we were started in and no package shadows it.
    paths = [str(_HOME), *filter(None, [os.environ.get("PYTHONPATH")])]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    command = [sys.executable, "-P", "-m", __name__, str(path)]
    command += [] if now is None else [str(now)]
    try:
        done = run(command, seconds=_PATIENCE_SECONDS, env=env, stderr=None)
        done.check_returncode()
    except (OSError, subprocess.SubprocessError) as error:  # no memory, as a rule
        return [], (Problem(str(path), 1, "", f"cannot be read by a process of its own: {error}"),)
    found: Found = pickle.loads(done.stdout)  # noqa: S301 - our own child's words
    return found


def _main(path: Path, now: int | None) -> None:
    found: Found
    try:
        found = watched(load_catalogue(path, now).services), ()
    except DocumentError as error:
        found = [], error.problems
    sys.stdout.buffer.write(pickle.dumps(found, pickle.HIGHEST_PROTOCOL))


if __name__ == "__main__":
    _main(Path(sys.argv[1]), int(sys.argv[2]) if sys.argv[2:] else None)
