"""How wide a table's columns must be, so that nothing in them is cut off.

Grafana makes columns 150 pixels wide at least, and lets those at the right vanish without a sign
when their sum is more than the panel's width.
"""

from grafana_foundation_sdk.models.dashboard import DynamicConfigValue

from grafana_dashboards.style import looks

KEY = 150  # names: these are cut where they are longer
_DIGIT = 8.5  # pixels of a digit, the widest of what figures are written with
_CELL, _HEAD = 16, 28  # what surrounds the text of a cell, and of a head that is sorted by
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


def of(head: str, unit: str, *words: str) -> int:
    """Return the pixels that a column needs for its head and for the longest text of its unit."""
    cell = max(map(len, (_LONGEST[unit], *words))) * _DIGIT + _CELL
    return round(max(cell, len(head) * _DIGIT + _HEAD))


def exactly(pixels: int) -> DynamicConfigValue:
    """Return the override of a column that stays so wide, so that others get what is left."""
    return DynamicConfigValue(id_val="custom.width", value=pixels)


def at_least(pixels: int) -> DynamicConfigValue:
    """Return the override of a column that makes it so wide; it grows where there is room."""
    return DynamicConfigValue(id_val="custom.minWidth", value=pixels)
