"""What a package manager must tell, and how one is asked."""

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import NamedTuple

from exporter.children import run

PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
_TIMEOUT = 120  # seconds


class Updates(NamedTuple):
    """Numbers of packages; ``reboot`` is whether one is due, None where nobody was asked."""

    pending: int
    security: int
    reboot: bool | None = None


class Manager(NamedTuple):
    """A package manager.

    ``installed`` and ``lists`` are globs below the host's root: what changes with every package,
    and when the lists of packages are fetched. ``ask`` takes that root; it changes nothing.
    ``reboot_files`` are those of which one is there when a reboot is due, where it leaves any.
    """

    program: str
    installed: tuple[str, ...]
    lists: tuple[str, ...]
    ask: Callable[[Path], Updates]
    reboot_files: tuple[str, ...] = ()

    def reboot(self, root: Path, updates: Updates | None) -> bool | None:
        """Return whether a reboot is due; None where nothing tells."""
        if self.reboot_files:
            return any((root / name).exists() for name in self.reboot_files)
        return updates.reboot if updates else None


def answer(command: Sequence[str], good: Collection[int] = (0,)) -> str:
    """Return what a command prints; it runs at low priority, in the C locale.

    Raises:
        RuntimeError: it ended with another exit code than the good ones; with its last line.
        OSError, subprocess.TimeoutExpired: it could not be started, or takes too long.
    """
    env = {"LC_ALL": "C", "PATH": PATH}
    done = run(["nice", "-n", "19", *command], seconds=_TIMEOUT, env=env)
    out, err = (text.decode("utf-8", "replace") for text in (done.stdout, done.stderr))
    if done.returncode not in good:
        said = (err.strip() or out.strip()).splitlines()[-1:]
        raise RuntimeError(f"{command[0]}: exit code {done.returncode}: {''.join(said)}")
    return out
