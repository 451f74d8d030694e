"""Every word exchanged with Prometheus; imported by accounting, measurement and above."""

from sla_engine.prometheus.client import Client
from sla_engine.prometheus.error import (
    AnswerError,
    LimitError,
    PrometheusError,
    QueryError,
    UnreachableError,
)
from sla_engine.prometheus.series import QueryResult, Series

__all__ = [
    "AnswerError",
    "Client",
    "LimitError",
    "PrometheusError",
    "QueryError",
    "QueryResult",
    "Series",
    "UnreachableError",
]
