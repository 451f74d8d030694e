"""What Grafana would draw wrongly, cut off or bury is told, over the JSON of every page."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from grafana_dashboards.queries import metrics_of, panels
from tests.grafana_dashboards.boards import EVERY, Board, notes, of_type, variables

Panel = dict[str, Any]
STATES = ("state-timeline", "status-history")
ROW = 0.6  # grid rows that a legible row of states takes
AROUND = 3  # grid rows of a panel's title, axis and legend
DIGIT = 8.4  # pixels of a digit: of 150 pixels, 15 of them and an ellipsis were seen
DAY = 24
LONGEST = {"dateTimeAsIso": 19, "dtdhms": 13, "percentunit": 8, "suffix:pp": 10}
SECONDS = {"m": 60, "h": 3600, "d": 86_400}
# What a figure is, by the metric that it reads, and the digits that it has on every surface.
LEVELS = {"sla_availability_ratio", "service_slo_objective_ratio", "sla_coverage_ratio"}
# What is there only while it lasts.
PASSING = {"sla_outage_open_since_timestamp_seconds", "service_maintenance_active"}
BUDGET = {"sla_error_budget_remaining_ratio"}


def shown(panel: Panel) -> Iterator[tuple[str, Panel, str]]:
    """Yield each field's name, what it is configured to be, and the query that it shows."""
    defaults = panel["fieldConfig"]["defaults"]
    if panel["type"] != "table":
        for target in panel["targets"]:
            yield panel["title"], defaults, target["expr"]
        return
    names = panel["transformations"][-1]["options"]["renameByName"]
    for target in panel["targets"]:
        head = names.get(f"Value #{target['refId']}", "")
        yield f"{panel['title']}: {head}", defaults | overrides(panel).get(head, {}), target["expr"]


def overrides(panel: Panel) -> dict[str, Panel]:
    """Return what is set for each column by its head, options like ``custom.minWidth`` too."""
    found: dict[str, Panel] = {}
    for override in panel["fieldConfig"]["overrides"]:
        by_id = {wanted["id"]: wanted["value"] for wanted in override["properties"]}
        found.setdefault(override["matcher"]["options"], {}).update(by_id)
    return found


def late(board: Board) -> Iterator[str]:
    """Yield states whose bars are drawn a step after what they tell."""
    for panel in of_type(board, *STATES):
        for target in panel["targets"]:
            ranges = re.findall(
                r"(?<!range)\[([^\]]+)\](?! @ end)( offset -\S+?)?\)", target["expr"]
            )
            shifted = [span for span, offset in ranges if offset == f" offset -{span}"]
            if not shifted or len(shifted) < len(ranges):
                yield f"{panel['title']}: looks back from a step that is drawn forward; offset it"


def stepped(board: Board) -> Iterator[str]:
    """Yield lists and marks whose times are steps of a query: another at each zoom."""
    for panel in of_type(board, "table"):
        if not all(target.get("instant") for target in panel["targets"]):
            yield f"{panel['title']}: times by the step of a query; list what is exact"
    for note in notes(board):
        if not note["useValueForTime"]:
            yield f"{note['name']}: samples joined by their step; mark the times that values are"
        for metric in sorted(metrics_of(note["expr"]) & PASSING):
            yield f"{note['name']}: {metric} goes when it is over, and its mark with it"


def untold(board: Board) -> Iterator[str]:
    """Yield pages with lists of outages that do not say since when these leave none out."""
    titles = [p["title"] for p in panels(board) if "Every outage that was" in p["description"]]
    asked = {n for p in panels(board) for t in p["targets"] for n in metrics_of(t["expr"])}
    if "sla_outages_complete_since_timestamp_seconds" not in asked:
        yield from (f"{title}: since when is it complete?" for title in titles)


def rounded(board: Board) -> Iterator[str]:
    """Yield durations of which only the largest unit is shown."""
    for panel in panels(board):
        for name, field, _ in [*shown(panel), *_columns(panel)]:
            if field.get("unit", "").startswith("dtduration"):
                yield f"{name}: {field['unit']} shows 2 h 50 m as 3 hours; take dtdhms"


def _columns(panel: Panel) -> Iterator[tuple[str, Panel, str]]:
    return ((f"{panel['title']}: {head}", own, "") for head, own in overrides(panel).items())


def digits(board: Board) -> Iterator[str]:
    """Yield figures that have other digits here than elsewhere, and ratios that are differences."""
    for panel in of_type(board, "stat", "bargauge", "table", "status-history"):
        for name, field, expr in shown(panel):
            read = metrics_of(expr)
            if field.get("unit") not in {"percentunit", "suffix:pp"} or not read & (
                LEVELS | BUDGET
            ):
                continue
            wanted = 1 if read & BUDGET else 3
            if field.get("decimals") != wanted:
                yield f"{name}: {field.get('decimals')} decimals; elsewhere it has {wanted}"
            apart = read <= LEVELS and re.search(r" - (?:on |max by )", expr)
            if apart and field["unit"] != "suffix:pp":
                yield f"{name}: a difference of percentages is in percentage points"


def foreign_marks(board: Board) -> Iterator[str]:
    """Yield annotations that show what happened to others than the page is about."""
    own = {v["name"] for v in variables(board)} & {"service", "host", "instance"}
    for note in notes(board):
        selectors = re.findall(r"\{([^}]*)\}", note["expr"])
        if not all(any(f"${name}" in selector for name in own) for selector in selectors):
            yield f"{note['name']}: drawn for all, on a page about {sorted(own)}"
        of_services = '=~"$service"' in note["expr"]
        if of_services and not re.search(r"and on \(\) \(count\(.*\) <= \d\)", note["expr"]):
            yield f"{note['name']}: of many services all are drawn over each one's charts"


def cut_off(board: Board) -> Iterator[str]:
    """Yield tables whose columns do not fit at 1,280 pixels, and columns too narrow for a value."""
    for panel in of_type(board, "table"):
        columns = overrides(panel)
        options = panel["transformations"][-1]["options"]
        hidden = options["excludeByName"]
        heads = {head for name, head in options["renameByName"].items() if name not in hidden}
        widths = {head: _pixels(columns.get(head, {})) for head in heads}
        # 56 for the menu, 16 on either side, and the panel's own edges.
        room = (1280 - 56 - 2 * 16 + 8) / 24 * panel["gridPos"]["w"] - 26
        if sum(widths.values()) > room:
            yield f"{panel['title']}: columns of {sum(widths.values())} pixels in {room:.0f}"
        for head, width in widths.items():
            column = columns.get(head, {})
            longest = LONGEST.get(column.get("unit", ""), 0)
            if column.get("unit") == "percentunit" and column.get("decimals") == 0:
                longest = len("-100%")
            if max(longest * DIGIT + 12, len(head) * DIGIT + 12) > width:
                yield f"{panel['title']}: {head} needs more than {width} pixels"


def shared(board: Board) -> Iterator[str]:
    """Yield tables wider than their panel in Grafana 12, where no column gets less than its share.

    A column of no fixed width takes what the fixed ones leave, divided among its like, and more
    where its least is more: others do not give way.
    """
    for panel in of_type(board, "table"):
        columns = overrides(panel)
        options = panel["transformations"][-1]["options"]
        hidden = options["excludeByName"]
        heads = {head for name, head in options["renameByName"].items() if name not in hidden}
        room = (1280 - 56 - 2 * 16 + 8) / 24 * panel["gridPos"]["w"] - 26
        fixed = [columns[h]["custom.width"] for h in heads if "custom.width" in columns.get(h, {})]
        least = [
            _pixels(columns.get(h, {})) for h in heads if "custom.width" not in columns.get(h, {})
        ]
        share = (room - sum(fixed)) / len(least) if least else 0
        if sum(fixed) + sum(max(share, pixels) for pixels in least) > room + 1:
            yield f"{panel['title']}: a column of {max(least)} pixels where each gets {share:.0f}"


def _pixels(column: Panel) -> int:
    """Return the pixels that a column has where there is no room for more."""
    pixels: int = column.get("custom.width") or column.get("custom.minWidth") or 150
    return pixels


def crowded(board: Board) -> Iterator[str]:
    """Yield states of more rows than can be read, or in an order that hides the worst."""
    for panel in of_type(board, *STATES):
        legible = int((panel["gridPos"]["h"] - AROUND) / ROW)
        for target in panel["targets"]:
            limits = [int(n) for n in re.findall(r"\b(?:top|bottom)k\((\d+)", target["expr"])]
            if not limits or min(limits) > legible:
                yield f"{panel['title']}: {limits or 'any number of'} rows, {legible} are legible"
            if "group_left (_rank)" not in target["expr"]:
                yield f"{panel['title']}: rows in the order of labels, not the worst first"


def buried(board: Board) -> Iterator[str]:
    """Yield legends in which the worst line is not among the first, or of too many lines."""
    for panel in of_type(board, "timeseries"):
        legend = panel["options"]["legend"]
        worst_is_high = "min" not in legend["calcs"]
        if legend["displayMode"] == "table" and (
            (legend.get("sortBy"), legend.get("sortDesc")) != ("Last *", worst_is_high)
            or "lastNotNull" not in legend["calcs"]
        ):
            yield f"{panel['title']}: three lines of a legend show; sort by last, the worst first"
        limits = [re.findall(r"\b(?:top|bottom)k\((\d+)", t["expr"]) for t in panel["targets"]]
        if sum(min(map(int, limit), default=0) for limit in limits) > 12:
            yield f"{panel['title']}: too many lines to tell apart"


def alarming(board: Board) -> Iterator[str]:
    """Yield panels in which "no data" or "none" would be red, green, or the text of an axis."""
    for panel in panels(board):
        defaults = panel["fieldConfig"]["defaults"]
        if panel["type"] in {"timeseries", *STATES}:
            if "noValue" in defaults:
                yield f"{panel['title']}: noValue becomes the text of an axis, or is ignored"
            continue
        for name, field, _ in shown(panel):
            empty = field.get("noValue", "")
            first = field["thresholds"]["steps"][0]["color"]
            if not empty or first != ("gray" if empty == "no data" else "text"):
                yield f"{name}: {empty!r} would be {first}, the colour of the first threshold"
            if empty != "no data" and any(
                m["type"] == "special" for m in field.get("mappings", ())
            ):
                yield f"{name}: a mapping of nothing goes before {empty!r}"


def nameless(board: Board) -> Iterator[str]:
    """Yield bars without a name when alone, and bars that are empty where values are worst."""
    for panel in of_type(board, "bargauge"):
        if "${__field.labels." not in panel["fieldConfig"]["defaults"].get("displayName", ""):
            yield f"{panel['title']}: a single bar prints no name"
        if any(re.search(r"\bbottomk|sort\(", target["expr"]) for target in panel["targets"]):
            yield f"{panel['title']}: least first; a value below zero is an empty bar"


def nothing_first(board: Board) -> Iterator[str]:
    """Yield tables that rows without a value lead, since these sort lowest."""
    for panel in of_type(board, "table"):
        (by,) = panel["options"]["sortBy"]
        expressions = {name.partition(": ")[2]: expr for name, _, expr in shown(panel)}
        if by["desc"] or by["displayName"] not in expressions:
            continue
        read = metrics_of(expressions[by["displayName"]])
        if any(metrics_of(expr) - read for expr in expressions.values()):
            yield f"{panel['title']}: rows without {by['displayName']} come before the worst"


def buttons(board: Board) -> Iterator[str]:
    """Yield links that wrap into a second line."""
    for link in board["links"]:
        if link["type"] == "dashboards" and not link["asDropdown"]:
            yield f"{link['title']}: a button for each page; one dropdown holds them all"


def too_early(board: Board) -> Iterator[str]:
    """Yield pages and panels that show next to nothing in the first hour."""
    start = re.fullmatch(r"now-(\d+)([mhd])", board["time"]["from"])
    assert start is not None
    longest = 7 * DAY if board["uid"] == "uptime-ledger-executive" else DAY
    if int(start[1]) * SECONDS[start[2]] > longest * 3600:
        yield f"opens at {board['time']['from']}, with a needle's width of data"
    for panel in of_type(board, "timeseries"):
        if panel["fieldConfig"]["defaults"]["custom"]["showPoints"] == "never":
            yield f"{panel['title']}: shows nothing until there is a second point"
    for panel in of_type(board, "status-history"):
        if not all("or 0 / 0 * " in target["expr"] for target in panel["targets"]):
            yield f"{panel['title']}: stays empty until there is a second cell"


RULES = [
    *(late, stepped, untold, rounded, digits, foreign_marks, cut_off, shared, crowded, buried),
    *(alarming, nameless, nothing_first, buttons, too_early),
]


@EVERY
@pytest.mark.parametrize("rule", RULES)
def test_grafana_draws_every_page_as_it_is_meant(
    board: Board, rule: Callable[[Board], Iterator[str]]
) -> None:
    assert [*rule(board)] == []
