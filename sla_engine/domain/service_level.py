"""A service as metrics and pages show it: its state, and its figures by window."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from sla_engine.domain.availability import Figures
from sla_engine.domain.objective import leaves_budget

ServiceState = Literal["down", "maintenance", "unknown", "up"]


@dataclass(frozen=True, slots=True)
class StatusRow:
    """A service as the page shows it; ratios from 0 to 1, None where nothing is known or owed.

    ``problem`` says why it cannot be measured or accounted for.
    """

    id: str
    name: str
    owner: str
    tier: str
    state: ServiceState
    since: str | None
    objective: float | None
    availability: float | None
    budget_remaining: float | None
    coverage: float | None
    problem: str | None = None

    @property
    def has_budget(self) -> bool:
        """Say whether there is an error budget."""
        return leaves_budget(self.objective)


@dataclass(frozen=True, slots=True)
class ServiceLevel:
    """What is exported of one service; times in milliseconds UTC.

    ``windows`` maps a window's name (``month``, ``30d``, ...) to its figures;
    ``cost_per_hour`` of downtime is in ``currency`` (ISO 4217). ``window`` is the objective's own;
    ``locations`` is the quorum over them.
    """

    service: str
    objective: float | None
    maintenance_active: bool
    open_since: int | None
    windows: Mapping[str, Figures] = field(default_factory=dict)
    next_maintenance: int | None = None
    cost_per_hour: float | None = None
    currency: str = ""
    window: str = ""
    locations: str | int = "majority"
    depends_on: tuple[str, ...] = ()
