"""The catalogue's services, read without holding up the probes.

A large file is read by a child process: parsing it here would stop the loop by turns, and leave the
memory that it took for good. It hands over only what is needed here.
"""

import pickle
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from exporter.services.target import WatchedService, watched
from service_catalogue import load_catalogue
from uptime_common.document import DocumentError, Problem

_LARGE = 256 * 1024
Found = tuple[list[WatchedService], tuple[Problem, ...]]


def read_services(path: Path | None) -> Sequence[WatchedService]:
    """Return the services of a catalogue, none without a path.

    Raises:
        DocumentError: with every mistake found.
    """
    if path is None:
        return ()
    if not path.is_file() or path.stat().st_size < _LARGE:
        return watched(load_catalogue(path).services)
    services, problems = _by_child(path)
    if problems:
        raise DocumentError(problems)
    return services


def _by_child(path: Path) -> Found:
    command = [sys.executable, "-m", __name__, str(path)]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True)  # noqa: S603 - ourselves
    except (OSError, subprocess.CalledProcessError) as error:  # no memory, as a rule
        return [], (Problem(str(path), 1, "", f"cannot be read by a process of its own: {error}"),)
    found: Found = pickle.loads(done.stdout)  # noqa: S301 - our own child's words
    return found


def _main(path: Path) -> None:
    found: Found
    try:
        found = watched(load_catalogue(path).services), ()
    except DocumentError as error:
        found = [], error.problems
    sys.stdout.buffer.write(pickle.dumps(found, pickle.HIGHEST_PROTOCOL))


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
