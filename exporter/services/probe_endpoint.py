"""Probing one target of the catalogue now, in the manner of blackbox_exporter's /probe.

Only what the catalogue holds is probed: an exporter must not ask whatever a stranger names.
"""

from collections.abc import Iterable
from time import perf_counter

from exporter import metrics
from exporter.page import render
from exporter.probes.transport.result import ProbeResult
from exporter.probes.transport.run import Network
from exporter.services import blackbox_format
from exporter.services.runner import attempt
from exporter.services.store import Entry
from uptime_common.exposition import Metric, Style, header


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
    asked = (target, f"http://{target}")  # blackbox_exporter's targets may lack the scheme
    near = [e for e in entries if e.target.key.service == target or e.target.config.target in asked]
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


async def probe_now(
    entry: Entry, network: Network, style: Style, *, blackbox: bool = False
) -> tuple[list[str], str]:
    """Probe once, beside the schedule; return the log and the metrics.

    With ``blackbox`` these have blackbox_exporter's names alone.
    """
    log: list[str] = []
    start = perf_counter()

    def note(message: str) -> None:
        log.append(f"{(perf_counter() - start) * 1000:9.3f} ms  {message}")

    note(f"{entry.target.config.type} {entry.target.config.target}")
    result = await attempt(entry.target, network, note)
    note("succeeded" if result.success else f"{result.reason}: {result.detail}")
    seconds = perf_counter() - start
    if blackbox:
        found = blackbox_format.families(entry.target.config.type, result, seconds)
        return log, render(list(found), style)
    return log, _text(entry, result, seconds, style)


def _text(entry: Entry, result: ProbeResult, seconds: float, style: Style) -> str:
    families: dict[Metric, str] = {metrics.DURATION: ""}
    for phase, took in result.phases.items():
        families[metrics.DURATION] += entry.line(metrics.DURATION, took, phase)
    latest = {(metric, labels): value for metric, value, labels in result.measures}
    for (metric, labels), value in latest.items():
        families[metric] = families.get(metric, "") + entry.line(metric, value, *labels)
    own = (
        metrics.DEBUG_DURATION.value(seconds),
        metrics.DEBUG_SUCCESS.value(int(result.success is True)),
    )
    texts = (header(metric, style) + text for metric, text in families.items() if text)
    return render(own, style) + "".join(texts)
