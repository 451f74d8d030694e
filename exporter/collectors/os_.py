"""The distribution, from os-release(5)."""

import re
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime

from exporter.collectors.support.api import NoDataError, System, text_of
from uptime_common.exposition import Family, gauge

LABELS = (
    *("build_id", "id", "id_like", "image_id", "image_version", "name", "pretty_name"),
    *("variant", "variant_id", "version", "version_codename", "version_id"),
)
INFO = gauge(
    "node_os_info",
    f"A metric with a constant '1' value labeled by {', '.join(LABELS)}.",
    *LABELS,
)
VERSION = gauge(
    "node_os_version",
    "Metric containing the major.minor part of the OS version.",
    *("id", "id_like", "name"),
)
SUPPORT_END = gauge(
    "node_os_support_end_timestamp_seconds",
    "Metric containing the end-of-life date timestamp of the OS.",
)
METRICS = (INFO, VERSION, SUPPORT_END)
_MAJOR_MINOR = re.compile(r"\d+\.?\d*")


def parse(text: str) -> Iterator[Family]:
    """Parse shell assignments like ``PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"``."""
    pairs = (word.partition("=") for word in shlex.split(text, comments=True))
    known = {key.lower(): value for key, _, value in pairs}
    yield INFO.of((tuple(known.get(label, "") for label in LABELS), 1))
    number = _MAJOR_MINOR.match(known.get("version_id", ""))
    if number:
        labels = tuple(known.get(label, "") for label in VERSION.labels)
        yield VERSION.of((labels, float(number[0])))
    if known.get("support_end"):
        end = datetime.strptime(known["support_end"], "%Y-%m-%d").replace(tzinfo=UTC)
        yield SUPPORT_END.value(end.timestamp())


def read(system: System) -> list[Family]:
    """Read the file from either of its places."""
    for name in ("etc/os-release", "usr/lib/os-release"):
        text = text_of(f"{system.roots.root}/{name}")
        if text is not None:
            return system.parsed(parse, text)
    raise NoDataError("there is no os-release")
