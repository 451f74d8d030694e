"""DNS: one question to one server, no hidden retries."""

import secrets
from collections.abc import Sequence

from exporter.metrics import DNS_ADDITIONAL, DNS_AUTHORITY, DNS_RECORDS, DNS_SERIAL
from exporter.probes.transport.connect import split
from exporter.probes.transport.datagram import LONGEST, datagrams
from exporter.probes.transport.dns_message import DnsAnswer, answer, answers_to, question
from exporter.probes.transport.pattern import fullmatch
from exporter.probes.transport.result import HinderedError, ProbeError
from exporter.probes.transport.run import Run
from exporter.probes.transport.stream import dial
from service_catalogue.probes import DnsProbe


async def probe(config: DnsProbe, run: Run) -> None:
    """Ask, by TCP if the answer was too long for UDP, and judge code and records."""
    given = await _over_udp(config, run) if config.transport == "udp" else None
    if given is None or given.truncated:
        given = await _over_tcp(config, run)
    run.log(f"{given.rcode}: {'; '.join(given.records)}")
    run.measure(DNS_RECORDS, len(given.records))
    if run.detailed:
        _note_details(config, given, run)
    await _judge(config, given, run)


def _note_details(config: DnsProbe, given: DnsAnswer, run: Run) -> None:
    run.measure(DNS_AUTHORITY, given.counts[0])
    run.measure(DNS_ADDITIONAL, given.counts[1])
    if config.record == "SOA" and given.records:
        run.measure(DNS_SERIAL, int(given.records[0].split(" ")[2]))


def _query(config: DnsProbe) -> tuple[int, bytes]:
    identifier = secrets.randbelow(65_536)
    try:
        return identifier, question(
            identifier,
            config.query,
            config.record,
            recursion=config.recursion,
            query_class=config.query_class,
            authenticated=config.expect_authenticated,
        )
    except ValueError as error:
        raise HinderedError("catalogue", str(error)) from error


async def _over_udp(config: DnsProbe, run: Run) -> DnsAnswer:
    identifier, query = _query(config)
    async with datagrams(config, run, config.server) as (loop, sock):
        with run.phase("processing"):
            await loop.sock_sendall(sock, query)
            while True:  # a stray answer to an earlier question is no answer to ours
                message = await loop.sock_recv(sock, LONGEST)
                if message[:2] == query[:2]:
                    break
    return _read(message, identifier, query, config)


async def _over_tcp(config: DnsProbe, run: Run) -> DnsAnswer:
    identifier, query = _query(config)
    async with dial(config, run, config.server) as stream:
        if config.transport == "tls":
            await stream.start_tls(config.tls, split(config.server)[0])
        await stream.send(len(query).to_bytes(2) + query)
        length = int.from_bytes(await stream.exactly(2))
        message = await stream.exactly(length)
    return _read(message, identifier, query, config)


def _read(message: bytes, identifier: int, query: bytes, config: DnsProbe) -> DnsAnswer:
    try:
        given = answer(message, identifier, config.record, sections=_looks_at_sections(config))
    except ValueError as error:
        raise ProbeError("protocol", str(error)) from error
    if not answers_to(query, message):
        raise ProbeError("protocol", "an answer to another question")
    return given


async def _judge(config: DnsProbe, given: DnsAnswer, run: Run) -> None:
    if given.rcode not in config.expect_rcode:
        raise ProbeError("status", given.rcode)
    if config.expect_authenticated and not given.authenticated:
        raise ProbeError("answer", "the answer is not marked as authenticated")
    await _judge_records("record", config.expect, config.reject, given.records, run)
    if _looks_at_sections(config):
        for what, expect, reject, records in (
            ("authority", config.expect_authority, config.reject_authority, given.authority),
            ("additional", config.expect_additional, config.reject_additional, given.additional),
        ):
            await _judge_records(f"{what} record", expect, reject, records, run)


def _looks_at_sections(config: DnsProbe) -> bool:
    authority = config.expect_authority or config.reject_authority
    return bool(authority or config.expect_additional or config.reject_additional)


async def _judge_records(
    what: str,
    expect: Sequence[str],
    reject: Sequence[str],
    records: Sequence[str],
    run: Run,
) -> None:
    for pattern in expect:
        if not await _any(pattern, records, run):
            raise ProbeError("answer", f"no {what} is {pattern!r}: {'; '.join(records)}")
    for pattern in reject:
        if await _any(pattern, records, run):
            raise ProbeError("answer", f"one {what} is {pattern!r}")


async def _any(pattern: str, records: Sequence[str], run: Run) -> bool:
    """Return whether some record matches in whole."""
    for record in records:
        if await fullmatch(pattern, record.encode(), run):
            return True
    return False
