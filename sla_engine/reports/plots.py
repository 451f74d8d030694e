"""What charts show, in numbers: the same for pictures and pages."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple
from unicodedata import east_asian_width

from sla_engine.domain.availability import Share
from sla_engine.domain.interval import Interval
from sla_engine.domain.report import PeriodReport, ServiceReport
from sla_engine.domain.summary import summarize
from sla_engine.reports import palette
from sla_engine.reports.language import Language

_SHOWN = 8
_COMPARED = 5
_LETTER = 6.6  # units of a chart
_WIDER = dict.fromkeys("mwMWÆŒ@%…", 1.6)
_NAME = 18  # letters of ordinary width in the margin of a chart
_UNITS = ((3_600_000, "h"), (60_000, "min"), (1_000, "s"))
DAY = 86_400_000


class Bar(NamedTuple):
    """A stretch of time on the line of a service, wide enough to be seen; ms UTC."""

    span: Interval
    colour: str


class Line(NamedTuple):
    """What was left of an error budget: moments (ms UTC) and percents."""

    service: ServiceReport
    times: Sequence[int]
    left: Sequence[float]


class Compared(NamedTuple):
    """Unplanned downtime of a service in the period and in the one before, ms."""

    service: ServiceReport
    now: int
    before: int


def shown(report: PeriodReport) -> list[ServiceReport]:
    """Return the services worth a line: those that lost most, then by name."""
    worst = summarize(report.services).worst
    rest = [s for s in report.services if s not in worst]
    rest.sort(key=lambda s: (-s.figures.unplanned, -s.figures.planned, s.name))
    return [*worst, *rest][:_SHOWN]


def outages(report: PeriodReport) -> list[tuple[ServiceReport, list[Bar]]]:
    """Return when the services that failed were down."""
    return [
        (service, [_bar(share, report) for share in service.figures.shares])
        for service in shown(report)
        if service.figures.shares
    ]


def _bar(share: Share, report: PeriodReport) -> Bar:
    start, end = _inside(share, report)
    width = max(end - start, report.period.length // 250)  # a minute of a month is invisible
    start = min(start, report.period.end - width)
    kind: palette.DayState = "planned" if share.kind == "planned" else "miss"
    return Bar(Interval(start, start + width), palette.COLOURS[kind])


def budgets(report: PeriodReport) -> list[Line]:
    """Return how the error budgets of the worst services were used up."""
    worst = [s for s in summarize(report.services).worst if s.figures.budget or s.course]
    lines = (Line(service, *_burnt(service, report)) for service in worst)
    return [_of_window(line) for line in lines]


def _of_window(line: Line) -> Line:
    """Return a line as parts of the contract's budget, where its one window is no whole period."""
    contract, own = line.service.contract, line.service.figures
    windows = () if contract is None else (*contract.closed, contract.running)
    known = [one.figures for one in windows if one is not None]
    if len(known) != 1 or known[0].budget_remaining is None:
        return line
    whole, part = known[0].budget or known[0].allowed, own.budget or own.allowed
    if not whole or not part:
        return line
    end, last, scale = 100 * known[0].budget_remaining, line.left[-1], part / whole
    return line._replace(left=[end + (left - last) * scale for left in line.left])


def _burnt(service: ServiceReport, report: PeriodReport) -> tuple[list[int], list[float]]:
    """Return the points of a line that falls while the service is down, or as its events fail."""
    end = min(report.generated_at, report.period.end)
    if service.course:
        moments = [moment for moment, _ in service.course]
        falling = [100 * left for _, left in service.course]
        return [*moments, max(end, moments[-1])], [*falling, falling[-1]]
    budget = service.figures.budget or 1.0
    times, left, lost = [report.period.start], [100.0], 0
    shares = (*service.figures.shares, *service.figures.short)
    for share in sorted(shares, key=lambda share: share.outage.start):
        times += _inside(share, report)
        left.append(100 * (1 - lost / budget))
        lost += share.unplanned
        left.append(100 * (1 - lost / budget))
    return [*times, end], [*left, left[-1]]


def compared(report: PeriodReport) -> list[Compared]:
    """Return the services with unplanned downtime in the period or the one before."""
    found = (Compared(s, s.figures.unplanned, _before(s)) for s in shown(report))
    return [one for one in found if one.now or one.before][:_COMPARED]


def unit(longest: float) -> tuple[int, str]:
    """Return the unit (ms) that an axis of durations is marked in, and its name."""
    return next(one for one in _UNITS if longest >= one[0] or one is _UNITS[-1])


def times(report: PeriodReport) -> Iterator[tuple[int, bool]]:
    """Yield the moments to mark on an axis of time, and whether by the clock."""
    start, end = report.period
    for i in range(5):
        yield start + (end - start) * i // 4, end - start <= 2 * DAY


def mark(value: float, say: Language) -> str:
    """Return what stands at a mark of an axis, with as many digits as it takes, two at most."""
    digits = next((n for n in (0, 1) if abs(value - round(value, n)) < 0.001), 2)  # noqa: PLR2004
    return say.number(value, digits)


def short(name: str) -> str:
    """Return a name that fits into a margin; an East Asian letter takes the room of two."""
    ends = list(accumulate(map(_width, name)))
    if not ends or ends[-1] <= _NAME:
        return name
    return f"{name[: bisect_right(ends, _NAME - 1)]}…"


def width(text: str) -> float:
    """Return about how wide a text is in a chart, in its units."""
    return _LETTER * sum(map(_width, text))


def _width(letter: str) -> float:
    if east_asian_width(letter) in "WF":
        return 2
    return _WIDER.get(letter, 1.15 if letter.isupper() else 1)


def _inside(share: Share, report: PeriodReport) -> Interval:
    start = max(share.outage.start, report.period.start)
    return Interval(start, min(share.outage.until(report.generated_at).end, report.period.end))


def _before(service: ServiceReport) -> int:
    return 0 if service.previous is None else service.previous.unplanned
