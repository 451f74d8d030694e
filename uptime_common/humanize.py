"""Times, durations and ratios as people read them; the figures themselves stay exact."""

import math
from collections.abc import Sequence
from datetime import datetime, tzinfo

_UNITS = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000))
_DAY = 86_400_000


def duration(milliseconds: int) -> str:
    """Return a duration to the nearest second (``1d 2h 15s``); under a second in milliseconds."""
    if 0 < milliseconds < 1_000:  # noqa: PLR2004 - a second
        return f"{milliseconds}ms"
    parts = []
    rest = milliseconds + 500  # 44.999 s, between times that read 45 s apart, is no 44 s
    for unit, length in _UNITS:
        count, rest = divmod(rest, length)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts) or "0s"


def moment(at: int, zone: tzinfo) -> str:
    """Return an instant in local time to the second, such as ``2026-10-03 08:15:30 CEST``."""
    return f"{_local(at, zone):%Y-%m-%d %H:%M:%S %Z}"


def stretch(start: int, end: int, zone: tzinfo) -> str:
    """Return ``START to END`` in local time; what END shares with START is not repeated."""
    first, last = _local(start, zone), _local(end, zone)
    if first.tzname() != last.tzname():
        return f"{moment(start, zone)} to {moment(end, zone)}"
    tail = f"{last:%H:%M:%S %Z}" if first.date() == last.date() else moment(end, zone)
    return f"{first:%Y-%m-%d %H:%M:%S} to {tail}"


def percent(ratio: float | None, digits: int = 3) -> str:
    """Return a ratio as a percentage; rounding never turns a miss into 100 %.

    None, which says that nothing is known, reads ``unknown``.
    """
    if ratio is None:
        return "unknown"
    return f"{rounded_percent(ratio, digits):.{digits}f} %"


def rounded_percent(ratio: float, digits: int) -> float:
    """Return a ratio in percent, rounded; what is under 1 stays under 100."""
    rounded = round(ratio * 100, digits)
    return 100 - 10**-digits if ratio < 1 and rounded >= 100 else rounded  # noqa: PLR2004 - percent


def listed(names: Sequence[str], limit: int) -> str:
    """Return names joined by commas; those over the limit are counted: ``a, b and 37 more``."""
    if len(names) <= limit:
        return ", ".join(names)
    return f"{', '.join(names[:limit])} and {len(names) - limit} more"


def counted(number: int, noun: str) -> str:
    """Return ``1 outage`` or ``3 outages``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _local(at: int, zone: tzinfo) -> datetime:
    return datetime.fromtimestamp(at // 1000, zone)


def cut_percent(ratio: float | None, digits: int) -> str:
    """Format a ratio as a percentage, cut and not rounded: 99.9996 % is never shown as 100 %."""
    if ratio is None:
        return "no data"
    scale = 10**digits
    # A ratio such as 0.9995 is a little less in binary: a millionth of a digit mends that.
    return f"{math.floor(ratio * 100 * scale + 1e-6) / scale:.{digits}f} %"
