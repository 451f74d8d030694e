"""The host's part of a page: the texts of some collectors, and about their runs."""

import logging
import platform
import sys
from collections.abc import Collection, Iterable, Mapping
from typing import Final, NamedTuple

from exporter.metrics import RESERVED
from exporter.page import Claims, without
from uptime_common import build
from uptime_common.exposition import Metric, Style, Template, gauge

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
    *("version", "revision", "branch", "goversion", "goos", "goarch", "tags"),
)
METRICS: Final = (DURATION, SUCCESS, BUILD)

_log = logging.getLogger(__name__)


class Outcome(NamedTuple):
    """What a collector's run gave: text and metrics (none after an error), and seconds it took."""

    text: str
    seconds: float
    error: Exception | None = None
    metrics: tuple[Metric, ...] = ()


class HostPage:
    """Joins outcomes, those of the same collectors at every scrape.

    ``tells`` are the collectors, and which gauge of its own one sets to 1 when it lost a name to
    another: what comes from files of others gives way to all that is ours.
    """

    def __init__(self, tells: Mapping[str, Metric | None]) -> None:
        self.names = tuple(tells)
        self._tells = tells
        self._order = sorted(tells, key=lambda name: tells[name] is not None)
        self._claims = Claims((*RESERVED, *METRICS))
        self._own = _own_form(tells)
        self._lost: dict[str, list[str]] = {}

    def text(self, outcomes: Mapping[str, Outcome], style: Style) -> str:
        """Return the text of the outcomes, and of how long each took and whether it succeeded."""
        found = [outcomes[name] for name in self.names]
        numbers: list[float] = [round(outcome.seconds, 6) for outcome in found]
        numbers += [int(outcome.error is None) for outcome in found]
        numbers.append(1)  # build_info
        texts = self._each_once(outcomes, style)
        return "".join([*texts, self._own.text(numbers, style)])

    def _each_once(self, outcomes: Mapping[str, Outcome], style: Style) -> Collection[str]:
        """Return the texts without families whose names another has; tell of them once."""
        texts = {name: outcomes[name].text for name in self.names}
        clashes = self._claims.clashes([(name, outcomes[name].metrics) for name in self._order])
        for name, metrics in clashes.items():
            texts[name] = without(texts[name], metrics.values(), style)
            if tells := self._tells[name]:
                texts[name] = texts[name].replace(f"\n{tells.name} 0\n", f"\n{tells.name} 1\n")
        if clashes or self._lost:
            self._tell({name: sorted(metrics) for name, metrics in clashes.items()})
        return texts.values()

    def _tell(self, lost: dict[str, list[str]]) -> None:
        for name in sorted(lost.keys() | self._lost.keys()):
            if lost.get(name) != self._lost.get(name):
                _log.log(*_lost(name, lost.get(name)))
        self._lost = lost


def _lost(name: str, metrics: list[str] | None) -> tuple[int, str, str, str]:
    if not metrics:
        return logging.INFO, "collector %s has no names of others any more%s", name, ""
    names = ", ".join(metrics)
    return logging.ERROR, "collector %s: left out, another has the name: %s", name, names


def _own_form(collectors: Iterable[str]) -> Template:
    """Return the series about the collectors' runs, and the last about this program."""
    names = tuple(collectors)
    runs = ((metric, (name,)) for metric in (DURATION, SUCCESS) for name in names)
    found = build.build()
    labels = (
        *(f"uptime-ledger {found.version}", found.revision, found.branch),
        *(f"python{platform.python_version()}", sys.platform, platform.machine(), "unknown"),
    )
    return Template((*runs, (BUILD, labels)))
