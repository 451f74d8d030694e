"""How wide a table's columns must be, so that nothing in them is cut off.

Grafana makes columns 150 pixels wide at least, and lets those at the right vanish without a sign
when their sum is more than the panel's width.
"""

from collections.abc import Iterator

from grafana_foundation_sdk.models.dashboard import DynamicConfigValue, Panel

from grafana_dashboards.style import looks

_EXACT, _LEAST = "custom.width", "custom.minWidth"
KEY = 150  # names: these are cut where they are longer
_DIGIT = 8.5  # pixels of a digit, the widest of what figures are written with
_CELL, _ARROW = 16, 12  # what surrounds the text of a cell, and stands beside a head sorted by
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
    return round(max(cell, len(head) * _DIGIT + _ARROW * sorts) + _CELL)


def exactly(pixels: int) -> DynamicConfigValue:
    """Return the override of a column that stays so wide, so that others get what is left."""
    return DynamicConfigValue(id_val=_EXACT, value=pixels)


def at_least(pixels: int) -> DynamicConfigValue:
    """Return the override of a column that makes it so wide; it grows where there is room."""
    return DynamicConfigValue(id_val=_LEAST, value=pixels)


def settled(panel: Panel, columns: int) -> Panel:
    """Make those columns of a table fixed that need more than their share of its width.

    Grafana 9.4 shares what is left among the others; newer ones give each the same share of the
    whole, so that a sum that fits is wider than the panel. ``columns`` are the page's, of 24.
    """
    sizes = {id(value): value for value in _sizes(panel)}
    left, sharing = room(columns), len(sizes)
    for value in sizes.values():
        if value.id_val == _EXACT:
            left, sharing = left - value.value, sharing - 1
    for value in sorted(sizes.values(), key=lambda each: each.value, reverse=True):
        if value.id_val == _LEAST and sharing > 1 and value.value > left / sharing:
            value.id_val = _EXACT
            left, sharing = left - value.value, sharing - 1
    return panel


def _sizes(panel: Panel) -> Iterator[DynamicConfigValue]:
    overrides = panel.field_config.overrides if panel.field_config else []
    for override in overrides:
        yield from (each for each in override.properties if each.id_val in {_EXACT, _LEAST})


def room(columns: int) -> float:
    """Return the pixels for a table's columns in so many of a page's 24, at 1,280 pixels."""
    page = 1280 - 56 - 2 * 16  # the menu, and what is on either side
    return (page + 8) / 24 * columns - 26
