"""Times, durations and ratios as people read them, in one way on every surface.

The figures themselves stay exact: rounding happens here and nowhere else.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo

_UNITS = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000))
_HOUR = 3_600_000
_HALF = 500
UNKNOWN = "unknown"
"""What is said where a figure is owed and nothing is known."""
NOTHING = "-"
"""What is said where there is no such figure."""
AVAILABILITY_DIGITS = 3
SHARE_DIGITS = 1
EXACT_DIGITS = 9
"""Digits of a percentage that somebody wrote: it is shown as it was written."""


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


def service_time(
    milliseconds: float | None, write: Callable[[float, int], str] | None = None
) -> str:
    """Return an amount of time that services owe, in hours, minutes and seconds: ``745h 30m``.

    Never in days, which are not 24 hours where a service has hours of its own. To the nearest
    second, as a `duration` is, so that a list reads like its sum; a hyphen where there is nothing
    to tell. ``write`` shapes the number of hours.
    """
    if milliseconds is None:
        return NOTHING
    whole = round(milliseconds)
    if abs(whole) < _HOUR - _HALF:
        return duration(whole)
    hours, rest = divmod(whole + _HALF, _HOUR)
    parts = [f"{(write or number)(hours, 0)}h", *duration(rest - rest % 1_000).split()]
    return " ".join(part for part in parts if part != "0s")


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


def percent(ratio: float | None, digits: int = AVAILABILITY_DIGITS) -> str:
    """Return a ratio, such as an availability, as a percentage; a miss never reads 100 %.

    None, which says that nothing is known, reads ``unknown``.
    """
    if ratio is None:
        return UNKNOWN
    return f"{rounded_percent(ratio, digits):.{digits}f} %"


def share(ratio: float | None) -> str:
    """Return a part of a whole, such as an error budget or coverage, to a tenth of a percent."""
    return percent(ratio, SHARE_DIGITS)


def agreed(ratio: float | None) -> str:
    """Return a ratio that was agreed, such as an objective, as it was written: ``99.95 %``."""
    if ratio is None:
        return NOTHING
    digits = f"{rounded_percent(ratio, EXACT_DIGITS):.{EXACT_DIGITS}f}"
    return f"{digits.rstrip('0').rstrip('.')} %"


def rounded_percent(ratio: float, digits: int) -> float:
    """Return a ratio in percent, rounded; what is under 1 stays under 100, and 0 has no sign."""
    rounded = round(ratio * 100, digits) or 0.0
    return 100 - 10**-digits if ratio < 1 and rounded >= 100 else rounded  # noqa: PLR2004 - percent


def number(value: float, digits: int = 0) -> str:
    """Return a number with so many digits after the point: ``1,234.5``."""
    return f"{value:,.{digits}f}"


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
