"""The flags that choose and tune host collectors, named as node_exporter names them."""

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path

from exporter.collectors import COLLECTORS, default_options
from exporter.collectors.support.api import Flag, Roots
from exporter.host.scrape import HostOptions
from exporter.peer_flags import add_peer_flags, pattern
from uptime_common.flags import seconds


def add_collector_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of every collector, on or off, and of the roots they read below."""
    group = parser.add_argument_group("host collectors")
    group.add_argument(
        "--collector.disable-defaults",
        dest="collector.disable-defaults",
        action="store_true",
        help="run only the collectors that are named",
    )
    group.add_argument("--collector.timeout", type=seconds, default=5.0, metavar="SECONDS")
    for root, default in (("procfs", "/proc"), ("sysfs", "/sys"), ("rootfs", "/")):
        group.add_argument(f"--path.{root}", type=Path, default=Path(default), metavar="FOLDER")
    group.add_argument(
        "--path.udev.data", type=Path, default=Path("/run/udev/data"), metavar="FOLDER"
    )
    for name, collector in COLLECTORS.items():
        state = "on" if collector.enabled else "off"
        group.add_argument(
            f"--collector.{name}", action=argparse.BooleanOptionalAction, help=f"default: {state}"
        )
        for flag in collector.flags:
            _add_option(group, flag)
    add_peer_flags(parser, dict.fromkeys((*COLLECTORS, *default_options())))


def _add_option(group: argparse._ArgumentGroup, flag: Flag) -> None:
    if isinstance(flag.default, bool):
        group.add_argument(
            f"--collector.{flag.name}",
            dest=f"collector.{flag.name}",
            action=argparse.BooleanOptionalAction,
            default=flag.default,
            help=flag.help,
        )
        return
    kind: Callable[[str], object] = str
    if flag.name.endswith(("-include", "-exclude", "-devices", "-supplies", "fields")):
        kind = pattern
    elif flag.name.endswith("-timeout"):
        kind = _seconds
    shown = f"{flag.help} (default: {flag.default or 'none'})".replace("%", "%%")
    group.add_argument(
        f"--collector.{flag.name}",
        dest=f"collector.{flag.name}",
        action=_Joined if flag.many else "store",
        type=kind,
        default=flag.default,
        metavar="VALUE",
        help=shown,
    )


class _Joined(argparse.Action):
    """Joins the texts of a flag that is given several times by newlines."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> None:
        del parser, option_string
        before = getattr(namespace, self.dest)
        text = values if before == self.default else f"{before}\n{values}"
        setattr(namespace, self.dest, text)


def _seconds(text: str) -> str:
    """Return an option's text that is a number of seconds."""
    seconds(text)
    return text


def host_options(args: argparse.Namespace) -> HostOptions:
    """Return the options that a parser with our flags parsed."""
    given = vars(args)
    roots = Roots(
        proc=given["path.procfs"],
        sys=given["path.sysfs"],
        root=given["path.rootfs"],
        udev=given["path.udev.data"],
    )
    return HostOptions(
        collectors=tuple(name for name in COLLECTORS if _enabled(name, given)),
        options={name: given[f"collector.{name}"] for name in default_options()},
        roots=roots,
        timeout=given["collector.timeout"],
    )


def _enabled(name: str, given: Mapping[str, object]) -> bool:
    asked = given[f"collector.{name}"]
    if asked is None:
        return COLLECTORS[name].enabled and not given["collector.disable-defaults"]
    return bool(asked)
