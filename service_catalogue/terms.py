"""What decides a figure, as plain values that are kept and read again: a catalogue's terms.

A value holds what the file says, without what it leaves to be usual. Of a probe it holds type, name
and a digest: its headers may be secret.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

from service_catalogue.agreement import Agreement
from service_catalogue.calendar import Calendar
from service_catalogue.maintenance import WindowEntry
from service_catalogue.model import Catalogue
from service_catalogue.probes import Probe
from service_catalogue.service import Service

Value = dict[str, Any]
_ELSEWHERE = {"depends_on", "group", "probes", "runbook", "min_samples"}
_SPOKEN = ("window", "accounting", "quorum")
"""What is written down although it is usual: what is usual may change."""
_GONE = "http://gone.invalid/?"
_AND = " | "


class Subject(NamedTuple):
    """What a term is of: ``kind`` is service, calendar, window, agreement, settings or policy."""

    kind: str
    name: str


def terms_of(catalogue: Catalogue, policy: str) -> dict[Subject, Value]:
    """Return what decides figures; ``policy`` is the version of the accounting policy."""
    cadence = catalogue.prometheus.model_dump(mode="json", include={"scrape_interval", "max_gap"})
    settings = {"timezone": str(catalogue.timezone), "currency": catalogue.currency, **cadence}
    found = {Subject("policy", ""): {"version": policy}, Subject("settings", ""): settings}
    for name, calendar in catalogue.calendars.items():
        found[Subject("calendar", name)] = _plain(calendar)
    for window in catalogue.maintenance.windows:
        found[Subject("window", window.id)] = _plain(window)
    for agreement in catalogue.agreements:
        found[Subject("agreement", agreement.id)] = agreement_value(agreement)
    for service in catalogue.services:
        found[Subject("service", service.id)] = service_value(service)
    return found


def agreement_value(agreement: Agreement) -> Value:
    """Return what decides what is owed by an agreement."""
    value = _plain(agreement)
    value.pop("language", None)  # how it is told decides nothing
    return value


def service_value(service: Service) -> Value:
    """Return what decides a service's figures."""
    value: Value = service.model_dump(mode="json", exclude=_ELSEWHERE, exclude_defaults=True)
    value |= service.model_dump(mode="json", include=set(_SPOKEN))
    if service.probes:
        value["probes"] = [told for probe in service.probes for told in _told(probe)]
    return value


def _told(probe: Probe) -> list[str]:
    """Return what is kept of a probe; one that stands for those of a value has it in its URL."""
    url = str(getattr(probe, "url", ""))
    if url.startswith(_GONE):
        return unquote(url.removeprefix(_GONE)).split(_AND)
    return [f"{probe.type} {probe.name or ''} {_digest(probe.model_dump(exclude_defaults=True))}"]


def _plain(model: Agreement | Calendar | WindowEntry) -> Value:
    value: Value = model.model_dump(mode="json", exclude_defaults=True)
    return value


def _digest(value: Any) -> str:
    return hashlib.sha256(repr(value).encode()).hexdigest()[:12]


def service_of(value: Mapping[str, Any]) -> Service:
    """Return the service of a value; its probes are none that could run.

    Raises:
        ValidationError: it is none that this version knows.
    """
    given = dict(value)
    if given.get("probes"):
        given["probes"] = [{"type": "http", "url": _GONE + quote(_AND.join(given["probes"]))}]
    return Service.model_validate(given)


def same_service(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Say whether two values are of the same terms, whatever was usual when they were written."""
    if one == other:
        return True
    probes = [value.get("probes") for value in (one, other)]
    if probes[0] != probes[1]:
        return False
    first, second = (service_value(service_of(value)) for value in (one, other))
    return first == second
