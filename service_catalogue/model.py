"""The whole catalogue."""

from datetime import tzinfo
from functools import cached_property
from typing import Annotated, Any, NamedTuple

from pydantic import BeforeValidator, Field, PrivateAttr

from service_catalogue.agreement import Agreement
from service_catalogue.base import Currency, Frozen, Identifier, Name, Zone
from service_catalogue.calendar import Calendar
from service_catalogue.mail import Mail
from service_catalogue.maintenance import Maintenance, WindowEntry
from service_catalogue.notifications import Grafana, Notifications, Report, Slack
from service_catalogue.prometheus import HttpUrl, Prometheus
from service_catalogue.service import Service


def _windows(value: Any) -> Any:
    """Read a bare list as ``maintenance.windows``."""
    return {"windows": value} if isinstance(value, list) else value


class WindowVersion(NamedTuple):
    """A window as the file had it from ``seen`` to ``until`` (ms UTC).

    ``seen`` is None where nobody wrote down when it was first seen, ``until`` while it is there.
    """

    entry: WindowEntry
    seen: int | None = None
    until: int | None = None


class OfTime(NamedTuple):
    """What a catalogue alone does not know: services that left it, and what held before.

    ``calendars`` are former ones by names that no calendar in force has; ``digest`` is the SHA-256
    of the file, empty where it was read from none; ``zones`` and ``currencies`` are the
    organisation's, each
    with when it was first seen (ms UTC), where that changed; ``agreements`` are those that changed,
    by id, in the same way; ``departed`` are agreements that left, as they were at last, each with
    when it was first seen to be gone; ``away`` is when agreements were not there, by id. One that
    is not ``written`` stands for a file that says nothing yet.
    """

    left: tuple[Service, ...] = ()
    calendars: dict[str, Calendar] = {}  # noqa: RUF012 - never changed
    windows: tuple[WindowVersion, ...] | None = None
    digest: str = ""
    zones: tuple[tuple[int, tzinfo], ...] = ()
    currencies: tuple[tuple[int, str], ...] = ()
    agreements: dict[str, tuple[tuple[int, Agreement], ...]] = {}  # noqa: RUF012 - never changed
    departed: tuple[tuple[int, Agreement], ...] = ()
    away: dict[str, tuple[tuple[int, int], ...]] = {}  # noqa: RUF012 - never changed
    written: bool = True


class Catalogue(Frozen):
    """What the organisation runs, owes and reports: the content of services.yml."""

    organization: Name
    """Whose services these are; stands on pages and reports."""
    timezone: Zone
    """IANA zone in which days, weeks and months begin, and times without an offset are read."""
    currency: Currency = "EUR"
    """Of costs, fees and credits: three letters of ISO 4217."""
    prometheus: Prometheus = Prometheus()
    """The server that the engine queries."""
    calendars: dict[Identifier, Calendar] = Field(default_factory=dict)
    """Agreed hours, by an id that services, agreements and routes name."""
    services: Annotated[tuple[Service, ...], Field(json_schema_extra={"minItems": 1})]
    """What is run, and what is owed of it."""
    maintenance: Annotated[
        Maintenance,
        BeforeValidator(_windows, json_schema_input_type=Maintenance | list[WindowEntry]),
    ] = Maintenance()
    """Planned work; a bare list is its ``windows``."""
    agreements: tuple[Agreement, ...] = ()
    """What customers or departments were promised."""
    slack: Slack = Slack()
    """How Slack is reached, and the channel of what no route takes."""
    notifications: Notifications = Notifications()
    """Who is told what, where and when."""
    external_url: HttpUrl | None = None
    """Where people reach the engine's pages: links of messages and reports lead there."""
    grafana: Grafana | None = None
    """Where the dashboards are, and how outages become annotations there."""
    mail: Mail | None = None
    """The SMTP server that mail goes through."""
    reports: tuple[Report, ...] = ()
    """Reports that are sent by schedule."""
    _of_time: OfTime = PrivateAttr(OfTime())

    @property
    def digest(self) -> str:
        """Return the SHA-256 of the file that it was read from, empty where it was none."""
        return self._of_time.digest

    @property
    def is_written(self) -> bool:
        """Say whether a file says it; else nothing is watched, and nothing of it is remembered."""
        return self._of_time.written

    @property
    def left(self) -> tuple[Service, ...]:
        """Return the services that were in it once and are not any more, as they were at last."""
        return self._of_time.left

    @property
    def window_versions(self) -> tuple[WindowVersion, ...]:
        """Return the maintenance windows as they are, and as they were once."""
        known = self._of_time.windows
        return tuple(map(WindowVersion, self.maintenance.windows)) if known is None else known

    def zones(self, until: int) -> list[tuple[int, tzinfo]]:
        """Return the organisation's zone, piece by piece: each with where it ends (ms UTC).

        Args:
            until: where the last piece ends.
        """
        known = self._of_time.zones or ((0, self.timezone),)
        ends = [*(seen for seen, _ in known[1:]), until]
        return [(end, zone) for end, (_, zone) in zip(ends, known, strict=True)]

    def currency_at(self, moment: int) -> str:
        """Return the organisation's currency at a moment (ms UTC)."""
        known = self._of_time.currencies or ((0, self.currency),)
        return ([one for seen, one in known if seen <= moment] or [known[0][1]])[-1]

    def calendar(self, name: str) -> Calendar:
        """Return a calendar, also one of a former time.

        Raises:
            KeyError: there is none.
        """
        return self.calendars.get(name) or self._of_time.calendars[name]

    def of_time(self, services: tuple[Service, ...] | None = None, **known: Any) -> "Catalogue":
        """Return it with what it does not know alone: the fields of `OfTime`."""
        changed = {} if services is None else {"services": services}
        copy = Catalogue.model_construct(**{**dict(self), **changed})
        copy._of_time = self._of_time._replace(**known)  # noqa: SLF001 - its own
        return copy

    def service(self, identifier: str) -> Service:
        """Return the service of that id, also one that left.

        Raises:
            KeyError: there is none.
        """
        return self._by_id[identifier]

    def find(self, identifier: str | None) -> Service | None:
        """Return the service of that id, if there is one; it may have left."""
        return None if identifier is None else self._by_id.get(identifier)

    def agreement(self, identifier: str) -> Agreement:
        """Return the agreement of that id.

        Raises:
            KeyError: there is none.
        """
        gone = {agreement.id: agreement for _, agreement in self.departed}
        return (gone | {agreement.id: agreement for agreement in self.agreements})[identifier]

    @property
    def departed(self) -> tuple[tuple[int, Agreement], ...]:
        """Return the agreements that left, as they were at last, each with when (ms UTC)."""
        return self._of_time.departed

    def left_at(self, agreement: Agreement) -> int | None:
        """Return when an agreement was seen to be gone (ms UTC); None while it is there."""
        return next((seen for seen, one in self.departed if one.id == agreement.id), None)

    def away(self, agreement: Agreement) -> tuple[tuple[int, int], ...]:
        """Return when an agreement was not in the catalogue, after it had been (ms UTC)."""
        return self._of_time.away.get(agreement.id, ())

    def agreed(self, agreement: Agreement, moment: int) -> Agreement:
        """Return the terms of an agreement at a moment (ms UTC)."""
        known = self.ever_agreed(agreement)
        return ([one for seen, one in known if seen <= moment] or [known[0][1]])[-1]

    def ever_agreed(self, agreement: Agreement) -> tuple[tuple[int, Agreement], ...]:
        """Return all terms that an agreement ever had, oldest first, with when each was seen."""
        return self._of_time.agreements.get(agreement.id, ((0, agreement),))

    @cached_property
    def _by_id(self) -> dict[str, Service]:
        return {service.id: service for service in (*self.left, *self.services)}
