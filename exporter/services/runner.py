"""Runs one target: time limit, retries, and what becomes of the result."""

import asyncio
from time import time

import structlog

from exporter.health import Health
from exporter.probes import PROBES
from exporter.probes.transport.connect import network_error
from exporter.probes.transport.result import ProbeError, ProbeResult
from exporter.probes.transport.run import Log, Network, Run, silent
from exporter.services.store import Store
from exporter.services.target import Target

_log = structlog.get_logger(__name__)


class Runner:
    """The job of the schedule."""

    def __init__(self, network: Network, store: Store, health: Health) -> None:
        self._network = network
        self._store = store
        self._health = health

    async def __call__(self, target: Target, late: float) -> None:
        """Run the target's probe, retrying where asked, and store the verdict."""
        self._health.lateness.observe(late)
        started = time()
        for _ in range(1 + target.config.retries):
            result = await attempt(target, self._network)
            if result.reason is not None:
                self._store.count(target.key, result.reason)
            if result.success is not False:
                break
        if result.success is None:
            _log.warning(
                "cannot judge",
                service=target.key.service,
                probe=target.key.probe,
                reason=result.reason,
                detail=result.detail,
            )
        self._store.record(target, result, started)


async def attempt(target: Target, network: Network, log: Log = silent) -> ProbeResult:
    """Ask a target once, within its time limit; every failure becomes a result."""
    limit = target.config.timeout / 1000
    run = Run(network, asyncio.get_running_loop().time() + limit, log)
    failure = await _failure(target, run)
    if failure is None:
        return ProbeResult(phases=run.phases, measures=run.measures())
    log(f"failed: {failure}")
    return ProbeResult(failure.reason, failure.detail, run.phases, run.measures())


async def _failure(target: Target, run: Run) -> ProbeError | None:
    config = target.config
    try:
        async with asyncio.timeout_at(run.deadline):
            await PROBES[config.type](config, run)
    except ProbeError as error:
        return error
    except TimeoutError:
        return ProbeError("timeout", f"no verdict within {config.timeout} ms")
    except OSError as error:
        return network_error(error)
    except Exception as error:  # noqa: BLE001 - a probe that breaks loses only itself, loudly
        _log.exception("probe broke", service=target.key.service, probe=target.key.probe)
        return ProbeError("internal", f"{type(error).__name__}: {error}")
    return None
