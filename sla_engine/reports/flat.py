"""What the JSON of a service or a window nests, as columns of a table for programs."""

from sla_engine.reports.plain import Json

COUNTED = ("events_good", "events_total", "error_budget_events", "error_budget_slices")
"""Columns of what is judged by events or slices; empty where time is what counts."""
LATENCY = ("latency_percentile", "latency_seconds")
"""Columns of how fast a service was, by the percentile that was promised of it."""


def flat(one: Json) -> Json:
    """Return a service or a window of the JSON, with its columns of events and latency."""
    events, latency = one.get("events") or {}, one.get("latency") or {}
    found = {f"events_{name}": count for name, count in events.items()}
    if latency:
        percentile = latency.get("percentile")
        name = "p95_seconds" if percentile is None else "percentile_seconds"
        found["latency_seconds"] = latency[name]
        found["latency_percentile"] = 95.0 if percentile is None else percentile
    return one | found
