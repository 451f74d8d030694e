"""The columns of the service tables: the same on paper and on screen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from zoneinfo import ZoneInfo

from sla_engine.domain.contract_window import WindowState
from sla_engine.domain.events import Weighed
from sla_engine.domain.interval import Interval
from sla_engine.domain.report import USUAL_PERCENTILE, PeriodReport, ServiceReport
from sla_engine.reports.language import Language, Word, language, marked
from uptime_common.humanize import NOTHING

_VERDICTS = {True: marked("met"), False: marked("missed")}
_STATES = {
    "on_course": marked("on course"),
    "at_risk": marked("at risk"),
    "lost": marked("lost"),
    None: marked("not judged"),
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; ``numeric`` ones are right-aligned."""

    title: str
    cell: Callable[[ServiceReport, Language], str]
    numeric: bool = True


def filled(report: PeriodReport, columns: Sequence[Column]) -> list[Column]:
    """Return the columns in which there is something to tell; heads say what all cells are."""
    say = language(report)
    if other_percentiles(report):
        columns = [_ANY_LATENCY if one is _LATENCY else one for one in columns]
    return [c for c in columns if any(c.cell(s, say) != NOTHING for s in report.services)]


def priced(report: PeriodReport) -> bool:
    """Say whether any service's downtime has a price."""
    return any(service.impact is not None for service in report.services)


def name(service: ServiceReport) -> str:
    """Return a service's name as it stands in a list, a component's under its composite's."""
    return (
        f"\N{BOX DRAWINGS LIGHT UP AND RIGHT} {service.name}" if service.part_of else service.name
    )


def verdict(service: ServiceReport, say: Language) -> Word:
    """Return ``met``, ``missed``, how the running window does, or ``not judged``."""
    return spoken(service.met, service.state, say)


def spoken(met: bool | None, state: WindowState | None, say: Language) -> Word:
    """Return a verdict in words; where there is none yet, how the running window does."""
    return say.word(_STATES[state] if met is None else _VERDICTS[met])


def budget_gone(at: int, say: Language) -> str:
    """Return when a budget is used up if the last day's burn goes on."""
    return say.phrase("at today's burn its budget is gone on {day}", day=say.day(at))


def method(service: ServiceReport, say: Language) -> str:
    """Return by what a service is judged where that is not time."""
    figures = service.figures
    if figures.slices is not None:
        length = say.duration(figures.slices.slicing.length)
        if figures.slices.slicing.target:
            return say.phrase("slices of {length}", length=length)
        return say.phrase("mean of {length}", length=length)
    return NOTHING if figures.events is None else say.phrase("events")


def events_lost(events: Weighed, say: Language) -> str:
    """Return how many events failed of how many: ``3 of 900 events``."""
    total = say.counted(round(events.total), "event")
    return say.phrase("{n} of {total}", n=say.number(events.failed), total=total)


def lost_of(unplanned: int, events: Weighed | None, say: Language) -> str:
    """Return what a service lost: events, where these are what it is judged by, else time (ms)."""
    if events is None:
        return say.service_time(unplanned)
    return say.phrase("{what} failed", what=events_lost(events, say))


def failed(service: ServiceReport, say: Language) -> str:
    """Return how many of its events failed, of a service that counts them."""
    events = service.figures.events
    return (
        NOTHING
        if events is None
        else say.phrase(
            "{n} of {total}", n=say.number(events.failed), total=say.number(events.total)
        )
    )


def budget(service: ServiceReport, say: Language) -> str:
    """Return the error budget left; a hyphen where there is none."""
    return say.share(service.budget_remaining) if service.has_budget else NOTHING


def window_title(service: ServiceReport, window: Interval, say: Language) -> str:
    """Return what people call a window of a contract, by the clocks of its zone."""
    return title_in(window, None if service.contract is None else service.contract.zone, say)


def title_in(window: Interval, zone: tzinfo | None, say: Language) -> str:
    """Return what people call a window, by the clocks of a zone; without one by the report's."""
    if not isinstance(zone, ZoneInfo) or zone == say.zone:
        return say.title(window)
    there = say.in_zone(zone)
    return f"{there.title(window)} ({zone})"


def named(service: ServiceReport, period: Interval, say: Language) -> str:
    """Return a service's name, with the window that verdict and budget are of, if another."""
    other = service.other_window(period)
    if other is None:
        return name(service)
    window = window_title(service, other.span, say)
    return say.phrase("{service}, verdict of {window}", service=name(service), window=window)


def objective(service: ServiceReport, say: Language) -> str:
    """Return the objective; a hyphen where there is none."""
    return say.agreed(service.objective)


def change(service: ServiceReport, say: Language) -> str:
    """Return how the availability moved since the period before, in percentage points."""
    now = service.figures.availability
    before = None if service.previous is None else service.previous.availability
    if now is None or before is None:
        return NOTHING
    points = (now - before) * 100
    if abs(points) < 0.0005:  # noqa: PLR2004 - half a digit
        return say.number(0, 3)
    return f"{'+' if points > 0 else ''}{say.number(points, 3)}"


def _down(service: ServiceReport, say: Language) -> str:
    figures = service.figures
    return say.service_time(figures.planned + figures.unplanned) if figures.shares else NOTHING


def _windows(service: ServiceReport, say: Language) -> str:
    """Return how much of the approved windows was used."""
    if not service.windows:
        return NOTHING
    used, total = say.service_time(service.windows_used), say.service_time(service.windows)
    return say.phrase("{n} of {total}", n=used, total=total)


def other_percentiles(report: PeriodReport) -> bool:
    """Say whether another percentile than p95 was promised of any service."""
    known = [one.latency for one in report.services if one.latency is not None]
    return any(one.percentile != USUAL_PERCENTILE for one in known)


def _latency(service: ServiceReport, say: Language) -> str:
    seconds = service.latency_p95
    return NOTHING if seconds is None else f"{say.number(seconds * 1000)} ms"


def _any_latency(service: ServiceReport, say: Language) -> str:
    """Return how fast a service was, with the name of the percentile."""
    found = service.latency
    if found is None or found.value is None:
        told = _latency(service, say)
        return told if told == NOTHING else f"p{USUAL_PERCENTILE:g}: {told}"
    return f"p{found.percentile:g}: {say.number(found.value * 1000)} ms"


_LATENCY = Column(marked("p95 latency"), _latency)
_ANY_LATENCY = Column(marked("Latency"), _any_latency)


def _cost(service: ServiceReport, say: Language) -> str:
    return NOTHING if service.impact is None else say.number(service.impact)


def credit(service: ServiceReport, say: Language) -> str:
    """Return the part of the fee that is due."""
    return NOTHING if service.credit is None else say.agreed(service.credit / 100)


def _owner(service: ServiceReport, _: Language) -> str:
    """Return who runs it; ``unknown`` is the catalogue's word where nobody is named."""
    return service.owner if service.owner not in {"", "unknown"} else NOTHING


LEVELS: tuple[Column, ...] = (
    Column(marked("Owner"), _owner, numeric=False),
    Column(marked("Objective"), objective),
    Column(marked("Actual"), lambda s, say: say.percent(s.figures.availability)),
    Column(marked("Change"), change),
    Column(marked("Agreed"), lambda s, say: say.service_time(s.figures.agreed)),
    Column(marked("Excluded"), lambda s, say: say.service_time(s.figures.excluded)),
    Column(marked("Planned"), lambda s, say: say.service_time(s.figures.planned)),
    Column(marked("Unplanned"), lambda s, say: say.service_time(s.figures.unplanned)),
    Column(marked("Unknown"), lambda s, say: say.service_time(s.figures.unknown)),
    Column(marked("Budget left"), budget),
)
RELIABILITY: tuple[Column, ...] = (
    Column(marked("Judged by"), method, numeric=False),
    Column(marked("Failed events"), failed),
    Column(marked("Outages"), lambda s, say: say.number(len(s.figures.shares))),
    Column(marked("Down in all"), _down),
    Column(marked("Longest"), lambda s, say: say.duration(s.figures.longest)),
    Column(marked("MTBF"), lambda s, say: say.service_time(s.figures.mtbf)),
    Column(marked("MTRS"), lambda s, say: say.duration(s.figures.mtrs)),
    Column(marked("MTBSI"), lambda s, say: say.service_time(s.figures.mtbsi)),
    Column(marked("Windows used"), _windows),
    _LATENCY,
    Column(marked("Cost"), _cost),
    Column(marked("Credit due"), credit),
)
