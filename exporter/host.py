"""This host's health: runs the collectors, and loses only the one that fails.

For the command line and the composition root::

    add_collector_flags(parser)      # --collector.NAME, --no-collector.NAME, --path.procfs, ...
    host = host_of(args)             # args: what that parser parsed
    text = host.collect("text")      # or "openmetrics"; the text ends with a newline, has no EOF
    host.close()

``collect`` blocks for about a millisecond, at worst (something hangs) for ``--collector.timeout``
seconds: call it in a thread. Threads may call it at the same time; they take turns.
"""

import argparse
import logging
import re
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from exporter.collectors import COLLECTORS, default_options
from exporter.collectors.contract import Collector, Flag, NoDataError, Option, Roots, System
from exporter.collectors.patience import Patience
from exporter.family import Family, Style, gauge, render

DURATION: Final = gauge(
    "node_scrape_collector_duration_seconds",
    "node_exporter: Duration of a collector scrape.",
    "collector",
)
SUCCESS: Final = gauge(
    "node_scrape_collector_success", "node_exporter: Whether a collector succeeded.", "collector"
)
METRICS: Final = (DURATION, SUCCESS)

_log = logging.getLogger(__name__)


class Outcome(NamedTuple):
    """What a collector's run gave: text (none after an error), and seconds that it took."""

    text: str
    seconds: float
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class HostOptions:
    """Which collectors run, and how; times in seconds."""

    collectors: tuple[str, ...]
    options: Mapping[str, Option]
    roots: Roots = field(default_factory=Roots)
    timeout: float = 5.0


class Host:
    """Runs the enabled collectors at each scrape."""

    def __init__(
        self, options: HostOptions, registry: Mapping[str, Collector] = COLLECTORS
    ) -> None:
        self._collectors = {name: registry[name] for name in options.collectors}
        self._system = System(options.roots, options.options)
        self._timeout = options.timeout
        self._patience: Patience[str, Outcome] = Patience("collectors")
        self._failing: dict[str, str] = {}
        self._lock = threading.Lock()

    def collect(self, style: Style) -> str:
        """Return the text of every collector, of how long each took and whether it succeeded."""
        with self._lock:
            self._system.begin()
            calls = {
                name: partial(_run, collector, self._system, style)
                for name, collector in self._collectors.items()
            }
            done = self._patience.run(calls, self._timeout)
            outcomes = {name: self._outcome(result) for name, result in done.items()}
            self._note(outcomes)
        text = "".join(outcome.text for outcome in outcomes.values())
        return text + render(_scrape_families(outcomes), style)

    def close(self) -> None:
        """Release the descriptors."""
        with self._lock:
            self._system.close()

    def _outcome(self, result: Outcome | Exception) -> Outcome:
        """Return the result; a collector that hangs took as long as we waited."""
        return result if isinstance(result, Outcome) else Outcome("", self._timeout, result)

    def _note(self, outcomes: Mapping[str, Outcome]) -> None:
        """Log a failure when it begins, changes or ends, not at every scrape."""
        for name, outcome in outcomes.items():
            was, now = self._failing.get(name, ""), repr(outcome.error) if outcome.error else ""
            if was != now:
                self._failing[name] = now
                _log.log(*_message(name, outcome.error))


def _message(name: str, error: Exception | None) -> tuple[int, str, str, Exception | None]:
    if error is None:
        return logging.INFO, "collector %s works again%.0s", name, error
    level = logging.DEBUG if isinstance(error, NoDataError) else logging.ERROR
    return level, "collector %s failed: %r", name, error


def _run(collector: Collector, system: System, style: Style) -> Outcome:
    start = time.perf_counter()
    text, error = "", None
    try:
        text = render(collector.read(system), style)
    except Exception as failure:  # noqa: BLE001 - a collector that fails loses only itself
        error = failure
    return Outcome(text, time.perf_counter() - start, error)


def _scrape_families(outcomes: Mapping[str, Outcome]) -> Iterable[Family]:
    yield DURATION.of(*(((name,), outcome.seconds) for name, outcome in outcomes.items()))
    yield SUCCESS.of(*(((name,), outcome.error is None) for name, outcome in outcomes.items()))


def add_collector_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags that choose and tune collectors, named as node_exporter names them."""
    group = parser.add_argument_group("host collectors")
    group.add_argument(
        "--collector.disable-defaults",
        dest="collector.disable-defaults",
        action="store_true",
        help="run only the collectors that are named",
    )
    group.add_argument("--collector.timeout", type=float, default=5.0, metavar="SECONDS")
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
    kind = _pattern if flag.name.endswith(("-include", "-exclude", "fields")) else str
    shown = f"{flag.help} (default: {flag.default or 'none'})".replace("%", "%%")
    group.add_argument(
        f"--collector.{flag.name}",
        dest=f"collector.{flag.name}",
        type=kind,
        default=flag.default,
        metavar="VALUE",
        help=shown,
    )


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"{text!r}: {error}") from None
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


def host_of(args: argparse.Namespace) -> Host:
    """Return the host that the flags describe."""
    return Host(host_options(args))
