"""The composition root of the exporter: clock, sockets and signals are born here."""

import asyncio
import signal
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import time, time_ns

import structlog

from exporter.catalogue_reader import read_services
from exporter.descriptors import runs_at_once
from exporter.health import Health
from exporter.host.scrape import Host
from exporter.probes.transport.run import Network
from exporter.probes.transport.tls import forget
from exporter.server import About, Server, Telemetry
from exporter.services.runner import Runner
from exporter.services.schedule import Schedule
from exporter.services.store import Store
from exporter.services.target import WatchedService, shard_of, targets
from uptime_common import __version__
from uptime_common.descriptors import raise_limit
from uptime_common.document import DocumentError
from uptime_common.garbage import settle
from uptime_common.lifecycle import lifecycle
from uptime_common.web import WebConfig, shown, start_server

_GRACE = 1.0  # seconds for requests under way when we stop
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Options:
    """What the command line asks for; without ``config_file`` nothing is probed."""

    config_file: Path | None
    listen: tuple[str, int]
    web: WebConfig
    location: str
    web_file: Path | None = None
    shard: tuple[int, int] = (1, 1)
    lifecycle: bool = False
    telemetry: Telemetry = field(default_factory=Telemetry)


class App:
    """Everything that runs, joined."""

    def __init__(self, options: Options, host: Host) -> None:
        self._options = options
        self._network = Network.open()
        self._reloading = asyncio.Lock()
        self._health = Health(__version__)
        self._store = Store(options.location)
        job = Runner(self._network, self._store, self._health)
        self._schedule = Schedule(job, at_once=runs_at_once(raise_limit()))
        self._health.watch(self._state)
        about = About(__version__, options.location, options.telemetry)
        self.server = Server(self._store, self._health, host, self._network, about)

    def _state(self) -> tuple[int, int, int]:
        return len(self._store.entries()), self._schedule.in_flight, self._schedule.skipped

    def adopt(self, found: Sequence[WatchedService]) -> None:
        """Watch these services, or our shard of them, from now on."""
        services = shard_of(found, *self._options.shard)
        wanted = targets(services)
        self._store.replace(services, wanted)
        self._schedule.replace(wanted)
        self._health.loaded(time(), good=True)
        _log.info("catalogue loaded", services=len(services), probes=len(wanted))

    async def reload(self) -> Sequence[str]:
        """Read the catalogue again; one with mistakes changes nothing, and they are returned."""
        async with self._reloading:
            try:
                services = await self.read()
                forget()
                self.adopt(services)
            except DocumentError as error:
                problems = [str(problem) for problem in error.problems]
                for problem in problems:
                    _log.error("catalogue not loaded", problem=problem)
            except Exception:  # noqa: BLE001 - told as ours; the probes that run must not end by it
                _log.exception("catalogue not loaded: a fault of sla-exporter, not of the file")
                problems = ["a fault of sla-exporter, not of the file; its log has more"]
            else:
                settle()
                return ()
            self._health.loaded(time(), good=False)
            return problems

    async def read(self, *, begins: bool = False) -> Sequence[WatchedService]:
        """Return the services of the catalogue as it is now.

        Raises:
            DocumentError: with every mistake found; see `read_services`.
        """
        return await asyncio.to_thread(
            read_services, self._options.config_file, time_ns() // 1_000_000, begins=begins
        )

    async def close(self) -> None:
        """End what runs."""
        await self._schedule.close()
        await self._network.close()
        self._health.close()


async def serve(options: Options, host: Host) -> None:
    """Probe and serve until SIGTERM or SIGINT; SIGHUP reads the catalogue again.

    Raises:
        DocumentError: the catalogue has mistakes.
        OSError: the address is taken, or a TLS file cannot be used.
    """
    app, events = App(options, host), asyncio.Queue[signal.Signals]()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, events.put_nowait, number)
    try:
        app.adopt(await app.read(begins=True))
        settle()
        routes = [*app.server.routes(), *lifecycle(app.reload, enabled=options.lifecycle)]
        web = await start_server(routes, options.listen, options.web, options.web_file)
        try:
            _log.info("listening", address=shown(options.listen), version=__version__)
            while await events.get() == signal.SIGHUP:
                await app.reload()
            _log.info("stopping")
        finally:
            with suppress(TimeoutError):
                async with asyncio.timeout(_GRACE):
                    await web.cleanup()
    finally:
        await app.close()
