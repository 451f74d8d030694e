"""What a world of the audit is: a catalogue, samples, and what people decide in it."""

from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from benchmarks.audit.states import Key, Point
from benchmarks.audit.time import Span

Verb = Literal["approve", "reject", "cancel"]


class Meaning(NamedTuple):
    """What an SLI's text means to the oracle: which series, and what is done to them."""

    metric: str
    labels: dict[str, str]
    name: str = "raw"
    least: float = 0


class Decision(NamedTuple):
    """Something done to a requested window at a moment (ms UTC)."""

    verb: Verb
    author: str
    at: int


@dataclass
class Request:
    """A window asked for by command line, and what the oracle knows of it."""

    flags: list[str]
    scope: dict[str, Any]
    span: Span
    zone: str
    rrule: str | None
    at: int
    decisions: list[Decision] = field(default_factory=list)
    id: str = ""


class Said(NamedTuple):
    """A correction: of which service's outage, at which start, which field became what."""

    service: str
    start: int
    field: str
    value: str | None


class Servers(NamedTuple):
    """Addresses of what answers a world's queries.

    One that has all samples, one that lost some, and one that answers in part now and then.
    """

    whole: str
    lossy: str
    faulty: str


@dataclass
class World:
    """A world; ``span`` is what is backfilled, ``clock`` when the reports are made (ms UTC)."""

    seed: int
    zone: str
    span: Span
    clock: int
    catalogue: dict[str, Any]
    series: dict[Key, list[Point]]
    meanings: dict[str, tuple[Meaning, ...]]
    requests: list[Request] = field(default_factory=list)
    corrections: list[Said] = field(default_factory=list)
    losses: list[Span] = field(default_factory=list)
    """When a second Prometheus has no samples of anything."""
    agreements: list[tuple[int, list[dict[str, Any]]]] = field(default_factory=list)
    """What the catalogue says of agreements, and from when on (ms UTC)."""
    closed: bool = False
    """Whether the server's lookback includes its left edge, as in Prometheus 2."""
