"""What people call a period."""

from datetime import datetime, tzinfo

from sla_engine.domain.interval import Interval
from sla_engine.domain.period import recognized
from uptime_common import humanize


def title(interval: Interval, zone: tzinfo) -> str:
    """Return what people call it: ``3 October 2026``, ``week 40 of 2026``, ``October 2026``."""
    period = recognized(interval, zone)
    first = datetime.fromtimestamp(period.start / 1000, zone)
    match period.kind:
        case "day":
            return f"{first.day} {first:%B %Y}"
        case "week":
            year, week, _ = first.isocalendar()
            return f"week {week} of {year}"
        case "month":
            return f"{first:%B %Y}"
        case "quarter":
            return f"quarter {(first.month + 2) // 3} of {first.year}"
        case "year":
            return f"{first.year}"
    return humanize.stretch(period.start, period.end, zone)
