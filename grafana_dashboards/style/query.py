"""A panel's queries; Grafana wants one letter each, given in the order of writing."""

import string
from collections.abc import Sequence

from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.models.dashboard import DataSourceRef
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

SOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")


def over_time(expr: str, legend: str) -> Dataquery:
    """Ask for a range: lines and strips."""
    return Dataquery().expr(expr).legend_format(legend).range()


def now(expr: str, legend: str) -> Dataquery:
    """Ask for the end of the range only: big numbers and bars."""
    return Dataquery().expr(expr).legend_format(legend).instant()


def column(expr: str) -> Dataquery:
    """Ask for the end of the range as a table: one row per series, labels as fields."""
    return Dataquery().expr(expr).instant().format(PromQueryFormat.TABLE)


def moments(expr: str) -> Dataquery:
    """Ask for a range as a table: one row per series and step."""
    return Dataquery().expr(expr).range().format(PromQueryFormat.TABLE)


def lettered(queries: Sequence[Dataquery]) -> list[Dataquery]:
    """Give each query its letter and the dashboard's data source."""
    return [
        query.ref_id(letter).datasource(SOURCE)
        for letter, query in zip(string.ascii_uppercase, queries, strict=False)
    ]
