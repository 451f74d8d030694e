"""ICMP: echo requests, their loss and round trip."""

import asyncio
import errno
import socket

from exporter.metrics import ICMP_LOSS, ICMP_RTT
from exporter.network.icmp import IcmpForbiddenError
from exporter.probes.transport.connect import bind, network_error, resolve
from exporter.probes.transport.result import HinderedError, ProbeError
from exporter.probes.transport.run import Run
from service_catalogue.probes import IcmpProbe

_WITHIN = 0.8  # of the time that is left: loss is known before the time limit
_APART = 0.02


async def probe(config: IcmpProbe, run: Run) -> None:
    """Send the requests, await the replies, judge the loss."""
    protocol, fallback = config.preferred_ip_protocol, config.ip_protocol_fallback
    if config.source_address is not None:
        protocol, fallback = "ip6" if ":" in config.source_address else "ip4", False
    address = await resolve(run, config.target, protocol, fallback=fallback)
    if config.source_address is not None:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as ours:
            bind(ours, config.source_address)
    wait = run.left() * _WITHIN
    _judge(config, run, await _trips(config, run, address, wait))


async def _trips(config: IcmpProbe, run: Run, address: str, wait: float) -> list[float]:
    """Return the round trips of the echoes that were answered in time."""
    try:
        if config.count == 1:
            trip = await _echo(config, run, address, 0.0, wait)
            return [] if trip is None else [trip]
        return await _several(config, run, address, wait)
    except IcmpForbiddenError as error:
        raise HinderedError("permission", str(error)) from error
    except OSError as error:
        if error.errno == errno.EMSGSIZE:
            raise ProbeError("size", f"{config.size} bytes of data: {error.strerror}") from error
        raise network_error(error) from error


async def _several(config: IcmpProbe, run: Run, address: str, wait: float) -> list[float]:
    echoes = [
        asyncio.ensure_future(_echo(config, run, address, i * _APART, wait))
        for i in range(config.count)
    ]
    try:
        return [trip for trip in await asyncio.gather(*echoes) if trip is not None]
    finally:
        for echo in echoes:
            echo.cancel()


async def _echo(
    config: IcmpProbe, run: Run, address: str, after: float, wait: float
) -> float | None:
    if after:
        await asyncio.sleep(min(after, wait / 2))
    try:
        async with asyncio.timeout(wait - min(after, wait / 2)):
            return await run.network.icmp.echo(
                address,
                config.size,
                config.ttl,
                whole=config.dont_fragment,
                source=config.source_address,
            )
    except TimeoutError:
        return None


def _judge(config: IcmpProbe, run: Run, trips: list[float]) -> None:
    loss = 1 - len(trips) / config.count
    run.measure(ICMP_LOSS, loss)
    run.log(f"{len(trips)} of {config.count} answered")
    if trips:
        mean = sum(trips) / len(trips)
        run.measure(ICMP_RTT, mean)
        run.add("processing", mean)
    if loss > config.max_loss:
        raise ProbeError("loss" if trips else "timeout", f"{loss:.0%} lost")
