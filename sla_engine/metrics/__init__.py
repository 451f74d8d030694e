"""Every metric name of the engine, and nowhere else; imported by app."""

from sla_engine.metrics.health import EngineMetrics, TickFailure
from sla_engine.metrics.outages import outages_text
from sla_engine.metrics.promises import promises_text
from sla_engine.metrics.services import Exposition

__all__ = ["EngineMetrics", "Exposition", "TickFailure", "outages_text", "promises_text"]
