"""What no single field of the catalogue can know: references, duplicates, circles.

It reads the plain data, not the models, so that its findings come together with the models' own;
what has the wrong shape is skipped here, because the models complain of it.
"""

from collections.abc import Iterable, Iterator, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any

from service_catalogue.mail import is_mailbox
from service_catalogue.notifications import SCHEMES, SERVICE_HOURS
from service_catalogue.service import SOURCES, source_mistake
from uptime_common.document import Finding
from uptime_common.names import skeleton
from uptime_common.shown import listed, shown
from uptime_common.yaml_tree import Location

Item = tuple[Location, dict[Any, Any]]


def check(data: Any) -> Iterable[Finding]:
    """Yield every mistake that crosses fields, as (location, message)."""
    services = list(_items(data, "services"))
    known = {value for _, s in services if isinstance(value := s.get("id"), str)}
    calendars = set(_mapping(data, "calendars"))
    if isinstance(data, dict) and data.get("services") == []:
        yield ("services",), "needs at least one service"
    yield from _same_names(services)
    yield from _former_ids(services, known)
    for item in services:
        yield from _service(item, known, calendars)
    yield from _circles(services, "depends_on")
    yield from _circles(services, "components")
    yield from _groups(services, known)
    yield from _maintenance(data, known)
    yield from _routes(data, known, calendars)
    yield from _agreements(data, services, known, calendars)
    reports = list(_items(data, "reports"))
    yield from _same_names(reports)
    for item in reports:
        yield from _references(item, "services", known, "service")
        agreements = {str(agreement.get("id")) for _, agreement in _items(data, "agreements")}
        named = item[1].get("agreement")
        if isinstance(named, str) and named not in agreements:
            yield (*item[0], "agreement"), _no_such("agreement", named, agreements)


def _routes(data: Any, known: set[str], calendars: set[str]) -> Iterable[Finding]:
    """Yield addresses that nobody serves, services and hours that are not there."""
    holder = _mapping(data, "notifications")
    reports = {str(report.get("id")) for _, report in _items(data, "reports")}
    for name in _mapping(holder, "apprise"):
        if name in reports:
            yield ("notifications", "apprise", name), f"{shown(name)} is the id of a report"
    for at, route in _items(holder, "routes", ("notifications",)):
        yield from _references((at, route), "services", known, "service")
        yield from _reference((at, route), "hours", calendars | {SERVICE_HOURS})
        addresses = [((*at, "to", index), one) for index, one in _strings(route, "to")]
        if isinstance(route.get("to"), str):
            addresses = [((*at, "to"), route["to"])]
        for where, address in addresses:
            if mistake := _address(address, data, holder):
                yield where, mistake


def _address(address: str, data: Any, holder: Any) -> str:
    """Return what is wrong with where a route leads, if anything is."""
    scheme, colon, place = address.partition(":")
    if not colon:
        return ""
    if scheme not in SCHEMES:
        return _no_such("notifier", scheme, set(SCHEMES))
    if scheme == "mail" and not is_mailbox(place):
        return f"{place!r} is no mail address such as ops@example.org"
    if scheme == "mail" and not data.get("mail"):
        return "needs mail, with the url of a server"
    named = {"webhook": "webhooks", "apprise": "apprise"}
    there = set(map(str, _mapping(holder, named[scheme]))) if scheme in named else {place}
    return "" if place in there else _no_such(scheme, place, there)


def _service(item: Item, known: set[str], calendars: set[str]) -> Iterable[Finding]:
    at, service = item
    if mistake := source_mistake([name for name in SOURCES if service.get(name)]):
        yield at, mistake
    yield from _references(item, "depends_on", known, "service")
    yield from _references(item, "components", known, "service")
    yield from _reference(item, "calendar", calendars)
    for change in _items(service, "history", at):
        yield from _reference(change, "calendar", calendars)
        yield from _owed(change, change[1].get("objective", service.get("objective")))
    yield from _same_names(
        (where, {"name": probe.get("name", probe.get("type"))})
        for where, probe in _items(service, "probes", at)
    )
    yield from _needs(item)
    yield from _owed(item, service.get("objective"))
    yield from contract_window(item)


def _owed(item: Item, objective: Any) -> Iterable[Finding]:
    at, owed = item
    if owed.get("credits") and objective is None:
        yield (*at, "credits"), "need an objective"


def contract_window(item: Item) -> Iterable[Finding]:
    """Yield what is wrong with the window of a service or an agreement."""
    at, owed = item
    window = owed.get("window")
    if window == "2w" and owed.get("window_from") is None:
        yield (*at, "window"), "2w needs window_from, a Monday from which two weeks are counted"
    elif window != "2w" and owed.get("window_from") is not None:
        yield (*at, "window_from"), "goes with window: 2w"


def _agreements(
    data: Any, services: Sequence[Item], known: set[str], calendars: set[str]
) -> Iterator[Finding]:
    agreements = list(_items(data, "agreements"))
    yield from _same_names(agreements)
    for item in agreements:
        at, agreement = item
        yield from _references(item, "services", known, "service")
        yield from _reference(item, "calendar", calendars)
        yield from contract_window(item)
        for index, address in _strings(agreement, "to"):
            if mistake := _address(address, data, _mapping(data, "notifications")):
                yield (*at, "to", index), mistake
        for name in _mapping(agreement, "weights"):
            if isinstance(name, str) and name not in known:
                yield (*at, "weights", name), _no_such("service", name, known)
        if agreement.get("rule") == "all":
            counted = [s for _, s in services if "total" in _mapping(s, "sli")]
            names = [shown(s.get("id")) for s in counted if _covers(agreement, s)]
            if names:
                message = f"all is time in which all are up, and {listed(names)} counts events"
                yield (*at, "rule"), f"{message}; take each, worst or weighted"


def _covers(agreement: dict[Any, Any], service: dict[Any, Any]) -> bool:
    """Say whether a service is part of an agreement, as `Agreement.covers`."""
    names = {name for _, name in _strings(agreement, "services")}
    tiers = {name for _, name in _strings(agreement, "tiers")}
    labels = _mapping(service, "labels")
    return (
        (not names or service.get("id") in names)
        and (not tiers or service.get("tier", "default") in tiers)
        and all(labels.get(key) == value for key, value in _mapping(agreement, "labels").items())
    )


def _former_ids(services: Iterable[Item], known: set[str]) -> Iterable[Finding]:
    """Yield former ids that are another service's, now or before."""
    seen: set[str] = set()
    for at, service in services:
        for index, name in _strings(service, "formerly"):
            if name in known:
                yield (*at, "formerly", index), f"{shown(name)} is the id of a service in use"
            elif name in seen:
                yield (*at, "formerly", index), f"{shown(name)} is a former id already"
            seen.add(name)


def _needs(item: Item) -> Iterable[Finding]:
    """Yield the numbers that can never be reached."""
    at, service = item
    need, components = service.get("need"), list(_strings(service, "components"))
    if need is not None and not components:
        yield (*at, "need"), "goes with components"
    elif isinstance(need, int) and need > len(components):
        yield (*at, "need"), f"is more than the {len(components)} components"
    quorum, probes = _mapping(service, "quorum").get("probes"), list(_items(service, "probes"))
    if isinstance(quorum, int) and probes and quorum > len(probes):
        yield (*at, "quorum", "probes"), f"is more than the {len(probes)} probes"


def _maintenance(data: Any, known: set[str]) -> Iterable[Finding]:
    windows, feeds = maintenance_items(data)
    for item in [*windows, *feeds]:
        yield from _references(item, "services", known, "service")
    yield from _same_names(windows)
    yield from _same_names(feeds)
    if _mapping(data, "maintenance").get("four_eyes") is True:
        for at, window in windows:
            approver, requester = window.get("approver"), window.get("requester")
            if approver is not None and skeleton(str(approver)) == skeleton(str(requester)):
                message = f"{shown(approver)} is also the requester; four_eyes forbids that"
                yield (*at, "approver"), message


def maintenance_items(data: Any) -> tuple[list[Item], list[Item]]:
    """Return the windows and the feeds of plain data, each with its location."""
    if isinstance(data, dict) and isinstance(data.get("maintenance"), list):
        return list(_items(data, "maintenance")), []
    holder, root = _mapping(data, "maintenance"), ("maintenance",)
    return list(_items(holder, "windows", root)), list(_items(holder, "feeds", root))


def _references(item: Item, field: str, known: set[str], kind: str) -> Iterable[Finding]:
    at, mapping = item
    for index, name in _strings(mapping, field):
        if name not in known:
            yield (*at, field, index), _no_such(kind, name, known)


def _reference(item: Item, kind: str, known: set[str]) -> Iterable[Finding]:
    at, mapping = item
    name = mapping.get(kind)
    if isinstance(name, str) and name not in known:
        yield (*at, kind), _no_such(kind, name, known)


def _no_such(kind: str, name: str, known: set[str]) -> str:
    valid = listed(sorted(known)) or "none"
    return f"there is no {kind} {shown(name)}; valid: {valid}"


def _same_names(items: Iterable[Item]) -> Iterable[Finding]:
    seen: set[str] = set()
    for at, mapping in items:
        key = "id" if "id" in mapping else "name"
        name = mapping.get(key)
        if isinstance(name, str):
            if name in seen:
                yield (*at, key), f"{shown(name)} is taken already"
            seen.add(name)


def _circles(services: list[Item], field: str) -> Iterable[Finding]:
    graph = {
        s["id"]: {name for _, name in _strings(s, field)}
        for _, s in services
        if isinstance(s.get("id"), str)
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        at = next(at for at, s in services if s.get("id") in circle)
        yield (*at, field), f"goes in a circle: {' -> '.join(circle)}"


def _groups(services: list[Item], known: set[str]) -> Iterable[Finding]:
    """Yield groups that are no service, and services that stand under themselves."""
    under: dict[str, set[str]] = {}
    for at, service in services:
        name, group = service.get("id"), service.get("group")
        if isinstance(name, str):
            under.setdefault(name, set()).update(
                part for _, part in _strings(service, "components")
            )
        if isinstance(group, str) and group not in known:
            yield (*at, "group"), _no_such("service", group, known)
        elif isinstance(group, str) and isinstance(name, str):
            under.setdefault(group, set()).add(name)
    try:
        TopologicalSorter(under).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        for at, service in services:
            if service.get("id") in circle and service.get("group") in circle:
                yield (*at, "group"), f"goes in a circle: {' -> '.join(circle)}"
                return


def _mapping(data: Any, key: str) -> dict[Any, Any]:
    value = data.get(key) if isinstance(data, dict) else None
    return value if isinstance(value, dict) else {}


def _items(data: Any, key: str, at: Location = ()) -> Iterator[Item]:
    value = data.get(key) if isinstance(data, dict) else None
    for index, item in enumerate(value if isinstance(value, list) else ()):
        if isinstance(item, dict):
            yield (*at, key, index), item


def _strings(mapping: dict[Any, Any], key: str) -> Iterator[tuple[int, str]]:
    value = mapping.get(key)
    for index, item in enumerate(value if isinstance(value, list) else ()):
        if isinstance(item, str):
            yield index, item
