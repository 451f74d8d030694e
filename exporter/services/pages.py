"""Pages for people, and the state of the targets as data."""

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from exporter.services.store import Entry

if TYPE_CHECKING:
    from jinja2 import Environment

_HEADINGS = ("Service", "Probe", "Target", "State", "Why", "Duration", "Last run", "Every", "")
_STATES = {True: "up", False: "down", None: "unknown"}


def index(version: str, location: str, targets: int, metrics: str = "/metrics") -> str:
    """Return the start page."""
    return _page("index", "Uptime Ledger exporter", version=version, location=location,
                 targets=targets, metrics=metrics)  # fmt: skip


def state(entry: Entry, now: float) -> dict[str, Any]:
    """Return what is known of a target; durations in seconds, times in seconds of the epoch."""
    result = entry.result
    return {
        "service": entry.target.key.service,
        "probe": entry.target.key.probe,
        "type": entry.target.config.type,
        "target": entry.target.config.target,
        "state": _STATES[entry.state],
        "reason": result.reason if result else None,
        "detail": result.detail if result else "",
        "duration_seconds": round(sum(result.phases.values()), 6) if result else None,
        "last_run": entry.started or None,
        "age_seconds": round(now - entry.started, 3) if entry.started else None,
        "interval_seconds": entry.target.interval,
        "failures": dict(entry.failures),
    }


def targets(states: Iterable[dict[str, Any]]) -> str:
    """Return the page of all targets, those that need attention first."""
    order = {"down": 0, "unknown": 1, "up": 2}
    rows = sorted(states, key=lambda s: (order[s["state"]], s["service"], s["probe"]))
    return _page("targets", "Targets", headings=_HEADINGS, states=rows)


def _page(name: str, title: str, **shown: Any) -> str:
    return _pages().get_template(f"{name}.html").render(title=title, **shown)


@lru_cache(maxsize=1)
def _pages() -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415 - not to scrape

    return Environment(
        loader=PackageLoader("exporter.services", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
