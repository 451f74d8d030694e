"""What a person got of each night: first word, messages, and what Sloth's rules said of it."""

import re
from collections.abc import Iterator
from typing import Any

from benchmarks.situations.night import Night
from benchmarks.situations.stage import Heard

PAGES = ("ours/pages", "ours/database", "sloth/page")
Json = dict[str, Any]


def counted(nights: list[Night], heard: list[Heard]) -> list[Json]:
    """Return a record of each night, in minutes after its beginning."""
    return [_of(night, heard) for night in nights]


def untold(nights: list[Night], heard: list[Heard]) -> list[str]:
    """Return what was told by rules that no night is about."""
    return [
        f"{one.minute:.1f} {one.place} {sorted(_names(one))} {one.body['groupLabels']}"
        for one in heard
        if one.place.startswith(("ours", "sloth")) and not any(_concerns(n, one) for n in nights)
    ]


def _names(one: Heard) -> set[str]:
    return {alert["labels"]["alertname"] for alert in one.body["alerts"]}


def _of(night: Night, heard: list[Heard]) -> Json:
    mine = [one for one in heard if _concerns(night, one)]
    ours, theirs = (
        [one for one in mine if one.place.startswith(f"{side}/")] for side in ("ours", "sloth")
    )
    return {
        "what": night.what,
        **({"meant": night.given["meant"]} if "meant" in night.given else {}),
        "since": night.since,
        "ours": _side(night, ours),
        "sloth": _side(night, theirs),
        "engine": _notices(night, mine),
    }


def _side(night: Night, mine: list[Heard]) -> Json:
    pages = [one for one in mine if one.place in PAGES]
    firing = [one for one in pages if _fires(night, one)]
    tickets = [one for one in mine if one not in pages]
    return {
        "told": _told(night, mine),
        "first": _first(night, firing),
        "pages": len(firing),
        "ends": len(pages) - len(firing),
        "tickets": sum(_fires(night, one) for one in tickets),
    }


def _fires(night: Night, one: Heard) -> bool:
    """Say whether a message tells that something of this night is wrong, not that it is over."""
    alerts = (a for a in one.body["alerts"] if a["status"] == "firing")
    return any(_labels(night, alert["labels"]) for alert in alerts)


def _told(night: Night, mine: list[Heard]) -> Json:
    """Return each alert and severity that was told, with when it was first."""
    found: Json = {}
    for one in mine:
        severity = "page" if one.place in PAGES else "ticket"
        for alert in one.body["alerts"]:
            if alert["status"] == "firing" and _labels(night, alert["labels"]):
                name = f"{alert['labels']['alertname']} ({severity})"
                found.setdefault(name, round(one.minute - night.at, 2))
    return found


def _notices(night: Night, mine: list[Heard]) -> Json:
    """Return what the engine told, to an address at which nothing can be edited."""
    notices = [one for one in mine if one.place.startswith("engine/")]
    return {"first": _first(night, notices), "messages": len(notices)}


def _first(night: Night, found: list[Heard]) -> float | None:
    return round(found[0].minute - night.at, 2) if found else None


def _concerns(night: Night, one: Heard) -> bool:
    if one.place.startswith("engine/"):
        return any(re.search(rf"\b{n}-service\b", str(one.body)) for n in night.services)
    alerts = one.body.get("alerts", ()) if one.place != "slack" else ()
    return any(_labels(night, alert["labels"]) for alert in alerts)


def _labels(night: Night, labels: Json) -> bool:
    if labels.get("service", labels.get("sloth_service")) in night.services:
        return True
    if labels.get("instance", "").rpartition(":")[0] in night.targets:
        return True
    jobs = {target.rstrip("0123456789") for target in night.targets}
    if labels["alertname"] == "TargetsMissing" and labels["job"] in jobs:
        return True
    wanted = night.given.get("match", {})
    return bool(wanted) and all(re.fullmatch(v, labels.get(k, "")) for k, v in wanted.items())


def lines(found: list[Json]) -> Iterator[str]:
    """Yield the records as text, and what is not as promised."""
    for one in found:
        ours, theirs = one["ours"], one["sloth"]
        told = "; ".join(f"{name} {minute}" for name, minute in ours["told"].items())
        engine = one["engine"]
        yield (
            f"{one['what'][:60]:60} {ours['pages']}+{ours['ends']} pages, "
            f"{ours['tickets']} tickets, first {ours['first']}; "
            f"Sloth {theirs['pages']}+{theirs['ends']}, {theirs['first']}; "
            f"engine {engine['messages']}, {engine['first']} {told}"
        )
        if wrong := verdict(one):
            yield f"  NOT AS PROMISED: {wrong}"


def verdict(one: Json) -> str:
    """Say what a night breaks of the promise beside Sloth; empty where nothing, or it is meant."""
    ours, theirs = one["ours"], one["sloth"]
    if "meant" in one or not theirs["pages"]:
        return ""
    if ours["first"] is None:
        return "silent where Sloth speaks"
    if ours["pages"] > theirs["pages"]:
        return "more pages than Sloth's"
    return "later than Sloth by an interval" if ours["first"] > theirs["first"] + 0.5 else ""
