"""This host's health: runs the collectors, and loses only the one that fails.

For the command line and the composition root::

    host = Host(options)              # those of the command line: host_flags.host_options
    text = host.collect("text")       # or "openmetrics"; the text ends with a newline, has no EOF
    text = await host.scrape("text")  # the same in an event loop, which runs on meanwhile
    host.close()

Both take a few milliseconds, at worst (something hangs) ``--collector.timeout`` seconds. Callers
take turns; a host serves either threads or one event loop.
"""

import asyncio
import logging
import platform
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final, NamedTuple

from exporter.blocking import Patience
from exporter.collectors import COLLECTORS
from exporter.collectors.support.api import Collector, NoDataError, Option, Roots, System
from uptime_common import __version__
from uptime_common.exposition import CONTENT_TYPES, Part, Style, Template, gauge, render

DURATION: Final = gauge(
    "node_scrape_collector_duration_seconds",
    "node_exporter: Duration of a collector scrape.",
    "collector",
)
SUCCESS: Final = gauge(
    "node_scrape_collector_success", "node_exporter: Whether a collector succeeded.", "collector"
)
BUILD: Final = gauge(
    "node_exporter_build_info",
    "Constant 1; dashboards made for node_exporter find their hosts by this name.",
    *("version", "goversion", "goos", "goarch"),
)
METRICS: Final = (DURATION, SUCCESS, BUILD)

_log = logging.getLogger(__name__)
_BUILD = (
    f"uptime-ledger {__version__}",
    f"python{platform.python_version()}",
    sys.platform,
    platform.machine(),
)
_LOOK_AGAIN = 60.0  # seconds


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


class Runner:
    """A collector, and what its last run left.

    The text of families that are the same list as before is not rendered again. What is not there
    (no such hardware) is looked for again only after a minute.
    """

    def __init__(self, collector: Collector, system: System) -> None:
        self._collector = collector
        self._system = system
        self._families: Iterable[Part] = ()
        self._texts: dict[Style, str] = {}
        self._last: Outcome | None = None
        self._run_again = 0.0

    def run(self, style: Style) -> Outcome:
        """Run the collector; an error is part of the outcome."""
        start = time.perf_counter()
        if self._last is not None and start < self._run_again:
            known = self._text(self._families, style)
            return self._last if known is self._last.text else self._last._replace(text=known)
        text, again = "", self._collector.every
        error: Exception | None = None
        try:
            families = self._collector.read(self._system)
            text = self._text(list(families) if again else families, style)
        except NoDataError as absence:
            self._families, self._texts = (), {}
            error, again = absence, _LOOK_AGAIN
        except Exception as failure:  # noqa: BLE001 - a collector that fails loses only itself
            error, again = failure, 0.0
        end = time.perf_counter()
        self._last, self._run_again = Outcome(text, end - start, error), end + again
        return self._last

    def _text(self, families: Iterable[Part], style: Style) -> str:
        if families is not self._families:
            self._families, self._texts = families, {}
        if style not in self._texts:
            self._texts[style] = render(families, style)
        return self._texts[style]


class Host:
    """Runs the enabled collectors at each scrape."""

    def __init__(
        self, options: HostOptions, registry: Mapping[str, Collector] = COLLECTORS
    ) -> None:
        self._system = System(options.roots, options.options)
        self._runners = {name: Runner(registry[name], self._system) for name in options.collectors}
        self._calls: dict[Style, dict[str, Callable[[], Outcome]]] = {
            style: {name: partial(runner.run, style) for name, runner in self._runners.items()}
            for style in CONTENT_TYPES
        }
        self._own = _own_form(self._runners)
        self._timeout = options.timeout
        self._patience: Patience[str, Outcome] = Patience("collectors")
        self._failing: dict[str, str] = {}
        self._lock = threading.Lock()
        self._turn = asyncio.Lock()

    def collect(self, style: Style) -> str:
        """Return the text of every collector, of how long each took and whether it succeeded."""
        with self._lock:
            self._system.begin()
            done = self._patience.run(self._calls[style], self._timeout)
            return self._page(done, style)

    async def scrape(self, style: Style) -> str:
        """Do as ``collect`` does, while the event loop runs on."""
        async with self._turn:
            self._system.begin()
            done = await self._patience.gather(self._calls[style], self._timeout)
            return self._page(done, style)

    def _page(self, done: Mapping[str, Outcome | Exception], style: Style) -> str:
        found = {name: done[name] for name in self._runners}  # in one order at every scrape
        outcomes = [r if isinstance(r, Outcome) else self._stuck(r) for r in found.values()]
        self._note(dict(zip(found, outcomes, strict=True)))
        numbers: list[float] = [round(outcome.seconds, 6) for outcome in outcomes]
        numbers += [int(outcome.error is None) for outcome in outcomes]
        numbers.append(1)  # build_info
        texts = [outcome.text for outcome in outcomes]
        return "".join([*texts, self._own.text(numbers, style)])

    def close(self) -> None:
        """Release the descriptors and threads."""
        with self._lock:
            self._system.close()
            self._patience.close()

    def _stuck(self, error: Exception) -> Outcome:
        """Return the outcome of a collector that hangs: it took as long as we waited."""
        return Outcome("", self._timeout, error)

    def _note(self, outcomes: Mapping[str, Outcome]) -> None:
        """Log a failure when it begins, changes or ends, not at every scrape."""
        for name, outcome in outcomes.items():
            if outcome.error is None and name not in self._failing:
                continue
            was, now = self._failing.get(name, ""), repr(outcome.error) if outcome.error else ""
            if was != now:
                _log.log(*_message(name, outcome.error))
                self._failing[name] = now
            if not now:
                del self._failing[name]


def _message(name: str, error: Exception | None) -> tuple[int, str, str, Exception | None]:
    if error is None:
        return logging.INFO, "collector %s works again%.0s", name, error
    level = logging.DEBUG if isinstance(error, NoDataError) else logging.ERROR
    return level, "collector %s failed: %r", name, error


def _own_form(collectors: Iterable[str]) -> Template:
    """Return the series about the collectors' runs, and the last about this program."""
    names = tuple(collectors)
    runs = ((metric, (name,)) for metric in (DURATION, SUCCESS) for name in names)
    return Template((*runs, (BUILD, _BUILD)))
