"""``sla-engine serve``: ticks, notices and pages in one process."""

import argparse
import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from sla_engine.app.context import Context, opened
from sla_engine.app.engine import Engine
from sla_engine.app.errors import JobError, UsageError
from sla_engine.app.feeds import FeedReader
from sla_engine.app.listener import listener
from sla_engine.app.pages import pages
from sla_engine.app.rules import RulesKeeper
from sla_engine.app.silences import SilenceKeeper
from sla_engine.metrics import EngineMetrics
from sla_engine.web.routes import routes
from toolkit import __version__
from toolkit.duration import parse_duration
from toolkit.web import WebConfig, load_web_config, start_server

_GRACE_SECONDS = 3.0
_SEND_SECONDS = 5
_RULES_SECONDS = 60
_SILENCES_SECONDS = 30
_LISTEN_SECONDS = 5

log = structlog.get_logger("engine")


def serve(options: argparse.Namespace) -> int:
    """``sla-engine serve``: until SIGTERM or SIGINT."""
    try:
        tick = parse_duration(options.tick) / 1000
    except ValueError as error:
        raise UsageError(f"--tick: {error}") from error
    web_config = load_web_config(options.web_config_file)
    with opened(options) as context:
        engine = Engine(context, EngineMetrics(__version__))
        slack = listener(context, engine.metrics, lambda: engine.levels)
        scheduler = _scheduler(engine, tick)
        for job, seconds in _exchanges(context, engine, options.rules_file):
            scheduler.add_job(job, "interval", seconds=seconds, next_run_time=datetime.now(UTC))
        if slack is not None:
            scheduler.add_job(
                lambda: slack.keep(leads=engine.leading), "interval", seconds=_LISTEN_SECONDS
            )
        try:
            asyncio.run(_until_stopped(context, engine, options, web_config, scheduler))
        except OSError as error:
            raise JobError(f"cannot serve: {error.strerror or error}") from error
        finally:
            _stop(engine, scheduler)
    log.info("stopped")
    return 0


def _exchanges(
    context: Context, engine: Engine, rules_file: Path | None
) -> Iterator[tuple[Callable[[], None], int]]:
    """Yield what is kept the same elsewhere, and how often (seconds) that is looked after."""
    if rules_file is not None:
        yield RulesKeeper(rules_file, context.catalogue, context.client), _RULES_SECONDS
    if context.catalogue.maintenance.silences is not None:
        yield engine.while_leading(SilenceKeeper(context)), _SILENCES_SECONDS
    for feed in context.catalogue.maintenance.feeds:
        yield engine.while_leading(FeedReader(context, feed)), max(1, feed.refresh // 1000)


def _scheduler(engine: Engine, tick: float) -> BackgroundScheduler:
    """Return the engine's clockwork; a job that is late runs once, never twice at a time."""
    scheduler = BackgroundScheduler(
        timezone="UTC",
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )
    scheduler.add_job(
        engine.tick, "interval", seconds=tick, id="tick", next_run_time=datetime.now(UTC)
    )
    scheduler.add_job(engine.send, "interval", seconds=_SEND_SECONDS, id="send")
    return scheduler


async def _until_stopped(
    context: Context,
    engine: Engine,
    options: argparse.Namespace,
    web_config: WebConfig,
    scheduler: BackgroundScheduler,
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    listen = options.web_listen_address
    runner = await start_server(routes(pages(context, engine)), listen, web_config)
    host, port = runner.addresses[0][:2]
    log.info("serving", address=f"{host}:{port}", services=len(context.catalogue.services))
    scheduler.start()
    await stop.wait()
    await runner.cleanup()


def _stop(engine: Engine, scheduler: BackgroundScheduler) -> None:
    """Let a job in flight end, but not for long: what it did not commit, the next start does."""
    if not scheduler.running:
        return
    scheduler.shutdown(wait=False)
    if not engine.idle(_GRACE_SECONDS):
        log.warning("a job is still running; it is dropped and will be repeated")
        # A thread that waits for Prometheus cannot be interrupted, and Python would wait for it.
        os._exit(0)
