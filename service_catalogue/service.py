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
    unknown: Policy = "exclude"


class Credit(Frozen):
    """Below this availability (percent) that much of the fee (percent) is credited."""

    below: Percent
    credit: Annotated[float, Field(gt=0, le=100)]


Events = Annotated[Text, AfterValidator(counted_by)]
Ratio = Annotated[float, Field(gt=0, le=1)]


class FailingMinutes(Frozen):
    """Which minutes of events make an outage: those with this share of failed ones, or more.

    Without a share it is 14.4 times what the objective lets fail, at most half; ``min_events`` is
    how many must have failed in all.
    """

    share: Ratio | None = None
    min_events: Annotated[float, Field(ge=1, le=1e12)] = 5


_BUCKETS = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*_bucket(\{[^{}]*\})?")
_EDGE = re.compile(r"[{,]\s*le\s*[=!]")


class Latency(Frozen):
    """How fast a service is meant to be: this share of its probes' runs below so many milliseconds.

    With a ``histogram`` (the selector of a classic one's buckets, in seconds) it is that share of
    its requests; ``below`` must then be the edge of a bucket. It has a verdict of its own; no
    availability depends on it. A ``percentile`` (95) says the share otherwise: it is below a limit
    exactly where that share is, and no bucket has to be interpolated to say so.
    """

    below: PositiveMilliseconds
    share: Ratio = 0.99
    percentile: Annotated[float, Field(gt=0, lt=100)] | None = None
    histogram: Annotated[str, Field(max_length=1000)] | None = None

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
    """Slices of so many milliseconds, each good where this share of its events is (OpenSLO).

    Without a target the availability is the mean of the shares of all slices.
    """

    length: PositiveMilliseconds = 60_000
    target: Ratio | None = None

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
    good: Events | None = None
    errors: Events | None = None
    total: Events | None = None
    outage: FailingMinutes = FailingMinutes()
    timeslice: Timeslice | None = None

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
    objective: Percent | None = None
    calendar: Identifier | None = None
    quorum: Quorum | None = None
    accounting: Accounting | None = None
    credits: tuple[Credit, ...] | None = None
    cost_per_hour: Annotated[float, Field(ge=0, le=1e12)] | None = None
    min_outage: PositiveMilliseconds | None = None
    scrape_interval: PositiveMilliseconds | None = None
    max_gap: PositiveMilliseconds | None = None

    @model_validator(mode="after")
    def _spans(self) -> Self:
        if self.scrape_interval and self.max_gap and self.max_gap < self.scrape_interval:
            raise ValueError("max_gap is shorter than scrape_interval: every sample would be lost")
        return self


class Service(Frozen):
    """One service of the catalogue; ``id`` is stable for ever, history hangs on it.

    ``formerly`` are ids that it had before: what the ledger holds of them is its own history.
    Nobody is told of an outage before it lasted ``after`` and ``min_samples`` were bad; no figure
    depends on that.
    ``runbook`` is the page that every message about it links to.
    ``timezone`` is that of its hours and windows, ``window_from`` a Monday from which ``2w`` count.
    ``group`` is the service, such as a business capability, that it is a part of in reports: it
    stands under it and is not counted beside it; no figure of either depends on that.
    """

    id: Identifier
    formerly: tuple[Identifier, ...] = ()
    name: Name
    owner: Name = "unknown"
    tier: Name = "default"
    labels: Labels = Field(default_factory=dict)
    cost_per_hour: Annotated[float, Field(ge=0, le=1e12)] | None = None
    objective: Percent | None = None
    window: WindowName = "month"
    window_from: Monday | None = None
    timezone: Zone | None = None
    calendar: Identifier | None = None
    accounting: Accounting = Accounting()
    credits: tuple[Credit, ...] = ()
    depends_on: tuple[Identifier, ...] = ()
    group: Identifier | None = None
    since: Moment | None = None
    until: Moment | None = None
    scrape_interval: PositiveMilliseconds | None = None
    max_gap: PositiveMilliseconds | None = None
    min_outage: PositiveMilliseconds | None = None
    after: PositiveMilliseconds | None = None
    min_samples: MinSamples | None = None
    runbook: HttpUrl | None = None
    latency: Latency | None = None
    history: tuple[Change, ...] = ()
    probes: tuple[Probe, ...] = ()
    quorum: Quorum = Quorum()
    sli: Sli | None = None
    components: tuple[Identifier, ...] = ()
    need: Annotated[int, Field(ge=1)] | None = None
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
