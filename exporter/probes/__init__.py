"""Probes, one file per type: each asks its target once and returns what it found, as data."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from exporter.probes import http, tcp
from exporter.probes.run import Run

ProbeFunction = Callable[[Any, Run], Awaitable[None]]
"""Takes the catalogue's model of its type; a failure is a ProbeError, measures go to the run."""

PROBES: Final[dict[str, ProbeFunction]] = {
    "http": http.probe,
    "tcp": tcp.probe,
}
