"""Pages for people, and the state of the targets as data."""

from collections.abc import Iterable
from html import escape
from typing import Any

from exporter.services.store import Entry

_FRAME = """<!doctype html>
<html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem}}
table {{border-collapse: collapse; width: 100%}}
th, td {{text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #ddd}}
td {{overflow-wrap: anywhere}}
.up {{color: #17692f}} .down {{color: #b3261e; font-weight: 600}} .unknown {{color: #6b5900}}
</style>
<h1>{title}</h1>
{body}
</html>
"""
_HEADINGS = ("Service", "Probe", "Target", "State", "Why", "Duration", "Last run", "Every", "")
_STATES = {True: "up", False: "down", None: "unknown"}


def index(version: str, location: str, targets: int, metrics: str = "/metrics") -> str:
    """Return the start page."""
    body = f"""<p>Version {escape(version)}, location <b>{escape(location)}</b>.</p>
<ul><li><a href="{escape(metrics)}">Metrics</a></li>
<li><a href="/targets">Targets</a> ({targets})</li>
<li><a href="/-/healthy">Healthy</a>, <a href="/-/ready">ready</a></li></ul>"""
    return _FRAME.format(title="Uptime Ledger exporter", body=body)


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
    head = "".join(f"<th>{heading}</th>" for heading in _HEADINGS)
    body = f"<table><tr>{head}</tr>\n{''.join(map(_row, rows))}</table>"
    return _FRAME.format(title="Targets", body=body)


def _row(s: dict[str, Any]) -> str:
    link = f"/probe?target={s['service']}&amp;module={s['probe']}&amp;debug=true"
    why = ": ".join(part for part in (s["reason"], s["detail"]) if part)
    took = "" if s["duration_seconds"] is None else f"{s['duration_seconds'] * 1000:.1f} ms"
    ago = "never" if s["age_seconds"] is None else f"{s['age_seconds']:.0f} s ago"
    cells = (s["service"], s["probe"], s["target"])
    text = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
    return (
        f'<tr>{text}<td class="{s["state"]}">{s["state"]}</td><td>{escape(why)}</td>'
        f"<td>{took}</td><td>{ago}</td><td>{s['interval_seconds']:g} s</td>"
        f'<td><a href="{link}">probe now</a></td></tr>\n'
    )
