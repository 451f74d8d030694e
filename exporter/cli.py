"""The command line of sla-exporter."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import structlog

from exporter import app
from exporter.host.flags import add_collector_flags, host_options
from exporter.host.scrape import Host
from exporter.peer_flags import warnings
from exporter.server import TAKEN, Telemetry
from uptime_common import __version__
from uptime_common.document import DocumentError
from uptime_common.flags import add_config_flag, add_lifecycle_flag, add_log_flags, add_web_flags
from uptime_common.logs import configure_logs
from uptime_common.one_line import OneLineParser
from uptime_common.web import load_web_config

_log = structlog.get_logger(__name__)
_ABOUT = "This host's health and the probes of services, as metrics for Prometheus."


def parser() -> argparse.ArgumentParser:
    """Return the flags."""
    flags = OneLineParser(
        "sla-exporter", usage="sla-exporter [FLAG ...]", description=_ABOUT, allow_abbrev=False
    )
    add_config_flag(flags)
    add_web_flags(flags, "127.0.0.1:9710")
    _add_telemetry_flags(flags)
    add_lifecycle_flag(flags)
    flags.add_argument(
        "--location",
        type=_location,
        default="default",
        metavar="NAME",
        help="where this exporter stands; the location label of what it probes "
        "(default: %(default)s; give each of several exporters its own, and keep it)",
    )
    flags.add_argument(
        "--shard",
        type=_shard,
        default=(1, 1),
        metavar="I/N",
        help="probe the I-th of N parts of the services, so that N exporters share them",
    )
    flags.add_argument(
        "--no-probes",
        dest="probes",
        action="store_false",
        help="this host's health only; the catalogue is not read",
    )
    flags.add_argument("--version", action="version", version=f"sla-exporter {__version__}")
    add_log_flags(flags)
    add_collector_flags(flags)
    return flags


def _add_telemetry_flags(flags: argparse.ArgumentParser) -> None:
    flags.add_argument(
        "--web.telemetry-path",
        dest="web_telemetry_path",
        type=_path,
        default="/metrics",
        metavar="PATH",
        help="where metrics are served (default: %(default)s)",
    )
    flags.add_argument(
        "--web.max-requests",
        dest="web_max_requests",
        type=_count,
        default=40,
        metavar="N",
        help="scrapes at a time, 0 for any number; others are answered 503 (default: %(default)s)",
    )
    flags.add_argument(
        "--web.disable-exporter-metrics",
        dest="web_disable_exporter_metrics",
        action=argparse.BooleanOptionalAction,
        default=False,
        help="no metrics about the exporter itself (process_*, sla_exporter_*)",
    )


def _path(text: str) -> str:
    if not text.startswith("/") or text in TAKEN or any(mark in text for mark in "{}?# "):
        raise argparse.ArgumentTypeError(f"{text!r} is not a free path, such as /metrics")
    return text


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number, such as 40")
    return int(text)


def _location(text: str) -> str:
    if not text.strip() or not text.isprintable():
        raise argparse.ArgumentTypeError(f"{text!r} is not a name")
    return text


def _shard(text: str) -> tuple[int, int]:
    number, _, count = text.partition("/")
    if not (number.isdigit() and count.isdigit() and 1 <= int(number) <= int(count)):
        raise argparse.ArgumentTypeError(f"{text!r} is not I/N, such as 1/3")
    return int(number), int(count)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the exporter; return the exit code: 0 stopped, 1 cannot run, 2 wrong usage."""
    flags = parser()
    given = flags.parse_args(arguments)
    by_default = given.config_file is flags.get_default("config_file")
    configure_logs(given.log_level, given.log_format)
    for warning in warnings(given):
        _log.warning(warning)
    try:
        options = app.Options(
            _catalogue(given, by_default=by_default),
            given.web_listen_address,
            load_web_config(given.web_config_file),
            given.location,
            given.web_config_file,
            given.shard,
            given.web_enable_lifecycle,
            Telemetry(
                given.web_telemetry_path,
                given.web_max_requests,
                not given.web_disable_exporter_metrics,
            ),
        )
        _run(options, given)
    except DocumentError as error:
        print(error, file=sys.stderr)
        print(f"sla-exporter: next: {_next(error, given.config_file)}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"sla-exporter: {error.strerror or error}", file=sys.stderr)
        return 1
    return 0


def _next(error: DocumentError, catalogue: Path) -> str:
    """Return what to type after a document's mistakes."""
    file = error.problems[0].file if error.problems else str(catalogue)
    if file != str(catalogue):
        return f"mend {file}, then the same again"
    if not catalogue.exists():
        return "--config.file=FILE, or --no-probes for this host's health alone"
    return f"sla-engine check --config.file={file}, which tells every mistake"


def _catalogue(given: argparse.Namespace, *, by_default: bool) -> Path | None:
    """Return the catalogue to read; nobody need have one on a host that probes nothing."""
    catalogue: Path = given.config_file
    if not given.probes:
        return None
    if by_default and not catalogue.exists():
        _log.warning("nothing is probed: no catalogue is named, and there is none here")
        return None
    return catalogue


def _run(options: app.Options, given: argparse.Namespace) -> None:
    with (
        closing(Host(host_options(given))) as host,
        asyncio.Runner(loop_factory=_loop_factory()) as runner,
    ):
        runner.run(app.serve(options, host))


def _loop_factory() -> "type[asyncio.AbstractEventLoop] | None":
    try:
        import uvloop  # noqa: PLC0415 - not on every platform
    except ImportError:
        return None
    return uvloop.Loop
