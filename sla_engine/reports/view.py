"""A report in words and rounded figures, for formats that people look at."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sla_engine.domain import wording
from sla_engine.domain.availability import Figures
from sla_engine.domain.report import PeriodReport, ServiceReport
from sla_engine.domain.summary import summarize
from sla_engine.reports.language import Language, language

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
    cell: Callable[[ServiceReport, Language], str]


def verdict(service: ServiceReport) -> str:
    """Return ``met``, ``missed`` or ``not judged``."""
    return _VERDICTS[service.figures.met]


def budget(service: ServiceReport, say: Language) -> str:
    """Return the error budget left."""
    left = service.figures.budget_remaining
    return "-" if left is None else say.percent(left, 1)


def objective(service: ServiceReport, say: Language) -> str:
    """Return the objective; a hyphen where there is none."""
    return "-" if service.objective is None else say.percent(service.objective, 2)


def change(service: ServiceReport, say: Language) -> str:
    """Return how the availability moved since the period before, in percentage points."""
    now = service.figures.availability
    before = None if service.previous is None else service.previous.availability
    if now is None or before is None:
        return "-"
    points = (now - before) * 100
    if abs(points) < 0.0005:  # noqa: PLR2004 - half a digit
        return say.number(0, 3)
    return f"{'+' if points > 0 else ''}{say.number(points, 3)}"


def latency(service: ServiceReport, say: Language) -> str:
    """Return the 95th percentile of a service's answers in milliseconds."""
    seconds = service.latency_p95
    return "-" if seconds is None else f"{say.number(seconds * 1000)} ms"


SERVICE_COLUMNS: tuple[Column, ...] = (
    Column("Owner", numeric=False, cell=lambda s, _: s.owner),
    Column("Objective", numeric=True, cell=objective),
    Column("Actual", numeric=True, cell=lambda s, say: say.percent(s.figures.availability)),
    Column("Change", numeric=True, cell=change),
    Column("Agreed", numeric=True, cell=lambda s, say: say.minutes(s.figures.agreed, 0)),
    Column("Excluded", numeric=True, cell=lambda s, say: say.minutes(s.figures.excluded)),
    Column("Planned", numeric=True, cell=lambda s, say: say.minutes(s.figures.planned)),
    Column("Unplanned", numeric=True, cell=lambda s, say: say.minutes(s.figures.unplanned)),
    Column("Unknown", numeric=True, cell=lambda s, say: say.minutes(s.figures.unknown)),
    Column("Budget left", numeric=True, cell=budget),
    Column("Outages", numeric=True, cell=lambda s, say: say.number(len(s.figures.shares))),
    Column("Longest", numeric=True, cell=lambda s, say: say.minutes(s.figures.longest)),
    Column("MTBF", numeric=True, cell=lambda s, say: say.minutes(s.figures.mtbf, 0)),
    Column("MTRS", numeric=True, cell=lambda s, say: say.minutes(s.figures.mtrs)),
    Column("p95 latency", numeric=True, cell=latency),
    Column("MTBSI", numeric=True, cell=lambda s, say: say.minutes(s.figures.mtbsi, 0)),
)


def header(report: PeriodReport) -> list[tuple[str, str]]:
    """Return what every report says of itself."""
    say = language(report)
    found = [
        ("Period", f"{say.stretch(*report.period)}, end excluded"),
        ("Time zone", report.timezone),
        ("Generated", say.moment(report.generated_at)),
        ("Source", report.source),
        ("Accounting policy", f"version {report.policy_version}"),
        ("Coverage", say.percent(summarize(report.services).coverage)),
    ]
    if report.generated_at < report.period.end:
        found.append(("So far", "the period is not over; figures are up to the time of generation"))
    if report.late is not None:
        found.append(("Late", f"made {wording.duration(report.late)} after it was due"))
    return found


def headline(report: PeriodReport) -> str:
    """Return the one sentence that a senior reads."""
    summary, say = summarize(report.services), language(report)
    judged = len(summary.met) + len(summary.missed)
    if not judged:
        return "No service could be judged: nothing is known, or nothing was agreed."
    if not summary.missed:
        return f"All {say.counted(judged, 'service')} met the objective."
    names = wording.listed([s.name for s in summary.missed], 5)
    met = f"{say.number(len(summary.met))} of {say.counted(judged, 'service')}"
    return f"{met} met the objective; {names} did not."


def tiles(report: PeriodReport) -> list[Tile]:
    """Return the figures of the front page."""
    summary, say = summarize(report.services), language(report)
    judged = len(summary.met) + len(summary.missed)
    before = [s.previous for s in report.services if s.previous is not None]
    found = [
        Tile(
            "Objectives met",
            f"{say.number(len(summary.met))} of {say.number(judged)}",
            _compared(len(summary.met), sum(f.met is True for f in before), before, say),
            alarming=bool(summary.missed),
        ),
        Tile(
            "Unplanned downtime",
            f"{say.minutes(summary.unplanned)} min",
            _compared_minutes(summary.unplanned, sum(f.unplanned for f in before), before, say),
        ),
        Tile(
            "Planned downtime",
            f"{say.minutes(summary.planned)} min",
            _compared_minutes(summary.planned, sum(f.planned for f in before), before, say),
        ),
        Tile("Outages", say.number(summary.outages), _longest(report, say)),
    ]
    return [*found, *_business(report, say)]


def _business(report: PeriodReport, say: Language) -> Iterator[Tile]:
    costs = [s.impact for s in report.services if s.impact is not None]
    if costs:
        note = f"of {say.counted(len(costs), 'service')} with a known cost"
        yield Tile("Business impact", say.money(sum(costs), report.currency), note)
    due = [s for s in report.services if s.credit]
    if due:
        names = wording.listed([f"{s.name} {s.credit:g} %" for s in due], 3)
        yield Tile("Credits due", say.counted(len(due), "service"), names, alarming=True)


def _longest(report: PeriodReport, say: Language) -> str:
    longest = max((s.figures.longest or 0 for s in report.services), default=0)
    return f"longest {say.minutes(longest)} min" if longest else ""


def _compared(now: int, before: int, known: Sequence[Figures], say: Language) -> str:
    if not known:
        return ""
    return f"{say.number(before)} the period before" if now != before else "as the period before"


def _compared_minutes(now: int, before: int, known: Sequence[Figures], say: Language) -> str:
    if not known:
        return ""
    if now == before:
        return "as the period before"
    return f"{'up' if now > before else 'down'} from {say.minutes(before)} min the period before"


def warnings(report: PeriodReport) -> list[str]:
    """Return what a reader must know before trusting a figure."""
    summary = summarize(report.services)
    say = language(report)
    found = []
    if summary.thin:
        names = wording.listed(
            [f"{s.name} ({say.percent(s.figures.coverage, 1)})" for s in summary.thin], 5
        )
        found.append(f"Under 99 % of the agreed time is known of {names}.")
    found += [
        f"{s.name} was first seen on {say.moment(s.began)}: it is owed from then on."
        for s in report.services
        if s.began is not None
    ][:10]
    if report.late is not None:
        found.append(f"This report is {wording.duration(report.late)} late.")
    return found


def period_title(report: PeriodReport) -> str:
    """Return what people call the period."""
    return language(report).title(report.period)
