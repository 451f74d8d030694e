"""The command line of sla-exporter."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from contextlib import closing

from exporter import app
from exporter.host.flags import add_collector_flags, host_options
from exporter.host.scrape import Host
from uptime_common import __version__
from uptime_common.document import DocumentError
from uptime_common.flags import add_config_flag, add_lifecycle_flag, add_log_flags, add_web_flags
from uptime_common.logs import configure_logs
from uptime_common.web import load_web_config

_ABOUT = "This host's health and the probes of services, as metrics for Prometheus."


def parser() -> argparse.ArgumentParser:
    """Return the flags."""
    usage = "sla-exporter [FLAG ...]; --help lists them"
    flags = argparse.ArgumentParser(
        "sla-exporter", usage=usage, description=_ABOUT, allow_abbrev=False
    )
    add_config_flag(flags)
    add_web_flags(flags, "127.0.0.1:9710")
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
    given = parser().parse_args(arguments)
    configure_logs(given.log_level, given.log_format)
    try:
        options = app.Options(
            given.config_file if given.probes else None,
            given.web_listen_address,
            load_web_config(given.web_config_file),
            given.location,
            given.shard,
            given.web_enable_lifecycle,
        )
        _run(options, given)
    except DocumentError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"sla-exporter: {error.strerror or error}", file=sys.stderr)
        return 1
    return 0


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
