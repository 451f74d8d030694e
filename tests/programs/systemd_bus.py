"""A private D-Bus daemon, and a service on it that answers as systemd does."""

import asyncio
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

from tests.programs.process import find_program

ROOT = "/org/freedesktop/systemd1"
UNITS = [  # name, load state, active state, object
    ("shop.service", "loaded", "active", f"{ROOT}/unit/shop"),
    ("bad.service", "loaded", "failed", f"{ROOT}/unit/bad"),
    ("gone.service", "not-found", "inactive", f"{ROOT}/unit/gone"),
    ("daily.timer", "loaded", "active", f"{ROOT}/unit/daily"),
    ("api.socket", "loaded", "active", f"{ROOT}/unit/api"),
    ("home.mount", "loaded", "active", f"{ROOT}/unit/home"),
]
PROPERTIES = {
    (ROOT, "SystemState"): Variant("s", "degraded"),
    (ROOT, "Version"): Variant("s", "252.30-1~deb12u2"),
    (ROOT, "Virtualization"): Variant("s", ""),
    (f"{ROOT}/unit/shop", "Type"): Variant("s", "notify"),
    (f"{ROOT}/unit/shop", "NRestarts"): Variant("u", 3),
    (f"{ROOT}/unit/shop", "ActiveEnterTimestamp"): Variant("t", 1_700_000_000_000_000),
    (f"{ROOT}/unit/bad", "Type"): Variant("s", "oneshot"),
    (f"{ROOT}/unit/daily", "LastTriggerUSec"): Variant("t", 1_700_000_000_500_000),
    (f"{ROOT}/unit/api", "NAccepted"): Variant("u", 7),
    (f"{ROOT}/unit/api", "NConnections"): Variant("u", 2),
}


@contextmanager
def systemd_bus() -> Iterator[str]:
    """Run the daemon and the service until the block ends; give the bus' address."""
    command = [find_program("dbus-daemon"), "--session", "--nofork", "--print-address"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as daemon:
        assert daemon.stdout is not None
        address = daemon.stdout.readline().strip()
        loop, stop, ready = asyncio.new_event_loop(), asyncio.Event(), threading.Event()
        work = _serve(address, stop, ready)
        thread = threading.Thread(target=loop.run_until_complete, args=(work,))
        thread.start()
        try:
            assert ready.wait(10)
            yield address
        finally:
            loop.call_soon_threadsafe(stop.set)
            thread.join()
            loop.close()
            daemon.terminate()


async def _serve(address: str, stop: asyncio.Event, ready: threading.Event) -> None:
    bus = await MessageBus(bus_address=address).connect()
    await bus.request_name("org.freedesktop.systemd1")
    bus.add_message_handler(_answer)
    ready.set()
    await stop.wait()
    bus.disconnect()
    await bus.wait_for_disconnect()  # type: ignore[no-untyped-call]  # dbus-fast's


def _answer(message: Message) -> Message | None:
    if message.message_type is not MessageType.METHOD_CALL:
        return None
    if message.member == "ListUnits":
        rows = [
            [name, "", load, active, "", "", path, 0, "", "/"] for name, load, active, path in UNITS
        ]
        return Message.new_method_return(message, "a(ssssssouso)", [rows])
    if message.member == "Get":
        value = PROPERTIES.get((message.path or "", message.body[1]))
        if value is None:
            return Message.new_error(message, "org.freedesktop.DBus.Error.UnknownProperty", "no")
        return Message.new_method_return(message, "v", [value])
    return None
