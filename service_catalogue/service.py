"""A service: what it is, what is owed, and where its truth is."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import AfterValidator, Field, PrivateAttr, model_validator

from service_catalogue.base import (
    AwareMoment,
    Date,
    Frozen,
    Identifier,
    Labels,
    MinSamples,
    Moment,
    Name,
    Percent,
    PositiveMilliseconds,
    Text,
    Zone,
    unit,
)
from service_catalogue.counters import counted_by
from service_catalogue.probes import Probe
from service_catalogue.prometheus import HttpUrl
from service_catalogue.quorum import Quorum

Policy = Literal["exclude", "count_up", "count_down"]
Method = Literal["probes", "promql", "events", "components"]
"""What says whether a service is up; see `Service.method`."""
WindowName = Literal[
    "day", "week", "2w", "month", "quarter", "year", "7d", "14d", "28d", "30d", "90d"
]
"""The windows of contracts: the first six are of the calendar, the others roll."""
ROLLING_WINDOWS = ("7d", "14d", "28d", "30d", "90d")
SOURCES = ("probes", "sli", "components")
FOREVER = 2**62


def ms(moment: datetime) -> int:
    """Return an aware moment in milliseconds UTC."""
    return round(moment.astimezone(UTC).timestamp() * 1000)


class Piece(NamedTuple):
    """What held of a service up to a moment (ms UTC); None: it was not watched."""

    until: int
    service: "Service | None"


def source_mistake(given: Sequence[str]) -> str | None:
    """Return what is wrong with a service that has these sources of truth."""
    if len(given) == 1:
        return None
    return f"needs exactly one of {', '.join(SOURCES)}; found {' and '.join(given) or 'none'}"


def _monday(day: date) -> date:
    if day.weekday():
        raise ValueError(f"{day} is no Monday")
    return day


Monday = Annotated[Date, AfterValidator(_monday)]


class Accounting(Frozen):
    """What planned downtime and unknown time do to the availability."""

    maintenance: Policy = "exclude"
    """What planned downtime does: it is left out of the agreed time, or counts as up or as down."""
    unknown: Policy = "exclude"
    """What time does of which nothing is known."""


class Credit(Frozen):
    """Below this availability (percent) that much of the fee (percent) is credited."""

    below: Percent
    """Below this availability of the window, ``credit`` is due."""
    credit: Annotated[float, Field(gt=0, le=100, json_schema_extra=unit("percent"))]
    """How much of the window's fee is due back; the highest of those that are due."""


Cost = Annotated[float, Field(ge=0, le=1e12, json_schema_extra=unit("of the currency"))]
Events = Annotated[Text, AfterValidator(counted_by)]
Ratio = Annotated[float, Field(gt=0, le=1, json_schema_extra=unit("ratio"))]


class FailingMinutes(Frozen):
    """Which minutes of counted events make an outage."""

    share: Ratio | None = None
    """A minute fails where at least this share of its events did; 14.4 times what the objective
    lets fail, at most 0.5, without it."""
    min_events: Annotated[float, Field(ge=1, le=1e12, json_schema_extra=unit("events"))] = 5
    """How many must have failed in all."""


_BUCKETS = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*_bucket(\{[^{}]*\})?")
_EDGE = re.compile(r"[{,]\s*le\s*[=!]")


class Latency(Frozen):
    """How fast a service is meant to be: a verdict of its own, that changes no availability.

    A percentile is below a limit exactly where that share is: no bucket has to be interpolated.
    """

    below: PositiveMilliseconds
    """How fast is fast enough."""
    share: Ratio = 0.99
    """How many of the runs or requests must be that fast."""
    percentile: Annotated[float, Field(gt=0, lt=100, json_schema_extra=unit("percent"))] | None = (
        None
    )
    """The share said otherwise: 95 is a share of 0.95."""
    histogram: Annotated[str, Field(max_length=1000)] | None = None
    """Selector of the buckets of a classic histogram in seconds, without ``le``: requests are
    judged in place of probes, and ``below`` must be the edge of a bucket."""

    @property
    def least_share(self) -> float:
        """The share that is to be within the limit, however it is said."""
        return (
            self.share if self.percentile is None else float(Fraction(str(self.percentile)) / 100)
        )

    @model_validator(mode="after")
    def _said_once(self) -> Self:
        if {"share", "percentile"} <= self.model_fields_set:
            raise ValueError("give share or percentile, which say the same: p95 is share 0.95")
        return self

    @model_validator(mode="after")
    def _of_buckets(self) -> Self:
        found = self.histogram is None or _BUCKETS.fullmatch(self.histogram)
        if not found or _EDGE.search(self.histogram or ""):
            raise ValueError(
                "histogram is the selector of buckets, without le, such as "
                'http_request_duration_seconds_bucket{job="shop"}'
            )
        return self


class Timeslice(Frozen):
    """Slices of time, each judged by the share of its events that are good (OpenSLO)."""

    length: PositiveMilliseconds = 60_000
    """Length of a slice: whole minutes that divide a day."""
    target: Ratio | None = None
    """A slice is good where this share of its events is; without it the availability is the mean of
    all slices' shares."""

    @model_validator(mode="after")
    def _whole_minutes(self) -> Self:
        if self.length % 60_000 or 86_400_000 % self.length:
            raise ValueError("length must be whole minutes that divide a day, such as 1m, 5m or 1h")
        return self


class Sli(Frozen):
    """An SLI by PromQL: a state (``promql``), or events, of which ``good`` or ``errors`` are known.

    Events are counters, as selectors or as an expression that `read_counters` can read.
    """

    promql: Text | None = None
    """A state: up while the expression is not zero, unknown where it has no sample."""
    good: Events | None = None
    """Counters of good events; goes with ``total``."""
    errors: Events | None = None
    """Counters of failed events; goes with ``total``."""
    total: Events | None = None
    """Counters of all events."""
    outage: FailingMinutes = FailingMinutes()
    """Which minutes of counted events make an outage."""
    timeslice: Timeslice | None = None
    """Judge slices of time, as OpenSLO does, in place of all events alike."""

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        given = tuple(name for name in _FORMS if getattr(self, name) is not None)
        if given not in _WHOLE_FORMS:
            raise ValueError(f"give promql, or good and total, or errors and total; {_told(given)}")
        if self.promql is not None and self.model_fields_set & {"outage", "timeslice"}:
            raise ValueError("outage and timeslice go with counted events, not with promql")
        return self


_FORMS = ("promql", "good", "errors", "total")
_WHOLE_FORMS = (("promql",), ("good", "total"), ("errors", "total"))


def _told(given: Sequence[str]) -> str:
    return f"found {' and '.join(given) or 'none'}"


class Change(Frozen):
    """What held before it was changed: old periods keep it."""

    until: AwareMoment
    """Until when this held, with an offset."""
    objective: Percent | None = None
    """The objective until then."""
    calendar: Identifier | None = None
    """The calendar until then."""
    quorum: Quorum | None = None
    """The quorum until then."""
    accounting: Accounting | None = None
    """The accounting until then."""
    credits: tuple[Credit, ...] | None = None
    """The credits until then."""
    cost_per_hour: Cost | None = None
    """What an hour of downtime cost until then."""
    min_outage: PositiveMilliseconds | None = None
    """The shortest outage that counted until then."""
    scrape_interval: PositiveMilliseconds | None = None
    """The scrape interval of its series until then."""
    max_gap: PositiveMilliseconds | None = None
    """The longest distance of two samples that was no gap until then."""

    @model_validator(mode="after")
    def _spans(self) -> Self:
        if self.scrape_interval and self.max_gap and self.max_gap < self.scrape_interval:
            raise ValueError("max_gap is shorter than scrape_interval: every sample would be lost")
        return self


class Service(Frozen):
    """One service: what it is, what is owed, and exactly one source of truth."""

    id: Identifier
    """Its name for ever: the ledger's history hangs on it."""
    formerly: tuple[Identifier, ...] = ()
    """Ids that it had before, whose history is its own."""
    name: Name
    """What people call it."""
    owner: Name = "unknown"
    """Who runs it; reports and routes choose by it."""
    tier: Name = "default"
    """How important it is, in words of your own; reports and routes choose by it."""
    labels: Labels = Field(default_factory=dict)
    """Anything else to choose by; services that share ``host`` are told as one when they fail
    together."""
    cost_per_hour: Cost | None = None
    """What an hour of unplanned downtime costs."""
    objective: Percent | None = None
    """Availability that is owed; without it there are figures and no verdict."""
    window: WindowName = "month"
    """What the objective is judged over: of the calendar, or rolling (``7d`` to ``90d``)."""
    window_from: Monday | None = None
    """The Monday from which ``2w`` are counted."""
    timezone: Zone | None = None
    """Of its hours and windows; the organisation's without it."""
    calendar: Identifier | None = None
    """Hours in which it is owed; always without it."""
    accounting: Accounting = Accounting()
    """What planned downtime and unknown time do to its availability."""
    credits: tuple[Credit, ...] = ()
    """What is due back below which availability."""
    depends_on: tuple[Identifier, ...] = ()
    """Services that it needs: an outage that begins during one of theirs says so. Changes no
    figure."""
    group: Identifier | None = None
    """The service that it stands under in reports, and is not counted beside. Changes no figure."""
    since: Moment | None = None
    """Its first day; what was before is not owed."""
    until: Moment | None = None
    """Its end; what comes after is not owed."""
    scrape_interval: PositiveMilliseconds | None = None
    """Of its series, where it is not the others'."""
    max_gap: PositiveMilliseconds | None = None
    """Of its series: the longest distance of two samples that is no gap."""
    min_outage: PositiveMilliseconds | None = None
    """Shorter outages are downtime, but not counted as outages."""
    after: PositiveMilliseconds | None = None
    """Nobody is told of an outage before it lasted so long. Changes no figure."""
    min_samples: MinSamples | None = None
    """Nobody is told of an outage before so many of its samples were bad. Changes no figure."""
    runbook: HttpUrl | None = None
    """The page that every message about it links to."""
    latency: Latency | None = None
    """How fast it is meant to be; a verdict of its own."""
    history: tuple[Change, ...] = ()
    """What held before it was changed, oldest first."""
    probes: tuple[Probe, ...] = ()
    """Source of truth: what the exporter asks of it."""
    quorum: Quorum = Quorum()
    """How many of its probes and locations must be up."""
    sli: Sli | None = None
    """Source of truth: an expression or counters in Prometheus."""
    components: tuple[Identifier, ...] = ()
    """Source of truth: the services that it is made of."""
    need: Annotated[int, Field(ge=1, json_schema_extra=unit("components"))] | None = None
    """How many of its components must be up; all without it."""
    _past: tuple[Piece, ...] = PrivateAttr(())

    @property
    def past(self) -> tuple[Piece, ...]:
        """What held before, piece by piece; empty where nobody worked it out (`past.pieces`)."""
        # By the slot: pydantic's search for a private attribute takes ten times as long.
        private = self.__pydantic_private__
        return () if private is None else private.get("_past", ())

    def with_past(self, past: tuple[Piece, ...]) -> "Service":
        """Return it with what held before; the last piece reaches `FOREVER`."""
        copy = self.model_copy()
        copy._past = past  # noqa: SLF001 - its own
        return copy

    def keep(self, past: tuple[Piece, ...]) -> None:
        """Keep what was worked out of its own ``history``."""
        self._past = past

    @property
    def method(self) -> Method:
        """What says whether it is up: its probes, an expression, counted events or components."""
        if self.sli is not None:
            return "events" if self.sli.promql is None else "promql"
        return "components" if self.components else "probes"

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        given = [name for name in SOURCES if getattr(self, name)]
        if mistake := source_mistake(given):
            raise ValueError(mistake)
        return self
