"""The status page: every service at a glance, worst first, without scripts."""

from collections.abc import Sequence

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from sla_engine.domain.service_level import ServiceState, StatusRow
from uptime_common import humanize

_WORDS: dict[ServiceState, str] = {
    "down": "Down",
    "maintenance": "In maintenance",
    "unknown": "Unknown",
    "up": "Up",
}
_ORDER = tuple(_WORDS)


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
    environment.filters |= {
        "percent": humanize.percent,
        "share": humanize.share,
        "agreed": humanize.agreed,
    }
    environment.globals["nothing"] = humanize.NOTHING
    return environment.get_template("status.html")
