"""The metrics of services: their catalogue entries and levels, from values to text."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import zip_longest
from math import inf
from operator import attrgetter, itemgetter
from typing import Any, Final, NamedTuple

from sla_engine.domain.availability import Figures
from sla_engine.domain.service_level import ServiceLevel, ServiceState
from uptime_common.exposition import Metric, gauge, header, label, number

_KINDS: Final = ("planned", "unplanned")


Samples = Iterable[tuple[str, float]]
"""Each the text of its labels, and its value."""


class _Family(NamedTuple):
    """A gauge, and how to read its samples from a subject and the labels that it has anyway.

    ``brief`` is one that windows have, too, which are there for comparison alone.
    """

    metric: Metric
    samples: Callable[[Any, str], Samples]
    brief: bool = False

    def lines(self, subject: object, labels: str) -> str:
        """Return the samples as text."""
        name, found = self.metric.name, self.samples(subject, labels)
        return "".join([f"{name}{{{own}}} {number(float(value))}\n" for own, value in found])


_rest = itemgetter(*[at for at, name in enumerate(ServiceLevel._fields) if name != "known_until"])


class _Written(NamedTuple):
    """The samples of a level as text, by family, and what they are of: the level, and its state.

    ``known_until``, which moves at each tick, is left out; ``reach`` begins the line that tells it.
    """

    rest: tuple[object, ...]
    state: ServiceState
    columns: tuple[str, ...]
    reach: str


class _Block(NamedTuple):
    """What is written of some services that follow one another, joined by family."""

    written: tuple[_Written, ...]
    columns: tuple[bytes, ...]


_COMPARED = ("1d", "previous_")  # windows of which 10,000 services need no more than the figure
_BLOCK = 50  # services, of which one that changes makes the text of all be joined anew


class Exposition:
    """The service levels as text.

    The same in both styles: gauges, whose help has nothing to escape. It is made when figures
    change, not at each scrape, and only what changed is written anew: a thousand services have
    60,000 samples, few of which change between two ticks. ``holds_until`` (ms UTC) says when a
    state becomes too old to know.
    """

    def __init__(self) -> None:
        self.holds_until = inf
        self._known: dict[str, _Written] = {}
        self._blocks: list[_Block] = []
        self._reached: list[str] = []
        self._around = b"", b""
        self._text = b""

    def render(self, levels: Sequence[ServiceLevel], at: int) -> bytes:
        """Return the text exposition of what may be said of these levels ``at`` (ms UTC)."""
        before, known, reached, ends = self._known, {}, [], [inf]
        for level in levels:
            service, until, state = level.service, level.known_until, level.state(at)
            one, rest = before.get(service), _rest(level)
            if one is None or one.rest != rest or one.state != state:
                one = _Written(rest, state, _columns(level.shown(at)), _reach(level))
            known[service] = one
            if until is not None:
                reached.append(f"{one.reach}{until / 1000}\n")
                if state != "unknown":
                    ends.append(until + 2 * level.max_gap)
        self._known, self.holds_until = known, min(ends)
        if self._join(tuple(known.values())) or reached != self._reached:
            self._text, self._reached = "".join(reached).encode().join(self._around), reached
        return self._text

    def _join(self, written: tuple[_Written, ...]) -> bool:
        """Join what is written, and say whether any changed; a block of which none did stays."""
        before = self._blocks
        starts = range(0, len(written), _BLOCK)
        pieces = [written[start : start + _BLOCK] for start in starts]
        self._blocks = [
            old if old and old.written == piece else _block(piece, old)
            for old, piece in zip_longest(before[: len(pieces)], pieces)
        ]
        if self._text and self._blocks == before:
            return False
        texts = [*_grouped(self._blocks)]
        self._around = b"".join(texts[: _REACH + 1]), b"".join(texts[_REACH + 1 :])
        return True


def _columns(level: ServiceLevel) -> tuple[str, ...]:
    """Return the samples of a level by family."""
    own = label("service", level.service)
    windows = [
        (f"{own},{label('window', name)}", one, name.startswith(_COMPARED))
        for name, one in level.windows.items()
    ]
    of_service = [family.lines(level, own) for family in _OF_SERVICES]
    of_windows = [
        "".join([f.lines(one, labels) for labels, one, brief in windows if f.brief or not brief])
        for f in _OF_WINDOWS
    ]
    return (*of_service, *of_windows)


def _block(written: tuple[_Written, ...], known: _Block | None) -> _Block:
    """Join the texts of some services; a column whose texts are those of before stays."""
    columns = tuple(zip(*[one.columns for one in written], strict=True))
    before = zip(*[one.columns for one in known.written], strict=True) if known else ()
    texts = known.columns if known else ()
    joined = [
        text if column == old and text is not None else "".join(column).encode()
        for column, old, text in zip_longest(columns, before, texts)
    ]
    return _Block(written, tuple(joined))


def _grouped(blocks: Sequence[_Block]) -> Iterator[bytes]:
    """Yield the text of each family, as the format wants it."""
    for at, family in enumerate((*_OF_SERVICES, *_OF_WINDOWS)):
        yield header(family.metric, "text").encode() + b"".join([b.columns[at] for b in blocks])


def _reach(level: ServiceLevel) -> str:
    """Return the line that tells until when the data of a level reach, up to the moment."""
    return f"{_DATA_UNTIL.metric.name}{{{label('service', level.service)}}} "


def _some(labels: str, value: float | None, scale: int = 1) -> Samples:
    """Return one sample, or none of what is not known."""
    return () if value is None else ((labels, value / scale),)


def _quorum(level: ServiceLevel, labels: str) -> Iterator[tuple[str, float]]:
    need = level.locations
    if isinstance(need, int):
        yield f"{label('need', 'count')},{labels}", need
    elif need != "majority":
        yield f"{label('need', need)},{labels}", 1


def _of_window(level: ServiceLevel, labels: str, value: float | None, scale: int = 1) -> Samples:
    """Return the sample of the contract's window, or none of what is not known."""
    return _some(f"{labels},{label('window', level.window)}", value, scale)


def _start(level: ServiceLevel, labels: str) -> Samples:
    return _of_window(level, labels, level.period.start, 1000) if level.period else ()


def _end(level: ServiceLevel, labels: str) -> Samples:
    return _of_window(level, labels, level.period.end, 1000) if level.period else ()


def _exhausted(level: ServiceLevel, labels: str) -> Samples:
    own = level.windows.get(level.window)
    return () if own is None else _of_window(level, labels, own.exhausted, 1000)


def _met(level: ServiceLevel, labels: str) -> Samples:
    """Return the verdict of the window that closed last, which a running one never has."""
    name = f"previous_{level.window}"
    before = level.windows.get(name)
    return () if before is None else _some(f"{labels},{label('window', name)}", before.met)


def _events(figures: Figures, labels: str) -> Samples:
    if figures.events is None:
        return ()
    counts = {"good": figures.events.good, "failed": figures.events.failed}
    return [(f"{labels},{label('result', result)}", n) for result, n in counts.items()]


def _downtime(figures: Figures, labels: str) -> Samples:
    return [(f"{label('kind', kind)},{labels}", getattr(figures, kind) / 1000) for kind in _KINDS]


def _outages(figures: Figures, labels: str) -> Samples:
    """Count outages by kind; an overrun is of both."""
    return [
        (
            f"{label('kind', kind)},{labels}",
            sum([1 for share in figures.shares if getattr(share, kind)]),
        )
        for kind in _KINDS
    ]


_DATA_UNTIL: Final = _Family(
    gauge("service_data_until_timestamp_seconds", "Until when the data of its state reach."),
    lambda *_: (),  # written beside all others, as it moves at each tick
)

_OF_SERVICES: Final = (
    _Family(
        gauge("service_slo_objective_ratio", "The objective of the service."),
        lambda level, labels: _some(labels, level.objective),
    ),
    _Family(
        gauge("service_maintenance_active", "1 in approved maintenance."),
        lambda level, labels: _some(labels, level.maintenance_active),
    ),
    _Family(
        gauge("sla_outage_open_since_timestamp_seconds", "First failed sample of the open outage."),
        lambda level, labels: _some(labels, level.open_since, 1000),
    ),
    _Family(
        gauge(
            "service_maintenance_next_start_timestamp_seconds",
            "Start of the next approved maintenance window, at most 31 days ahead.",
        ),
        lambda level, labels: _some(labels, level.next_maintenance, 1000),
    ),
    _Family(
        gauge(
            "service_downtime_cost_per_hour",
            "What an hour of downtime costs, in the catalogue's currency.",
        ),
        lambda level, labels: _some(
            f"{label('currency', level.currency)},{labels}", level.cost_per_hour
        ),
    ),
    _DATA_UNTIL,
    _Family(
        gauge("sla_figures_until_timestamp_seconds", "Until when the data of its figures reach."),
        lambda level, labels: _some(labels, level.figures_until, 1000),
    ),
    # What the alert rules join to know the catalogue. The two times hold while no engine runs.
    _Family(
        gauge(
            "service_maintenance_until_timestamp_seconds",
            "End of the approved maintenance that is under way.",
        ),
        lambda level, labels: _some(labels, level.maintenance_until, 1000),
    ),
    _Family(
        gauge(
            "service_hours_begin_timestamp_seconds",
            "When service hours begin again; absent inside them.",
        ),
        lambda level, labels: _some(labels, level.hours_begin, 1000),
    ),
    _Family(
        gauge(
            "service_outage_after_seconds",
            "How long an outage must last before anybody is told; absent where it is told at once.",
        ),
        lambda level, labels: _some(labels, level.told_after, 1000),
    ),
    _Family(
        gauge("service_info", "Constant 1; the labels tell about the service."),
        lambda level, labels: _some(
            ",".join([labels, *(label(name, value) for name, value in level.info)]),
            1 if level.info else None,
        ),
    ),
    _Family(
        gauge(
            "service_slo_window_info",
            "Constant 1; the label tells over which window the objective is owed.",
        ),
        lambda level, labels: _some(
            f"{labels},{label('window', level.window)}", None if level.objective is None else 1
        ),
    ),
    _Family(
        gauge(
            "sla_window_state",
            "1 for how the contract's window does: on_course, at_risk or lost.",
        ),
        lambda level, labels: _some(
            f"{labels},{label('state', level.window_state or '')},{label('window', level.window)}",
            None if level.window_state is None else 1,
        ),
    ),
    _Family(
        gauge(
            "sla_service_up",
            "1 up, 0 down by the ledger; absent where it is not known, or too long ago.",
        ),
        lambda level, labels: _some(labels, level.up),
    ),
    _Family(
        gauge(
            "sla_window_start_timestamp_seconds",
            "Start of the contract's window, where it is one of the calendar.",
        ),
        _start,
    ),
    _Family(
        gauge(
            "sla_window_end_timestamp_seconds",
            "End of the contract's window, where it is one of the calendar.",
        ),
        _end,
    ),
    _Family(
        gauge(
            "sla_budget_exhausted_timestamp_seconds",
            "When the budget of the contract's window is used up if the last day goes on.",
        ),
        _exhausted,
    ),
    _Family(
        gauge(
            "sla_window_met",
            "1 where the contract's window that closed last met its objective, else 0.",
        ),
        _met,
    ),
    _Family(
        gauge("service_dependency_info", "Constant 1; the service depends on the other."),
        lambda level, labels: [
            (f"{label('dependency', other)},{labels}", 1) for other in level.depends_on
        ],
    ),
    _Family(
        gauge(
            "service_location_quorum",
            "Where it is no majority: how many locations must be up (need=count), else 1.",
        ),
        _quorum,
    ),
)

_REACH: Final = _OF_SERVICES.index(_DATA_UNTIL)


def _figure(
    name: str, text: str, attribute: str, scale: int = 1, *, brief: bool = False
) -> _Family:
    """Return the family of a figure; where it is not known there is no sample."""
    read = attrgetter(attribute)
    return _Family(
        gauge(name, text), lambda figures, labels: _some(labels, read(figures), scale), brief
    )


_OF_WINDOWS: Final = (
    _figure(
        "sla_availability_ratio",
        "Good part of the agreed service time.",
        "availability",
        brief=True,
    ),
    _figure(
        "sla_error_budget_remaining_ratio",
        "Error budget left, of 1.",
        "budget_remaining",
        brief=True,
    ),
    _figure("sla_coverage_ratio", "Known part of the agreed service time.", "coverage", brief=True),
    _figure("sla_agreed_seconds", "Agreed service time so far.", "agreed", 1000),
    _figure("sla_unknown_seconds", "Agreed service time without data.", "unknown", 1000),
    _figure("sla_mttr_seconds", "Mean time to restore service.", "mtrs", 1000),
    _figure("sla_mtbf_seconds", "Mean time between failures.", "mtbf", 1000),
    _figure("sla_lost_seconds", "What failed events cost in time.", "lost", 1000),
    _Family(gauge("sla_downtime_seconds", "Known downtime."), _downtime, brief=True),
    _Family(gauge("sla_outages", "Outages; an overrun is of both kinds."), _outages),
    _Family(gauge("sla_events", "Events of a service that counts them, by result."), _events),
    _figure("sla_events_allowed", "Events or slices that may fail in the window.", "allowed"),
)
