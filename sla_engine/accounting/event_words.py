"""How much failed of services that are judged by events or by slices of time, in words."""

from sla_engine.domain.availability import Figures
from sla_engine.domain.events import Weighed
from uptime_common import humanize


def failed_words(events: Weighed) -> str:
    """Return ``3 of 900 events failed``."""
    total = humanize.counted(round(events.total), "event")
    return f"{humanize.number(events.failed)} of {total} failed"


def lost_words(figures: Figures) -> str:
    """Return ``3 of 900 events failed``, ``2 of 288 slices of 5m lost``, or nothing of others."""
    if figures.slices is not None:
        good, total, slicing = figures.slices
        bad = humanize.number(total - good, 0 if slicing.target else 1)
        what = f"{humanize.counted(total, 'slice')} of {humanize.duration(slicing.length)}"
        return f"{bad} of {what} lost"
    return "" if figures.events is None else failed_words(figures.events)


def budget_words(figures: Figures) -> str:
    """Return ``597 of a budget of 600 events left``, or by how many it was exceeded.

    Nothing of services that are judged by time, or promise nothing.
    """
    if figures.allowed is None:
        return ""
    if figures.slices is not None:
        gone, noun = figures.slices.total - figures.slices.good, "slice"
    elif figures.events is not None:
        gone, noun = figures.events.failed, "event"
    else:
        return ""
    allowed, left = humanize.counted(round(figures.allowed), noun), figures.allowed - gone
    if left < 0:
        return f"budget of {allowed} exceeded by {humanize.number(-left)}"
    return f"{humanize.number(left)} of a budget of {allowed} left"
