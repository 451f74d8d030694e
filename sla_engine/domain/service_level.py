"""A service as metrics and pages show it: its state, and its figures by window."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, NamedTuple

from sla_engine.domain.availability import Figures
from sla_engine.domain.contract_window import WindowState, state_of
from sla_engine.domain.interval import Interval
from sla_engine.domain.objective import leaves_budget

ServiceState = Literal["down", "maintenance", "unknown", "up"]

REFRESH = 300_000
"""How often figures of windows are worked out anew, at the latest (ms)."""
_DEFAULT_GAP = 37_500  # two and a half scrapes of 15 s
_NO_FIGURES: Mapping[str, Figures] = MappingProxyType({})


def is_current(known_until: int | None, max_gap: int, now: int, *, refresh: int = 0) -> bool:
    """Say whether what was known up to a moment still holds at ``now`` (all in ms UTC).

    It holds for two ``max_gap`` beyond ``refresh``, how often it is brought up to date. A moment as
    far ahead is of a clock that was wrong, and proves nothing either.
    """
    return known_until is not None and abs(now - known_until) <= refresh + 2 * max_gap


@dataclass(frozen=True, slots=True)
class StatusRow:
    """A service as the page shows it; ratios from 0 to 1, None where nothing is known or owed.

    ``since`` is when it went down, or until when it was known where it is unknown; ``as_of`` is
    until when the data of the figures reach, and ``stale`` says that this is too long ago.
    ``problem`` says why it cannot be measured or accounted for, ``why`` why it went down.
    ``window`` is the contract's, which the figures are of, and ``window_state`` how it does.
    ``failed`` and ``left`` are the events, or slices of time, that were lost and that may be yet,
    of a service that is judged by them; else empty.
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
    as_of: str | None = None
    stale: bool = False
    problem: str | None = None
    why: str | None = None
    window: str = ""
    window_state: WindowState | None = None
    failed: str = ""
    left: str = ""

    @property
    def has_budget(self) -> bool:
        """Say whether there is an error budget."""
        return leaves_budget(self.objective)


class ServiceLevel(NamedTuple):
    """What is exported of one service; times in milliseconds UTC.

    ``windows`` maps a window's name (``month``, ``30d``, ...) to its figures;
    ``cost_per_hour`` of downtime is in ``currency`` (ISO 4217). ``window`` is the objective's own;
    ``locations`` is the quorum over them. ``known_until`` is how far the data of its state reach,
    ``figures_until`` those of its figures; ``has_gap`` says that the last samples are missing.
    ``maintenance_until`` is the end of the window that is under way, ``hours_begin`` when service
    hours begin again where it is outside them; ``info`` is what tells about it, as labels.
    ``period`` is the contract's window where it is one of the calendar; ``up`` is what `shown`
    says of its state. ``told_after`` is how long an outage must last before anybody is told (ms).
    """

    service: str
    objective: float | None
    maintenance_active: bool
    open_since: int | None
    windows: Mapping[str, Figures] = _NO_FIGURES
    next_maintenance: int | None = None
    cost_per_hour: float | None = None
    currency: str = ""
    window: str = ""
    locations: str | int = "majority"
    depends_on: tuple[str, ...] = ()
    known_until: int | None = None
    figures_until: int | None = None
    has_gap: bool = False
    max_gap: int = _DEFAULT_GAP
    maintenance_until: int | None = None
    hours_begin: int | None = None
    info: tuple[tuple[str, str], ...] = ()
    period: Interval | None = None
    up: bool | None = None
    told_after: int | None = None

    @property
    def window_state(self) -> WindowState | None:
        """Return how the contract's window does; None where that cannot be judged."""
        own = self.windows.get(self.window)
        return None if own is None else state_of(own, own.exhausted)

    def is_current(self, now: int) -> bool:
        """Say whether its state still holds at ``now`` (ms UTC)."""
        return is_current(self.known_until, self.max_gap, now)

    def is_stale(self, now: int) -> bool:
        """Say whether its figures are older at ``now`` (ms UTC) than they may be."""
        return not is_current(self.figures_until, self.max_gap, now, refresh=REFRESH)

    def state(self, now: int) -> ServiceState:
        """Return its state at ``now`` (ms UTC); what is too old to say is unknown."""
        if not self.is_current(now):
            return "unknown"
        if self.open_since is not None:
            return "maintenance" if self.maintenance_active else "down"
        return "unknown" if self.has_gap else "up"

    def shown(self, now: int) -> "ServiceLevel":
        """Return what may be said of it at ``now`` (ms UTC): no state that is too old to know."""
        up = {"up": True, "unknown": None}.get(self.state(now), False)
        opened = self.open_since if self.is_current(now) else None
        return self._replace(open_since=opened, up=up)
