"""A report without a catalogue or a ledger of one's own: both are made for it, and thrown away."""

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import TypeAdapter, ValidationError
from rich.console import Console

from service_catalogue import Catalogue
from service_catalogue.base import LabelName, Percent
from service_catalogue.prometheus import Prometheus
from sla_engine.app.context import Context, opened_ledger
from sla_engine.app.errors import JobError, UsageError
from sla_engine.discovery.catalogue import in_memory
from sla_engine.discovery.kinds import NAMES, OBJECTIVES
from sla_engine.discovery.proposal import Proposal, Wishes
from sla_engine.discovery.propose import propose
from sla_engine.domain.interval import Interval, clip, subtract
from sla_engine.domain.isolation import Fault
from sla_engine.domain.period import rfc3339
from sla_engine.ledger import Books, LedgerError
from sla_engine.measurement.backfill import backfill
from sla_engine.prometheus import Client, PrometheusError
from sla_engine.prometheus.inventory import build, inventory
from uptime_common.humanize import counted, duration, listed

MOST_SERVICES = 10_000
"""How many services are derived for one report: each is some questions to Prometheus."""
_LATE = 3_600_000  # ms after a period's start within which the first sample begins it
_SKEW = 30_000  # ms of two clocks, what an answer may take included
_SHOWN = 5
_FLAGS = {"headers": "--prometheus.header", "replica_labels": "--replica-label"}
_PIECE, _BATCH = 16 * 86_400_000, 20
"""Each service is questions of its own: few long ones, and a step of the bar for some services."""


@dataclass(frozen=True, slots=True)
class Discovery:
    """What flags ask for: ``empty`` is a catalogue without services, of the server and the zone."""

    empty: Catalogue
    wishes: Wishes
    match: str


@dataclass(frozen=True, slots=True)
class Discovered:
    """What a server has: services, as a proposal and as a catalogue."""

    proposal: Proposal
    catalogue: Catalogue


def discovery_of(options: argparse.Namespace, kept: Catalogue | None = None) -> Discovery:
    """Return what the flags of a discovery ask for.

    Args:
        options: the flags.
        kept: whose server is asked, and whose zone goes, where flags name none.

    Raises:
        UsageError: a flag makes no sense.
    """
    if kept is None or options.prometheus_url is not None:
        settings = _server(options)
    else:
        settings = kept.prometheus
    zone = options.timezone or (None if kept is None else str(kept.timezone))
    wishes = _wishes(options.objective, options.by, options.quorum, options.replica_labels)
    return Discovery(_empty(settings, zone), wishes, options.match or "")


def _server(options: argparse.Namespace) -> Prometheus:
    """Return how a server is reached, by flags alone.

    Raises:
        UsageError: there is no URL, or a flag makes no sense.
    """
    url: str | None = options.prometheus_url
    if url is None:
        raise UsageError("a discovery needs --prometheus.url=URL")
    if "@" in url.partition("://")[2].partition("/")[0]:
        raise UsageError(
            "--prometheus.url: a password in a URL is shown to everybody: "
            "give --prometheus.username and --prometheus.password-file"
        )
    given: dict[str, Any] = {
        "url": url,
        "headers": dict(map(_header, options.headers or ())),
        "bearer_token_file": _absolute(options.token_file),
        "tls": {
            "ca_file": _absolute(options.ca_file),
            "cert_file": _absolute(options.cert_file),
            "key_file": _absolute(options.key_file),
            "insecure_skip_verify": options.insecure or False,
        },
    }
    if options.username is not None or options.password_file is not None:
        login = {"username": options.username, "password_file": _absolute(options.password_file)}
        if None in login.values():
            raise UsageError("--prometheus.username and --prometheus.password-file go together")
        given["basic_auth"] = login
    if options.replica_labels:
        given["replica_labels"] = (*Prometheus().replica_labels, *options.replica_labels)
    try:
        return Prometheus.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        raise UsageError(f"{_flag(first['loc'])}: {_said(error)}") from error


def _header(text: str) -> tuple[str, str]:
    """Return a header that a flag gives, as name and value.

    Raises:
        UsageError: one of them is missing; what is given is not told, as it may be a secret.
    """
    name, value = (part.strip() for part in text.partition(":")[::2])
    if not (name and value):
        raise UsageError("--prometheus.header is NAME: VALUE, such as 'X-Scope-OrgID: ops'")
    return name, value


def _flag(place: tuple[int | str, ...]) -> str:
    """Return the flag that a key of the settings came from."""
    first = str(place[0])
    if first in _FLAGS:
        return _FLAGS[first]
    key = str(place[1]) if first in ("tls", "basic_auth") and len(place) > 1 else first
    return f"--prometheus.{key.replace('_', '-')}"


def _absolute(path: str | None) -> Path | None:
    """Return a path as it holds for whoever reads the catalogue that it is written into."""
    return None if path is None else Path(path).absolute()


def _wishes(
    objective: str | None, by: str | None, quorum: str | None, replicas: list[str] | None
) -> Wishes:
    """Return the wishes that flags name.

    Raises:
        UsageError: the objective is no percentage, or a label is no name of one.
    """
    percent = None if objective is None else _valid("--objective", Percent, objective)
    if by is not None:
        _valid("--by", LabelName, by)
    for label in replicas or ():
        _valid("--replica-label", LabelName, label)
    return Wishes(percent, by, quorum, tuple(replicas or ()))


def _valid(flag: str, kind: Any, value: str) -> Any:
    try:
        return TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        raise UsageError(f"{flag}: {_said(error)}") from error


def _said(error: ValidationError) -> str:
    return str(error.errors()[0]["msg"]).removeprefix("Value error, ")


def _empty(settings: Prometheus, timezone: str | None) -> Catalogue:
    """Return a catalogue without services, by which a period is read.

    Raises:
        UsageError: the zone is none.
    """
    try:
        return in_memory((), _organization(settings), timezone or "UTC", settings)
    except ValidationError as error:
        raise UsageError(f"--timezone: {_said(error)}") from error


def discover(client: Client, wanted: Discovery, period: Interval, at: int) -> Discovered:
    """Return the services that have samples in a period (ms UTC), as asked for ``at``.

    Raises:
        UsageError: the period has not begun.
        JobError: there is nothing to judge, or too much, or Prometheus does not answer.
    """
    if period.length <= 0:
        raise UsageError(f"the period begins at {rfc3339(period.start)}: it has not begun")
    try:
        found = inventory(client, NAMES, OBJECTIVES, period, wanted.match)
    except PrometheusError as error:
        raise JobError(str(error)) from error
    proposal = propose(found, wanted.wishes)
    if not proposal.services:
        lost = "; ".join(f"{listed(list(o.names), _SHOWN)}: {o.reason}" for o in proposal.left_out)
        raise JobError(
            f"{client.url} has nothing to judge from {rfc3339(period.start)} to "
            f"{rfc3339(period.end)}: no series of {', '.join(NAMES)}{'; ' if lost else ''}{lost}; "
            f"{_instead(client, wanted, at)}, or write a service with sli.promql"
        )
    if len(proposal.services) > MOST_SERVICES:
        raise JobError(
            f"{len(proposal.services):,} services are more than {MOST_SERVICES:,}: "
            "narrow them by --match='job=\"...\"', or take them together by --by=job"
        )
    empty = wanted.empty
    zone, settings = str(empty.timezone), empty.prometheus
    made = in_memory(proposal.services, empty.organization, zone, settings)
    return Discovered(proposal, made)


def _instead(client: Client, wanted: Discovery, at: int) -> str:
    """Return what to do where a period has nothing: whether there is anything now decides."""
    try:
        found = inventory(client, NAMES, OBJECTIVES, Interval(at - _LATE, at), wanted.match)
    except PrometheusError:
        return "try another --period"
    if count := len(propose(found, wanted.wishes).services):
        return f"the last hour has {counted(count, 'service')}: try --period=this-month"
    return (
        "nor has the last hour any: have it scrape blackbox_exporter, node_exporter or the like "
        "(its /targets says what it scrapes), try another --period"
    )


@contextmanager
def derived(
    client: Client, catalogue: Catalogue, period: Interval, at: int, console: Console | None
) -> Iterator[tuple[Context, dict[str, Fault]]]:
    """Derive a period into a ledger that is gone afterwards; yield it, and whose derivation failed.

    Raises:
        JobError: the samples cannot be had.
    """
    faults: dict[str, Fault] = {}
    with (
        tempfile.TemporaryDirectory(prefix="sla-engine-") as folder,
        opened_ledger(f"sqlite:///{folder}/ledger.db") as ledger,
    ):
        try:
            backfill(
                Books(catalogue, ledger),
                client,
                period,
                at,
                console=console,
                faults=faults,
                length=_PIECE,
                batch=_BATCH,
            )
        except (PrometheusError, LedgerError) as error:
            raise JobError(str(error)) from error
        yield Context(catalogue, ledger, client), faults


def reach(context: Context, period: Interval) -> Iterator[str]:
    """Yield what the samples leave open of a period, in sentences."""
    first = context.ledger.first_samples()
    if first and min(first.values()) > period.start + _LATE:
        kept = build(context.client).retention
        told = f" (it keeps {kept})" if kept else ""
        start = rfc3339(min(first.values()))
        yield f"{context.client.url} has no sample before {start}{told}: figures begin there."
    late = [s.name for s in context.catalogue.services if first.get(s.id, 0) > period.start + _LATE]
    if late and min(first.values()) <= period.start + _LATE:
        names = listed(late, _SHOWN)
        yield f"First seen inside the period, and counted from then on: {names}."
    unseen = [s.name for s in context.catalogue.services if s.id not in first]
    if unseen:
        yield f"Without a sample that says anything: {listed(unseen, _SHOWN)}."
    yield from _ended(context, period)


def _ended(context: Context, period: Interval) -> Iterator[str]:
    """Yield which services ended inside the period, when others went on: renamed, or taken away."""
    last = {
        name: known[-1].end
        for name, history in context.ledger.histories(period).items()
        if (known := subtract(clip(history.covered, period), history.gaps))
    }
    if not last or max(last.values()) < period.end - _LATE:
        return
    services = context.catalogue.services
    gone = [s.name for s in services if last.get(s.id, period.end) < period.end - _LATE]
    if gone:
        yield (
            f"Not seen any more at the end, and unknown from then on: {listed(gone, _SHOWN)}; "
            "what was renamed goes on as another service."
        )


def clock(client: Client, at: int) -> Iterator[str]:
    """Yield how far a server's clock is from ours, ``at`` (ms UTC), where figures show it."""
    try:
        theirs = client.now()
    except PrometheusError:
        return
    if theirs is None or abs(theirs - at) <= _SKEW:
        return
    apart, where = duration(abs(theirs - at)), "behind" if theirs < at else "ahead of"
    end = "nothing is known" if theirs < at else "later samples do not count"
    until = rfc3339(min(theirs, at))
    yield f"The clock of {client.url} is {apart} {where} ours: after {until} {end}."


def _organization(settings: Prometheus) -> str:
    return urlsplit(settings.url).netloc.rpartition("@")[2]
