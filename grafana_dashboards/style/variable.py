"""The variables of the dashboards."""

from collections.abc import Sequence
from typing import Any

from grafana_foundation_sdk.builders.dashboard import DatasourceVariable, QueryVariable
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.dashboard import (
    VariableHide,
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
    chosen = DatasourceVariable("datasource").label("Data source").type("prometheus")
    return chosen.hide(VariableHide.HIDE_LABEL)  # its name says what it is, in half the room


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


def services(*, by_agreement: bool = True) -> list[QueryVariable]:
    """Let the reader choose by owner, tier, agreement, label and service; each narrows the next."""
    # ".*" also matches services that nobody tells the owner of.
    of_tier = 'owner=~"$owner", tier=~"$tier"'
    agreed = f'{of_tier}, agreement=~"{_one_of("agreement")}"' if by_agreement else of_tier
    labelled = f'{agreed}, labels=~"{_one_of("label")}"'
    return [
        choice("owner", "Owner", "service_info", every=".*"),
        choice("tier", "Tier", 'service_info{owner=~"$owner"}', every=".*"),
        *([parts("agreement", "Agreement", f"service_info{{{of_tier}}}")] * by_agreement),
        parts("label", "Label", f"service_info{{{agreed}}}", of="labels"),
        choice("service", "Service", f"service_info{{{labelled}}}"),
    ]


def parts(name: str, label: str, selector: str, *, of: str | None = None) -> QueryVariable:
    """Let the reader choose some of what stands in a label with commas between; at first all."""
    return choice(name, label, selector, of=of, every=".*").regex("/([^,]+)/g")


def _one_of(name: str) -> str:
    """Return what matches a label that holds the chosen values among others."""
    return f"(.*,)?(${name})(,.*)?"


def service() -> list[QueryVariable]:
    """Let the reader choose exactly one service, as ``one``.

    Queries read it as ``service``, which takes nothing from the address: the other pages leave
    "All" there, or several, of which this one knows nothing.
    """
    chosen = _asked("service", "Chosen", 'service_info{service=~"$one"}', None)
    chosen.multi(False).include_all(False).hide(VariableHide.HIDE_VARIABLE)
    return [pick("one", "Service", "service_info", of="service"), chosen]


def templating(variables: Sequence[Builder[VariableModel]]) -> dict[str, Any]:
    """Return the variables with those keys only that belong to a variable of a query or source."""
    return {"list": [_own(variable.build()) for variable in variables]}


def _own(variable: VariableModel) -> dict[str, Any]:
    written: dict[str, object] = variable.to_json()
    found = {key: value for key, value in written.items() if key not in _OF_OTHER_KINDS}
    # What the reader does not see, the address does not set either.
    return found | {"skipUrlSync": variable.hide == VariableHide.HIDE_VARIABLE}
