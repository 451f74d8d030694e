"""How wide a table's columns must be, so that nothing in them is cut off.

Grafana makes columns 150 pixels wide at least, and lets those at the right vanish without a sign
when their sum is more than the panel's width.
"""

from collections.abc import Iterator
from typing import NamedTuple

from grafana_foundation_sdk.models.dashboard import DynamicConfigValue, Panel

from grafana_dashboards.style import looks

_EXACT, _LEAST = "custom.width", "custom.minWidth"
KEY = 150  # names: these are cut where they are longer
_DIGIT = 8.5  # pixels of a digit, the widest of what figures are written with
_WIDE = 3  # how much wider the letters m and w are
_CELL, _ARROW = 16, 20  # what surrounds the text of a cell, and stands beside a head sorted by
_SHARE = "-1000"  # per cent, before its decimals
_LONGEST = {
    looks.RATIO: "-100.000%",
    looks.POINTS: "-100.000 pp",
    looks.DURATION: "365 d 23:59:59",
    looks.SECONDS: "59.999 mins",
    looks.WHEN: "2026-12-31 23:59:59",
    looks.MONEY: "1,000,000",
    looks.BYTES: "1023.9 GiB",
    looks.COUNT: "100,000",
}


def of(head: str, unit: str, *words: str, decimals: int | None = None, sorts: bool = False) -> int:
    """Return the pixels that a column needs for its head and for the longest text of its unit.

    ``sorts`` is whether the table is sorted by it at first: an arrow stands beside its head.
    """
    figure = _LONGEST[unit]
    if unit == looks.RATIO and decimals is not None and decimals < looks.LEVEL_DIGITS:
        figure = f"{_SHARE}{'.' * (decimals > 0)}{'0' * decimals}%"
    cell = max(map(len, (figure, *words))) * _DIGIT
    letters = len(head) * _DIGIT + _WIDE * sum(map(head.lower().count, "mw"))
    return round(max(cell, letters + _ARROW * sorts) + _CELL)


def exactly(pixels: int) -> DynamicConfigValue:
    """Return the override of a column that stays so wide, so that others get what is left."""
    return DynamicConfigValue(id_val=_EXACT, value=pixels)


def at_least(pixels: int) -> DynamicConfigValue:
    """Return the override of a column that makes it so wide; it grows where there is room."""
    return DynamicConfigValue(id_val=_LEAST, value=pixels)


def settled(panel: Panel, columns: int) -> Panel:
    """Fix columns of a table where one needs more than its share of the width.

    Grafana 9.4 makes room for that one itself; newer ones give each its share or its least, so
    that a sum that fits is wider than the panel. Figures and short names are fixed, so that long
    names grow with the page; then the shortest of these, while another has not enough. ``columns``
    are the page's, of 24.
    """
    sizes = [*_sizes(panel)]
    left = room(columns) - sum(size.pixels for size in sizes if size.option.id_val == _EXACT)
    free = [size for size in sizes if size.option.id_val == _LEAST]
    free.sort(key=lambda size: (size.long, size.pixels))
    while len(free) > 1 and max(size.pixels for size in free) > left / len(free):
        short = sum(not size.long for size in free)
        fixed = free[: min(short, len(free) - 1) or 1]
        for size in fixed:
            size.option.id_val = _EXACT
        left -= sum(size.pixels for size in fixed)
        free = free[len(fixed) :]
    return panel


class _Size(NamedTuple):
    option: DynamicConfigValue
    pixels: int
    long: bool


def _sizes(panel: Panel) -> Iterator[_Size]:
    """Yield the widths, and whether they are of long names, which grow."""
    found: list[_Size] = []
    for override in panel.field_config.overrides if panel.field_config else []:
        named = all(each.id_val != "unit" for each in override.properties)  # figures have one
        found.extend(
            _Size(option, option.value, named)
            for option in override.properties
            if option.id_val in {_EXACT, _LEAST} and isinstance(option.value, int)
        )
    long = min(KEY, max((size.pixels for size in found if size.long), default=KEY))
    return (size._replace(long=size.long and size.pixels >= long) for size in found)


def room(columns: int) -> float:
    """Return the pixels for a table's columns in so many of a page's 24, at 1,280 pixels."""
    page = 1280 - 56 - 2 * 16  # the menu, and what is on either side
    return (page + 8) / 24 * columns - 26
