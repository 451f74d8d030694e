"""SELinux's state, from its file system and /etc/selinux/config."""

from collections.abc import Iterator

from exporter.collectors.support.api import System, text_of
from uptime_common.exposition import Family, gauge

ENABLED = gauge("node_selinux_enabled", "SELinux is enabled, 1 is true, 0 is false")
CONFIGURED = gauge("node_selinux_config_mode", "Configured SELinux enforcement mode")
CURRENT = gauge("node_selinux_current_mode", "Current SELinux enforcement mode")
METRICS = (ENABLED, CONFIGURED, CURRENT)
MODES = {"enforcing": 1, "permissive": 0, "disabled": -1}


def parse(enforce: str | None, config: str) -> Iterator[Family]:
    """Parse the current mode (None: no SELinux) and the configuration's ``SELINUX=`` line."""
    yield ENABLED.value(enforce is not None)
    if enforce is None:
        return
    yield CURRENT.value(int(enforce))
    for line in config.splitlines():
        key, _, value = line.partition("=")
        if key.strip() == "SELINUX" and value.strip() in MODES:
            yield CONFIGURED.value(MODES[value.strip()])


def read(system: System) -> list[Family]:
    """Read the state."""
    enforce = system.sys("fs/selinux/enforce")
    config = text_of(system.roots.root / "etc/selinux/config") if enforce is not None else None
    return system.parsed(parse, enforce, config or "")
