"""The panels: one function per kind, each with a title, what it means, a unit and its queries."""

import re
from collections.abc import Mapping, Sequence
from typing import Literal, TypeVar

from grafana_foundation_sdk.builders import bargauge, stat, statetimeline, statushistory, text
from grafana_foundation_sdk.builders import timeseries as lines
from grafana_foundation_sdk.builders.common import (
    GraphThresholdsStyleConfig,
    ReduceDataOptions,
    StackingConfig,
    VizLegendOptions,
    VizTextDisplayOptions,
    VizTooltipOptions,
)
from grafana_foundation_sdk.builders.dashboard import FieldColor
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.models import common
from grafana_foundation_sdk.models.dashboard import (
    DynamicConfigValue,
    FieldColorModeId,
    ValueMapping,
)
from grafana_foundation_sdk.models.text import TextMode

from grafana_dashboards.style.looks import (
    COUNT,
    DURATION,
    NEUTRAL,
    NO_DATA,
    SECONDS,
    STATES,
    UNKNOWN_DAYS,
    Steps,
    thresholds,
    with_nothing,
)
from grafana_dashboards.style.looks import named as without_nothing
from grafana_dashboards.style.query import SOURCE, lettered

_LABEL = re.compile(r"{{(\w+)}}")
# Pixels of the texts of big numbers: counts; words, times and durations; names above them.
_FIGURE, _WORDS, _NAME = 32, 24, 14
_SHORT = len("not told")
_BAR_NAME, _BAR = 12, 16
P = TypeVar("P", stat.Panel, bargauge.Panel, lines.Panel, statetimeline.Panel, statushistory.Panel)


def _said(panel: P, title: str, meaning: str, unit: str, steps: Steps) -> P:
    """Give a panel what every panel must have."""
    panel.title(title).description(meaning).datasource(SOURCE)
    return panel.unit(unit).thresholds(thresholds(steps))


def _measured(panel: P, bounds: tuple[float | None, float | None], decimals: int | None) -> P:
    low, high = bounds
    if low is not None:
        panel.min(low)
    if high is not None:
        panel.max(high)
    return panel if decimals is None else panel.decimals(decimals)


def _legend() -> VizLegendOptions:
    """Return a list under the panel."""
    legend = VizLegendOptions().show_legend(True).display_mode(common.LegendDisplayMode.LIST)
    return legend.placement(common.LegendPlacement.BOTTOM).calcs([])


def _ranking(extreme: str) -> VizLegendOptions:
    """Return a table under the panel, whose first lines are the worst: three fit without a scroll.

    ``extreme`` is the other column, "max" or "min": of which the worst are the greatest or least.
    """
    legend = VizLegendOptions().show_legend(True).display_mode(common.LegendDisplayMode.TABLE)
    legend.placement(common.LegendPlacement.BOTTOM).calcs(["lastNotNull", extreme])
    return legend.sort_by("Last *").sort_desc(extreme == "max")


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
    steps = with_nothing(steps, empty)
    panel = _said(stat.Panel(), title, meaning, unit, steps).targets([*lettered(queries)])
    panel.reduce_options(ReduceDataOptions().calcs(["lastNotNull"]).values(False).fields(""))
    panel.graph_mode(common.BigValueGraphMode.NONE).color_mode(common.BigValueColorMode.VALUE)
    panel.color_scheme(FieldColor().mode(FieldColorModeId.THRESHOLDS))
    text_mode = common.BigValueTextMode.VALUE_AND_NAME if named else common.BigValueTextMode.AUTO
    panel.text_mode(text_mode).mappings(without_nothing(mappings, empty)).no_value(empty)
    # Text of any size that fits would be tiny here and huge in the next panel.
    short = unit == COUNT and not (mappings or named) and len(empty) <= _SHORT
    size = _FIGURE if short else _WORDS
    panel.text(VizTextDisplayOptions().title_size(_NAME).value_size(size))
    return _measured(panel, (None, None), decimals)


def bars(
    title: str,
    meaning: str,
    *queries: Dataquery,
    unit: str,
    steps: Steps = NEUTRAL,
    bounds: tuple[float | None, float | None] = (None, None),
    decimals: int | None = None,
    empty: str = NO_DATA,
) -> bargauge.Panel:
    """One horizontal bar per series, in the order of the answer; values are not negative."""
    steps = with_nothing(steps, empty)
    panel = _said(bargauge.Panel(), title, meaning, unit, steps).targets([*lettered(queries)])
    # Without a name of its own, a bar that is alone has none.
    panel.display_name(_LABEL.sub(r"${__field.labels.\1}", queries[0].build().legend_format or ""))
    panel.no_value(empty)
    panel.reduce_options(ReduceDataOptions().calcs(["lastNotNull"]).values(False).fields(""))
    panel.orientation(common.VizOrientation.HORIZONTAL).show_unfilled(True)
    panel.display_mode(common.BarGaugeDisplayMode.BASIC)
    panel.text(VizTextDisplayOptions().title_size(_BAR_NAME).value_size(_BAR))
    panel.color_scheme(FieldColor().mode(FieldColorModeId.THRESHOLDS))
    return _measured(panel, bounds, decimals)


def chart(
    title: str,
    meaning: str,
    *queries: Dataquery,
    unit: str = COUNT,
    steps: Steps = NEUTRAL,
    bounds: tuple[float | None, float | None] = (0, None),
    extreme: Literal["max", "min"] = "max",
    stacked: bool = False,
    draw_steps: bool = False,
    interval: str | None = None,
    decimals: int | None = None,
    ranked: bool = True,
    colors: Mapping[str, str] | None = None,
    limits: Mapping[str, str] | None = None,
) -> lines.Panel:
    """Draw lines over time; time without data stays a gap, ``draw_steps`` draws its limits.

    ``extreme`` is the end of the scale that is bad; lines that are not ``ranked`` are of a few
    names, all of them in the legend. ``colors`` are of lines whose name means one on every page;
    ``limits`` are drawn dashed, in theirs. An axis has no room for days and seconds: its
    durations are in the unit that fits, with decimals.
    """
    unit = SECONDS if unit == DURATION else unit
    panel = _said(lines.Panel(), title, meaning, unit, steps).targets([*lettered(queries)])
    panel.legend(_ranking(extreme) if ranked else _legend()).tooltip(_tooltip()).span_nulls(False)
    panel.line_width(1).fill_opacity(40 if stacked else 0)
    panel.show_points(common.VisibilityMode.AUTO)  # a first point shows before the second comes
    panel.color_scheme(FieldColor().mode(FieldColorModeId.PALETTE_CLASSIC))
    if unit == COUNT:
        panel.axis_soft_max(1)  # or none at all is drawn at the foot of a scale up to 100
    if stacked:
        panel.stacking(StackingConfig().mode(common.StackingMode.NORMAL))
    if draw_steps:
        style = GraphThresholdsStyleConfig().mode(common.GraphTresholdsStyleMode.DASHED)
        panel.thresholds_style(style)
    for name, color in {**(colors or {}), **(limits or {})}.items():
        fixed = {"mode": "fixed", "fixedColor": color}
        looks = [DynamicConfigValue(id_val="color", value=fixed)]
        if limits and name in limits:
            dashes = {"fill": "dash", "dash": [8, 8]}
            looks.append(DynamicConfigValue(id_val="custom.lineStyle", value=dashes))
        panel.override_by_name(name, looks)
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
    last: str,
    decimals: int | None = None,
) -> statushistory.Panel:
    """One cell per series and ``interval`` of the ``last`` days, coloured by its threshold.

    NaN is a cell of which nothing is known, in grey; a strip of a single cell is not drawn at all.
    """
    panel = _said(statushistory.Panel(), title, meaning, unit, steps).time_from(last)
    panel.mappings(UNKNOWN_DAYS)
    panel.targets([*lettered(queries)]).interval(interval).show_value(common.VisibilityMode.NEVER)
    panel.row_height(0.85).col_width(0.85).fill_opacity(85).line_width(0)
    panel.legend(_legend()).tooltip(_tooltip())
    panel.color_scheme(FieldColor().mode(FieldColorModeId.THRESHOLDS))
    return _measured(panel, (None, None), decimals)


def note(title: str, meaning: str, markdown: str) -> text.Panel:
    """Words on the dashboard itself."""
    panel = text.Panel().title(title).description(meaning)
    return panel.mode(TextMode.MARKDOWN).content(markdown)
