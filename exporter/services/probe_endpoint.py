"""Probing one target of the catalogue now, in the manner of blackbox_exporter's /probe.

Only what the catalogue holds is probed: an exporter must not ask whatever a stranger names.
"""

from collections.abc import Iterable
from time import perf_counter

from exporter import metrics
from exporter.probes.transport.result import ProbeResult
from exporter.probes.transport.run import Network
from exporter.services.runner import attempt
from exporter.services.store import Entry
from uptime_common.exposition import Style, header


class NoSuchTargetError(Exception):
    """Nothing, or more than one thing, is meant; the message says what could be."""


def find(entries: Iterable[Entry], target: str, module: str) -> Entry:
    """Return the one target meant.

    Args:
        entries: what there is.
        target: a service's id, or what a probe asks (its ``target`` label).
        module: a probe's name or type; may be empty where only one fits.

    Raises:
        NoSuchTargetError: none or several fit.
    """
    entries = list(entries)
    near = [e for e in entries if target in (e.target.key.service, e.target.config.target)]
    if not near:
        known = ", ".join(sorted({e.target.key.service for e in entries})[:50]) or "none"
        raise NoSuchTargetError(f"no target {target!r}; services with probes: {known}")
    found = [e for e in near if not module or e.target.key.probe == module] or [
        e for e in near if e.target.config.type == module
    ]
    if len(found) != 1:
        names = ", ".join(sorted({"/".join(e.target.key) for e in near}))
        raise NoSuchTargetError(f"{len(found)} probes fit module={module!r}; there are: {names}")
    return found[0]


async def probe_now(entry: Entry, network: Network, style: Style) -> tuple[list[str], str]:
    """Probe once, beside the schedule; return the log and the metrics."""
    log: list[str] = []
    start = perf_counter()

    def note(message: str) -> None:
        log.append(f"{(perf_counter() - start) * 1000:9.3f} ms  {message}")

    note(f"{entry.target.config.type} {entry.target.config.target}")
    result = await attempt(entry.target, network, note)
    note("succeeded" if result.success else f"{result.reason}: {result.detail}")
    return log, _text(entry, result, perf_counter() - start, style)


def _text(entry: Entry, result: ProbeResult, seconds: float, style: Style) -> str:
    parts = [
        header(metrics.DEBUG_DURATION, style) + f"{metrics.DEBUG_DURATION.name} {seconds}\n",
        header(metrics.DEBUG_SUCCESS, style)
        + f"{metrics.DEBUG_SUCCESS.name} {int(result.success is True)}\n",
        header(metrics.DURATION, style)
        + "".join(entry.line(metrics.DURATION, s, p) for p, s in result.phases.items()),
    ]
    parts += [
        header(metric, style) + entry.line(metric, value, *labels)
        for metric, value, labels in result.measures
    ]
    return "".join(parts)
