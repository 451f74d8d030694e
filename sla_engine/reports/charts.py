"""Charts by matplotlib (extra ``charts``): burn-down, timeline, comparison, strips.

Colours are Okabe and Ito's, which colour-blind people tell apart
(https://jfly.uni-koeln.de/color/); no chart says by colour alone what it does not say in words.
"""

import io
from collections.abc import Callable, Sequence
from datetime import datetime
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo

from sla_engine.domain.availability import Share
from sla_engine.domain.period import title
from sla_engine.domain.report import Day, PeriodReport, ServiceReport
from sla_engine.domain.summary import summarize
from sla_engine.reports import palette

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_INK = "#1b1f24"
_SHOWN = 8
# Fixed: to work them out takes longer than to draw. Room for a name of 22 letters.
_MARGINS = {"left": 0.2, "right": 0.97, "top": 0.9, "bottom": 0.17}
_MINUTE = 60_000
_STYLE: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": _INK,
    "axes.edgecolor": _INK,
    "axes.labelcolor": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "svg.fonttype": "none",
    "svg.hashsalt": "uptime-ledger",
}

Draw = Callable[["Axes", PeriodReport], None]


def available() -> bool:
    """Say whether matplotlib is installed."""
    return find_spec("matplotlib") is not None


def svg(report: PeriodReport, name: str) -> str:
    """Return one of ``DRAWN`` as SVG whose ink is the text's colour around it."""
    text = _saved(
        (7.2, 2.7),
        lambda figure: [(figure.subplots(gridspec_kw=_MARGINS), DRAWN[name])],
        report,
        None,
        format="svg",
        transparent=True,
        metadata={"Date": None, "Creator": None},
    ).decode()
    body = text[text.index("<svg") :].replace(_INK, "currentColor")
    return body.replace("<svg", f'<svg role="img" aria-label="{LABELS[name]}"', 1)


def png(report: PeriodReport) -> bytes:
    """Return one picture of the whole period, 1,600 pixels wide."""
    return _saved(
        (10.0, 7.2),
        _page,
        report,
        "constrained",
        format="png",
        dpi=160,
        metadata={"Software": None},
    )


def _saved(
    size: tuple[float, float],
    panels: "Callable[[Figure], list[tuple[Axes, Draw]]]",
    report: PeriodReport,
    layout: Literal["constrained"] | None,
    **how: Any,
) -> bytes:
    import matplotlib as mpl  # noqa: PLC0415 - an optional extra
    from matplotlib.figure import Figure  # noqa: PLC0415

    out = io.BytesIO()
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=size, layout=layout)
        for axes, draw in panels(figure):
            draw(axes, report)
        figure.savefig(out, **how)
    return out.getvalue()


def _page(figure: "Figure") -> "list[tuple[Axes, Draw]]":
    grid = figure.subplot_mosaic([["strips", "strips"], ["timeline", "burn"], ["compare", "burn"]])
    return [
        (grid["strips"], strips),
        (grid["timeline"], timeline),
        (grid["burn"], burn_down),
        (grid["compare"], comparison),
    ]


def shown(report: PeriodReport) -> list[ServiceReport]:
    """Return the services worth a line: those that lost most, then by name."""
    worst = summarize(report.services).worst
    rest = [s for s in report.services if s not in worst]
    rest.sort(key=lambda s: (-s.figures.unplanned, -s.figures.planned, s.name))
    return [*worst, *rest][:_SHOWN]


def strips(axes: "Axes", report: PeriodReport) -> None:
    """Draw the last days of the services, one cell a day."""
    services = shown(report)[::-1]
    for y, service in enumerate(services):
        for x, day in enumerate(service.days):
            colour = palette.COLOURS[palette.state(day, service.objective)]
            axes.barh(y, 0.9, left=x, height=0.7, color=colour)
    axes.set_yticks(range(len(services)), [_short(s.name) for s in services])
    days = services[0].days if services else ()
    _day_ticks(axes, days, report)
    axes.set_title(f"The last {len(days)} days", loc="left", fontweight="bold")
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.tick_params(length=0)
    _legend(axes)


def _day_ticks(axes: "Axes", days: Sequence[Day], report: PeriodReport) -> None:
    zone = ZoneInfo(report.timezone)
    first = [_local(day.span.start, zone) for day in days]
    marks = [i for i, day in enumerate(first) if day.day in {1, 15}]
    axes.set_xticks([i + 0.45 for i in marks], [f"{first[i]:%-d %b}" for i in marks])
    axes.set_xlim(0, max(1, len(days)))


def _legend(axes: "Axes") -> None:
    from matplotlib.patches import Patch  # noqa: PLC0415 - an optional extra

    handles = [Patch(color=palette.COLOURS[s], label=w) for s, w in palette.WORDS.items()]
    axes.legend(
        handles=handles, ncols=len(handles), frameon=False, fontsize=8, loc="lower right",
        bbox_to_anchor=(1, 1), borderaxespad=0.1, handlelength=1,
    )  # fmt: skip


def timeline(axes: "Axes", report: PeriodReport) -> None:
    """Draw when the services were down."""
    services = [s for s in shown(report) if s.figures.shares][::-1]
    for y, service in enumerate(services):
        for share in service.figures.shares:
            _bar(axes, y, share, report)
    axes.set_yticks(range(len(services)), [_short(s.name) for s in services])
    axes.set_ylim(-0.7, max(0.7, len(services) - 0.3))
    axes.set_xlim(report.period.start, report.period.end)
    _time_ticks(axes, report)
    axes.set_title("Outages", loc="left", fontweight="bold")
    axes.grid(axis="x", alpha=0.25)
    if not services:
        _nothing(axes, "no outages")


def _bar(axes: "Axes", y: int, share: Share, report: PeriodReport) -> None:
    start = max(share.outage.start, report.period.start)
    end = min(share.outage.until(report.generated_at).end, report.period.end)
    width = max(end - start, report.period.length / 250)  # a minute of a month is invisible
    colour = palette.COLOURS["planned" if share.kind == "planned" else "miss"]
    axes.barh(y, width, left=min(start, report.period.end - width), height=0.6, color=colour)


def burn_down(axes: "Axes", report: PeriodReport) -> None:
    """Draw what is left of the error budgets of those that burnt most."""
    worst = [s for s in summarize(report.services).worst if s.figures.budget]
    for service, colour, dash in zip(worst, palette.LINES, ("-", "--", ":"), strict=False):
        times, left = _burnt(service, report)
        axes.plot(times, left, color=colour, linestyle=dash, linewidth=2, label=service.name)
    axes.axhline(0, color=_INK, linewidth=0.8)
    axes.set_xlim(report.period.start, report.period.end)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0f} %")
    _time_ticks(axes, report)
    axes.set_title("Error budget left", loc="left", fontweight="bold")
    axes.grid(alpha=0.25)
    if worst:
        axes.legend(frameon=False, loc="best", fontsize=8)
    else:
        _nothing(axes, "no budget was used")


def _burnt(service: ServiceReport, report: PeriodReport) -> tuple[list[int], list[float]]:
    """Return the points of a line that falls while the service is down."""
    budget = service.figures.budget or 1.0
    times, left, lost = [report.period.start], [100.0], 0
    for share in (*service.figures.shares, *service.figures.short):
        start = max(share.outage.start, report.period.start)
        end = min(share.outage.until(report.generated_at).end, report.period.end)
        times += [start, end]
        left.append(100 * (1 - lost / budget))
        lost += share.unplanned
        left.append(100 * (1 - lost / budget))
    return [*times, min(report.generated_at, report.period.end)], [*left, left[-1]]


def comparison(axes: "Axes", report: PeriodReport) -> None:
    """Draw the unplanned minutes against those of the period before."""
    zone = ZoneInfo(report.timezone)
    services = [s for s in shown(report) if s.figures.unplanned or _before(s)][:5][::-1]
    names = [_short(s.name) for s in services]
    now = [s.figures.unplanned / _MINUTE for s in services]
    rows = range(len(services))
    axes.barh([y + 0.2 for y in rows], now, 0.38, color=palette.COLOURS["miss"],
              label=title(report.period, zone))  # fmt: skip
    if report.previous is not None:
        axes.barh([y - 0.2 for y in rows], [_before(s) for s in services], 0.38,
                  color=palette.COLOURS["unknown"], label=title(report.previous, zone))  # fmt: skip
    axes.set_yticks(rows, names)
    axes.set_xlabel("unplanned minutes")
    axes.set_title("Against the period before", loc="left", fontweight="bold")
    if services:
        axes.legend(frameon=False, fontsize=8, loc="lower right")
    else:
        _nothing(axes, "no unplanned downtime in either")


def _before(service: ServiceReport) -> float:
    return 0.0 if service.previous is None else service.previous.unplanned / _MINUTE


def _time_ticks(axes: "Axes", report: PeriodReport) -> None:
    zone = ZoneInfo(report.timezone)
    start, end = report.period
    marks = [start + (end - start) * i // 4 for i in range(5)]
    style = "%-d %b" if end - start > 2 * 86_400_000 else "%H:%M"
    axes.set_xticks(marks, [_local(mark, zone).strftime(style) for mark in marks])


def _nothing(axes: "Axes", words: str) -> None:
    axes.text(0.5, 0.5, words, transform=axes.transAxes, ha="center", va="center")


def _short(name: str) -> str:
    return name if len(name) <= 22 else f"{name[:21]}…"  # noqa: PLR2004 - room in the margin


def _local(at: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(at / 1000, zone)


DRAWN: dict[str, Any] = {"timeline": timeline, "burn_down": burn_down, "comparison": comparison}
LABELS = {
    "timeline": "When the services were down; the outage list below has every figure",
    "burn_down": "How the error budgets of the worst services were used up",
    "comparison": "Unplanned minutes of this period and the one before",
}
