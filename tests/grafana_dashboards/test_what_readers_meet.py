"""What a reader stumbles over is told, over the JSON of every page; and each rule is seen to."""

import copy
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from grafana_dashboards.queries import metrics_of, panels
from tests.grafana_dashboards import test_what_grafana_draws as drawn
from tests.grafana_dashboards import test_what_grafana_keeps as kept
from tests.grafana_dashboards.boards import BOARDS, EVERY, Board, changed, notes, of_type, variables

BAR = 1280 - 73 - 18  # pixels of the bar, of a choice's box, of a switch, and between them
BOX, SOURCE, SWITCH, APART = 55, 115, 70, 16
Rule = Callable[[Board], Iterator[str]]
OPENING = 40
TITLE = 6.5  # pixels of a letter of a title, on average
NARROW, WIDE, OTHER = 4.4, 11.6, 8  # pixels of letters like i, like m, and the others
LETTER = 0.58  # of the size of a letter is its width, at most
WIDEST = {"dateTimeAsIso": "2026-10-31 23:59:59", "dtdhms": "365 d 23:59:59"}
WIDEST |= {"percentunit": "-1900.0%", "locale": "1,000,000", "s": "59.9 mins"}
# Keys of newer kinds of dashboards, of exports by hand and of panels kept elsewhere.
OTHER_KINDS = {"__inputs", "__requires", "__elements", "apiVersion", "kind", "spec", "metadata"}
CORE = {"timeseries", "stat", "gauge", "bargauge", "table", "state-timeline", "status-history"}
CORE |= {"text", "row"}


def judged(board: Board) -> Iterator[str]:
    """Yield titles by which a window that still runs was missed: it is on course or lost."""
    for panel in panels(board):
        if re.search(r"\bmissed\b", panel["title"]) and "clos" not in panel["description"]:
            yield f"{panel['title']}: a running window is on course, at risk or lost"


def piled(board: Board) -> Iterator[str]:
    """Yield marks of moments before the range, which Grafana piles up at its left edge."""
    for note in notes(board):
        if ">= $__from <= $__to" not in note["expr"]:
            yield f"{note['name']}: times outside the range are marked at its edge"


def switches(board: Board) -> Iterator[str]:
    """Yield switches of annotations that a page's bar has no room for at 1,280 pixels."""
    shown = [note["name"] for note in notes(board) if not note["hide"]]
    if len(shown) > 2:
        yield f"{len(shown)} switches {shown}: with the variables they take two lines"


def wrapped(board: Board) -> Iterator[str]:
    """Yield pages whose bar of variables and switches takes two lines at 1,280 pixels."""
    used = sum(len(link["title"]) * TITLE + 40 for link in board["links"])
    for variable in variables(board):
        if variable["hide"] != 2:
            used += APART + (SOURCE if variable["type"] == "datasource" else BOX)
            used += 0 if variable["hide"] else len(variable["label"]) * TITLE + 17
    for note in notes(board):
        used += APART + (0 if note["hide"] else len(note["name"]) * TITLE + SWITCH)
    if used > BAR:
        yield f"a bar of {used:.0f} pixels in {BAR}"


def squeezed(board: Board) -> Iterator[str]:
    """Yield legends whose figures a long name pushes out of a narrow panel at 1,280 pixels."""
    for panel in of_type(board, "timeseries"):
        many = "ten " in panel["title"]  # of all hosts; elsewhere those of one are told apart
        if panel["options"]["legend"]["displayMode"] != "table" or not many:
            continue
        room = (1280 - 56 - 2 * 16 + 8) / 24 * panel["gridPos"]["w"] - 26
        for target in panel["targets"]:
            if "{{instance}}" in target["legendFormat"] and room < 420:
                yield f"{panel['title']}: a host's full name and two figures in {room:.0f} pixels"


def shortened(board: Board) -> Iterator[str]:
    """Yield titles that Grafana 12 cuts at 1,280 pixels: its sign of a description stands beside.

    Measured there: a title has 82 pixels less than its panel.
    """
    for panel in panels(board):
        wide = [
            NARROW if c in "iltfrjI,.()' " else WIDE if c in "mwMW" else OTHER
            for c in panel["title"]
        ]
        room = (1280 - 32 + 8) / 24 * panel["gridPos"]["w"] - 8 - 82
        if sum(wide) > room:
            yield f"{panel['title']}: a title of {sum(wide):.0f} pixels in {room:.0f}"


def tiny(board: Board) -> Iterator[str]:
    """Yield rates per second of what happens a few times an hour: 0.0030 ops/s says nothing."""
    for panel in panels(board):
        if panel["fieldConfig"]["defaults"].get("unit") == "ops":
            yield f"{panel['title']}: tell it per minute, in a plain unit"


def other_kinds(board: Board) -> Iterator[str]:
    """Yield what only newer Grafanas, exports by hand or plug-ins know."""
    for key in sorted(board.keys() & OTHER_KINDS):
        yield f"{key}: not of the classic schema"
    if board["schemaVersion"] != 36:
        yield f"schema {board['schemaVersion']}: every Grafana from 9.4 on migrates 36"
    for panel in panels(board):
        if panel["type"] not in CORE or "libraryPanel" in panel:
            yield f"{panel['title']}: a panel of a plug-in or a library"


def crowd(board: Board) -> Iterator[str]:
    """Yield pages that ask more on opening than a browser and a Prometheus answer at once."""
    open_ones = [panel for panel in board["panels"] if panel["type"] != "row"]
    asked = sum(len(panel.get("targets", ())) for panel in open_ones)
    asked += len(notes(board))
    if asked > OPENING:
        yield f"{asked} queries on opening, {OPENING} at most: fold what is not read at once"


def questionless(board: Board) -> Iterator[str]:
    """Yield pages that do not say which question they answer."""
    if "?" not in board["description"]:
        yield f"{board['title']}: which question does its reader have?"


def unobserved(board: Board) -> Iterator[str]:
    """Yield pages about our processes that do not read what every process tells of itself."""
    if board["uid"] == "uptime-ledger-itself":
        read = {n for p in panels(board) for t in p["targets"] for n in metrics_of(t["expr"])}
        for name in ("process_cpu_seconds_total", "process_resident_memory_bytes"):
            if name not in read:
                yield f"{name}: is it the processor or the memory that our own processes lack?"


def shrunk(board: Board) -> Iterator[str]:
    """Yield big numbers of no fixed size, or of one at which their longest word is cut."""
    for panel in of_type(board, "stat", "bargauge"):
        size = panel["options"].get("text", {})
        if not size.get("valueSize") or not size.get("titleSize"):
            yield f"{panel['title']}: its text shrinks to nothing where a name is long"
            continue
        # The widest of one line at 1,280 pixels; words wrap, so that the longest must fit.
        room = (1280 - 56 - 2 * 16 + 8) / 24 * panel["gridPos"]["w"] - 24
        if panel["type"] == "stat" and len(panel["title"]) * TITLE > room - 31:
            yield f"{panel['title']}: the title is cut"
        longest = max((w for text in _texts(panel) for w in text.split()), key=len)
        if panel["type"] == "stat" and len(longest) * size["valueSize"] * LETTER > room:
            yield f"{panel['title']}: {longest!r} of {size['valueSize']} pixels in {room:.0f}"


def _texts(panel: dict[str, Any]) -> Iterator[str]:
    """Yield what a big number may say."""
    defaults = panel["fieldConfig"]["defaults"]
    # Words stand for every value of a state, and beside a time that is none.
    if defaults["unit"] != "none" or not defaults.get("mappings"):
        share = defaults["unit"] == "percentunit" and defaults.get("decimals") == 0
        yield "100%" if share else WIDEST.get(defaults["unit"], "10,000")
    yield defaults["noValue"]
    for mapping in defaults.get("mappings", ()):
        if mapping["type"] == "value":
            yield from (result["text"] for result in mapping["options"].values())


def unclamped(board: Board) -> Iterator[str]:
    """Yield lines of a budget that leave the axis: what is lost by far is not to be seen."""
    for panel in of_type(board, "timeseries"):
        low = panel["fieldConfig"]["defaults"].get("min")
        for target in panel["targets"]:
            read = "sla_error_budget_remaining_ratio" in metrics_of(target["expr"])
            if read and low is not None and "clamp_min(" not in target["expr"]:
                yield f"{panel['title']}: a line below {low} is outside of the axis"


def undated(board: Board) -> Iterator[str]:
    """Yield pages that open with hours of samples and do not say since when there are any."""
    titles = {panel["title"] for panel in panels(board)}
    if board["time"]["from"] == "now-6h" and not titles & {"Data since", "Outages listed since"}:
        yield f"{board['title']}: in the first hour, since when are there data?"


def unnamed(board: Board) -> Iterator[str]:
    """Yield strips of days whose grey nothing explains: Grafana's legend has the limits alone."""
    for panel in of_type(board, "status-history"):
        if "grey: no data" not in panel["title"]:
            yield f"{panel['title']}: what is grey?"


def run_together(board: Board) -> Iterator[str]:
    """Yield legends in which one label follows another without a space: "db-1:9100node"."""
    for panel in panels(board):
        for target in panel["targets"]:
            if "}}{{" in target.get("legendFormat", ""):
                yield f"{panel['title']}: {target['legendFormat']} reads as one word"


def lofty(board: Board) -> Iterator[str]:
    """Yield counts that Grafana draws on a scale up to 100 where there are none."""
    for panel in of_type(board, "timeseries"):
        defaults = panel["fieldConfig"]["defaults"]
        if defaults["unit"] == "none" and "axisSoftMax" not in defaults["custom"]:
            yield f"{panel['title']}: none is a line at the foot of a scale up to 100"


def in_weeks(board: Board) -> Iterator[str]:
    """Yield limits of days beside which Grafana writes of "2.86 week"."""
    for panel in of_type(board, "timeseries"):
        unit = panel["fieldConfig"]["defaults"]["unit"]
        for target in panel["targets"]:
            said = re.fullmatch(r"fires .* (days|h)", target["legendFormat"])
            if said and unit != f"suffix:{said[1]}":
                yield f"{panel['title']}: {target['legendFormat']!r} beside figures in {unit}"


def gone(board: Board) -> Iterator[str]:
    """Yield lists of rules that lose the columns "Now" and "Fired" on a quiet day."""
    for panel in of_type(board, "table"):
        for target in panel["targets"]:
            if panel["title"].startswith("Rules: ") and not re.search(
                r"or on \(\) 0 \* |^label_replace", target["expr"]
            ):
                yield f"{panel['title']}: where nothing fires {target['refId']} is no column"


RULES: list[Rule] = [
    *(judged, piled, switches, tiny, other_kinds, crowd, questionless, unobserved),
    *(shrunk, unclamped, undated, unnamed, wrapped, squeezed, shortened),
    *(run_together, lofty, in_weeks, gone),
]


@EVERY
@pytest.mark.parametrize("rule", RULES)
def test_nobody_stumbles_on_a_page(board: Board, rule: Rule) -> None:
    assert [*rule(board)] == []


def _panel(board: Board, kind: str) -> dict[str, Any]:
    return next(of_type(board, kind))


def _field(kind: str, key: str, value: object) -> Callable[[Board], None]:
    """Return what sets a field of the first panel of a kind."""

    def spoil(board: Board) -> None:
        _panel(board, kind)["fieldConfig"]["defaults"][key] = value

    return spoil


def _query(kind: str, old: str, new: str) -> Callable[[Board], None]:
    """Return what replaces text in the queries of all panels of a kind."""

    def spoil(board: Board) -> None:
        for panel in of_type(board, kind):
            for target in panel["targets"]:
                target["expr"] = re.sub(old, new, target["expr"])

    return spoil


def _legends(old: str, new: str) -> Callable[[Board], None]:
    def spoil(board: Board) -> None:
        for panel in panels(board):
            for target in panel["targets"]:
                target["legendFormat"] = target.get("legendFormat", "").replace(old, new)

    return spoil


def _soft_end(board: Board) -> None:
    for panel in of_type(board, "timeseries"):
        panel["fieldConfig"]["defaults"]["custom"].pop("axisSoftMax", None)


def _note(key: str, value: object) -> Callable[[Board], None]:
    def spoil(board: Board) -> None:
        for note in notes(board):
            note[key] = value

    return spoil


def _note_query(old: str, new: str) -> Callable[[Board], None]:
    def spoil(board: Board) -> None:
        for note in notes(board):
            note["expr"] = note["expr"].replace(old, new)

    return spoil


def _set(path: str, value: object) -> Callable[[Board], None]:
    """Return what sets a value deep in a page; the path's words are keys, its numbers indices."""

    def spoil(board: Board) -> None:
        *before, last = path.split(".")
        part: Any = board
        for word in before:
            part = part[int(word) if word.isdigit() else word]
        part[last] = value

    return spoil


def _of(kind: str, path: str, value: object) -> Callable[[Board], None]:
    """Return what sets a value in every panel of a kind."""

    def spoil(board: Board) -> None:
        for panel in of_type(board, kind):
            _set(path, value)(panel)

    return spoil


def _untold(board: Board) -> None:
    for panel in panels(board):
        for target in panel["targets"]:
            target["expr"] = target["expr"].replace("sla_outages_complete_since", "sla_other")


def _many(board: Board) -> None:
    panel = _panel(board, "table")
    panel["targets"] = [copy.deepcopy(panel["targets"][0]) for _ in range(OPENING + 1)]


def _wide(board: Board) -> None:
    for panel in of_type(board, "table"):
        panel["gridPos"]["w"] = 6


def _yielding(board: Board) -> None:
    for panel in of_type(board, "table"):
        for override in panel["fieldConfig"]["overrides"]:
            for wanted in override["properties"]:
                if wanted["id"] == "custom.width":
                    wanted["id"] = "custom.minWidth"


def _doubled(board: Board) -> None:
    for variable in board["templating"]["list"]:
        variable["id"] = "00000000-0000-0000-0000-000000000000"


def _exact(board: Board) -> None:
    for panel in of_type(board, "table"):
        for override in panel["fieldConfig"]["overrides"]:
            for wanted in override["properties"]:
                wanted["value"] = 4 if wanted["id"] == "decimals" else wanted["value"]


def _ascending(board: Board) -> None:
    panel = next(p for p in of_type(board, "table") if p["title"] == "Last run of every probe")
    panel["options"]["sortBy"] = [{"displayName": "HTTP status", "desc": False}]


THRESHOLDS = "fieldConfig.defaults.thresholds.steps.0.color"


# What was seen in Grafana on earlier pages, each made of a page as it is: (rule, page, fault).
def _unobserved(board: Board) -> None:
    for panel in panels(board):
        for target in panel["targets"]:
            target["expr"] = target["expr"].replace("process_", "proc_")


SEEN: list[tuple[Rule, str, Callable[[Board], None]]] = [
    (kept.twice, "outages", _doubled),
    (kept.foreign, "outages", _set("templating.list.0.auto", value=False)),
    (kept.grey, "probes", _of("state-timeline", "fieldConfig.defaults.color.mode", "thresholds")),
    (drawn.late, "outages", _query("state-timeline", r" offset -\$__interval", "")),
    (drawn.stepped, "outages", _of("table", "targets.0.instant", value=False)),
    (drawn.stepped, "outages", _note("useValueForTime", value=False)),
    (drawn.stepped, "outages", _note_query("outage_start", "outage_open_since")),
    (drawn.untold, "outages", _untold),
    (drawn.rounded, "executive", _field("stat", "unit", "dtdurations")),
    (drawn.digits, "service-levels", _exact),
    (drawn.foreign_marks, "outages", _note_query("and on () (count(", "and on () (group(")),
    (drawn.cut_off, "outages", _wide),
    (drawn.crowded, "outages", _query("state-timeline", r"bottomk\(\d+", "bottomk(40")),
    (drawn.buried, "probes", _of("timeseries", "options.legend.sortBy", "Name")),
    (drawn.alarming, "executive", _of("stat", THRESHOLDS, "red")),
    (drawn.nameless, "probes", _field("bargauge", "displayName", "")),
    (drawn.nothing_first, "probes", _ascending),
    (drawn.buttons, "probes", _set("links.0.asDropdown", value=False)),
    (drawn.too_early, "probes", _set("time.from", "now-30d")),
    (judged, "outages", _of("stat", "title", "Objectives missed")),
    (piled, "outages", _note_query(">= $__from <= $__to", "")),
    (switches, "outages", _note("hide", value=False)),
    (tiny, "probes", _field("timeseries", "unit", "ops")),
    (other_kinds, "probes", _set("__inputs", [])),
    (crowd, "probes", _many),
    (questionless, "probes", _set("description", "Everything.")),
    (unobserved, "uptime-ledger-itself", _unobserved),
    (shrunk, "probes", _of("stat", "options.text", {})),
    (shrunk, "one-service", _of("stat", "options.text.valueSize", 50)),
    (shrunk, "probes", _of("stat", "title", "What is said at far too great a length")),
    (unclamped, "service-levels", _query("timeseries", r"clamp_min", "abs")),
    (undated, "server-health", _of("stat", "title", "Hosts")),
    (wrapped, "outages", _note("hide", value=False)),
    (squeezed, "server-health", _of("timeseries", "gridPos.w", 8)),
    (run_together, "alerts", _legends(" ", "")),
    (lofty, "one-host", _soft_end),
    (in_weeks, "alerts", _of("timeseries", "fieldConfig.defaults.unit", "s")),
    (gone, "alerts", _query("table", r"or on \(\) 0 \*.*", "")),
    (unnamed, "service-levels", _of("status-history", "title", "Availability per day")),
    (shortened, "one-service", _of("stat", "title", "Unplanned downtime")),
    (drawn.shared, "outages", _yielding),
]


@pytest.mark.parametrize(
    ("rule", "name", "spoil"), SEEN, ids=lambda part: getattr(part, "__name__", None)
)
def test_each_rule_tells_what_was_seen_in_grafana(
    rule: Rule, name: str, spoil: Callable[[Board], None]
) -> None:
    board = changed(name)
    assert [*rule(board)] == []
    spoil(board)
    assert [*rule(board)] != []


def test_every_rule_is_seen_to_tell() -> None:
    rules = {*RULES, *drawn.RULES, kept.foreign, kept.twice, kept.grey}
    assert {rule for rule, _, _ in SEEN} == rules
    assert BOARDS
