"""One run under blackbox_exporter's metric names, so that rules and dashboards on it stay."""

from collections.abc import Iterator
from typing import Final

from exporter import metrics
from exporter.probes.grpc import STATES
from exporter.probes.transport.result import Phase, ProbeResult
from uptime_common.exposition import Family, Sample

_BY_EXPRESSION: Final = frozenset({"header", "body", "answer"})
_REGEX_TYPES: Final = frozenset({"http", "tcp"})
_PHASES: Final[dict[str, dict[Phase, str]]] = {
    "http": {p: p for p in ("resolve", "connect", "tls", "processing", "transfer")},
    "icmp": {"resolve": "resolve", "connect": "setup", "processing": "rtt"},
    "dns": {"resolve": "resolve", "connect": "connect", "processing": "request"},
    "grpc": {"resolve": "resolve", "tls": "tls", "connect": "connect", "processing": "check"},
}


def families(kind: str, result: ProbeResult, seconds: float) -> Iterator[Family]:
    """Yield what a run of a probe of a type found; without a verdict no ``probe_success``."""
    if result.success is not None:
        yield metrics.DEBUG_SUCCESS.value(int(result.success))
    yield metrics.DEBUG_DURATION.value(seconds)
    yield metrics.DEBUG_LOOKUP.value(result.phases.get("resolve", 0.0))
    if kind in _REGEX_TYPES:
        yield metrics.DEBUG_REGEX.value(int(result.reason in _BY_EXPRESSION))
    if kind in _PHASES:
        took: list[Sample] = [
            ((theirs,), result.phases.get(ours, 0.0)) for ours, theirs in _PHASES[kind].items()
        ]
        yield metrics.DEBUG_PHASES[kind].of(*took)
    if kind == "dns":
        answered = any(m.metric is metrics.DNS_RECORDS for m in result.measures)
        yield metrics.DEBUG_DNS_ANSWERED.value(int(answered))
    latest = {(metric, labels): value for metric, value, labels in result.measures}
    for (metric, labels), value in latest.items():
        named = metrics.DEBUG_NAMES.get(metric)
        if metric is metrics.GRPC_STATE:
            yield metrics.DEBUG_NAMES[metric].of(*(((s,), float(s == labels[0])) for s in STATES))
        elif named is not None:
            told = (f"TLS {labels[0]}",) if metric is metrics.TLS_VERSION else labels
            yield named.of((told, float(value)))
