"""Flags that every program of ours takes, in the style of the Prometheus family."""

import argparse
import math
from pathlib import Path

from uptime_common.logs import FORMATS, LEVELS

_DEFAULT = "(default: %(default)s)"


def address(text: str) -> tuple[str, int]:
    """Return host and port of ``host:port``; an empty host means every interface.

    Raises:
        argparse.ArgumentTypeError: there is no port, or it is not between 0 and 65535.
    """
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdigit() or int(port) > 65535:  # noqa: PLR2004 - the highest port
        raise argparse.ArgumentTypeError(f"{text!r} is not host:port")
    if ":" in host and not (host.startswith("[") and host.endswith("]")):
        raise argparse.ArgumentTypeError(f"{text!r} is not host:port; IPv6: [{host}]:{port}")
    return host.strip("[]"), int(port)


def seconds(text: str) -> float:
    """Return a number of seconds above zero.

    Raises:
        argparse.ArgumentTypeError: it is none.
    """
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0")
    return number


USUAL_CONFIG = Path("services.yml")
"""The catalogue, where no flag names one."""


def add_config_flag(parser: argparse.ArgumentParser) -> None:
    """Add ``--config.file``."""
    parser.add_argument(
        "--config.file",
        dest="config_file",
        type=Path,
        default=USUAL_CONFIG,
        metavar="FILE",
        help="the catalogue of services (default: %(default)s)",
    )


def add_log_flags(parser: argparse.ArgumentParser) -> None:
    """Add ``--log.level`` and ``--log.format``."""
    parser.add_argument(
        "--log.level", dest="log_level", choices=LEVELS, default="info", help=_DEFAULT
    )
    parser.add_argument(
        "--log.format", dest="log_format", choices=FORMATS, default="logfmt", help=_DEFAULT
    )


def add_web_flags(parser: argparse.ArgumentParser, listen: str) -> None:
    """Add ``--web.listen-address`` and ``--web.config.file``."""
    parser.add_argument(
        "--web.listen-address",
        dest="web_listen_address",
        type=address,
        default=address(listen),
        metavar="HOST:PORT",
        help=f"where to serve HTTP (default: {listen})",
    )
    parser.add_argument(
        "--web.config.file",
        dest="web_config_file",
        type=Path,
        metavar="FILE",
        help="TLS and basic auth, in the format of the Prometheus exporter toolkit",
    )


def add_lifecycle_flag(parser: argparse.ArgumentParser) -> None:
    """Add ``--web.enable-lifecycle``."""
    parser.add_argument(
        "--web.enable-lifecycle",
        dest="web_enable_lifecycle",
        action="store_true",
        help="read the catalogue again at POST /-/reload, as at SIGHUP",
    )
