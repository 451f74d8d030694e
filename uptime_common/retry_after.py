"""How long another server asks us to wait, whatever it writes."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

SHORTEST: Final = 1_000
LONGEST: Final = 3_600_000


def retry_after(text: str | None, now: int) -> int:
    """Return the milliseconds to wait of a ``Retry-After``, between one second and one hour.

    Seconds may have decimals; a date is counted from ``now`` (ms UTC). What is no time at all, or
    one that is over, is the shortest.
    """
    return min(max(SHORTEST, _milliseconds((text or "").strip(), now)), LONGEST)


def _milliseconds(text: str, now: int) -> int:
    try:
        seconds = float(text)
    except ValueError:
        return _until(text, now)
    # NaN and infinities are numbers to Python and no times to anybody.
    return int(min(max(seconds, 0), LONGEST) * 1000) if abs(seconds) < float("inf") else 0


def _until(text: str, now: int) -> int:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return 0
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return int((moment - datetime.fromtimestamp(now / 1000, UTC)).total_seconds() * 1000)
