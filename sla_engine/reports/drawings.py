"""The charts of pages and pictures, as SVG in the colour of the text around it.

Written out by hand: a page or a PDF of 500 services then takes half the time, and needs no extra.
Colours are Okabe and Ito's (https://jfly.uni-koeln.de/color/); no chart says by colour alone what
it does not say in words.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TypeVar

from markupsafe import Markup

from sla_engine.domain.interval import Interval
from sla_engine.domain.report import Day, PeriodReport
from sla_engine.domain.trend import PeriodTotals
from sla_engine.reports import palette, plots
from sla_engine.reports.language import Language, language, marked
from sla_engine.reports.strips import scale, strip
from uptime_common.humanize import NOTHING

_WIDTH, _HEIGHT = 480, 206
FLAT = 126
"""The height of a chart that has little room on the first page: flatter is wider there."""
_LEFT, _RIGHT, _TOP, _BOTTOM = 128, 470, 28, 174
_MARGIN = 52
_GAP = 20
_KEY_LINE = 16
_DASHES = ("none", "7 4", "2 3")
_TICKS = 5
_GRID = "#8b949e"  # seen on white and on black

T = TypeVar("T")
Shapes = Iterator[Markup]
Draw = Callable[[PeriodReport, Language], Shapes]


def drawings(report: PeriodReport) -> list[Markup]:
    """Return the charts of a report."""
    when = language(report).title(report.period)
    return [_framed(title, when, label, draw, report) for title, label, draw in _DRAWN]


def captions(report: PeriodReport) -> list[str]:
    """Return what each of the `drawings` shows."""
    say = language(report)
    return [f"{say.phrase(label)}." for _, label, _ in _DRAWN]


def trend(report: PeriodReport, height: int = _HEIGHT) -> Markup:
    """Return the chart of the periods up to this one; nothing where there are none before it."""
    if not report.trend:
        return Markup("")
    draw = partial(_trend, height=height)
    return _framed(marked("Trend"), trend_title(report), _TREND_LABEL, draw, report, height=height)


def trend_title(report: PeriodReport) -> str:
    """Return what periods the trend is of."""
    say = language(report)
    first, last = report.trend[0].span, report.trend[-1].span
    return say.phrase("{start} to {end}", start=say.title(first), end=say.title(last))


def picture(report: PeriodReport, ink: str) -> Markup:
    """Return one drawing that stands alone: the last days, then the charts, two in a row.

    The trend stands in the place of the period before, which is in it.

    ``ink`` is the colour of its words.
    """
    days = _framed(marked("Days"), days_title(report), _DAYS_LABEL, _days, report)
    charts = [days, *drawings(report)]
    if report.trend:
        charts[-1] = trend(report)
    frames = [
        Markup('<g transform="translate({} {})">{}</g>').format(
            _GAP + i % 2 * (_WIDTH + _GAP), _GAP + i // 2 * (_HEIGHT + _GAP), drawing
        )
        for i, drawing in enumerate(charts)
    ]
    width, height = 2 * _WIDTH + 3 * _GAP, 2 * _HEIGHT + 3 * _GAP
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {1}" width="{0}" height="{1}" '
        'color="{2}">\n{3}\n</svg>'
    ).format(width, height, ink, Markup("\n").join(frames))


def pictured(report: PeriodReport) -> str:
    """Return what the `picture` shows, and of what time."""
    say = language(report)
    found = [
        say.phrase("days ({period})", period=days_title(report)),
        say.phrase("outages and error budgets ({period})", period=say.title(report.period)),
    ]
    if report.trend:
        told = say.phrase("downtime and objectives met ({period})", period=trend_title(report))
        found.append(told)
    else:
        found.append(say.phrase("unplanned downtime, and that of the period before"))
    text = "; ".join(found)
    return f"{text[0].upper()}{text[1:]}"


def _framed(
    title: str, when: str, label: str, draw: Draw, report: PeriodReport, *, height: int = _HEIGHT
) -> Markup:
    say = language(report)
    shapes, label, title = (
        Markup("\n").join(draw(report, say)),
        say.phrase(label),
        say.phrase(title),
    )
    return Markup(
        '<svg role="img" aria-label="{2}" viewBox="0 0 {0} {1}" width="{0}" height="{1}" '
        'font-size="11" fill="currentColor">\n'
        '<text x="0" y="14" font-size="13" font-weight="bold">{3}'
        '<tspan dx="7" font-size="11" font-weight="normal">{5}</tspan></text>\n{4}\n</svg>'
    ).format(_WIDTH, height, f"{label}{say.thus}{when}", title, shapes, when)


def days_title(report: PeriodReport) -> str:
    """Return what period the strips of days are of."""
    say = language(report)
    days = max((service.days for service in report.services), key=len, default=())
    if not days:
        return say.phrase("no days to show")
    return say.phrase("the {n} days to {day}", n=len(days), day=say.day(days[-1].span.start))


def _days(report: PeriodReport, say: Language) -> Shapes:
    """Draw the last days of the services that lost most."""
    services = [service for service in plots.shown(report) if service.days]
    if not services:
        yield _nothing(say.phrase("no days to show"))
        return
    bottom = _BOTTOM - _KEY_LINE
    for service, y, height in _rows(services, bottom):
        yield _name(service.name, y + height / 2)
        yield Markup('<g transform="translate({} {:.1f}) scale({:.4f} {:.4f})">{}</g>').format(
            _LEFT, y, *scale(len(service.days), _RIGHT - _LEFT, height * 0.8),
            strip(service, say),
        )  # fmt: skip
    for x, text, anchor in _day_marks(services[0].days, say):
        yield _text(x, bottom + 14, text, anchor)
    entries = [
        (say.phrase(word), palette.COLOURS[state], "none")
        for state, word in palette.key(one.objective for one in report.services).items()
    ]
    half = len(entries) // 2
    yield from _key(entries[:half], _HEIGHT - _KEY_LINE)
    yield from _key(entries[half:])


def _day_marks(days: Sequence[Day], say: Language) -> Iterator[tuple[float, str, str]]:
    """Yield where a day's name stands, the name, and which of its ends stands there."""
    middle = len(days) // 2
    wide = (_RIGHT - _LEFT) / len(days)
    yield _LEFT, say.tick(days[0].span.start, clock=False), "start"
    yield _LEFT + middle * wide, say.tick(days[middle].span.start, clock=False), "start"
    yield _RIGHT, say.tick(days[-1].span.start, clock=False), "end"


def _outages(report: PeriodReport, say: Language) -> Shapes:
    """Draw when the services were down."""
    lines = plots.outages(report)
    yield from _time_axis(report, say, _LEFT)
    if not lines:
        yield _nothing(say.phrase("no outages"))
    x = _scale(report.period, _LEFT)
    for (service, bars), y, height in _rows(lines):
        yield _name(service.name, y + height / 2)
        for span, colour in bars:
            yield _rect(x(span.start), y, x(span.end) - x(span.start), height * 0.7, colour)


def _budgets(report: PeriodReport, say: Language) -> Shapes:
    """Draw what is left of the error budgets of those that burnt most."""
    lines = plots.budgets(report)
    lowest = min((min(line.left) for line in lines), default=0.0)
    marks = _marks(min(0.0, lowest), 100)
    low, high = min(marks[0], lowest), 100.0
    x = _scale(report.period, _MARGIN)

    def y(percent: float) -> float:
        return _BOTTOM - (percent - low) / (high - low) * (_BOTTOM - _TOP)

    yield from _time_axis(report, say, _MARGIN)
    for mark in marks:
        yield _line(_MARGIN, y(mark), _RIGHT, y(mark), _GRID if mark else "currentColor")
        yield _text(_MARGIN - 6, y(mark) + 4, say.percent(mark / 100, 0), "end")
    for line, colour, dash in zip(lines, palette.LINES, _DASHES, strict=False):
        points = zip(line.times, line.left, strict=True)
        path = " ".join(f"{x(at):.1f},{y(left):.1f}" for at, left in points)
        yield Markup(
            '<polyline points="{}" fill="none" stroke="{}" stroke-width="2" stroke-dasharray="{}"/>'
        ).format(path, colour, dash)
    yield from _key([(plots.short(one.service.name), c, d) for one, c, d in
                     zip(lines, palette.LINES, _DASHES, strict=False)])  # fmt: skip
    if not lines:
        some = any(service.objective is not None for service in report.services)
        none = marked("no budget was used") if some else marked("no service has a budget")
        yield _nothing(say.phrase(none))


def _comparison(report: PeriodReport, say: Language) -> Shapes:
    """Draw the unplanned downtime beside that of the period before."""
    rows = plots.compared(report)
    longest = max((max(one.now, one.before) for one in rows), default=1)
    length, name = plots.unit(longest)
    marks = _marks(0, longest / length)
    wide = (_RIGHT - _LEFT) / max(marks[-1] * length, longest)
    for mark in marks if rows else ():
        x = _LEFT + mark * length * wide
        yield _line(x, _TOP, x, _BOTTOM)
        yield _text(
            x,
            _BOTTOM + 14,
            f"{plots.mark(mark, say)} {name}",
            "end" if x > _RIGHT - 9 else "middle",
        )
    past = palette.COLOURS["unknown"]
    for (service, now, before), y, height in _rows(rows):
        yield _name(service.name, y + height / 2)
        yield _rect(_LEFT, y, now * wide, height * 0.4, palette.COLOURS["miss"])
        if report.previous is not None:
            yield _rect(_LEFT, y + height * 0.42, before * wide, height * 0.4, past)
    if not rows:
        yield _nothing(say.phrase("no unplanned downtime in either"))
        return
    keys = [(say.title(report.period), palette.COLOURS["miss"], "none")]
    if report.previous is not None:
        keys.append((say.title(report.previous), past, "none"))
    yield from _key(keys)


def _trend(report: PeriodReport, say: Language, height: int) -> Shapes:
    """Draw planned and unplanned downtime of each period, and how many objectives were met."""
    bottom = _BOTTOM - _KEY_LINE - (_HEIGHT - height)
    longest = max((max(one.planned, one.unplanned) for one in report.trend), default=0) or 1
    length, name = plots.unit(longest)
    marks = _marks(0, longest / length)
    high = (bottom - _TOP) / max(marks[-1] * length, longest)
    for mark in marks:
        y = bottom - mark * length * high
        yield _line(_MARGIN, y, _RIGHT, y)
        yield _text(_MARGIN - 6, y + 4, f"{plots.mark(mark, say)} {name}", "end")
    wide = (_RIGHT - _MARGIN) / len(report.trend)
    monthly = is_monthly(report)
    for i, one in enumerate(report.trend):
        x = _MARGIN + i * wide
        for (_, colour, shift), lost in zip(_BARS, (one.unplanned, one.planned), strict=True):
            tall = lost * high
            yield _rect(x + shift * wide, bottom - tall, wide * 0.36, tall, palette.COLOURS[colour])
        at = one.span.start
        if monthly or (len(report.trend) - i) % 2:  # a day and its month need the room of two
            label = say.month(at) if monthly else say.tick(at, clock=False)
            yield _text(x + wide / 2, bottom + 13, label, "middle")
        yield _small(x + wide / 2, bottom + 25, _met(one, say), "middle")
    yield _small(_MARGIN - 6, bottom + 25, say.phrase("met"), "end")
    entries = [(say.phrase(word), palette.COLOURS[colour], "none") for word, colour, _ in _BARS]
    yield from _key(entries, height)


def is_monthly(report: PeriodReport) -> bool:
    """Say whether the trend is of months, not of weeks."""
    return bool(report.trend) and report.trend[-1].span.length > 8 * plots.DAY


def _met(one: PeriodTotals, say: Language) -> str:
    """Return how many objectives were met of those that were judged."""
    return f"{say.number(one.met)}/{say.number(one.judged)}" if one.judged else NOTHING


def _time_axis(report: PeriodReport, say: Language, left: int) -> Shapes:
    x = _scale(report.period, left)
    for at, clock in plots.times(report):
        yield _line(x(at), _TOP, x(at), _BOTTOM)
        anchor = "end" if at == report.period.end else "middle"
        yield _text(x(at), _BOTTOM + 14, say.tick(at, clock=clock), anchor)


def _scale(period: Interval, left: int) -> Callable[[int], float]:
    wide = (_RIGHT - left) / period.length
    return lambda at: left + (at - period.start) * wide


def _marks(low: float, high: float) -> list[float]:
    """Return round values between two, about five."""
    raw = (high - low) / _TICKS
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(n * power for n in (1, 2, 5, 10) if n * power >= raw)
    first, last = math.ceil(low / step), math.floor(high / step)
    return [i * step for i in range(first, last + 1)]


def _rows(items: Sequence[T], bottom: int = _BOTTOM) -> Iterator[tuple[T, float, float]]:
    """Yield each with the top and the height of its line."""
    height = min(34.0, (bottom - _TOP) / max(1, len(items)))
    for i, item in enumerate(items):
        yield item, _TOP + 3 + i * height, height - 3


def _key(entries: Sequence[tuple[str, str, str]], bottom: int = _HEIGHT) -> Shapes:
    """Say what the colours mean, under the axis."""
    at = 0.0
    for text, colour, dash in entries:
        yield Markup(
            '<line x1="{:.0f}" y1="{}" x2="{:.0f}" y2="{}" stroke="{}" stroke-width="4" '
            'stroke-dasharray="{}"/>'
        ).format(at, bottom - 8, at + 22, bottom - 8, colour, dash)
        yield _text(at + 28, bottom - 4, text, "start")
        at += 36 + plots.width(text)


def _name(name: str, y: float) -> Markup:
    return _text(_LEFT - 6, y + 3, plots.short(name), "end")


def _nothing(words: str) -> Markup:
    return _text((_LEFT + _RIGHT) / 2, (_TOP + _BOTTOM) / 2, words, "middle")


def _text(x: float, y: float, text: str, anchor: str) -> Markup:
    return Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(
        x, y, anchor, text
    )


def _small(x: float, y: float, text: str, anchor: str) -> Markup:
    return Markup('<text x="{:.1f}" y="{:.1f}" font-size="9" text-anchor="{}">{}</text>').format(
        x, y, anchor, text
    )


def _line(x1: float, y1: float, x2: float, y2: float, colour: str = _GRID) -> Markup:
    return Markup(
        '<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}" stroke="{}" stroke-width="0.6"/>'
    ).format(x1, y1, x2, y2, colour)


def _rect(x: float, y: float, width: float, height: float, colour: str) -> Markup:
    return Markup('<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" fill="{}"/>').format(
        x, y, width, height, colour
    )


_BARS: tuple[tuple[str, palette.DayState, float], ...] = (
    (marked("unplanned"), "miss", 0.12),
    (marked("planned"), "planned", 0.5),
)
_TREND_LABEL = marked(
    "Unplanned and planned downtime of each period, and how many objectives were met"
)
_DAYS_LABEL = marked("The last days of the services that lost most")
_DRAWN: tuple[tuple[str, str, Draw], ...] = (
    (
        marked("Outages"),
        marked("When the services were down; the outage list below has every figure"),
        _outages,
    ),
    (
        marked("Error budget left"),
        marked("How the error budgets of the worst services were used up"),
        _budgets,
    ),
    (
        marked("Unplanned downtime"),
        marked("Unplanned downtime of this period and the one before"),
        _comparison,
    ),
)
