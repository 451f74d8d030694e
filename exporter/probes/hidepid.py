"""Whether /proc shows us the processes of others: proc(5), mount option ``hidepid``."""

import os
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_SHOWN: Final = ("0", "off")
_CAP_SYS_PTRACE: Final = 19


def others_hidden(proc: Path = _PROC) -> bool:
    """Say whether processes of other users are invisible, or their names are.

    Raises:
        OSError: there is no procfs at all.
    """
    options = _options((proc / "self/mountinfo").read_text("utf-8", "replace"))
    if options.get("hidepid", "0") in _SHOWN:
        return False
    group = options.get("gid")
    if group is not None and int(group) in (os.getegid(), *os.getgroups()):
        return False
    return not _may_trace((proc / "self/status").read_text("utf-8", "replace"))


def _options(mounts: str) -> dict[str, str]:
    """Return the options of the last procfs on /proc, each with its value."""
    found = ""
    for line in mounts.splitlines():
        mount, _, device = line.partition(" - ")
        if mount.split()[4:5] == ["/proc"] and device.startswith("proc "):
            found = device.rpartition(" ")[2]
    pairs = (option.partition("=") for option in found.split(","))
    return {name: value for name, _, value in pairs}


def _may_trace(status: str) -> bool:
    words = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    return bool(int(words.get("CapEff", "0"), 16) >> _CAP_SYS_PTRACE & 1)
