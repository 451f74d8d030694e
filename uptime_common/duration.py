"""Durations in the notation of Prometheus, as integer milliseconds."""

import re

from uptime_common.shown import shown

_UNITS_MS = {
    "y": 365 * 86_400_000,
    "w": 7 * 86_400_000,
    "d": 86_400_000,
    "h": 3_600_000,
    "m": 60_000,
    "s": 1_000,
    "ms": 1,
}
_PART = re.compile(r"([0-9]+)(ms|[ywdhms])")
_N = "[0-9]{1,15}"
_WHOLE = re.compile("".join(f"(?:{_N}{unit})?" for unit in _UNITS_MS))


def parse_duration(text: str) -> int:
    """Return the milliseconds that a duration such as ``1h30m`` stands for.

    The grammar is that of Prometheus: units y, w, d, h, m, s, ms, in this order, each at most once.

    Raises:
        ValueError: the text is empty or not of that grammar.
    """
    if not text or not _WHOLE.fullmatch(text):
        raise ValueError(f"{shown(text)} is not a duration; write it as 15s, 5m, 1h30m or 7d")
    return sum(int(number) * _UNITS_MS[unit] for number, unit in _PART.findall(text))


def format_duration(milliseconds: int) -> str:
    """Return the shortest Prometheus notation (without years and weeks) of a duration."""
    if milliseconds == 0:
        return "0s"
    parts = []
    rest = milliseconds
    for unit in ("d", "h", "m", "s", "ms"):
        count, rest = divmod(rest, _UNITS_MS[unit])
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts)
