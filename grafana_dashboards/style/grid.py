"""Tables: columns that are queries, joined on the labels that they share."""

import string
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from grafana_foundation_sdk.builders.common import TableSortByFieldState
from grafana_foundation_sdk.builders.dashboard import FieldColor
from grafana_foundation_sdk.builders.table import Panel
from grafana_foundation_sdk.models.dashboard import (
    DataTransformerConfig,
    DynamicConfigValue,
    FieldColorModeId,
    ValueMapping,
)

from grafana_dashboards.style import looks, width
from grafana_dashboards.style.looks import (
    COUNT,
    NEUTRAL,
    NO_DATA,
    NOTHING,
    Steps,
    named,
    thresholds,
    with_nothing,
)
from grafana_dashboards.style.query import SOURCE, column, lettered


@dataclass(frozen=True)
class Column:
    """One column: its head, its query (one series per row), and how its cells look.

    ``empty`` is what a cell without a value means. A column in which no row has a value is not
    drawn at all, unless ``rows`` asks for every row: what lacks a value is -1 then, and reads
    ``empty``.
    """

    head: str
    expr: str
    unit: str = COUNT
    steps: Steps = NEUTRAL
    decimals: int | None = None
    mappings: Sequence[ValueMapping] = field(default=())
    empty: str = NO_DATA
    rows: str = ""

    def query(self, keys: Iterable[str]) -> str:
        """Return what is asked."""
        if not self.rows:
            return self.expr
        return f"{self.expr} or on ({', '.join(keys)}) 0 * {self.rows} - 1"

    def words(self) -> list[ValueMapping]:
        """Return the words that values stand for."""
        nothing = looks.words({"-1": (self.empty, looks.PLAIN)}) if self.rows else []
        return named([*nothing, *self.mappings], self.empty)


def grid(
    title: str,
    meaning: str,
    *columns: Column,
    keys: Mapping[str, str],
    sort: str,
    descending: bool = False,
    links: Mapping[str, str] | None = None,
    narrow: Mapping[str, int] | None = None,
    hidden: Mapping[str, str] | None = None,
    long_names: bool = False,
    empty: str = NO_DATA,
) -> Panel:
    """Return a table with one row per combination of ``keys``.

    Args:
        title: the panel's title.
        meaning: its description.
        columns: the queries; each must answer with exactly the labels in ``keys``.
        keys: label -> head; they are the first columns.
        sort: the head of the column that is sorted by; rows without a value are the lowest.
        descending: whether the greatest comes first.
        links: head -> address behind the cells of that column.
        narrow: head -> pixels of the keys that are shorter or longer than others.
        hidden: label -> head of keys that tell rows apart and are not shown.
        long_names: whether the keys get all room that the figures do not need, not their share.
        empty: what a table without rows means.
    """
    panel = Panel().title(title).description(meaning).datasource(SOURCE).no_value(empty)
    panel.targets([*lettered([column(c.query(keys)) for c in columns])])
    panel.unit(COUNT).thresholds(thresholds(with_nothing(NEUTRAL, empty))).show_header(True)
    panel.color_scheme(FieldColor().mode(FieldColorModeId.THRESHOLDS))
    panel.sort_by([TableSortByFieldState().display_name(sort).desc(descending)])
    for transformation in _joined(keys, hidden or {}, columns):
        panel.with_transformation(transformation)
    for head in keys.values():
        pixels = width.at_least((narrow or {}).get(head, width.KEY))
        # Or a label that is empty would read as a table that is.
        panel.override_by_name(head, [pixels, DynamicConfigValue(id_val="noValue", value=NOTHING)])
    for c in columns:
        words = (c.empty, *looks.texts(c.mappings))
        needed = width.of(c.head, c.unit, *words, decimals=c.decimals, sorts=c.head == sort)
        wide = width.exactly(needed) if long_names else width.at_least(needed)
        panel.override_by_name(c.head, [*_cells(c), wide])
    for head, url in (links or {}).items():
        link = {"title": "Open ${__value.text}", "url": url, "targetBlank": False}
        panel.override_by_name(head, [DynamicConfigValue(id_val="links", value=[link])])
    return panel


def _joined(
    keys: Mapping[str, str], hidden: Mapping[str, str], columns: Sequence[Column]
) -> list[DataTransformerConfig]:
    """Join the answers, hide the time, name and order the columns."""
    values = [f"Value #{letter}" for letter in string.ascii_uppercase[: len(columns)]]
    # A table with one query calls its column "Value", with more "Value #A" and so on.
    names = {**keys, **hidden, "Value": columns[0].head}
    names |= {value: c.head for value, c in zip(values, columns, strict=True)}
    order = {name: index for index, name in enumerate([*keys, "Value", *values])}
    unseen = dict.fromkeys(["Time", *hidden], True)
    organize = {"excludeByName": unseen, "indexByName": order, "renameByName": names}
    return [
        DataTransformerConfig(id_val="merge", options={}),
        DataTransformerConfig(id_val="organize", options=organize),
    ]


def _cells(c: Column) -> list[DynamicConfigValue]:
    # The key of schema version 36: Grafana 9.4 reads it, newer ones migrate it to cellOptions.
    # Coloured always: the text of an empty cell is grey where it says that nothing is known.
    wanted: dict[str, object] = {
        "unit": c.unit,
        "thresholds": thresholds(with_nothing(c.steps, c.empty)).build(),
        "custom.displayMode": "color-text",
        "decimals": c.decimals,
        "mappings": c.words() or None,
        "noValue": c.empty,
    }
    return [DynamicConfigValue(id_val=k, value=v) for k, v in wanted.items() if v is not None]
