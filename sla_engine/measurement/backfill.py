"""Months of the past into the ledger: piece by piece, resumable, with progress."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import product

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from service_catalogue import Service
from sla_engine.domain.history import History
from sla_engine.domain.interval import Interval, Intervals, intersect, subtract, union
from sla_engine.domain.isolation import Fault
from sla_engine.ledger import Books
from sla_engine.measurement.derive import lifetime
from sla_engine.measurement.ingest import ingest
from sla_engine.measurement.isolation import isolation
from sla_engine.prometheus import Client, UnreachableError

_WAITS = (1, 2, 5, 10, 30)  # seconds
PIECE = 96 * 3_600_000
"""How much of the past is derived and stored at once (ms)."""


def backfill(
    books: Books,
    client: Client,
    period: Interval,
    now: int,
    *,
    services: Iterable[Service] | None = None,
    console: Console | None = None,
    faults: dict[str, Fault] | None = None,
    sleep: Callable[[float], None] | None = None,
    length: int = PIECE,
    batch: int | None = None,
) -> int:
    """Derive a period that is past; return the number of pieces derived.

    What the ledger covers already is passed over, so that a killed backfill resumes where it was.

    Args:
        books: what was agreed, and where what is derived goes.
        client: the Prometheus to ask.
        period: what to derive, ms UTC; its end is cut to ``now``.
        now: ms UTC.
        services: all of the catalogue's unless given.
        console: where the progress bar is drawn; none without it.
        faults: takes the services that cannot be derived, which no other then waits for; without
            it the first such failure is raised.
        sleep: waits for some seconds before a failure that may pass is tried again.
        length: how much is derived and stored at once (ms).
        batch: how many services at once, where none is made of others; all unless given.

    Raises:
        PrometheusError: the samples cannot be had, not after some tries either; pieces already
            stored stay.
    """
    period = Interval(period.start, min(period.end, now))
    chosen = tuple(books.catalogue.services if services is None else services)
    covered = _covered(books, period, chosen)
    missing = list(pieces(period, covered, length))
    size = batch or max(1, len(chosen))
    parts = [chosen[i : i + size] for i in range(0, len(chosen), size)]
    with _progress(console) as progress:
        task = progress.add_task(f"{len(chosen)} services", total=len(missing) * len(parts))
        for part, piece in product(parts, missing):
            left = [s for s in part if faults is None or s.id not in faults]
            work = partial(_piece, books, client, piece, now, services=left, faults=faults)
            patiently(work, sleep, console)
            progress.advance(task)
    return len(missing)


def _piece(
    books: Books,
    client: Client,
    piece: Interval,
    now: int,
    *,
    services: Sequence[Service],
    faults: dict[str, Fault] | None,
) -> None:
    found = None if faults is None else isolation(client)
    ingest(books, client, piece, now, services=services, isolation=found, summed=True)
    if faults is not None and found is not None:
        faults |= found.faults


def patiently(
    work: Callable[[], object],
    sleep: Callable[[float], None] | None = None,
    console: Console | None = None,
) -> None:
    """Work, and again after a while where Prometheus was away: it may be only restarting.

    The arguments are those of `backfill`.

    Raises:
        PrometheusError: it has no answer, not after some tries either.
    """
    sleep = sleep or time.sleep
    for usual in _WAITS:
        try:
            work()
        except UnreachableError as error:
            wait = usual if error.wait is None else error.wait / 1000
            if console is not None:
                console.print(f"{error}; trying again in {wait:g} s", markup=False)
            sleep(wait)
        else:
            return
    work()


def _covered(books: Books, period: Interval, services: Iterable[Service]) -> Intervals:
    """Return what is covered for every service."""
    histories = books.ledger.histories(period)
    covered: Intervals = (period,)
    for service in services:
        alive = lifetime(books.catalogue, service, period)
        outside = subtract((period,), (alive,)) if alive.length else (period,)
        history = histories.get(service.id, History())
        covered = intersect(covered, union(outside, history.covered))
    return covered


def pieces(period: Interval, covered: Intervals, length: int = PIECE) -> Iterator[Interval]:
    """Yield what of a period is not covered, in pieces to derive and store at once."""
    for missing in subtract((period,), covered):
        for start in range(missing.start, missing.end, length):
            yield Interval(start, min(start + length, missing.end))


def _progress(console: Console | None) -> Progress:
    return Progress(
        TextColumn("backfill"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("pieces of {task.description}"),
        TimeRemainingColumn(),
        console=console,
        disable=console is None,
    )
