"""apt's pending updates, from its simulation of an upgrade: no lock, no network."""

import re
from pathlib import Path

from exporter.collectors.support.package_managers import Manager, Updates, answer

_UPGRADE = re.compile(r"^Inst \S+ \[[^\]]+\] \((.*)", re.MULTILINE)


def parse(text: str) -> Updates:
    """Count lines like ``Inst zip [3.0-13] (3.0-13+deb12u1 Debian-Security:12/... [amd64])``."""
    origins = _UPGRADE.findall(text)
    return Updates(len(origins), sum("security" in origin.lower() for origin in origins))


def ask(root: Path) -> Updates:
    """Ask apt what an upgrade would do; see `answer` for what it raises."""
    command = ["apt-get", "--simulate", "-o", "Debug::NoLocking=true"]
    if root != Path("/"):
        command += ["-o", f"RootDir={root}"]
    return parse(answer([*command, "dist-upgrade"]))


MANAGER = Manager(
    "apt-get",
    ("var/lib/dpkg/status",),
    ("var/lib/apt/lists",),
    ask,
    ("run/reboot-required", "var/run/reboot-required"),
)
