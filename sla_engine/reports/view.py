"""A report in words and rounded figures, for formats that people look at."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sla_engine.domain import wording
from sla_engine.domain.availability import Figures
from sla_engine.domain.period import title
from sla_engine.domain.report import PeriodReport, ServiceReport
from sla_engine.domain.summary import Summary, is_thin, summarize

_MINUTE = 60_000
_VERDICTS = {True: "met", False: "missed", None: "not judged"}


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure of the front page; ``note`` compares it or explains it."""

    label: str
    value: str
    note: str = ""
    alarming: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; ``numeric`` ones are right-aligned."""

    title: str
    numeric: bool
    cell: Callable[[ServiceReport], str]


def minutes(milliseconds: float | None, digits: int = 1) -> str:
    """Return minutes; a hyphen where there is nothing to tell."""
    return "-" if milliseconds is None else f"{milliseconds / _MINUTE:,.{digits}f}"


def verdict(service: ServiceReport) -> str:
    """Return ``met``, ``missed`` or ``not judged``."""
    return _VERDICTS[service.figures.met]


def budget(service: ServiceReport) -> str:
    """Return the error budget left."""
    left = service.figures.budget_remaining
    return "-" if left is None else wording.percent(left, 1)


def money(amount: float | None, currency: str) -> str:
    """Return an amount without cents."""
    return "-" if amount is None else f"{amount:,.0f} {currency}"


def change(service: ServiceReport) -> str:
    """Return how the availability moved since the period before, in percentage points."""
    now = service.figures.availability
    before = None if service.previous is None else service.previous.availability
    if now is None or before is None:
        return "-"
    points = (now - before) * 100
    return "0.000" if abs(points) < 0.0005 else f"{points:+.3f}"  # noqa: PLR2004 - half a digit


SERVICE_COLUMNS: tuple[Column, ...] = (
    Column("Owner", numeric=False, cell=lambda s: s.owner),
    Column(
        "Objective",
        numeric=True,
        cell=lambda s: "-" if s.objective is None else wording.percent(s.objective, 2),
    ),
    Column("Actual", numeric=True, cell=lambda s: wording.percent(s.figures.availability)),
    Column("Change", numeric=True, cell=change),
    Column("Agreed", numeric=True, cell=lambda s: minutes(s.figures.agreed, 0)),
    Column("Excluded", numeric=True, cell=lambda s: minutes(s.figures.excluded)),
    Column("Planned", numeric=True, cell=lambda s: minutes(s.figures.planned)),
    Column("Unplanned", numeric=True, cell=lambda s: minutes(s.figures.unplanned)),
    Column("Unknown", numeric=True, cell=lambda s: minutes(s.figures.unknown)),
    Column("Budget left", numeric=True, cell=budget),
    Column("Outages", numeric=True, cell=lambda s: str(len(s.figures.shares))),
    Column("Longest", numeric=True, cell=lambda s: minutes(s.figures.longest)),
    Column("MTBF", numeric=True, cell=lambda s: minutes(s.figures.mtbf, 0)),
    Column("MTRS", numeric=True, cell=lambda s: minutes(s.figures.mtrs)),
    Column(
        "p95 latency",
        numeric=True,
        cell=lambda s: "-" if s.latency_p95 is None else f"{s.latency_p95 * 1000:,.0f} ms",
    ),
    Column("MTBSI", numeric=True, cell=lambda s: minutes(s.figures.mtbsi, 0)),
)


def header(report: PeriodReport) -> list[tuple[str, str]]:
    """Return what every report says of itself."""
    zone = ZoneInfo(report.timezone)
    found = [
        ("Period", f"{wording.stretch(*report.period, zone)}, end excluded"),
        ("Time zone", report.timezone),
        ("Generated", wording.moment(report.generated_at, zone)),
        ("Source", report.source),
        ("Accounting policy", f"version {report.policy_version}"),
        ("Coverage", wording.percent(summarize(report.services).coverage)),
    ]
    if report.generated_at < report.period.end:
        found.append(("So far", "the period is not over; figures are up to the time of generation"))
    if report.late is not None:
        found.append(("Late", f"made {wording.duration(report.late)} after it was due"))
    return found


def headline(report: PeriodReport) -> str:
    """Return the one sentence that a senior reads."""
    summary = summarize(report.services)
    judged = len(summary.met) + len(summary.missed)
    if not judged:
        return "No service could be judged: nothing is known, or nothing was agreed."
    if not summary.missed:
        return f"All {wording.counted(judged, 'service')} met the objective."
    names = wording.listed([s.name for s in summary.missed], 5)
    met = f"{len(summary.met)} of {wording.counted(judged, 'service')}"
    return f"{met} met the objective; {names} did not."


def tiles(report: PeriodReport) -> list[Tile]:
    """Return the figures of the front page."""
    summary = summarize(report.services)
    judged = len(summary.met) + len(summary.missed)
    before = [s.previous for s in report.services if s.previous is not None]
    found = [
        Tile(
            "Objectives met",
            f"{len(summary.met)} of {judged}",
            _compared(len(summary.met), sum(f.met is True for f in before), before),
            alarming=bool(summary.missed),
        ),
        Tile(
            "Unplanned downtime",
            f"{minutes(summary.unplanned)} min",
            _compared_minutes(summary.unplanned, sum(f.unplanned for f in before), before),
        ),
        Tile(
            "Planned downtime",
            f"{minutes(summary.planned)} min",
            _compared_minutes(summary.planned, sum(f.planned for f in before), before),
        ),
        Tile("Outages", f"{summary.outages:,}", _longest(summary, report)),
    ]
    return [*found, *_business(report)]


def _business(report: PeriodReport) -> Iterator[Tile]:
    costs = [s.impact for s in report.services if s.impact is not None]
    if costs:
        note = f"of {wording.counted(len(costs), 'service')} with a known cost"
        yield Tile("Business impact", money(sum(costs), report.currency), note)
    due = [s for s in report.services if s.credit]
    if due:
        names = wording.listed([f"{s.name} {s.credit:g} %" for s in due], 3)
        yield Tile("Credits due", wording.counted(len(due), "service"), names, alarming=True)


def _longest(summary: Summary, report: PeriodReport) -> str:
    del summary
    longest = max((s.figures.longest or 0 for s in report.services), default=0)
    return f"longest {minutes(longest)} min" if longest else ""


def _compared(now: int, before: int, known: Sequence[Figures]) -> str:
    if not known:
        return ""
    return f"{before} the period before" if now != before else "as the period before"


def _compared_minutes(now: int, before: int, known: Sequence[Figures]) -> str:
    if not known:
        return ""
    if now == before:
        return "as the period before"
    return f"{'up' if now > before else 'down'} from {minutes(before)} min the period before"


def warnings(report: PeriodReport) -> list[str]:
    """Return what a reader must know before trusting a figure."""
    summary = summarize(report.services)
    zone = ZoneInfo(report.timezone)
    found = []
    if summary.thin:
        names = wording.listed(
            [f"{s.name} ({wording.percent(s.figures.coverage, 1)})" for s in summary.thin], 5
        )
        found.append(f"Under 99 % of the agreed time is known of {names}.")
    found += [
        f"{s.name} was first seen on {wording.moment(s.began, zone)}: it is owed from then on."
        for s in report.services
        if s.began is not None
    ][:10]
    if report.late is not None:
        found.append(f"This report is {wording.duration(report.late)} late.")
    return found


def period_title(report: PeriodReport) -> str:
    """Return what people call the period."""
    return title(report.period, ZoneInfo(report.timezone))


def thin(service: ServiceReport) -> bool:
    """Say whether too little is known of a service."""
    return is_thin(service)
