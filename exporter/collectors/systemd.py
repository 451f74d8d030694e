"""Units, timers and sockets of systemd, over D-Bus (needs the extra ``systemd``)."""

import asyncio
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from exporter.collectors.support.api import Flag, NoDataError, System
from uptime_common.exposition import Family, Metric, Sample, counter, gauge

UNIT = gauge("node_systemd_unit_state", "Systemd unit", "name", "state", "type")
UNITS = gauge("node_systemd_units", "Summary of systemd unit states", "state")
RUNNING = gauge(
    "node_systemd_system_running",
    "Whether the system is operational (see 'systemctl is-system-running')",
)
VERSION = gauge("node_systemd_version", "Detected systemd version", "version")
VIRTUALIZATION = gauge(
    "node_systemd_virtualization_info",
    "Detected virtualization technology",
    "virtualization_type",
)
TRIGGERED = gauge(
    "node_systemd_timer_last_trigger_seconds", "Seconds since epoch of last trigger.", "name"
)
ACCEPTED = counter(
    "node_systemd_socket_accepted_connections_total",
    "Total number of accepted socket connections",
    "name",
)
CONNECTIONS = gauge(
    "node_systemd_socket_current_connections", "Current number of socket connections", "name"
)
REFUSED = gauge(
    "node_systemd_socket_refused_connections_total",
    "Total number of refused socket connections",
    "name",
)
RESTARTS = counter(
    "node_systemd_service_restart_total", "Service unit count of Restart triggers", "name"
)
STARTED = gauge(
    "node_systemd_unit_start_time_seconds",
    "Start time of the unit since unix epoch in seconds.",
    "name",
)
METRICS = (
    *(UNIT, UNITS, RUNNING, VERSION, VIRTUALIZATION, TRIGGERED, ACCEPTED, CONNECTIONS),
    *(REFUSED, RESTARTS, STARTED),
)
FLAGS = (
    Flag("systemd.unit-include", ".+", "regular expression of the whole names to include"),
    Flag(
        "systemd.unit-exclude",
        r".+\.(automount|device|mount|scope|slice)",
        "regular expression of the whole names to exclude",
    ),
    Flag("systemd.enable-restarts-metrics", False, "count the restarts of services"),
    Flag("systemd.enable-start-time-metrics", False, "tell when units started"),
)

STATES = ("active", "activating", "deactivating", "inactive", "failed")
_DESTINATION = "org.freedesktop.systemd1"
_TIMEOUT = 4.0  # seconds
_MICROSECOND = 1e-6


class Unit(NamedTuple):
    """What ListUnits tells of a unit."""

    name: str
    load: str
    active: str
    path: str


# Properties by the unit's suffix: interface, property, metric, scale.
PROPERTIES: tuple[tuple[str, str, str, Metric, float], ...] = (
    (".timer", "Timer", "LastTriggerUSec", TRIGGERED, _MICROSECOND),
    (".socket", "Socket", "NAccepted", ACCEPTED, 1),
    (".socket", "Socket", "NConnections", CONNECTIONS, 1),
    (".socket", "Socket", "NRefused", REFUSED, 1),
)
_RESTARTS = (".service", "Service", "NRestarts", RESTARTS, 1.0)
_STARTED = ("", "Unit", "ActiveEnterTimestamp", STARTED, _MICROSECOND)


def wanted(units: Iterable[Unit], include: str, exclude: str) -> list[Unit]:
    """Return the loaded units whose whole name matches ``include`` and not ``exclude``."""
    yes, no = re.compile(include), re.compile(exclude)
    return [
        unit
        for unit in units
        if unit.load == "loaded" and yes.fullmatch(unit.name) and not no.fullmatch(unit.name)
    ]


def families(every: list[Unit], shown: list[Unit], types: Mapping[str, str]) -> Iterator[Family]:
    """Return the states of the shown units, and how many of all units are in each state."""
    counts = Counter(dict.fromkeys(STATES, 0))
    counts.update(unit.active for unit in every)
    yield UNITS.of(*(((state,), count) for state, count in counts.items()))
    yield UNIT.of(
        *(
            ((unit.name, state, types.get(unit.name, "")), unit.active == state)
            for unit in shown
            for state in STATES
        )
    )


def manager(state: str, version: str, virtualization: str) -> Iterator[Family]:
    """Return what systemd says of itself; ``version`` is like ``252.30-1~deb12u2``."""
    yield RUNNING.value(state == "running")
    if number := re.match(r"\d{3,}(\.\d+)?", version):
        yield VERSION.of(((version,), float(number[0])))
    yield VIRTUALIZATION.of(((virtualization or "none",), 1))


class Bus:
    """A connection to the system bus that stays open between scrapes; its loop is its own."""

    def __init__(self, system: System) -> None:
        socket = system.roots.root / "run/dbus/system_bus_socket"
        self._address = os.environ.get("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={socket}")
        if not ("DBUS_SYSTEM_BUS_ADDRESS" in os.environ or socket.exists()):
            raise NoDataError("there is no system bus")
        self._runner = asyncio.Runner()
        self._bus: Any = None
        self.types: dict[str, str] = {}

    def run(self, gather: Callable[["Bus"], Any]) -> list[Family]:
        """Return what ``gather(self)`` gives; connect anew after an error."""
        try:
            return self._runner.run(asyncio.wait_for(self._gather(gather), _TIMEOUT))
        except BaseException:
            self._disconnect()
            raise

    async def _gather(self, gather: Callable[["Bus"], Any]) -> Any:
        if self._bus is None:
            from dbus_fast.aio import MessageBus  # noqa: PLC0415 - an extra

            self._bus = await MessageBus(bus_address=self._address).connect()
        return await gather(self)

    async def call(self, path: str, interface: str, member: str, *body: str) -> Any:
        """Call a method; return its first value. Raises OSError with the bus's own words."""
        from dbus_fast import Message, MessageType  # noqa: PLC0415 - an extra

        reply = await self._bus.call(
            Message(
                destination=_DESTINATION,
                path=path,
                interface=interface,
                member=member,
                signature="s" * len(body),
                body=list(body),
            )
        )
        if reply.message_type is MessageType.ERROR:
            raise OSError(f"{member} {' '.join(body)}: {reply.error_name}")
        return reply.body[0]

    async def property(self, path: str, interface: str, name: str) -> Any:
        """Return a property of an object."""
        variant = await self.call(
            path,
            "org.freedesktop.DBus.Properties",
            "Get",
            f"{_DESTINATION}.{interface}",
            name,
        )
        return variant.value

    def _disconnect(self) -> None:
        if self._bus is not None:
            self._bus.disconnect()
            self._bus = None

    def close(self) -> None:
        """Disconnect."""
        self._disconnect()
        self._runner.close()


async def _manager(bus: Bus) -> list[Family]:
    path = "/org/freedesktop/systemd1"
    facts = [
        await bus.property(path, "Manager", name)
        for name in ("SystemState", "Version", "Virtualization")
    ]
    return list(manager(*facts))


async def _types(bus: Bus, shown: list[Unit]) -> None:
    """Learn the type of services that are new; it does not change while a unit is loaded."""
    for unit in shown:
        if unit.name.endswith(".service") and unit.name not in bus.types:
            bus.types[unit.name] = await bus.property(unit.path, "Service", "Type")
    for name in bus.types.keys() - {unit.name for unit in shown}:
        del bus.types[name]


async def _properties(
    bus: Bus, shown: list[Unit], asked: Iterable[tuple[str, str, str, Metric, float]]
) -> list[Family]:
    samples: dict[Metric, list[Sample]] = {}
    for suffix, interface, name, metric, scale in asked:
        for unit in shown:
            if unit.name.endswith(suffix):
                try:
                    value = await bus.property(unit.path, interface, name)
                except OSError:  # this systemd has no such property, or the unit is gone
                    continue
                samples.setdefault(metric, []).append(((unit.name,), value * scale))
    return [Family(metric, found) for metric, found in samples.items()]


def read(system: System) -> list[Family]:
    """Ask systemd."""
    asked = list(PROPERTIES)
    asked += [_RESTARTS] if system.switched("systemd.enable-restarts-metrics") else []
    asked += [_STARTED] if system.switched("systemd.enable-start-time-metrics") else []

    async def gather(bus: Bus) -> list[Family]:
        rows = await bus.call("/org/freedesktop/systemd1", f"{_DESTINATION}.Manager", "ListUnits")
        every = [Unit(row[0], row[2], row[3], row[6]) for row in rows]
        include, exclude = system.text("systemd.unit-include"), system.text("systemd.unit-exclude")
        shown = wanted(every, include, exclude)
        await _types(bus, shown)
        found = list(families(every, shown, bus.types))
        return found + await _manager(bus) + await _properties(bus, shown, asked)

    try:
        return system.part(Bus).run(gather)
    except ImportError as error:
        raise NoDataError(
            "dbus-fast is not installed: pip install uptime-ledger[systemd]"
        ) from error
