"""The picture of a period for Slack, by matplotlib (extra ``charts``).

Colours are Okabe and Ito's, which colour-blind people tell apart
(https://jfly.uni-koeln.de/color/); no chart says by colour alone what it does not say in words.
"""

import io
from collections.abc import Sequence
from datetime import datetime
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from sla_engine.domain.report import Day, PeriodReport
from sla_engine.reports import palette, plots
from sla_engine.reports.language import language

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_INK = "#1b1f24"
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
}


def available() -> bool:
    """Say whether matplotlib is installed."""
    return find_spec("matplotlib") is not None


def png(report: PeriodReport) -> bytes:
    """Return one picture of the whole period, 1,600 pixels wide."""
    import matplotlib as mpl  # noqa: PLC0415 - an optional extra
    from matplotlib.figure import Figure  # noqa: PLC0415

    out = io.BytesIO()
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(10.0, 7.2), layout="constrained")
        grid = figure.subplot_mosaic(
            [["strips", "strips"], ["timeline", "burn"], ["compare", "burn"]]
        )
        strips(grid["strips"], report)
        timeline(grid["timeline"], report)
        burn_down(grid["burn"], report)
        comparison(grid["compare"], report)
        figure.savefig(out, format="png", dpi=160, metadata={"Software": None})
    return out.getvalue()


def strips(axes: "Axes", report: PeriodReport) -> None:
    """Draw the last days of the services, one cell a day."""
    services = plots.shown(report)[::-1]
    for y, service in enumerate(services):
        for x, day in enumerate(service.days):
            colour = palette.COLOURS[palette.state(day, service.objective)]
            axes.barh(y, 0.9, left=x, height=0.7, color=colour)
    axes.set_yticks(range(len(services)), [plots.short(s.name) for s in services])
    days = services[0].days if services else ()
    _day_ticks(axes, days, report)
    axes.set_title(f"The last {len(days)} days", loc="left", fontweight="bold")
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.tick_params(length=0)
    _legend(axes)


def _day_ticks(axes: "Axes", days: Sequence[Day], report: PeriodReport) -> None:
    say = language(report)
    first = [datetime.fromtimestamp(day.span.start / 1000, say.zone).day for day in days]
    marks = [i for i, day in enumerate(first) if day in {1, 15}]
    names = [say.tick(days[i].span.start, clock=False) for i in marks]
    axes.set_xticks([i + 0.45 for i in marks], names)
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
    lines = plots.outages(report)[::-1]
    for y, (_, bars) in enumerate(lines):
        for span, colour in bars:
            axes.barh(y, span.length, left=span.start, height=0.6, color=colour)
    axes.set_yticks(range(len(lines)), [plots.short(s.name) for s, _ in lines])
    axes.set_ylim(-0.7, max(0.7, len(lines) - 0.3))
    _time_axis(axes, report)
    axes.set_title("Outages", loc="left", fontweight="bold")
    axes.grid(axis="x", alpha=0.25)
    if not lines:
        _nothing(axes, "no outages")


def burn_down(axes: "Axes", report: PeriodReport) -> None:
    """Draw what is left of the error budgets of those that burnt most."""
    say, lines = language(report), plots.budgets(report)
    for line, colour, dash in zip(lines, palette.LINES, ("-", "--", ":"), strict=False):
        name = plots.short(line.service.name)
        axes.plot(line.times, line.left, color=colour, linestyle=dash, linewidth=2, label=name)
    axes.axhline(0, color=_INK, linewidth=0.8)
    axes.yaxis.set_major_formatter(lambda value, _: say.percent(value / 100, 0))
    _time_axis(axes, report)
    axes.set_title("Error budget left", loc="left", fontweight="bold")
    axes.grid(alpha=0.25)
    if lines:
        axes.legend(frameon=False, loc="best", fontsize=8)
    else:
        _nothing(axes, "no budget was used")


def comparison(axes: "Axes", report: PeriodReport) -> None:
    """Draw the unplanned minutes against those of the period before."""
    say, lines = language(report), plots.compared(report)[::-1]
    rows = range(len(lines))
    axes.barh([y + 0.2 for y in rows], [one.now for one in lines], 0.38,
              color=palette.COLOURS["miss"], label=say.title(report.period))  # fmt: skip
    if report.previous is not None:
        axes.barh([y - 0.2 for y in rows], [one.before for one in lines], 0.38,
                  color=palette.COLOURS["unknown"], label=say.title(report.previous))  # fmt: skip
    axes.set_yticks(rows, [plots.short(one.service.name) for one in lines])
    axes.set_xlabel("unplanned minutes")
    axes.xaxis.set_major_formatter(lambda value, _: plots.mark(value, say))
    axes.set_title("Against the period before", loc="left", fontweight="bold")
    if lines:
        axes.legend(frameon=False, fontsize=8, loc="lower right")
    else:
        _nothing(axes, "no unplanned downtime in either")


def _time_axis(axes: "Axes", report: PeriodReport) -> None:
    say, marks = language(report), list(plots.times(report))
    axes.set_xlim(report.period.start, report.period.end)
    axes.set_xticks([at for at, _ in marks], [say.tick(at, clock=clock) for at, clock in marks])


def _nothing(axes: "Axes", words: str) -> None:
    axes.text(0.5, 0.5, words, transform=axes.transAxes, ha="center", va="center")
