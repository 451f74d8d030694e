"""How wide a table's columns must be, so that nothing in them is cut off.

Grafana makes columns 150 pixels wide at least, and lets those at the right vanish without a sign
when their sum is more than the panel's width.
"""

from grafana_foundation_sdk.models.dashboard import DynamicConfigValue, Panel

from grafana_dashboards.style import looks

_EXACT, _LEAST = "custom.width", "custom.minWidth"
KEY = 150  # names: these are cut where they are longer
_DIGIT = 8.5  # pixels of a digit, the widest of what figures are written with
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
    return round(max(cell, len(head) * _DIGIT + _ARROW * sorts) + _CELL)


def exactly(pixels: int) -> DynamicConfigValue:
    """Return the override of a column that stays so wide, so that others get what is left."""
    return DynamicConfigValue(id_val=_EXACT, value=pixels)


def at_least(pixels: int) -> DynamicConfigValue:
    """Return the override of a column that makes it so wide; it grows where there is room."""
    return DynamicConfigValue(id_val=_LEAST, value=pixels)


def settled(panel: Panel, columns: int) -> Panel:
    """Fix columns of a table until no other needs more than its share of what they leave.

    Grafana 9.4 makes room for those itself; newer ones give each its share or its least, so that
    a sum that fits is wider than the panel. Figures are fixed before names, which grow with the
    page. ``columns`` are the page's, of 24.
    """
    figures, names = _sizes(panel)
    sizes = [*figures, *names]
    left = room(columns) - sum(size.value for size in sizes if size.id_val == _EXACT)
    free = [size for size in sizes if size.id_val == _LEAST]
    while len(free) > 1 and max(size.value for size in free) > left / len(free):
        least = min(free, key=lambda size: (_order(size, figures, left / len(free)), size.value))
        least.id_val = _EXACT
        left -= least.value
        free.remove(least)
    return panel


def _order(size: DynamicConfigValue, figures: list[DynamicConfigValue], share: float) -> int:
    """Return 0 for figures that need more than their share, 1 for others, 2 for names."""
    figure = any(size is other for other in figures)
    return 2 - figure * (1 + (size.value > share))


def _sizes(panel: Panel) -> tuple[list[DynamicConfigValue], list[DynamicConfigValue]]:
    """Return the widths of figures, which have a unit, and of names."""
    found: tuple[list[DynamicConfigValue], list[DynamicConfigValue]] = ([], [])
    for override in panel.field_config.overrides if panel.field_config else []:
        named = all(each.id_val != "unit" for each in override.properties)
        found[named].extend(each for each in override.properties if each.id_val in {_EXACT, _LEAST})
    return found


def room(columns: int) -> float:
    """Return the pixels for a table's columns in so many of a page's 24, at 1,280 pixels."""
    page = 1280 - 56 - 2 * 16  # the menu, and what is on either side
    return (page + 8) / 24 * columns - 26
