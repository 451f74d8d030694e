"""What every command of the engine needs: the clock, the catalogue, Prometheus, the ledger."""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import tzinfo
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from service_catalogue import (
    Catalogue,
    Service,
    empty_catalogue,
    load_catalogue,
    says_nothing,
)
from service_catalogue.load import Judge
from service_catalogue.service import ROLLING_WINDOWS
from sla_engine.accounting.past import noted, remembered
from sla_engine.app.clock import CLOCK
from sla_engine.app.errors import JobError, UsageError
from sla_engine.app.keys import read_key
from sla_engine.app.state_file import RunningEngine, running_engines
from sla_engine.app.whole_file import whole_file
from sla_engine.domain.period import Period, parse_period, rfc3339, span
from sla_engine.ledger import AbsentError, Books, Ledger, LedgerError, reason
from sla_engine.notices.reports import report_mistakes
from sla_engine.prometheus import Client, syntax
from sla_engine.reports.seal import Signer
from uptime_common.document import Finding
from uptime_common.flags import USUAL_CONFIG
from uptime_common.humanize import counted

_VARIABLE, _USUAL = "SLA_ENGINE_LEDGER", "sqlite:///var/ledger.db"
_HERE = Path("var/ledger.db")
_WHERE = f"give --storage.ledger=URL or set {_VARIABLE}; sla-engine serve or backfill makes one"
_BACK = "put it back, or begin anew with another --storage.ledger"
EARLIEST, LATEST = 0, 7_258_118_400_000
"""1970 and 2200 (ms UTC): what is farther away is a slip of the pen."""


def now() -> int:
    """Return the time in milliseconds UTC."""
    return CLOCK.now()


@dataclass(frozen=True, slots=True)
class Context:
    """An open catalogue, ledger and client; ``signer`` seals scheduled reports."""

    catalogue: Catalogue
    ledger: Ledger
    client: Client
    signer: Signer | None = None

    @property
    def books(self) -> Books:
        """Return what figures are worked out from."""
        return Books(self.catalogue, self.ledger)

    def noted(self, at: int, *, whole: bool = True) -> "Context":
        """Write the catalogue's terms into the ledger, seen ``at`` (ms UTC); see `past.noted`."""
        return replace(self, catalogue=noted(self.books, at, whole=whole).catalogue)


def every_mistake(data: Any, warnings: list[Finding] | None = None) -> Iterator[Finding]:
    """Yield what only the engine can judge in a catalogue's plain data; see ``syntax.mistakes``."""
    yield from report_mistakes(data)
    yield from syntax.mistakes(data, warnings)


def never_credited(data: Any) -> Iterator[Finding]:
    """Yield the credits that can never be due: location, message."""
    for part in ("services", "agreements"):
        listed = data.get(part) if isinstance(data, dict) else None
        for index, owed in enumerate(listed if isinstance(listed, list) else ()):
            window = owed.get("window") if isinstance(owed, dict) else None
            if window in ROLLING_WINDOWS and owed.get("credits"):
                message = f"window {window} rolls and never closes, so that no credit is ever due"
                yield (part, index, "credits"), message


def never_sent(data: Any) -> Iterator[Finding]:
    """Yield the recipients of agreements whose report nothing sends: location, message."""
    given = data if isinstance(data, dict) else {}
    listed, reports = given.get("agreements"), given.get("reports")
    entries = reports if isinstance(reports, list) else ()
    scheduled = {str(one.get("agreement")) for one in entries if isinstance(one, dict)}
    for index, one in enumerate(listed if isinstance(listed, list) else ()):
        if not isinstance(one, dict) or not one.get("to") or str(one.get("id")) in scheduled:
            continue
        if one.get("window") in ROLLING_WINDOWS:
            message = f"window {one['window']} rolls and never closes: reports must name when"
            yield ("agreements", index, "to"), message


def read_catalogue(
    options: argparse.Namespace, judge: Judge = report_mistakes, *, begins: bool = False
) -> Catalogue:
    """Load the catalogue; ``--prometheus.url`` outdoes its url.

    Raises:
        DocumentError: it has mistakes; that it says nothing is none where somebody ``begins``.
    """
    find_catalogue(options)
    if begins and says_nothing(options.config_file):
        catalogue = empty_catalogue()
    else:
        catalogue = load_catalogue(options.config_file, now(), judge)
    url: str | None = options.prometheus_url
    if url is None:
        return catalogue
    if not url.startswith(("http://", "https://")):
        raise UsageError(f"--prometheus.url {url!r} is not an http:// or https:// URL")
    prometheus = catalogue.prometheus.model_copy(update={"url": url.rstrip("/")})
    return catalogue.model_copy(update={"prometheus": prometheus})


def find_catalogue(options: argparse.Namespace) -> None:
    """Where the usual catalogue is not there, take that of the one engine that runs here."""
    path: Path = options.config_file
    if path != USUAL_CONFIG or path.exists() or options.creates or named_ledger(options):
        return
    if len(found := {engine.config for engine in running_engines(os.environ)} - {""}) == 1:
        options.config_file = Path(*found)


def named_ledger(options: argparse.Namespace) -> str | None:
    """Return the ledger that the flag or the environment names."""
    named: str | None = options.storage_ledger or os.environ.get(_VARIABLE)
    return named or None


def ledger_url(options: argparse.Namespace) -> str:
    """Return the ledger: of the flag, of the environment, of the engine that runs, or the usual.

    Where it is of the engine that runs, so is Prometheus, unless a flag names that.

    Raises:
        UsageError: several engines run, on several ledgers.
    """
    if named := named_ledger(options):
        return named
    engines = () if options.creates else running_engines(os.environ)
    if not engines:
        return _USUAL
    ledgers = sorted({engine.ledger for engine in engines})
    if len(ledgers) > 1:
        raise UsageError(f"{len(engines)} engines run here; give --storage.ledger={ledgers[0]}")
    _not_ours(options, engines[0])
    if options.prometheus_url is None:
        options.prometheus_url = engines[0].prometheus
    return ledgers[0]


def _not_ours(options: argparse.Namespace, engine: RunningEngine) -> None:
    """Refuse to choose where the engine is of another catalogue, and there is a ledger here, too.

    Raises:
        UsageError: that is so.
    """
    config: Path | None = getattr(options, "config_file", None)
    here = _HERE.absolute()
    if config is None or not config.exists() or config.absolute() == Path(engine.config):
        return
    if engine.config and here.exists() and engine.ledger != f"sqlite:///{here}":
        raise UsageError(
            f"the engine that runs here is of {engine.config}, and there is a ledger of its own "
            f"here: give --storage.ledger={_USUAL} or --storage.ledger={engine.ledger}"
        )


@contextmanager
def opened(options: argparse.Namespace, *, begins: bool = False) -> Iterator[Context]:
    """Open what the flags name and close it at the end.

    With ``begins`` a catalogue that says nothing is fine, unless the ledger knows services.

    Raises:
        DocumentError: the catalogue has mistakes.
        JobError: the ledger or a secret's file cannot be used.
    """
    url = ledger_url(options)
    catalogue = read_catalogue(options, begins=begins)
    signer = read_key(getattr(options, "signing_key_file", None))
    with opened_ledger(url, create=options.creates) as ledger, opened_client(catalogue) as client:
        books = remembered(Books(catalogue, ledger), now())
        if not catalogue.is_written and books.catalogue.left:
            known = counted(len(books.catalogue.left), "service")
            raise JobError(f"{options.config_file} is empty, and the ledger knows {known}; {_BACK}")
        # Who writes makes the rows of former ids its own before it reads them.
        yield Context(books.catalogue, ledger if options.creates else books.ledger, client, signer)


@contextmanager
def opened_ledger(url: str, *, create: bool = True) -> Iterator[Ledger]:
    """Open a ledger and close it at the end; without ``create`` it must be there.

    Raises:
        JobError: it cannot be opened, or later not be read or written.
    """
    try:
        with Ledger.open(url, create=create) as ledger:
            yield ledger
    except (LedgerError, SQLAlchemyError) as error:
        hint = f"; {_WHERE}" if isinstance(error, AbsentError) else ""
        raise JobError(reason(url, error) + hint) from error


def reopened(context: Context, options: argparse.Namespace) -> Context:
    """Return a context of the catalogue as it is now, on the same ledger.

    An expression that is no PromQL is refused here; at a start only its own service fails by it.

    Raises:
        DocumentError: the catalogue has mistakes.
        JobError: a secret's file cannot be read.
    """
    catalogue = read_catalogue(options, every_mistake)
    books = remembered(Books(catalogue, context.ledger), now())
    return replace(context, catalogue=books.catalogue, client=opened_client(catalogue))


def opened_client(catalogue: Catalogue) -> Client:
    """Return a client of a catalogue's Prometheus.

    Raises:
        JobError: a secret's file cannot be read.
    """
    try:
        return Client(catalogue.prometheus)
    except OSError as error:
        raise JobError(f"{error.filename}: {error.strerror}") from error


def chosen_services(catalogue: Catalogue, identifiers: list[str]) -> tuple[Service, ...]:
    """Return the services of these ids, all without any.

    Raises:
        UsageError: there is no such service.
    """
    unknown = [name for name in identifiers if catalogue.find(name) is None]
    if unknown:
        valid = ", ".join(sorted(service.id for service in catalogue.services))
        raise UsageError(f"no service {', '.join(map(repr, unknown))}; valid: {valid}")
    return tuple(map(catalogue.service, identifiers)) if identifiers else catalogue.services


def chosen_period(options: argparse.Namespace, catalogue: Catalogue, at: int) -> Period:
    """Return the period of ``--period``, or of ``--from`` and ``--to`` (default: ``at``).

    With ``--agreement`` it is by the clocks of that one, as its windows are.

    Raises:
        UsageError: it is not exactly one of the two, or names no period.
    """
    word: str | None = getattr(options, "period", None)
    zone = _zone_of(getattr(options, "agreement", None), catalogue)
    if options.start is None and options.end is not None:
        raise UsageError("--to goes with --from")
    if (word is None) == (options.start is None):
        raise UsageError("give either --period or --from")
    try:
        if word is not None:
            period = parse_period(word, zone, at)
        else:
            period = span(options.start, options.end or rfc3339(at), zone)
    except ValueError as error:
        raise UsageError(str(error)) from error
    if not EARLIEST <= period.start < period.end <= LATEST:
        raise UsageError(f"the period is not between {rfc3339(EARLIEST)} and {rfc3339(LATEST)}")
    return period


def _zone_of(agreement: str | None, catalogue: Catalogue) -> tzinfo:
    """Return by whose clocks a report goes; the agreement may have left."""
    try:
        own = None if agreement is None else catalogue.agreement(agreement).timezone
    except KeyError:
        own = None
    return own or catalogue.timezone


def tell_written(output: Path | None, what: str) -> None:
    """Say on standard error what a file holds that was written, so that a pipe stays clean."""
    if output is not None:
        sys.stderr.write(f"{output}: {what}\n")


def write_output(body: bytes, output: Path | None) -> None:
    """Write to a file, or to standard output.

    Raises:
        JobError: the file cannot be written.
    """
    if output is None:
        sys.stdout.buffer.write(body)
        return
    try:
        with whole_file(output) as file:
            file.write(body)
    except OSError as error:
        raise JobError(f"{output}: {error.strerror}") from error
