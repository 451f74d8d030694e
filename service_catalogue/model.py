"""The whole catalogue."""

from functools import cached_property
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from service_catalogue.base import Currency, Frozen, Identifier, Name, Zone
from service_catalogue.calendar import Calendar
from service_catalogue.maintenance import Maintenance, WindowEntry
from service_catalogue.notifications import Report, Slack
from service_catalogue.prometheus import Prometheus
from service_catalogue.service import Service


def _windows(value: Any) -> Any:
    """Read a bare list as ``maintenance.windows``."""
    return {"windows": value} if isinstance(value, list) else value


class Catalogue(Frozen):
    """What the organisation runs, owes and reports: the content of services.yml."""

    organization: Name
    timezone: Zone
    currency: Currency = "EUR"
    prometheus: Prometheus = Prometheus()
    calendars: dict[Identifier, Calendar] = Field(default_factory=dict)
    services: Annotated[tuple[Service, ...], Field(json_schema_extra={"minItems": 1})]
    maintenance: Annotated[
        Maintenance,
        BeforeValidator(_windows, json_schema_input_type=Maintenance | list[WindowEntry]),
    ] = Maintenance()
    slack: Slack = Slack()
    reports: tuple[Report, ...] = ()

    def service(self, identifier: str) -> Service:
        """Return the service of that id.

        Raises:
            KeyError: there is none.
        """
        return self._by_id[identifier]

    def find(self, identifier: str | None) -> Service | None:
        """Return the service of that id, if there is one."""
        return None if identifier is None else self._by_id.get(identifier)

    @cached_property
    def _by_id(self) -> dict[str, Service]:
        return {service.id: service for service in self.services}
