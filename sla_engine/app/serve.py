"""``sla-engine serve``: ticks, notices and pages in one process."""

import argparse
import asyncio
import os
import signal
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import structlog
from sqlalchemy import make_url

from sla_engine.accounting.service_levels import OTHER_WINDOWS
from sla_engine.app.clock import CLOCK
from sla_engine.app.context import Context, ledger_url, now, opened
from sla_engine.app.engine import Engine
from sla_engine.app.errors import JobError, UsageError
from sla_engine.app.reload import Reloader
from sla_engine.app.scheduler import Scheduler
from sla_engine.app.slack_listener import SlackListener
from sla_engine.app.state_file import announced
from sla_engine.app.views import pages
from sla_engine.domain.outage_list import ListBounds
from sla_engine.metrics import EngineMetrics
from sla_engine.web.routes import routes
from uptime_common import __version__
from uptime_common.descriptors import raise_limit
from uptime_common.duration import parse_duration
from uptime_common.garbage import settle
from uptime_common.lifecycle import lifecycle
from uptime_common.web import WebConfig, load_web_config, start_server

_GRACE_SECONDS = 3.0
_LEAST_TICK_SECONDS = 0.1

log = structlog.get_logger("engine")


def serve(options: argparse.Namespace) -> int:
    """``sla-engine serve``: until SIGTERM or SIGINT; SIGHUP reads the catalogue again."""
    tick = _tick(options)
    listed, late, windows = _list_bounds(options), _late_window(options), _windows(options)
    web_config = load_web_config(options.web_config_file)
    CLOCK.steady()
    raise_limit()
    with opened(options, begins=True) as context:
        _greet(context, options)
        _warn_of_empty(context, ledger_url(options))
        engine = Engine(context, EngineMetrics(__version__), listed, late, windows)
        engine.metrics.loaded(now(), good=True)
        settle()
        listener = SlackListener(engine)
        scheduler = Scheduler(engine, listener, tick, options.rules_file)
        reloader = Reloader(options, engine, listener, scheduler.follow)
        try:
            asyncio.run(_until_stopped(engine, options, web_config, scheduler, reloader))
        except OSError as error:
            raise JobError(f"cannot serve: {error.strerror or error}") from error
        finally:
            _stop(engine, scheduler)
    log.info("stopped")
    return 0


def _greet(context: Context, options: argparse.Namespace) -> None:
    """Say what to do where the catalogue says nothing yet; the status page says it, too."""
    if not context.catalogue.is_written:
        url = context.catalogue.prometheus.url
        log.warning(
            "no service is watched yet: the catalogue is empty; fill it, then send SIGHUP",
            file=str(options.config_file),
            next=f"sla-engine discover --prometheus.url={url} --output={options.config_file}",
        )


def _warn_of_empty(context: Context, url: str) -> None:
    """Say loudly that nothing was there: a volume may be missing, and with it every outage."""
    if context.ledger.derived_until() is None and not context.ledger.windows.all():
        log.warning(
            "the ledger is empty: right at a first start, else its volume is missing "
            "or the URL is wrong",
            looked_for=make_url(url).render_as_string(hide_password=True),
            folder=str(Path.cwd()),
        )


def _list_bounds(options: argparse.Namespace) -> ListBounds:
    """Return how many outages are published, and of what age."""
    if options.metrics_outages < 0:
        raise UsageError(f"--metrics.outages: {options.metrics_outages} is below zero")
    try:
        return ListBounds(options.metrics_outages, parse_duration(options.metrics_outages_age))
    except ValueError as error:
        raise UsageError(f"--metrics.outages-age: {error}") from error


def _tick(options: argparse.Namespace) -> float:
    """Return how often Prometheus is asked (seconds); without a pause nothing else would get on."""
    try:
        tick = parse_duration(options.tick) / 1000
    except ValueError as error:
        raise UsageError(f"--tick: {error}") from error
    if tick < _LEAST_TICK_SECONDS:
        raise UsageError(f"--tick: {options.tick} is shorter than 100ms")
    return tick


def _windows(options: argparse.Namespace) -> tuple[str, ...]:
    """Return the windows that are published beside the contract's and the last day."""
    given = tuple(name.strip() for name in options.metrics_windows.split(",") if name.strip())
    for name in given:
        if name not in OTHER_WINDOWS:
            known = ", ".join(OTHER_WINDOWS)
            raise UsageError(f"--metrics.windows: {name!r} is no window; these are: {known}")
    return given


def _late_window(options: argparse.Namespace) -> int:
    """Return how late samples may come and still be found (ms)."""
    try:
        return parse_duration(options.late_samples)
    except ValueError as error:
        raise UsageError(f"--late-samples: {error}") from error


async def _until_stopped(
    engine: Engine,
    options: argparse.Namespace,
    web_config: WebConfig,
    scheduler: Scheduler,
    reloader: Reloader,
) -> None:
    signals = asyncio.Queue[signal.Signals]()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, signals.put_nowait, number)
    # One thread, so that no two reload at once; not asyncio's own, for whose end it would wait.
    thread = ThreadPoolExecutor(1, "reload")

    async def reload() -> Sequence[str]:
        return await loop.run_in_executor(thread, reloader)

    shown = [*routes(pages(engine)), *lifecycle(reload, enabled=options.web_enable_lifecycle)]
    server = await start_server(
        shown, options.web_listen_address, web_config, options.web_config_file, gives_up=True
    )
    host, port = server.addresses[0][:2]
    log.info("serving", address=f"{host}:{port}", services=len(engine.context.catalogue.services))
    scheduler.start()
    reloads: list[asyncio.Task[Sequence[str]]] = []
    where = _absolute(ledger_url(options)), engine.context.catalogue.prometheus.url
    config = str(options.config_file.absolute())
    with announced(f"{host}:{port}", *where, os.environ, config):
        while await signals.get() == signal.SIGHUP:
            reloads = [task for task in reloads if not task.done()]
            reloads.append(asyncio.create_task(reload()))  # one that waits delays no SIGTERM
    await server.cleanup()


def _absolute(url: str) -> str:
    """Return a ledger's URL so that it means the same in every folder."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        parsed = parsed.set(database=str(Path(parsed.database).absolute()))
    return parsed.render_as_string(hide_password=False)


def _stop(engine: Engine, scheduler: Scheduler) -> None:
    """Let a job in flight end, but not for long: what it did not commit, the next start does."""
    if scheduler.stop() and not engine.idle(_GRACE_SECONDS):
        log.warning("a job is still running; it is dropped and will be repeated")
        # A thread that waits for Prometheus cannot be interrupted, and Python would wait for it.
        os._exit(0)
