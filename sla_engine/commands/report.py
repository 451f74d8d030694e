"""``sla-engine report``."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from rich.console import Console

from service_catalogue import Catalogue
from service_catalogue.base import Language
from sla_engine.accounting.kept_reports import agreements_of
from sla_engine.accounting.report import make_report
from sla_engine.accounting.sealing import bodies_of, sealed
from sla_engine.app.context import (
    chosen_period,
    chosen_services,
    now,
    opened,
    opened_client,
    tell_written,
    write_output,
)
from sla_engine.app.discovered import clock, derived, discover, discovery_of, reach
from sla_engine.app.errors import JobError, UsageError
from sla_engine.commands.flags import (
    DISCOVERY,
    FROM,
    Subparsers,
    discovery_flags,
    service_flag,
    signing_flag,
    subcommand,
)
from sla_engine.discovery.propose import sentences
from sla_engine.domain.interval import Interval
from sla_engine.domain.period import Period, rfc3339
from sla_engine.domain.report import PeriodReport
from sla_engine.ledger import Ledger
from sla_engine.ledger.kept import report_of_agreement
from sla_engine.reports import FORMATS, MissingExtraError, to_text
from sla_engine.reports.papers import PAPERS
from sla_engine.reports.seal import carries_seal
from uptime_common.humanize import counted
from uptime_common.terminal import width


def register(commands: Subparsers) -> None:
    """Add ``report``."""
    command = subcommand(commands, "report", report, "account for a period")
    command.add_argument(
        "--period",
        metavar="PERIOD",
        help="today, yesterday, this- or last-week, -month, -quarter or -year, 2026-10-03, "
        "2026-W40, 2026-10, 2026-Q4 or 2026; or give --from and --to",
    )
    command.add_argument("--from", dest="start", metavar="TIME", help=FROM)
    command.add_argument("--to", dest="end", metavar="TIME", help="where the period of --from ends")
    command.add_argument("--format", choices=sorted(FORMATS), help="(default: text)")
    command.add_argument(
        "--language",
        metavar="LANGUAGE",
        help="of dates and numbers where people read them, such as de (default: the agreement's "
        "own, else en)",
    )
    command.add_argument(
        "--paper",
        choices=sorted(PAPERS),
        default="A4",
        help="that a PDF is printed on (default: %(default)s)",
    )
    command.add_argument(
        "--freeze",
        action="store_true",
        help="keep it: its figures, and its bytes; only what is over and known to its end",
    )
    command.add_argument(
        "--as-frozen",
        action="store_true",
        help="print the bytes that were kept of a period, without Prometheus: the document that "
        "was sent, or with --format that one",
    )
    command.add_argument(
        "--report", metavar="ID", help="with --as-frozen: the schedule that sent it"
    )
    command.add_argument("--output", type=Path, metavar="FILE", help="(default: standard output)")
    command.add_argument(
        "--agreement", metavar="ID", help="what a customer was promised: that agreement alone"
    )
    service_flag(command)
    signing_flag(command)
    command.add_argument(
        "--discover",
        action="store_true",
        help="without a catalogue and a ledger: of all that --prometheus.url can be judged by",
    )
    discovery_flags(command)


def report(options: argparse.Namespace) -> int:
    """``sla-engine report``: exit code 1 when what is to be frozen cannot be."""
    name, asked = options.format or "text", _language(options.language or "en")
    if options.discover:
        return _discovered(options, asked, name)
    if options.as_frozen:
        return _as_frozen(options)
    _sensible(options, name)
    wanted = {name: FORMATS[name]} | ({"json": FORMATS["json"]} if options.freeze else {})
    with opened(options) as found:
        at = now()
        period = chosen_period(options, found.catalogue, at)
        if options.freeze and period.end > at:
            raise UsageError("--freeze: the period is not over")
        context = found.noted(at, whole=False) if options.freeze else found
        services = [s.id for s in chosen_services(context.catalogue, options.services)]
        result = make_report(
            context.books,
            period,
            at,
            tuple(wanted.values()),
            client=context.client,
            services=services if options.services else None,
            agreement=_agreement(options.agreement, context.catalogue),
            language=asked if options.language else _spoken(options.agreement, context.catalogue),
            paper=options.paper,
            frozen=options.freeze,
        )
        try:
            made = {
                key: sealed(result, format_, context.ledger, context.signer, at)
                for key, format_ in wanted.items()
            }
        except MissingExtraError as error:
            raise JobError(str(error)) from error
        told = _kept(context.ledger, options, period, bodies_of(made), at) if result.frozen else ""
    body, seal = made[name]
    try:
        write_output(_fitted(result, body, options), options.output)
    except JobError as error:
        raise JobError(f"{error}{f'; {told}' if told else ''}") from error
    tell_written(options.output, _written(name, period.name, body))
    if seal is not None:
        beside = options.output.with_name(f"{options.output.name}.sig")
        write_output(seal, beside)
        tell_written(beside, f"seal of {options.output.name}")
    if told:
        sys.stderr.write(f"{told}\n")
    if options.freeze and not result.frozen:
        raise JobError(f"not frozen as a whole: {_hindrance(result)}")
    return 0


def _kept(
    ledger: Ledger,
    options: argparse.Namespace,
    period: Period,
    bodies: Mapping[str, bytes],
    at: int,
) -> str:
    """Keep documents of a frozen period, each format once; return what is to be said of it."""
    whose = report_of_agreement(options.agreement) if options.agreement else ""
    span = Interval(period.start, period.end)
    before = {one.format: one.time for one in ledger.kept.of(span) if one.report == whose}
    new = {name: body for name, body in bodies.items() if name not in before}
    if new:
        ledger.kept.add(span, whose, new, at)
    since = before.get(options.format or "text")
    if since is None:
        return f"frozen: {period.name}; --as-frozen prints it again"
    return (
        f"{period.name} was frozen on {rfc3339(since)}: that document stays, and --as-frozen "
        "prints it; this one is made anew, and says what is restated"
    )


def _hindrance(result: PeriodReport) -> str:
    """Return why a period is not frozen."""
    if result.unsettled:
        return f"not known to the end of the period: {', '.join(result.unsettled)}"
    if result.not_computed:
        return f"not computed: {', '.join(one.name for one in result.not_computed)}"
    return "no service is known, or owed, anything in it"


def _spoken(name: str | None, catalogue: Catalogue) -> str:
    """Return the language of an agreement's own reports; English without one."""
    own = next((one.language for one in catalogue.agreements if one.id == name), None)
    return own or "en"


def _written(format_: str, period: str, body: bytes) -> str:
    """Return what a file holds that was written."""
    return f"{format_} report of {period}, {counted(len(body), 'byte')}"


def _fitted(result: PeriodReport, body: bytes, options: argparse.Namespace) -> bytes:
    """Return what is printed: a text on a terminal is set to its width."""
    wide = None if options.output or options.format not in (None, "text") else width(sys.stdout)
    return body if wide is None else to_text.render(result, wide)


def _sensible(options: argparse.Namespace, name: str) -> None:
    """Raise where flags do not go together."""
    if given := [flag for flag in DISCOVERY if getattr(options, flag) is not None]:
        raise UsageError(f"{given[0]} goes with --discover")
    if options.report is not None:
        raise UsageError("--report goes with --as-frozen")
    _chosen_once(options)
    if (
        options.signing_key_file
        and options.output is None
        and not carries_seal(FORMATS[name].extension)
    ):
        raise UsageError(f"--signing.key-file: the seal of {name} needs --output")


def _discovered(options: argparse.Namespace, language: str, name: str) -> int:
    """Print a report of what a server has; what was left out, and why, goes to standard error.

    Exit code 1 where a service could not be derived.
    """
    if options.agreement:
        raise UsageError("--discover knows no agreement")
    if options.freeze or options.as_frozen or options.signing_key_file:
        raise UsageError("--discover keeps nothing: no --freeze, --as-frozen or --signing.key-file")
    found = discovery_of(options)
    with opened_client(found.empty) as client:
        at = now()
        period = chosen_period(options, found.empty, at)
        span = Interval(period.start, min(period.end, at))
        said = list(clock(client, at)) if span.end == at else []
        made = discover(client, found, span, at)
        chosen = chosen_services(made.catalogue, options.services)
        catalogue = made.catalogue.model_copy(update={"services": chosen})
        console = Console(stderr=True) if sys.stderr.isatty() else None
        with derived(client, catalogue, span, at, console) as (context, faults):
            format_ = FORMATS[name]
            result = make_report(
                context.books,
                period,
                at,
                (format_,),
                client=client,
                language=language,
                paper=options.paper,
            )
            remarks = [*sentences(made.proposal), *reach(context, span), *said]
    failed = [f"Not derived: {one}: {fault.text}." for one, fault in sorted(faults.items())]
    try:
        body = format_.render(result)
    except MissingExtraError as error:
        raise JobError(str(error)) from error
    write_output(_fitted(result, body, options), options.output)
    tell_written(options.output, _written(name, period.name, body))
    sys.stdout.flush()
    sys.stderr.writelines(f"{line}\n" for line in (*remarks, *failed))
    return 1 if faults else 0


def _as_frozen(options: argparse.Namespace) -> int:
    """Print what was kept: the first report of the period, whatever it would say today."""
    if options.freeze or options.services:
        raise UsageError("--as-frozen prints what was kept, without --freeze or --service")
    with opened(options) as context:
        period = chosen_period(options, context.catalogue, now())
        kept = context.ledger.kept.of(Interval(period.start, period.end))
    whose = agreements_of(kept, context.catalogue)
    named = [one for one in kept if _is_asked_for(one.report, whose, options)]
    sent = [one for one in named if one.format == (options.format or one.format)]
    if not sent:
        there = sorted({f"{one.report or 'by hand'} as {one.format}" for one in kept})
        raise JobError(f"no such report was kept; there are: {', '.join(there) or 'none'}")
    first = min(sent, key=lambda one: (one.time, one.format == "json"))
    write_output(first.body, options.output)
    tell_written(options.output, f"as frozen: {_written(first.format, period.name, first.body)}")
    return 0


def _is_asked_for(
    report: str, whose: Mapping[str, str | None], options: argparse.Namespace
) -> bool:
    """Say whether a kept report is what was asked for: of all services, or of an agreement."""
    if options.report is not None and options.report != report:
        return False
    if options.agreement is None:
        return options.report is not None or whose[report] is None
    return bool(whose[report] == options.agreement)


def _chosen_once(options: argparse.Namespace) -> None:
    """Raise where flags that choose services do not go together."""
    if options.freeze and options.services:
        raise UsageError("--freeze is for all services or an agreement, without --service")
    if options.agreement and options.services:
        raise UsageError("--agreement has its own services, without --service")


def _agreement(name: str | None, catalogue: Catalogue) -> str | None:
    """Return the id of an agreement that there is, or none."""
    listed = (*catalogue.agreements, *(gone for _, gone in catalogue.departed))
    known = [agreement.id for agreement in listed]
    if name is not None and name not in known:
        raise UsageError(f"no agreement {name!r}; valid: {', '.join(sorted(known)) or 'none'}")
    return name


def _language(name: str) -> str:
    """Return the name of a language that reports can be written in."""
    try:
        return TypeAdapter(Language).validate_python(name)
    except ValidationError as error:
        raise UsageError(f"--language: {error.errors()[0]['ctx']['error']}") from error
