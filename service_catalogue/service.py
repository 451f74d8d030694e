"""A service: what it is, what is owed, and where its truth is."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import Field, PrivateAttr, model_validator

from service_catalogue.base import (
    AwareMoment,
    Frozen,
    Identifier,
    Labels,
    Moment,
    Name,
    Percent,
    PositiveMilliseconds,
    Text,
)
from service_catalogue.probes import Probe
from service_catalogue.quorum import Quorum

Policy = Literal["exclude", "count_up", "count_down"]
Method = Literal["probes", "promql", "events", "components"]
"""What says whether a service is up; see `Service.method`."""
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


class Accounting(Frozen):
    """What planned downtime and unknown time do to the availability."""

    maintenance: Policy = "exclude"
    unknown: Policy = "exclude"


class Credit(Frozen):
    """Below this availability (percent) that much of the fee (percent) is credited."""

    below: Percent
    credit: Annotated[float, Field(gt=0, le=100)]


class Sli(Frozen):
    """An SLI by PromQL: a state (``promql``), or events (``good`` and ``total``, counters)."""

    promql: Text | None = None
    good: Text | None = None
    total: Text | None = None

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if (self.good is None) != (self.total is None):
            raise ValueError("good and total go together")
        if (self.promql is None) == (self.good is None):
            raise ValueError("give either promql, or good and total")
        return self


class Change(Frozen):
    """What held before it was changed: old periods keep it."""

    until: AwareMoment
    objective: Percent | None = None
    calendar: Identifier | None = None
    quorum: Quorum | None = None
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
    """

    id: Identifier
    formerly: tuple[Identifier, ...] = ()
    name: Name
    owner: Name = "unknown"
    tier: Name = "default"
    labels: Labels = Field(default_factory=dict)
    cost_per_hour: Annotated[float, Field(ge=0, le=1e12)] | None = None
    objective: Percent | None = None
    window: Literal["month", "quarter", "year", "7d", "28d", "30d"] = "month"
    calendar: Identifier | None = None
    accounting: Accounting = Accounting()
    credits: tuple[Credit, ...] = ()
    depends_on: tuple[Identifier, ...] = ()
    since: Moment | None = None
    until: Moment | None = None
    scrape_interval: PositiveMilliseconds | None = None
    max_gap: PositiveMilliseconds | None = None
    min_outage: PositiveMilliseconds | None = None
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
        return self._past

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
