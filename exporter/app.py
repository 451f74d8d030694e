"""The composition root of the exporter: clock, sockets and signals are born here."""

import asyncio
import signal
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import time

import structlog

from catalogue import Catalogue, load_catalogue
from exporter.host import Host
from exporter.metrics import Health
from exporter.probes.run import Network
from exporter.runner import Runner
from exporter.schedule import Schedule
from exporter.server import Server, page
from exporter.store import Store
from exporter.target import targets
from toolkit.web import WebConfig, start_server

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Options:
    """What the command line asks for; without ``config_file`` nothing is probed."""

    config_file: Path | None
    listen: tuple[str, int]
    web: WebConfig
    location: str


def release() -> str:
    """Return the installed version, or ``dev`` in a checkout."""
    try:
        return version("uptime-ledger")
    except PackageNotFoundError:
        return "dev"


async def serve(options: Options, catalogue: Catalogue | None, host: Host) -> None:
    """Probe and serve until SIGTERM or SIGINT.

    Raises:
        OSError: the address is taken, or a TLS file cannot be used.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    network = Network.open()
    health, store = Health(release()), Store(options.location)
    schedule = Schedule(Runner(network, store, health))
    health.watch(lambda: (len(store.entries()), schedule.in_flight, schedule.skipped))
    server = Server(
        store, health, host, lambda: page(release(), options.location, len(store.entries()))
    )
    web = await start_server(server.routes(), options.listen, options.web)
    try:
        adopt(catalogue, store, schedule, health)
        _log.info("listening", address="{}:{}".format(*options.listen), version=release())
        await stop.wait()
        _log.info("stopping")
    finally:
        await schedule.close()
        await network.close()
        await web.cleanup()


def adopt(catalogue: Catalogue | None, store: Store, schedule: Schedule, health: Health) -> None:
    """Watch what the catalogue says from now on."""
    services = catalogue.services if catalogue else ()
    wanted = targets(services)
    store.replace(services, wanted)
    schedule.replace(wanted)
    health.reloads.set(time())
    health.reload_good.set(1)
    _log.info("catalogue loaded", services=len(services), probes=len(wanted))


def load(path: Path | None) -> Catalogue | None:
    """Read the catalogue, if there is one to read.

    Raises:
        DocumentError: with every mistake found.
    """
    return load_catalogue(path) if path else None
