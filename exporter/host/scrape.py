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
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial

from exporter.blocking import TimedCalls
from exporter.collectors import COLLECTORS
from exporter.collectors.support.api import Collector, NoDataError, Option, Roots, System
from exporter.host_page import METRICS, HostPage, Outcome
from exporter.page import render_noting
from uptime_common.exposition import CONTENT_TYPES, Metric, Part, Style

__all__ = ["METRICS", "Host", "HostOptions", "UnknownCollectorError"]

_log = logging.getLogger(__name__)
_LOOK_AGAIN = 60.0  # seconds
_PAGES = 16  # choices of collectors that are remembered: each scrape job makes one


@dataclass(frozen=True, slots=True)
class HostOptions:
    """Which collectors run, and how; times in seconds."""

    collectors: tuple[str, ...]
    options: Mapping[str, Option]
    roots: Roots = field(default_factory=Roots)
    timeout: float = 5.0


class UnknownCollectorError(Exception):
    """A scrape asks for a collector that is not there or not enabled; the message names it."""


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
            again = again if text or not self._collector.rare else _LOOK_AGAIN
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
        self._registry = registry
        self._runners = {name: Runner(registry[name], self._system) for name in options.collectors}
        self._calls: dict[Style, dict[str, Callable[[], Outcome]]] = {
            style: {name: partial(runner.run, style) for name, runner in self._runners.items()}
            for style in CONTENT_TYPES
        }
        self._tells = {name: registry[name].tells for name in options.collectors}
        self._all = HostPage(self._tells)
        self._pages: dict[tuple[str, ...], HostPage] = {}
        self._timeout = options.timeout
        self._timed: TimedCalls[str, Outcome] = TimedCalls("collectors")
        self._failing: dict[str, str] = {}
        self._lock = threading.Lock()
        self._turn = asyncio.Lock()

    def collect(self, style: Style) -> str:
        """Return the text of every collector, of how long each took and whether it succeeded."""
        with self._lock:
            self._system.begin()
            done = self._timed.run(self._calls[style], self._timeout)
            return self._text(self._all, done, style)

    async def scrape(self, style: Style, only: Iterable[str] | None = None) -> str:
        """Do as ``collect`` does, while the event loop runs on; with some collectors alone.

        Raises:
            UnknownCollectorError: ``only`` names one that is not there or not enabled.
        """
        page = self._all if only is None else self._page(tuple(dict.fromkeys(only)))
        calls = self._calls[style]
        if page is not self._all:
            calls = {name: calls[name] for name in page.names}
        async with self._turn:
            self._system.begin()
            done = await self._timed.gather(calls, self._timeout)
            return self._text(page, done, style)

    @property
    def enabled(self) -> tuple[str, ...]:
        """Return the collectors that run."""
        return tuple(self._runners)

    def _page(self, names: tuple[str, ...]) -> HostPage:
        for name in names:
            if name not in self._runners:
                what = "disabled" if name in self._registry else "missing"
                raise UnknownCollectorError(f"{what} collector: {name}")
        if len(self._pages) > _PAGES:
            self._pages.clear()
        if names not in self._pages:
            self._pages[names] = HostPage({name: self._tells[name] for name in names})
        return self._pages[names]

    def _text(self, page: HostPage, done: Mapping[str, Outcome | Exception], style: Style) -> str:
        outcomes = {
            name: r if isinstance(r := done[name], Outcome) else self._stuck(r)
            for name in page.names  # in one order at every scrape
        }
        self._note(outcomes)
        return page.text(outcomes, style)

    def close(self) -> None:
        """Release the descriptors and threads."""
        with self._lock:
            self._system.close()
            self._timed.close()

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
