"""The panels: one function per kind, each with a title, what it means, a unit and its queries."""

from collections.abc import Sequence
from typing import TypeVar

from grafana_foundation_sdk.builders import bargauge, stat, statetimeline, statushistory, text
from grafana_foundation_sdk.builders import timeseries as lines
from grafana_foundation_sdk.builders.common import (
    GraphThresholdsStyleConfig,
    ReduceDataOptions,
    StackingConfig,
    VizLegendOptions,
    VizTooltipOptions,
)
from grafana_foundation_sdk.builders.dashboard import FieldColor
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.models import common
from grafana_foundation_sdk.models.dashboard import FieldColorModeId, ValueMapping
from grafana_foundation_sdk.models.text import TextMode

from grafana_dashboards.style.looks import COUNT, NEUTRAL, NO_DATA, STATES, Steps, thresholds
from grafana_dashboards.style.query import SOURCE, lettered

P = TypeVar("P", stat.Panel, bargauge.Panel, lines.Panel, statetimeline.Panel, statushistory.Panel)


def _said(panel: P, title: str, meaning: str, unit: str, steps: Steps) -> P:
    """Give a panel what every panel must have; an empty answer reads "no data"."""
    panel.title(title).description(meaning).datasource(SOURCE)
    return panel.unit(unit).thresholds(thresholds(steps)).no_value(NO_DATA)


def _measured(panel: P, bounds: tuple[float | None, float | None], decimals: int | None) -> P:
    low, high = bounds
    if low is not None:
        panel.min(low)
    if high is not None:
        panel.max(high)
    return panel if decimals is None else panel.decimals(decimals)


def _legend(*calculations: str) -> VizLegendOptions:
    """Return a legend under the panel: a list, or a table when it calculates."""
    mode = common.LegendDisplayMode.TABLE if calculations else common.LegendDisplayMode.LIST
    legend = VizLegendOptions().show_legend(True).display_mode(mode)
    return legend.placement(common.LegendPlacement.BOTTOM).calcs(list(calculations))


def _tooltip() -> VizTooltipOptions:
    return VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI).sort(common.SortOrder.NONE)


def number(
    title: str,
    meaning: str,
    *queries: Dataquery,
    unit: str = COUNT,
    steps: Steps = NEUTRAL,
    decimals: int | None = None,
    mappings: Sequence[ValueMapping] = (),
    named: bool = False,
    empty: str = NO_DATA,
) -> stat.Panel:
    """One big number per series, coloured by its threshold; ``named`` shows the series' name too.

    ``empty`` is what an empty answer means, where it means anything.
    """
    panel = _said(stat.Panel(), title, meaning, unit, steps).targets([*lettered(queries)])
    panel.reduce_options(ReduceDataOptions().calcs(["lastNotNull"]).values(False).fields(""))
    panel.graph_mode(common.BigValueGraphMode.NONE).color_mode(common.BigValueColorMode.VALUE)
    panel.color_scheme(FieldColor().mode(FieldColorModeId.THRESHOLDS))
    text_mode = common.BigValueTextMode.VALUE_AND_NAME if named else common.BigValueTextMode.AUTO
    panel.text_mode(text_mode).mappings([*mappings]).no_value(empty)
    return _measured(panel, (None, None), decimals)


def bars(
    title: str,
    meaning: str,
    *queries: Dataquery,
    unit: str,
    steps: Steps = NEUTRAL,
    bounds: tuple[float | None, float | None] = (None, None),
    decimals: int | None = None,
) -> bargauge.Panel:
    """One horizontal bar per series, in the order of the query's answer."""
    panel = _said(bargauge.Panel(), title, meaning, unit, steps).targets([*lettered(queries)])
    panel.reduce_options(ReduceDataOptions().calcs(["lastNotNull"]).values(False).fields(""))
    panel.orientation(common.VizOrientation.HORIZONTAL).show_unfilled(True)
    panel.display_mode(common.BarGaugeDisplayMode.BASIC)
    panel.color_scheme(FieldColor().mode(FieldColorModeId.THRESHOLDS))
    return _measured(panel, bounds, decimals)


def chart(
    title: str,
    meaning: str,
    *queries: Dataquery,
    unit: str = COUNT,
    steps: Steps = NEUTRAL,
    bounds: tuple[float | None, float | None] = (0, None),
    calculations: Sequence[str] = ("lastNotNull", "max"),
    stacked: bool = False,
    draw_steps: bool = False,
    interval: str | None = None,
    decimals: int | None = None,
) -> lines.Panel:
    """Draw lines over time; time without data stays a gap, ``draw_steps`` draws its limits."""
    panel = _said(lines.Panel(), title, meaning, unit, steps).targets([*lettered(queries)])
    panel.legend(_legend(*calculations)).tooltip(_tooltip()).span_nulls(False)
    panel.line_width(1).fill_opacity(40 if stacked else 0)
    panel.show_points(common.VisibilityMode.NEVER)
    panel.color_scheme(FieldColor().mode(FieldColorModeId.PALETTE_CLASSIC))
    if stacked:
        panel.stacking(StackingConfig().mode(common.StackingMode.NORMAL))
    if draw_steps:
        style = GraphThresholdsStyleConfig().mode(common.GraphTresholdsStyleMode.DASHED)
        panel.thresholds_style(style)
    if interval is not None:
        panel.interval(interval)
    return _measured(panel, bounds, decimals)


def timeline(
    title: str,
    meaning: str,
    *queries: Dataquery,
    mappings: Sequence[ValueMapping] = STATES,
    interval: str = "1m",
) -> statetimeline.Panel:
    """One bar per series: its states over time; a gap is a time of which nothing is known."""
    panel = _said(statetimeline.Panel(), title, meaning, COUNT, NEUTRAL)
    panel.targets([*lettered(queries)]).mappings([*mappings]).interval(interval)
    panel.show_value(common.VisibilityMode.NEVER).merge_values(True).row_height(0.8)
    panel.line_width(0).fill_opacity(85).legend(_legend()).tooltip(_tooltip())
    # By thresholds Grafana would merge and colour the states as if they had no mapping.
    return panel.color_scheme(FieldColor().mode(FieldColorModeId.PALETTE_CLASSIC))


def strip(
    title: str,
    meaning: str,
    *queries: Dataquery,
    unit: str,
    steps: Steps,
    interval: str,
    decimals: int | None = None,
) -> statushistory.Panel:
    """One cell per series and ``interval``, coloured by its threshold."""
    panel = _said(statushistory.Panel(), title, meaning, unit, steps)
    panel.targets([*lettered(queries)]).interval(interval).show_value(common.VisibilityMode.NEVER)
    panel.row_height(0.85).col_width(0.85).fill_opacity(85).line_width(0)
    panel.legend(_legend()).tooltip(_tooltip())
    panel.color_scheme(FieldColor().mode(FieldColorModeId.THRESHOLDS))
    return _measured(panel, (None, None), decimals)


def note(title: str, meaning: str, markdown: str) -> text.Panel:
    """Words on the dashboard itself."""
    panel = text.Panel().title(title).description(meaning)
    return panel.mode(TextMode.MARKDOWN).content(markdown)
