"""``sla-engine discover``."""

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from service_catalogue import Catalogue, load_catalogue, says_nothing
from service_catalogue.load import parse_catalogue
from sla_engine.app.context import chosen_period, every_mistake, now, opened_client, write_output
from sla_engine.app.discovered import Discovered, discover, discovery_of
from sla_engine.app.errors import JobError
from sla_engine.commands.flags import (
    FROM,
    Subparsers,
    discovery_flags,
    log_flags_only,
    prometheus_flag,
)
from sla_engine.discovery.comparing import Ask, Difference, difference
from sla_engine.discovery.merging import MergeError, merged
from sla_engine.discovery.proposal import Proposed
from sla_engine.discovery.propose import sentences
from sla_engine.discovery.writing import document, names
from sla_engine.domain.interval import Interval
from sla_engine.domain.period import rfc3339
from sla_engine.prometheus import Client, PrometheusError
from sla_engine.prometheus.inventory import Labels
from uptime_common.document import DocumentError
from uptime_common.flags import USUAL_CONFIG
from uptime_common.humanize import counted, listed

_USUAL = 30 * 86_400_000
_SHOWN = 20


def register(commands: Subparsers) -> None:
    """Add ``discover``."""
    command = log_flags_only(
        commands, "discover", discover_, "write a services.yml of what Prometheus has"
    )
    prometheus_flag(command)
    discovery_flags(command)
    command.add_argument("--period", metavar="PERIOD", help="(default: the last 30 days)")
    command.add_argument("--from", dest="start", metavar="TIME", help=FROM)
    command.add_argument("--to", dest="end", metavar="TIME", help="where the period of --from ends")
    where = command.add_mutually_exclusive_group()
    where.add_argument(
        "--output", type=Path, metavar="FILE", help="a new file (default: standard output)"
    )
    where.add_argument(
        "--merge",
        type=Path,
        nargs="?",
        const=USUAL_CONFIG,
        metavar="FILE",
        help="add what is new to this file (default: services.yml), behind its last service, "
        "and change nothing else; name what has vanished; without --prometheus.url its own "
        "server is asked",
    )


def discover_(options: argparse.Namespace) -> int:
    """``sla-engine discover``."""
    at, output = now(), options.output
    kept = None if options.merge is None else load_catalogue(options.merge, at, every_mistake)
    wanted = discovery_of(options, kept)
    if output is not None and output.exists() and not says_nothing(output):
        raise JobError(f"{output} is there; --merge={output} adds to it what is new")
    if options.period is None and options.start is None and options.end is None:
        span = Interval(at - _USUAL, at)
    else:
        chosen = chosen_period(options, wanted.empty, at)
        span = Interval(chosen.start, min(chosen.end, at))
    with opened_client(wanted.empty) as client:
        made = discover(client, wanted, span, at)
        if kept is not None:
            return _merge(options.merge, kept, made, partial(_series, client, span), at)
    source = f"{wanted.empty.prometheus.url} at {rfc3339(at)}"
    text = document(made.proposal, wanted.empty, source)
    _checked(text, str(output or "services.yml"), at)
    write_output(text.encode(), output)
    sys.stdout.flush()
    sys.stderr.writelines(f"{line}\n" for line in sentences(made.proposal))
    if output is not None:
        found = counted(len(made.proposal.services), "service")
        flag = "" if output == USUAL_CONFIG else f" --config.file={output}"
        then = f"sla-engine check{flag}, then sla-engine serve{flag}"
        sys.stderr.write(f"{output}: {found}; next: {then}\n")
    return 0


def _checked(text: str, name: str, at: int) -> Catalogue:
    """Return the catalogue of what is about to be written.

    Raises:
        JobError: it would not be one, which is a fault of ours.
    """
    try:
        return parse_catalogue(text, name, at)
    except DocumentError as error:
        raise JobError(f"nothing written, as it would be wrong: {error.problems[0]}") from error


def _merge(path: Path, kept: Catalogue, made: Discovered, ask: Ask, at: int) -> int:
    try:
        found = difference(kept, made.proposal.services, ask)
    except PrometheusError as error:
        raise JobError(str(error)) from error
    if found.new:
        _add(path, kept, found.new, f"New at {rfc3339(at)}, by `sla-engine discover`:", at)
    sys.stdout.writelines(f"{path}: {line}\n" for line in _told(found))
    return 0


def _series(client: Client, span: Interval, selector: str) -> Sequence[Labels]:
    return client.series(selector, span.start, span.end - 1)


def _told(found: Difference) -> list[str]:
    lines = [f"{counted(len(found.new), 'service')} added: {names(found.new)}"]
    if not found.new:
        lines = ["nothing is new"]
    if found.vanished:
        gone = listed(list(found.vanished), _SHOWN)
        lines.append(f"without a series now: {gone}; give them `until`, or mend their source")
    return lines


def _add(path: Path, kept: Catalogue, services: Sequence[Proposed], comment: str, at: int) -> None:
    """Write services into a file, whole or not at all.

    Raises:
        JobError: the file cannot be written, or would say anything else beside.
    """
    try:
        before = path.read_bytes().decode("utf-8")
        text = merged(before, services, comment)
    except MergeError as error:
        raise JobError(f"{path}: {error}") from error
    after = _checked(text, str(path), at)
    count, others = len(kept.services), {"services"}
    same = after.services[:count] == kept.services
    same &= after.model_dump(exclude=others) == kept.model_dump(exclude=others)
    if not same or [s.id for s in after.services[count:]] != [one.id for one in services]:
        raise JobError(f"{path}: nothing written, as it would change more than add services")
    real = path.resolve()
    fresh = real.with_name(f".{real.name}.new")
    try:
        fresh.write_bytes(text.encode())
        fresh.chmod(real.stat().st_mode)
        fresh.replace(real)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise JobError(f"{error.filename}: {error.strerror}") from error
