"""Runs one target: time limit, retries, and what becomes of the result."""

import asyncio
from pathlib import Path
from time import monotonic, time

import structlog

from exporter.blocking import ThreadsError
from exporter.health import Health
from exporter.probes import PROBES
from exporter.probes.chain import expired
from exporter.probes.transport.connect import network_error
from exporter.probes.transport.result import Cause, HinderedError, ProbeError, ProbeResult
from exporter.probes.transport.run import Log, Network, Run, silent
from exporter.services.store import Store
from exporter.services.target import Target
from service_catalogue.probes import NetworkProbe
from service_catalogue.probes.base import AnyProbe
from service_catalogue.prometheus import TlsClient

_log = structlog.get_logger(__name__)
_BY_WAITING = ("timeout", "loss")
_BY_PAPERS = ("tls", "reset")
_MOST_STALLED = 0.2, 0.5  # of the time limit, and seconds: the larger of both
_QUIET = 300.0  # seconds between two lines of the log about the same cause


class Runner:
    """The job of the schedule."""

    def __init__(self, network: Network, store: Store, health: Health) -> None:
        self._network = network
        self._store = store
        self._health = health
        self._told: dict[Cause, float] = {}

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
        if result.cause is not None:
            self._tell(target, result, result.cause)
        self._store.record(target, result, started)

    def _tell(self, target: Target, result: ProbeResult, cause: Cause) -> None:
        """Count what of ours kept us from a verdict; log it once in a while, by one example."""
        self._health.hindered(cause)
        now = monotonic()
        if now - self._told.get(cause, -_QUIET) < _QUIET:
            return
        self._told[cause] = now
        _log.warning(
            "cannot judge",
            cause=cause,
            service=target.key.service,
            probe=target.key.probe,
            reason=result.reason,
            detail=result.detail,
        )


async def attempt(target: Target, network: Network, log: Log = silent) -> ProbeResult:
    """Ask a target once, within its time limit; every failure becomes a result."""
    limit = target.config.timeout / 1000
    stalled = network.pulse.stalled
    config = target.config
    detailed = log is not silent or (isinstance(config, NetworkProbe) and config.details)
    deadline = asyncio.get_running_loop().time() + limit
    run = Run(network, deadline, log, detailed=detailed)
    failure = await _failure(target, run)
    if failure is None:
        return ProbeResult(phases=run.phases, measures=run.measures())
    if failure.reason in _BY_WAITING and _stalled(network.pulse.stalled - stalled, limit):
        failure = HinderedError("overload", f"too little CPU for this process; {failure}")
    if failure.reason in _BY_PAPERS and (ours := _expired_paper(config, time())):
        failure = HinderedError("file", f"{ours}: our certificate has expired; {failure}")
    log(f"failed: {failure}")
    return ProbeResult(failure.reason, failure.detail, run.phases, run.measures(), failure.cause)


def _expired_paper(config: AnyProbe, now: float) -> Path | None:
    """Return the certificate that we showed to a peer who ended the handshake, if it is too old."""
    tls = getattr(config, "tls", None)
    if not isinstance(tls, TlsClient) or tls.cert_file is None:
        return None
    return tls.cert_file if expired(tls.cert_file, now) else None


def _stalled(seconds: float, limit: float) -> bool:
    """Say whether so many seconds in which we did not run could have made a run end too late."""
    share, least = _MOST_STALLED
    return seconds > max(share * limit, least)


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
    except Exception as error:  # noqa: BLE001 - a probe that breaks loses only itself
        return _broken(target, error)
    return None


def _broken(target: Target, error: Exception) -> ProbeError:
    """Return what an error that no probe means stands for; one of ours is logged in whole."""
    if isinstance(error, MemoryError):
        return HinderedError("memory", "no memory is left")
    if isinstance(error, ThreadsError):
        return HinderedError("processes", str(error))
    _log.error("probe broke", service=target.key.service, probe=target.key.probe, exc_info=error)
    return ProbeError("internal", f"{type(error).__name__}: {error}", "internal")
