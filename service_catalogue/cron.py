"""When scheduled reports are due: crontab lines."""

import re
from collections.abc import Iterator
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING, Any

from uptime_common.document import Finding
from uptime_common.shown import shown

if TYPE_CHECKING:
    from apscheduler.triggers.cron import CronTrigger

_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")


def trigger(cron: str, zone: tzinfo) -> "CronTrigger":
    """Return the trigger of a crontab line, in which 0 and 7 are Sunday (APScheduler's is Monday).

    Raises:
        ValueError: it makes no sense.
    """
    from apscheduler.triggers.cron import CronTrigger  # noqa: PLC0415 - costs every start 90 ms

    fields = cron.split()
    if len(fields) == 5:  # noqa: PLR2004 - a crontab's fields
        fields[4] = re.sub(r"(?<![/\w])[0-7](?!\w)", lambda m: _WEEKDAYS[int(m[0])], fields[4])
    try:
        return CronTrigger.from_crontab(" ".join(fields), timezone=zone)
    except ValueError as error:
        message = f"{shown(cron)} is not a crontab line such as 0 9 1 * *: {error}"
        raise ValueError(message) from error


def schedule_mistakes(data: Any) -> Iterator[Finding]:
    """Yield the schedules in a catalogue's plain data that make no sense: location, message."""
    reports = data.get("reports") if isinstance(data, dict) else None
    for index, entry in enumerate(reports if isinstance(reports, list) else ()):
        cron = entry.get("cron") if isinstance(entry, dict) else None
        if not isinstance(cron, str) or not cron:
            continue  # the models complain of it
        try:
            trigger(cron, UTC)
        except ValueError as error:
            yield ("reports", index, "cron"), str(error)
