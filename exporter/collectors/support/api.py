"""What a collector is, and what it may read.

A collector is a module of three parts: its metrics as constants (``METRICS``), pure functions from
the text of a kernel file to families (``parse``), and ``read(system)``, which fetches that text.
"""

import os
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import ParamSpec, Protocol, TypeVar, runtime_checkable

from uptime_common.exposition import Family, Metric, Part

T = TypeVar("T")
P = ParamSpec("P")
Option = str | bool
Read = Callable[["System"], Iterable[Part]]


@runtime_checkable
class Closeable(Protocol):
    """A part that holds a descriptor or a connection."""

    def close(self) -> None:
        """Release it."""


class NoDataError(Exception):
    """The host has nothing of what a collector reads (no such device or kernel feature)."""


@dataclass(frozen=True, slots=True)
class Flag:
    """A flag ``--collector.NAME``; a default of ``True`` or ``False`` makes it a switch.

    The texts of one that may be given ``many`` times are joined by newlines.
    """

    name: str
    default: Option
    help: str
    many: bool = False


@dataclass(frozen=True, slots=True)
class Collector:
    """A registry entry.

    ``pattern`` is a regular expression of the names that are not constants because the kernel
    chooses them; ``enabled`` says whether it runs when no flag names it. ``every`` is for
    facts of hours and days: a scrape within so many seconds is given the last ones. ``rare`` is for
    what few hosts have: where it gives nothing, it is asked again after a minute.
    What comes from files of others may claim names of ours: it loses them, and the gauge ``tells``
    of its own is set to 1 then.
    """

    read: Read
    metrics: tuple[Metric, ...] = ()
    pattern: str = ""
    flags: tuple[Flag, ...] = ()
    enabled: bool = True
    every: float = 0.0
    tells: Metric | None = None
    rare: bool = False


def filters(name: str, what: str, *, include: str = "", exclude: str = "") -> tuple[Flag, Flag]:
    """Return the flags ``NAME-include`` and ``NAME-exclude`` (empty: no condition)."""
    return (
        Flag(f"{name}-include", include, f"regular expression of the {what} to include"),
        Flag(f"{name}-exclude", exclude, f"regular expression of the {what} to exclude"),
    )


@dataclass(frozen=True, slots=True)
class Roots:
    """Where the host's file systems are mounted (elsewhere in a container)."""

    proc: Path = Path("/proc")
    sys: Path = Path("/sys")
    root: Path = Path("/")
    udev: Path = Path("/run/udev/data")


_OWN = Roots()


@dataclass(slots=True, eq=False)
class System:
    """The host as collectors see it: its files, their options, and state between scrapes."""

    roots: Roots
    options: Mapping[str, Option]
    _descriptors: dict[str, int] = field(default_factory=dict)
    _parts: dict[object, object] = field(default_factory=dict)
    _scrape: dict[object, object] = field(default_factory=dict)
    _wanted: dict[tuple[str, str], bool] = field(default_factory=dict)
    _parsed: dict[object, tuple[object, list[Family]]] = field(default_factory=dict)

    def begin(self) -> None:
        """Forget what was shared within the last scrape."""
        self._scrape.clear()

    def proc(self, path: str) -> str:
        """Return a file of procfs, read through a descriptor that stays open.

        Raises:
            OSError: it cannot be read now; the next call opens it anew.
        """
        if path.startswith("net/") and self.elsewhere:
            # "net" is the reader's network, a container's; init's is the host's.
            with suppress(FileNotFoundError):
                return self._kept(self.roots.proc, f"1/{path}")
        return self._kept(self.roots.proc, path)

    @property
    def elsewhere(self) -> bool:
        """Say whether the host is seen through mounts: then its network need not be ours."""
        return self.roots.proc != _OWN.proc or self.roots.sys != _OWN.sys

    def sys(self, path: str) -> str | None:
        """Return an attribute of sysfs, stripped, through a descriptor that stays open.

        None where it is missing; for files that live as long as the system, not for devices'.
        """
        try:
            return self._kept(self.roots.sys, path).strip()
        except OSError:
            return None

    def _kept(self, root: Path, path: str) -> str:
        descriptor = self._descriptors.get(path)
        try:
            if descriptor is None:
                descriptor = os.open(f"{root}/{path}", os.O_RDONLY | os.O_CLOEXEC)
                self._descriptors[path] = descriptor
            return read_all(descriptor).decode("utf-8", "surrogateescape")
        except OSError:
            if descriptor is not None:
                os.close(self._descriptors.pop(path))
            raise

    def text(self, name: str) -> str:
        """Return an option's text."""
        return str(self.options[name])

    def switched(self, name: str) -> bool:
        """Say whether a switch is on."""
        return bool(self.options[name])

    def wants(self, name: str, value: str) -> bool:
        """Say whether ``value`` passes NAME-include and NAME-exclude."""
        known = self._wanted.get((name, value))
        if known is None:
            include, exclude = self.text(f"{name}-include"), self.text(f"{name}-exclude")
            known = not (exclude and re.search(exclude, value))
            known = known and (not include or bool(re.search(include, value)))
            self._remember(name, value, known)
        return known

    def matches(self, name: str, value: str) -> bool:
        """Say whether ``value`` matches the option's regular expression."""
        known = self._wanted.get((name, value))
        if known is None:
            known = self._remember(name, value, bool(re.search(self.text(name), value)))
        return known

    def _remember(self, name: str, value: str, decision: bool) -> bool:
        if len(self._wanted) > _MEMO:
            self._wanted.clear()
        self._wanted[name, value] = decision
        return decision

    def part(self, make: Callable[["System"], T]) -> T:
        """Return what ``make(system)`` made at first: a collector's state between scrapes."""
        if make not in self._parts:
            self._parts[make] = make(self)
        return self._parts[make]  # type: ignore[return-value]  # keyed by its maker

    def shared(self, make: Callable[["System"], T]) -> T:
        """Return ``make(system)``, called once per scrape however many collectors ask."""
        if make not in self._scrape:
            self._scrape[make] = make(self)
        return self._scrape[make]  # type: ignore[return-value]  # keyed by its maker

    def parsed(
        self, parse: Callable[P, Iterable[Family]], *inputs: P.args, **named: P.kwargs
    ) -> list[Family]:
        """Return ``parse(*inputs)``, the very same list while the inputs stay the same.

        For pure parsers of what seldom changes: the text of the same list is not rendered again.
        """
        given = inputs, named
        known = self._parsed.get(parse)
        if known is None or known[0] != given:
            known = self._parsed[parse] = given, list(parse(*inputs, **named))
        return known[1]

    def close(self) -> None:
        """Release what is kept between scrapes: descriptors, and parts that can be closed."""
        for part in self._parts.values():
            if isinstance(part, Closeable):
                part.close()
        self._parts.clear()
        while self._descriptors:
            os.close(self._descriptors.popitem()[1])


_MEMO = 4096  # decisions remembered: devices come and go
_CHUNK = 1 << 16


def read_all(descriptor: int) -> bytes:
    """Read from the start; a seq_file hands out about a page per call: read until nothing comes."""
    first = os.pread(descriptor, _CHUNK, 0)
    chunks, size = [first], len(first)
    while chunk := os.pread(descriptor, _CHUNK, size):
        chunks.append(chunk)
        size += len(chunk)
    return first if len(chunks) == 1 else b"".join(chunks)


def read_text(path: str | Path) -> str:
    """Return a small file (one attribute, one page), stripped. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(descriptor, _CHUNK).decode("utf-8", "surrogateescape").strip()
    finally:
        os.close(descriptor)


def read_all_text(path: str | Path) -> str:
    """Return a file of any length, as the kernel prints it. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return read_all(descriptor).decode("utf-8", "surrogateescape")
    finally:
        os.close(descriptor)


def names_in(folder: str) -> list[str]:
    """Return the names in a folder, sorted. Raises OSError."""
    with os.scandir(folder) as entries:
        return sorted(entry.name for entry in entries)


def text_of(path: str | Path) -> str | None:
    """Return a small file, stripped; None where it is missing or the driver refuses to read it."""
    try:
        return read_text(path)
    except OSError:
        return None
