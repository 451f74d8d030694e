"""The events of an iCalendar file, each apart from the others: a broken one breaks no other.

Only the lines that say when an event is, and what it is called, are looked at: whatever else a
program writes, or writes wrongly, cannot matter.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

MOST_EVENTS = 10_000
"""How many events a feed may have."""
_TIMES = ("DTSTART", "DTEND", "RECURRENCE-ID", "EXDATE", "RDATE")
_READ = {*_TIMES, "UID", "SUMMARY", "DURATION", "RRULE", "EXRULE", "STATUS", "SEQUENCE"}
_NO_CONTROLS = {code: None for code in (*range(0x20), 0x7F) if chr(code) not in "\t\n\r"}
_UNENDED = "\n"  # no line of a file holds one
_ZONE = re.compile(r';TZID=("[^"]*"|[^;:]*)', re.IGNORECASE)
_FLOATING = re.compile(r"[0-9]\s*$")  # what is in UTC ends with Z
_NOWHERE = {"localtime", "Factory"}  # zones of this machine, and of one that is not set up

Lines = list[str]


class NotCalendarError(ValueError):
    """A text is no iCalendar file, or more than can be read."""


class EventError(ValueError):
    """An event makes no sense."""


class Event(NamedTuple):
    """The lines of one event, unfolded; ``zones`` are those that its calendar describes.

    ``home`` is the calendar's own zone (X-WR-TIMEZONE), empty where it says none.
    """

    lines: tuple[str, ...]
    zones: Mapping[str, tuple[str, ...]]
    cancelled: bool
    ended: bool = True
    home: str = ""

    def value(self, name: str) -> str:
        """Return the value of a property as it is written, empty where there is none."""
        found = (line.partition(":")[2] for line in self.lines if _name(line) == name)
        return next(found, "")

    @property
    def sequence(self) -> int:
        """Return the number of its revision."""
        text = self.value("SEQUENCE").strip()
        return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else 0

    @property
    def title(self) -> str:
        """Return what it is called, to people who look for it."""
        return self.value("SUMMARY") or self.value("UID") or "without a name"


def events(text: str) -> dict[str, list[Event]]:
    """Return the events of every calendar of a text by their UIDs; those without one are alone.

    Raises:
        NotCalendarError: it is no iCalendar file, it is cut off, or it has too many events.
    """
    found: dict[str, list[Event]] = defaultdict(list)
    for number, event in enumerate(_events(_unfolded(text))):
        if number >= MOST_EVENTS:
            raise NotCalendarError(f"it has more than {MOST_EVENTS:,} events")
        found[event.value("UID") or f"\n{number}"].append(event)
    return dict(found)


def as_calendar(group: Iterable[Event]) -> str:
    """Return the events of one UID as a calendar of their own; empty where they are cancelled.

    Raises:
        EventError: a time is in a zone that nobody knows, or an event has no end.
    """
    group = list(group)
    if not all(event.ended for event in group):
        raise EventError("it has no END:VEVENT")
    group = _newest(group)
    first = next((e for e in group if not e.value("RECURRENCE-ID")), None)
    lines: Lines = []
    described: dict[str, tuple[str, ...]] = {}
    for event in group:
        own = list(event.lines)
        if event.cancelled:
            again = event.value("RECURRENCE-ID")
            if not again:
                return ""
            own = [line for line in own if _name(line) != "STATUS"] + ["STATUS:CANCELLED"]
        starts = [line for line in own if _name(line) == "RECURRENCE-ID"]
        if starts and not event.value("DTSTART"):
            own.append("DTSTART" + starts[0][len("RECURRENCE-ID") :])
        if first is not None:
            own = [_timed(line, first) for line in own]
        lines += ["BEGIN:VEVENT", *(_zoned(line, event.zones, described) for line in own)]
        lines.append("END:VEVENT")
    zones = (line for block in described.values() for line in block)
    whole = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", *zones, *lines, "END:VCALENDAR", ""]
    return "\r\n".join(whole)


def home_zone(group: Iterable[Event]) -> ZoneInfo | None:
    """Return the zone of the days of one UID, and of its hours without one, where there are any.

    Raises:
        EventError: nobody knows the zone that their calendar names.
    """
    for event in group:
        times = (line for line in event.lines if _name(line) in _TIMES)
        if event.home and any(_FLOATING.search(line) and not _ZONE.search(line) for line in times):
            if (name := iana(event.home)) is None:
                raise EventError(f"nobody knows the zone {event.home!r}")
            return ZoneInfo(name)
    return None


def _newest(group: list[Event]) -> list[Event]:
    """Return the last revisions: a higher SEQUENCE replaces lower ones (RFC 5545, 3.8.7.4)."""
    last: dict[str, int] = defaultdict(int)
    for event in group:
        again = event.value("RECURRENCE-ID")
        last[again] = max(last[again], event.sequence)
    return [event for event in group if event.sequence == last[event.value("RECURRENCE-ID")]]


def _timed(line: str, first: Event) -> str:
    """Return a RECURRENCE-ID with the time of the first occurrence where it has a day alone.

    RFC 5545, 3.8.4.4, wants one form of both; some write the day, and mean that day's occurrence.
    """
    if _name(line) != "RECURRENCE-ID" or not re.fullmatch(r"\d{8}", day := line.rpartition(":")[2]):
        return line
    start = next((x for x in first.lines if _name(x) == "DTSTART"), "")
    head, _, moment = start.rpartition(":")
    time = moment.partition("T")[2]
    return f"RECURRENCE-ID{head[len('DTSTART') :]}:{day}T{time}" if time else line


def _unfolded(text: str) -> Lines:
    whole = re.sub(r"\r\n|\r", "\n", text.lstrip("\ufeff").translate(_NO_CONTROLS))
    return re.sub(r"\n\ufeff?[ \t]", "", whole).split("\n")


def _name(line: str) -> str:
    return re.split("[;:]", line, maxsplit=1)[0].upper()


def _events(lines: Lines) -> Iterator[Event]:
    begun = False
    for calendar in _blocks(lines, "VCALENDAR"):
        begun = True
        cancelled = any(line.upper().strip() == "METHOD:CANCEL" for line in calendar)
        homes = (x.partition(":")[2].strip() for x in calendar if _name(x) == "X-WR-TIMEZONE")
        home = next(homes, "")
        zones = {}
        for block in _blocks(calendar, "VTIMEZONE"):
            named = (line.partition(":")[2].strip() for line in block if _name(line) == "TZID")
            if (name := next(named, None)) is not None:
                zones[name] = tuple(block)
        for block in _blocks(calendar, "VEVENT"):
            own = tuple(line for line in _outer(block) if _name(line) in _READ)
            dropped = any(line.upper().strip() == "STATUS:CANCELLED" for line in own)
            ended = _UNENDED not in block
            yield Event(own, zones, cancelled or dropped, ended=ended, home=home)
    if not begun:
        raise NotCalendarError("there is no VCALENDAR")


def _blocks(lines: Iterable[str], kind: str) -> Iterator[Lines]:
    """Yield what is between BEGIN and END of each component of a kind.

    An event in which the next one begins is marked: others of the file are whole.
    """
    block: Lines | None = None
    for line in lines:
        word = re.sub(r"\s*:\s*", ":", line.strip().lstrip("\ufeff").upper())
        if word == f"BEGIN:{kind}":
            if block is not None and kind == "VCALENDAR":
                raise NotCalendarError("a VCALENDAR has no end")
            if block is not None and kind == "VEVENT":
                yield [*block, _UNENDED]
            block = []
        elif word == f"END:{kind}" and block is not None:
            yield block
            block = None
        elif block is not None:
            block.append(line)
    if block is not None:
        raise NotCalendarError(f"a {kind} has no end")


def _outer(lines: Lines) -> Iterator[str]:
    """Yield the lines of a component that are not of one inside it, such as an alarm."""
    depth = 0
    for line in lines:
        depth += _name(line) == "BEGIN"
        if depth == 0:
            yield line
        depth -= _name(line) == "END" and depth > 0


def _zoned(
    line: str, zones: Mapping[str, tuple[str, ...]], described: dict[str, tuple[str, ...]]
) -> str:
    """Return a line with its zone by a name that means one thing everywhere."""
    head, colon, value = line.partition(":")
    if _name(line) not in _TIMES:
        return line
    if head.count('"') % 2:  # the colon was inside a quoted zone
        head, colon, value = _split_quoted(line)
    found = _ZONE.search(head)
    if found is None:
        return line
    if not _FLOATING.search(value):  # RFC 5545, 3.2.19: no zone beside a time in UTC
        return f"{_ZONE.sub('', head)}{colon}{value}"
    name = found[1].strip('"')
    known = iana(name)
    if known is None:
        if name not in zones:
            raise EventError(f"nobody knows the zone {name!r}")
        block = zones[name]
        known = "zone-" + hashlib.sha256("\n".join(block).encode()).hexdigest()[:12]
        own = [f"TZID:{known}" if _name(x) == "TZID" else x for x in block]
        described[known] = ("BEGIN:VTIMEZONE", *own, "END:VTIMEZONE")
    return f"{_ZONE.sub(f';TZID={known}', head, count=1)}{colon}{value}"


def _split_quoted(line: str) -> tuple[str, str, str]:
    found = re.match(r'((?:"[^"]*"|[^":])*)(:)(.*)', line)
    if found is None:
        raise EventError(f"{_name(line)} has no value")
    return found[1], found[2], found[3]


def iana(name: str) -> str | None:
    """Return the IANA name of a zone, by a name of Windows or after a prefix of its maker, too."""
    if name in _names():
        return name
    if name in WINDOWS_TO_OLSON:
        return WINDOWS_TO_OLSON[name]
    if name.startswith(
        "/"
    ):  # RFC 5545, 3.2.19: unique everywhere, such as /mozilla.org/1/Asia/Tokyo
        parts = name.split("/")
        ends = ("/".join(parts[-count:]) for count in (3, 2) if len(parts) > count)
        return next((end for end in ends if end in _names()), None)
    return None


@lru_cache(1)
def _names() -> frozenset[str]:
    return frozenset(available_timezones()) - _NOWHERE
