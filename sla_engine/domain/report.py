"""What a report says, before any format: values in milliseconds, ratios unrounded."""

from collections.abc import Sequence
from dataclasses import dataclass

from sla_engine.domain.availability import Figures
from sla_engine.domain.interval import Interval

POLICY_VERSION = "1"
"""The version of the accounting policy; it changes when a figure's meaning does."""


@dataclass(frozen=True, slots=True)
class ServiceReport:
    """One service in one period."""

    id: str
    name: str
    owner: str
    tier: str
    objective: float | None
    figures: Figures


@dataclass(frozen=True, slots=True)
class PeriodReport:
    """All services in one period; ``source`` names the server that the samples came from."""

    organization: str
    currency: str
    source: str
    generated_at: int
    period: Interval
    timezone: str
    services: Sequence[ServiceReport]
    policy_version: str = POLICY_VERSION
