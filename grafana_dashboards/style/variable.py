"""The variables of the dashboards."""

from collections.abc import Sequence
from typing import Any

from grafana_foundation_sdk.builders.dashboard import DatasourceVariable, QueryVariable
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.dashboard import (
    VariableModel,
    VariableOption,
    VariableRefresh,
    VariableSort,
)

from grafana_dashboards.style.query import SOURCE

ALL = VariableOption(selected=True, text="All", value="$__all")
# The SDK gives every variable one id, by which Grafana would keep only the last of them.
_OF_OTHER_KINDS = {"id", "auto", "auto_min", "auto_count"}


def datasource() -> DatasourceVariable:
    """Let the reader choose among the Prometheus data sources."""
    return DatasourceVariable("datasource").label("Data source").type("prometheus")


def choice(
    name: str, label: str, selector: str, *, of: str | None = None, every: str | None = None
) -> QueryVariable:
    """Let the reader choose some of a label's values; at first all.

    Args:
        name: the variable's name.
        label: what the reader sees.
        selector: the series whose label values are offered.
        of: the label, when it is not called like the variable.
        every: what "All" stands for; default: each value that is offered.
    """
    variable = _asked(name, label, selector, of).multi(True).include_all(True).current(ALL)
    return variable if every is None else variable.all_value(every)


def pick(
    name: str, label: str, selector: str, *, of: str | None = None, first: str | None = None
) -> QueryVariable:
    """Let the reader choose exactly one of a label's values; ``first`` is chosen at first."""
    variable = _asked(name, label, selector, of).multi(False).include_all(False)
    return variable if first is None else variable.current(VariableOption(True, first, first))


def _asked(name: str, label: str, selector: str, of: str | None) -> QueryVariable:
    query = f"label_values({selector}, {of or name})"
    variable = QueryVariable(name).label(label).query({"query": query, "refId": name})
    variable.datasource(SOURCE).sort(VariableSort.ALPHABETICAL_ASC)
    return variable.refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)


def services() -> list[QueryVariable]:
    """Let the reader choose by owner, tier and service; each narrows the next."""
    # ".*" also matches services that no exporter tells the owner of.
    return [
        choice("owner", "Owner", "service:info", every=".*"),
        choice("tier", "Tier", 'service:info{owner=~"$owner"}', every=".*"),
        choice("service", "Service", 'service:info{owner=~"$owner", tier=~"$tier"}'),
    ]


def templating(variables: Sequence[Builder[VariableModel]]) -> dict[str, Any]:
    """Return the variables with those keys only that belong to a variable of a query or source."""
    return {"list": [_own(variable.build()) for variable in variables]}


def _own(variable: VariableModel) -> dict[str, Any]:
    written: dict[str, object] = variable.to_json()
    return {key: value for key, value in written.items() if key not in _OF_OTHER_KINDS}
