"""``sla-engine serve``."""

import argparse
from pathlib import Path

from sla_engine.commands.flags import Subparsers, signing_flag, subcommand
from uptime_common.flags import add_lifecycle_flag, add_web_flags


def register(commands: Subparsers) -> None:
    """Add ``serve``."""
    command = subcommand(
        commands, "serve", _serve, "keep the ledger, send notices, serve HTTP", creates=True
    )
    add_web_flags(command, "127.0.0.1:9711")
    add_lifecycle_flag(command)
    command.add_argument(
        "--tick",
        dest="tick",
        default="30s",
        metavar="DURATION",
        help="how often Prometheus is asked (default: %(default)s)",
    )
    command.add_argument(
        "--metrics.outages",
        dest="metrics_outages",
        type=int,
        default=200,
        metavar="N",
        help="how many of the newest outages are metrics of their own (default: %(default)s)",
    )
    command.add_argument(
        "--metrics.outages-age",
        dest="metrics_outages_age",
        default="90d",
        metavar="DURATION",
        help="how long ago these began at most, unless they are open (default: %(default)s)",
    )
    command.add_argument(
        "--metrics.windows",
        dest="metrics_windows",
        default="",
        metavar="NAMES",
        help="figures of every service over these, too (30d,month,previous_month,...), beside the "
        "contract's window, the one before it and the last day",
    )
    command.add_argument(
        "--late-samples",
        dest="late_samples",
        default="24h",
        metavar="DURATION",
        help="how late samples may come and still be found by themselves (default: %(default)s)",
    )
    command.add_argument(
        "--rules.file",
        dest="rules_file",
        type=Path,
        metavar="FILE",
        help="keep this file as `sla-engine rules` writes it, and have Prometheus read it again",
    )
    signing_flag(command)


def _serve(options: argparse.Namespace) -> int:
    """``sla-engine serve``; other commands need not wait for its web server to be imported."""
    from sla_engine.app.serve import serve  # noqa: PLC0415

    return serve(options)
