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

from exporter.collectors import COLLECTORS
from exporter.collectors.support.api import Collector, NoDataError, Option, Roots, System
from exporter.collectors.support.patience import Patience
from exporter.metrics import RESERVED
from exporter.page import Claims, render_noting, without
from uptime_common import __version__
from uptime_common.exposition import CONTENT_TYPES, Metric, Part, Style, Template, gauge

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
    """What a collector's run gave: text and metrics (none after an error), and seconds it took."""

    text: str
    seconds: float
    error: Exception | None = None
    metrics: tuple[Metric, ...] = ()


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
        self._texts: dict[Style, tuple[str, tuple[Metric, ...]]] = {}
        self._metrics: tuple[Metric, ...] = ()
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
            self._families, self._texts, self._metrics = (), {}, ()
            error, again = absence, _LOOK_AGAIN
        except Exception as failure:  # noqa: BLE001 - a collector that fails loses only itself
            error, again = failure, 0.0
        end = time.perf_counter()
        metrics = self._metrics if text else ()
        self._last, self._run_again = Outcome(text, end - start, error, metrics), end + again
        return self._last

    def _text(self, families: Iterable[Part], style: Style) -> str:
        if families is not self._families:
            self._families, self._texts = families, {}
        if style not in self._texts:
            self._texts[style] = render_noting(families, style)
        text, metrics = self._texts[style]
        if metrics != self._metrics:  # else the same tuple as before, which is compared at once
            self._metrics = metrics
        return text


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
        # What comes from files of others gives way to all that is ours.
        order = sorted(self._runners, key=lambda name: registry[name].tells is not None)
        self._order = {name: registry[name].tells for name in order}
        self._claims = Claims((*RESERVED, *METRICS))
        self._lost: dict[str, list[str]] = {}
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
        by_name = dict(zip(found, outcomes, strict=True))
        self._note(by_name)
        texts = self._each_once(by_name, style)
        numbers: list[float] = [round(outcome.seconds, 6) for outcome in outcomes]
        numbers += [int(outcome.error is None) for outcome in outcomes]
        numbers.append(1)  # build_info
        return "".join([*texts, self._own.text(numbers, style)])

    def _each_once(self, outcomes: Mapping[str, Outcome], style: Style) -> list[str]:
        """Return the texts without families whose names another has; tell of them once."""
        texts = {name: outcome.text for name, outcome in outcomes.items()}
        clashes = self._claims.clashes([(name, outcomes[name].metrics) for name in self._order])
        for name, metrics in clashes.items():
            texts[name] = without(texts[name], metrics.values(), style)
            if tells := self._order[name]:
                texts[name] = texts[name].replace(f"\n{tells.name} 0\n", f"\n{tells.name} 1\n")
        lost = {name: sorted(metrics) for name, metrics in clashes.items()}
        for name in lost.keys() | self._lost.keys() if lost != self._lost else ():
            if lost.get(name) != self._lost.get(name):
                _log.log(*_lost(name, lost.get(name)))
        self._lost = lost
        return list(texts.values())

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


def _lost(name: str, metrics: list[str] | None) -> tuple[int, str, str, str]:
    names = ", ".join(metrics or ())
    if not names:
        return logging.INFO, "collector %s has no names of others any more%s", name, ""
    return logging.ERROR, "collector %s: left out, another has the name: %s", name, names


def _own_form(collectors: Iterable[str]) -> Template:
    """Return the series about the collectors' runs, and the last about this program."""
    names = tuple(collectors)
    runs = ((metric, (name,)) for metric in (DURATION, SUCCESS) for name in names)
    return Template((*runs, (BUILD, _BUILD)))
