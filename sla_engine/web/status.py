"""The status page: every service at a glance, worst first, without scripts."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

ServiceState = Literal["down", "maintenance", "unknown", "up"]
_WORDS: dict[ServiceState, str] = {
    "down": "Down",
    "maintenance": "In maintenance",
    "unknown": "No data",
    "up": "Up",
}
_ORDER = tuple(_WORDS)


@dataclass(frozen=True, slots=True)
class StatusRow:
    """A service as the page shows it; ratios from 0 to 1, None where nothing is known or owed."""

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


def render_status(organization: str, rows: Sequence[StatusRow], generated: str, window: str) -> str:
    """Return the page as HTML; ``generated`` and ``window`` are shown as they are."""
    counts = {state: sum(row.state == state for row in rows) for state in _ORDER}
    return _template().render(
        organization=organization,
        rows=sorted(rows, key=lambda row: (_ORDER.index(row.state), row.name)),
        generated=generated,
        window=window,
        words=_WORDS,
        summary=", ".join(f"{n} {_WORDS[state].lower()}" for state, n in counts.items() if n),
    )


def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("sla_engine.web", "."), autoescape=True, undefined=StrictUndefined
    )
    environment.filters["percent"] = percent
    return environment.get_template("status.html")


def percent(ratio: float | None, digits: int) -> str:
    """Format a ratio as a percentage, cut and not rounded: 99.9996 % is never shown as 100 %."""
    if ratio is None:
        return "no data"
    scale = 10**digits
    # A ratio such as 0.9995 is a little less in binary: a millionth of a digit mends that.
    return f"{math.floor(ratio * 100 * scale + 1e-6) / scale:.{digits}f} %"
