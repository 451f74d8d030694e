"""Processes and threads by state, from /proc/<pid>/stat."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from exporter.collectors.support.api import System, text_of
from uptime_common.exposition import Family, gauge

THREADS = gauge("node_processes_threads", "Allocated threads in system")
MAX_THREADS = gauge("node_processes_max_threads", "Limit of threads in the system")
THREAD_STATES = gauge(
    "node_processes_threads_state", "Number of threads in each state.", "thread_state"
)
STATES = gauge("node_processes_state", "Number of processes in each state.", "state")
PIDS = gauge("node_processes_pids", "Number of PIDs")
MAX_PIDS = gauge("node_processes_max_processes", "Number of max PIDs limit")
METRICS = (THREADS, MAX_THREADS, THREAD_STATES, STATES, PIDS, MAX_PIDS)
_THREADS = 17  # fields after the command's closing bracket, proc(5)


def parse(text: str) -> tuple[str, int]:
    """Return state and number of threads of ``26231 (any name) R 5392 ...``."""
    state, *rest = text.rpartition(") ")[2].split()
    return state, int(rest[_THREADS - 1])


def _stats(folder: Path) -> Iterator[tuple[Path, str, int]]:
    """Yield path, state, threads of the processes; one that ended meanwhile is left out."""
    for path in folder.iterdir():
        if path.name.isdigit() and (text := text_of(path / "stat")):
            yield path, *parse(text)


def read(system: System) -> Iterator[Family]:
    """Count the processes and threads."""
    states: Counter[str] = Counter()
    thread_states: Counter[str] = Counter()
    threads = 0
    for path, state, count in _stats(system.roots.proc):
        states[state] += 1
        threads += count
        tasks = _tasks(path) if count > 1 else [state]
        thread_states.update(tasks)
    yield THREADS.value(threads)
    yield PIDS.value(states.total())
    yield STATES.of(*(((state,), count) for state, count in states.items()))
    yield THREAD_STATES.of(*(((state,), count) for state, count in thread_states.items()))
    yield MAX_THREADS.value(int(system.proc("sys/kernel/threads-max")))
    yield MAX_PIDS.value(int(system.proc("sys/kernel/pid_max")))


def _tasks(process: Path) -> list[str]:
    try:
        return [state for _, state, _ in _stats(process / "task")]
    except FileNotFoundError:  # it ended meanwhile
        return []
