"""The last results as text, rendered when they arrive and joined at scrape."""

import heapq
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from exporter import metrics
from exporter.page import render
from exporter.probes.transport.result import ProbeResult, Reason
from exporter.services.target import Key, Source, Target
from service_catalogue.quorum import quorum
from uptime_common.exposition import Metric, Style, header, lines
from uptime_common.failure import plain_target

_PART = 1_000  # targets
_LAST_LABEL = 'location=""'
STALE_AFTER = 2.5
"""A result older than this many intervals says nothing of the present: its series vanish."""


@dataclass(slots=True)
class Entry:
    """What is known of one target; times in seconds since the epoch.

    ``labels`` is the text of the labels that all of its samples have but one, whose target may
    hold no secret: ``plain_labels``.
    """

    target: Target
    labels: str
    plain_labels: str
    result: ProbeResult | None = None
    started: float = 0.0
    stale_at: float = 0.0
    failures: dict[Reason, int] = field(default_factory=dict)
    shown: frozenset[Metric] = frozenset()

    @property
    def state(self) -> bool | None:
        """Return up, down, or None for unknown."""
        return self.result.success if self.result else None

    def line(self, metric: Metric, value: float, *extra: str) -> str:
        """Return one sample's text."""
        return f"{metric.name}{{{self.labels}{_tail(metric, extra)}{float(value)}\n"

    def texts(self, result: ProbeResult) -> dict[Metric, bytes]:
        """Return the text of each family that the result has samples of."""
        texts = {metrics.LAST_RUN: self.line(metrics.LAST_RUN, self.started)}
        if result.success is not None:
            texts[metrics.SUCCESS] = self.line(metrics.SUCCESS, result.success)
        if result.phases:
            duration, line = metrics.DURATION, self.line
            texts[duration] = "".join(
                [line(duration, took, name) for name, took in result.phases.items()]
            )
        if result.success is False:
            texts[metrics.FAILURE_INFO] = self._why(result)
        latest = {(metric, labels): value for metric, value, labels in result.measures}
        for (metric, labels), value in latest.items():
            texts[metric] = texts.get(metric, "") + self.line(metric, value, *labels)
        return {metric: text.encode() for metric, text in texts.items()}

    def _why(self, result: ProbeResult) -> str:
        """Return the sample that says why a run failed, with nothing secret in it."""
        why = result.failed_in or "", result.reason or "", result.code
        metric = metrics.FAILURE_INFO
        return f"{metric.name}{{{self.plain_labels}{_tail(metric, why)}1.0\n"


@lru_cache(maxsize=4096)
def _tail(metric: Metric, extra: tuple[str, ...]) -> str:
    """Return what stands between the labels that every target has and the value."""
    values = ("",) * (len(metric.labels) - len(extra)) + extra
    text = lines(metric.of((values, 0.0)))
    return text[text.index(_LAST_LABEL) + len(_LAST_LABEL) :].removesuffix("0.0\n")


class Store:
    """Holds one entry per target and the text of every family."""

    def __init__(self, location: str) -> None:
        self._location = location
        self._entries: dict[Key, Entry] = {}
        self._by_service: dict[str, list[Entry]] = {}
        self._text: dict[Metric, dict[Key, bytes]] = {m: {} for m in metrics.PROBE_METRICS}
        self._up: dict[str, bytes] = {}
        self._up_lines: dict[str, tuple[bytes, bytes]] = {}
        self._info: dict[Style, bytes] = {"text": b"", "openmetrics": b""}
        self._shapes: dict[frozenset[Metric], frozenset[Metric]] = {}  # few: targets share them
        self._stale: list[tuple[float, Key]] = []

    def entries(self) -> Collection[Entry]:
        """Return what is known of every target."""
        return self._entries.values()

    def replace(self, services: Iterable[Source], targets: Iterable[Target]) -> None:
        """Take over a new catalogue: what is unchanged keeps its results, the rest vanishes."""
        services = list(services)
        old, self._entries = self._entries, {}
        for target in targets:
            known = old.get(target.key)
            same = known is not None and known.target == target
            self._entries[target.key] = known if same and known else self._entry(target)
        for key, entry in old.items():
            if self._entries.get(key) is not entry:
                self._forget(key, metrics.PROBE_METRICS)
        self._stale = [(e.stale_at, key) for key, e in self._entries.items() if e.stale_at]
        heapq.heapify(self._stale)
        self._by_service = {}
        for entry in self._entries.values():
            self._by_service.setdefault(entry.target.key.service, []).append(entry)
        self._up.clear()
        self._up_lines.clear()
        for service in self._by_service:
            self._judge(service)
        self._info = {style: _info(services, style) for style in ("text", "openmetrics")}

    def _entry(self, target: Target) -> Entry:
        asked = target.config.target
        labels, plain = self._labels(target, asked), plain_target(asked)
        return Entry(target, labels, labels if plain == asked else self._labels(target, plain))

    def _labels(self, target: Target, asked: str) -> str:
        values = (*target.key, asked, self._location)
        text = lines(metrics.SUCCESS.of((values, 0.0)))
        return text[text.index("{") + 1 : text.rindex("}")]

    def count(self, key: Key, reason: Reason) -> None:
        """Count a failed attempt of a target; one that left the catalogue is not counted."""
        entry = self._entries.get(key)
        if entry is not None:
            entry.failures[reason] = entry.failures.get(reason, 0) + 1
            text = "".join(entry.line(metrics.FAILURES, n, r) for r, n in entry.failures.items())
            self._text[metrics.FAILURES][key] = text.encode()

    def record(self, target: Target, result: ProbeResult, started: float) -> None:
        """Take a result; one of a target that left the catalogue is dropped."""
        entry = self._entries.get(target.key)
        if entry is None or (entry.target is not target and entry.target != target):
            return
        before, known = entry.state, entry.stale_at
        entry.result, entry.started = result, started
        entry.stale_at = started + STALE_AFTER * target.interval
        if not known:
            heapq.heappush(self._stale, (entry.stale_at, target.key))
        self._show(entry, entry.texts(result))
        if entry.state is not before:
            self._judge(target.key.service)

    def _show(self, entry: Entry, texts: dict[Metric, bytes]) -> None:
        """Put these texts in the place of those that the entry showed."""
        key = entry.target.key
        for metric, text in texts.items():
            self._text[metric][key] = text
        if entry.shown != texts.keys():
            self._forget(key, entry.shown - texts.keys())
            shown = frozenset(texts)
            entry.shown = self._shapes.setdefault(shown, shown)

    def _forget(self, key: Key, families: Iterable[Metric]) -> None:
        for metric in families:
            self._text[metric].pop(key, None)

    def _judge(self, service: str) -> None:
        entries = self._by_service[service]
        states = [entry.state for entry in entries]
        up = quorum(entries[0].target.need, states.count(True), states.count(False))
        if up is None:
            self._up.pop(service, None)
        else:
            made = self._up_lines.get(service)
            if made is None:
                made = self._up_lines[service] = self._lines_of(service)
            self._up[service] = made[up]

    def _lines_of(self, service: str) -> tuple[bytes, bytes]:
        """Return the text of a service that is down, and of one that is up."""
        labels = (service, self._location)
        down, up = (lines(metrics.SERVICE_UP.of((labels, value))) for value in (0.0, 1.0))
        return down.encode(), up.encode()

    def expire(self, now: float) -> None:
        """Forget results that are too old to speak of the present."""
        while self._stale and self._stale[0][0] <= now:
            _, key = heapq.heappop(self._stale)
            entry = self._entries.get(key)
            if entry is None or not entry.stale_at:
                continue
            if entry.stale_at > now:
                heapq.heappush(self._stale, (entry.stale_at, key))
                continue
            entry.result, entry.stale_at = None, 0.0
            last_run = entry.line(metrics.LAST_RUN, entry.started).encode()
            self._show(entry, {metrics.LAST_RUN: last_run})
            self._judge(key.service)

    def render(self, style: Style, now: float) -> Iterator[bytes]:
        """Yield the text in parts; other work may be done between two of them."""
        self.expire(now)
        yield self._info[style]
        families: list[tuple[Metric, Collection[bytes]]] = [(metrics.SERVICE_UP, self._up.values())]
        families += [(metric, text.values()) for metric, text in self._text.items()]
        for metric, texts in families:
            if texts:
                yield header(metric, style).encode()
            shown = list(texts)
            for start in range(0, len(shown), _PART):
                yield b"".join(shown[start : start + _PART])


def _info(services: list[Source], style: Style) -> bytes:
    own = sorted({name for s in services for name in s.labels} - set(metrics.INFO_LABELS))
    metric = metrics.service_info(tuple(own))
    samples = [
        ((s.id, s.name, s.owner, s.tier, *(s.labels.get(name, "") for name in own)), 1.0)
        for s in services
    ]
    return render([metric.of(*samples)], style).encode()
