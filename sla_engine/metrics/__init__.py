"""Every metric name of the engine, and nowhere else."""

from sla_engine.metrics.health import EngineMetrics, TickFailure
from sla_engine.metrics.services import Exposition

__all__ = ["EngineMetrics", "Exposition", "TickFailure"]
