"""When scheduled reports are due: crontab lines, as Debian's cron reads them."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from itertools import islice
from typing import Any, Final

from cronsim import CronSim, CronSimError

from uptime_common.document import Finding
from uptime_common.shown import shown

_FIELDS: Final = 5
_NAMES: Final = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_SOME_DAY: Final = datetime(2000, 1, 1, tzinfo=UTC)
# 0 and 7 are Sunday, which may end a range: fri-sun, 5-0.
_UNTIL_SUNDAY = re.compile(r"\b(?!0|sun)(\w+)-(?:0|sun)\b", re.IGNORECASE)


def last_due(cron: str, zone: tzinfo, now: int) -> int | None:
    """Return the last moment, at or before ``now``, at which a crontab line was due (ms UTC).

    An hour that the clocks skip is due where they go on, one that they show twice at the first.

    Args:
        cron: minute, hour, day of the month, month, day of the week; or a name such as ``@daily``.
        zone: in which they are.
        now: ms UTC.

    Returns:
        None where it was not due for 50 years.

    Raises:
        ValueError: the line makes no sense.
    """
    line, end = _checked(cron), datetime.fromtimestamp(now // 1000, UTC)
    after = (end + timedelta(seconds=1)).astimezone(zone)  # what it yields is before that
    due = next(CronSim(line, after, reverse=True), None)
    if due is not None and after.fold:  # backwards it takes both of two equal hours for the first
        later = CronSim(line, due)
        while (following := next(later, end + timedelta(days=1))).astimezone(UTC) <= end:
            due = following
    return None if due is None else round(due.timestamp() * 1000)


@lru_cache(maxsize=256)
def _checked(cron: str) -> str:
    """Return a crontab line as the library reads it."""
    fields = _NAMES.get(cron.strip(), cron).split()
    if len(fields) == _FIELDS:
        fields[4] = _UNTIL_SUNDAY.sub(r"\1-7", fields[4])
    line = " ".join(fields)
    mistake = f"Wrong number of fields; got {len(fields)}, expected {_FIELDS}"
    if len(fields) == _FIELDS:
        try:
            mistake = "" if next(CronSim(line, _SOME_DAY), None) else "It is never due"
        except CronSimError as error:
            mistake = str(error)
    if mistake:
        raise ValueError(f"{shown(cron)} is not a crontab line such as 0 9 1 * *: {mistake}")
    return line


def _is_due_twice_a_day(line: str) -> bool:
    """Say so; of a day that begins with the first moment looked at, one is not seen."""
    days = [due.date() for due in islice(CronSim(line, _SOME_DAY), 3)]
    return len(set(days)) < len(days)


def schedule_mistakes(data: Any) -> Iterator[Finding]:
    """Yield the schedules in a catalogue's plain data that make no sense: location, message."""
    reports = data.get("reports") if isinstance(data, dict) else None
    for index, entry in enumerate(reports if isinstance(reports, list) else ()):
        cron = entry.get("cron") if isinstance(entry, dict) else None
        if not isinstance(cron, str) or not cron:
            continue  # the models complain of it
        try:
            line = _checked(cron)
        except ValueError as error:
            yield ("reports", index, "cron"), str(error)
            continue
        if _is_due_twice_a_day(line):
            mistake = (
                f"{shown(cron)} is due more than once a day, but a period's report is sent once"
            )
            yield ("reports", index, "cron"), f"{mistake}; give a minute and an hour: 0 9 * * *"
