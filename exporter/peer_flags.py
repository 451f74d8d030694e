"""node_exporter's flags that are not ours: a unit or a DaemonSet made for it starts unchanged.

Former names mean ours. What has no effect here is taken with a warning; what would start something
else than was asked for (``--web.systemd-socket``) is refused as any unknown flag is.
"""

import argparse
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

FORMER: Final = {
    "diskstats.ignored-devices": "diskstats.device-exclude",
    "filesystem.ignored-fs-types": "filesystem.fs-types-exclude",
    "filesystem.ignored-mount-points": "filesystem.mount-points-exclude",
    "netclass.ignored-devices": "netclass.devices-exclude",
    "netdev.device-blacklist": "netdev.device-exclude",
    "netdev.device-whitelist": "netdev.device-include",
    "netdev.ignored-devices": "netdev.device-exclude",
    "systemd.unit-blacklist": "systemd.unit-exclude",
    "systemd.unit-whitelist": "systemd.unit-include",
}
"""node_exporter's names of options that are called otherwise here."""

COLLECTORS: Final = (
    *("bcachefs", "boottime", "buddyinfo", "cgroups", "cpu_vulnerabilities", "devstat", "drbd"),
    *("drm", "ethtool", "exec", "interrupts", "ksmd", "lnstat", "logind", "meminfo_numa"),
    *("mountstats", "netisr", "network_route", "ntp", "nvmesubsystem", "pcidevice", "perf"),
    *("qdisc", "runit", "slabinfo", "softirqs", "supervisord", "swap", "sysctl", "tcpstat"),
    *("thermal", "wifi", "xfrm", "zoneinfo"),
)
"""Those that are not written here: off by default there, or of other systems than Linux."""

SWITCHES: Final = (
    *("arp.netlink", "netclass.netlink", "netclass_rtnl.with-stats", "netdev.address-info"),
    *("netdev.enable-detailed-metrics", "netdev.label-ifalias", "netdev.netlink"),
    *("interrupts.include-zeros", "ntp.server-is-local", "pcidevice.names"),
    *("perf.disable-cache-profilers", "perf.disable-hardware-profilers"),
    *("perf.disable-software-profilers", "systemd.enable-task-metrics", "systemd.private"),
)
VALUES: Final = (
    *(
        "ethtool.device-exclude",
        "ethtool.device-include",
        "ethtool.metrics-include",
        "interrupts.name-exclude",
    ),
    *("interrupts.name-include", "ntp.ip-ttl", "ntp.local-offset-tolerance", "ntp.max-distance"),
    *("ntp.protocol-version", "ntp.server", "ntp.server-port", "pcidevice.idsfile"),
    *("perf.cache-profilers", "perf.cpus", "perf.hardware-profilers", "perf.software-profilers"),
    *("perf.tracepoint", "qdisc.device-exclude", "qdisc.device-include", "qdisc.fixtures"),
    *("qdisk.device-exclude", "qdisk.device-include", "runit.servicedir"),
    *("slabinfo.slabs-exclude", "slabinfo.slabs-include", "supervisord.url", "sysctl.include"),
    *("sysctl.include-info", "wifi.fixtures"),
)
"""Options without an effect here, with and without a value."""

_WARNINGS = "peer_warnings"


class _Noted(argparse.Action):
    """Takes a flag for nothing but a warning; one that switches off what is not there has none."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        del parser, values
        if not str(option_string).startswith("--no-"):
            _warn(namespace, f"{option_string} has no effect here")


class _Former(argparse.Action):
    """Takes a value under a former name."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        del parser
        setattr(namespace, self.dest, values)
        _warn(namespace, f"{option_string} is called --{self.dest} here")


def _warn(namespace: argparse.Namespace, warning: str) -> None:
    setattr(namespace, _WARNINGS, [*warnings(namespace), warning])


def warnings(namespace: argparse.Namespace) -> list[str]:
    """Return what is to be told about the flags that were given."""
    return list(getattr(namespace, _WARNINGS, ()))


def add_peer_flags(parser: argparse.ArgumentParser, ours: Mapping[str, object]) -> None:
    """Add the flags to a parser that has our own.

    Args:
        parser: where to add them, hidden from its help.
        ours: our collectors and their options; what is among them is not added again.
    """
    for name, new in FORMER.items():
        if new in ours:
            parser.add_argument(
                f"--collector.{name}",
                dest=f"collector.{new}",
                action=_Former,
                type=pattern,
                default=argparse.SUPPRESS,
                help=argparse.SUPPRESS,
            )
    switches = [f"collector.{name}" for name in (*COLLECTORS, *SWITCHES) if name not in ours]
    for name in switches:
        _add(parser, f"--{name}", f"--no-{name}", nargs=0)
    for name in ("runtime.gomaxprocs", *(f"collector.{name}" for name in VALUES)):
        _add(parser, f"--{name}", nargs=None)
    parser.add_argument("--help-long", "--help-man", action="help", help=argparse.SUPPRESS)


def _add(parser: argparse.ArgumentParser, *names: str, nargs: int | None) -> None:
    parser.add_argument(
        *names,
        dest=_WARNINGS,
        action=_Noted,
        nargs=nargs,
        default=argparse.SUPPRESS,
        help=argparse.SUPPRESS,
    )


def pattern(text: str) -> str:
    """Return a regular expression. Raises ArgumentTypeError where it is none."""
    try:
        re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"{text!r}: {error}") from None
    return text
