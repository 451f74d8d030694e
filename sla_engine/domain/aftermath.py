"""What followed on what was done to servers: beside each other, without a word on causes."""

from collections.abc import Sequence
from typing import NamedTuple

from sla_engine.domain.contract_window import DAY
from sla_engine.domain.outage import Outage
from sla_engine.domain.report import HostEvent, PeriodReport

WITHIN = DAY
"""How long after what was done an outage is listed beside it (ms)."""
_TOGETHER = 3_600_000


class Followed(NamedTuple):
    """What was done to a server, and the outages that began within a day: service's name, outage.

    ``until`` is when the last of several of its kind was done, of those within an hour (ms UTC).
    """

    event: HostEvent
    until: int
    outages: tuple[tuple[str, Outage], ...]


def aftermath(report: PeriodReport) -> list[Followed]:
    """Return what was done in a period, oldest first, with what followed."""
    events = () if report.capacity is None else report.capacity.events
    began = sorted(
        (
            (share.outage.start, service.name, share.outage)
            for service in report.services
            for share in service.figures.shares
        ),
        key=lambda one: one[:2],
    )
    found = []
    for event, until in _together(events):
        after = [(name, o) for start, name, o in began if event.time <= start <= until + WITHIN]
        found.append(Followed(event, until, tuple(after)))
    return found


def _together(events: Sequence[HostEvent]) -> list[tuple[HostEvent, int]]:
    """Return events with the time of their last, those of a host and kind within an hour as one."""
    found: list[tuple[HostEvent, int]] = []
    last: dict[tuple[str, str], int] = {}
    for event in sorted(events, key=lambda one: (one.time, one.host, one.kind)):
        key = event.host, event.kind
        place = last.get(key)
        if place is not None and event.time - found[place][1] <= _TOGETHER:
            found[place] = found[place][0], event.time
            continue
        last[key] = len(found)
        found.append((event, event.time))
    return found
