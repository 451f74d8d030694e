"""Random contracts and agreements for a world, and edits of agreements as the engine sees them."""

import json
import random
from datetime import date, timedelta
from typing import Any

from benchmarks.audit.plans import means
from benchmarks.audit.time import wall
from benchmarks.audit.world import World

_WINDOWS = ("day", "day", "week", "2w", "month", "month", "quarter", "year", "7d", "14d", "28d",
            "30d", "90d")  # fmt: skip
_ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Auckland", "UTC")
_RULES = ("each", "each", "worst", "weighted", "all")
_HOUR = 3_600_000

Json = dict[str, Any]


def promise(world: World) -> None:
    """Give a world contracts of every window, agreements, and perhaps an edit of these.

    It draws from a chance of its own, so that the rest of a seed's world stays as it is.
    """
    chance = random.Random(world.seed + 2_000_000)
    for entry in world.catalogue["services"]:
        _judged_by(chance, entry, world)
    made = [_agreement(chance, number, world) for number in range(chance.choice((1, 2, 3)))]
    found = [one for one in made if any(means(one, s) for s in world.catalogue["services"])]
    world.agreements = [(world.span[0] - 24 * _HOUR, found)]
    if found and chance.random() < 0.5:
        at = chance.randrange(world.span[0], world.span[1])
        world.agreements.append((at, _edited(chance, found, world)))
    world.catalogue["agreements"] = world.agreements[-1][1]


def _judged_by(chance: random.Random, entry: Json, world: World) -> None:
    _window(chance, entry, world)
    if chance.random() < 0.25:
        entry["timezone"] = chance.choice(_ZONES)
    for change in entry.get("history", ()):
        if "credits" in entry and chance.random() < 0.3:
            change["credits"] = [{"below": 99.9, "credit": 5}]


def _window(chance: random.Random, entry: Json, world: World) -> None:
    if chance.random() < 0.7:
        entry["window"] = chance.choice(_WINDOWS)
    if entry.get("window") == "2w":
        day: date = wall(world.span[0], "UTC").date()
        first = day - timedelta(days=day.weekday() + chance.choice((0, 7, 21)))
        entry["window_from"] = first.isoformat()


def _agreement(chance: random.Random, number: int, world: World) -> Json:
    entry: Json = {"id": f"w{world.seed}-a{number}", "customer": f"Customer {number}"}
    entry |= _scope(chance, world)
    _window(chance, entry, world)
    entry["rule"] = chance.choice(_RULES)
    parts = [s for s in world.catalogue["services"] if means(entry, s)]
    if entry["rule"] == "all" and any("total" in s.get("sli", {}) for s in parts):
        entry["rule"] = "worst"
    if entry["rule"] != "each" or chance.random() < 0.7:
        entry["objective"] = chance.choice((50, 90, 99, 99.9))
        if chance.random() < 0.7:
            entry["credits"] = [{"below": 99.5, "credit": 10}, {"below": 90, "credit": 50}]
    if entry["rule"] == "weighted":
        names = [service["id"] for service in parts]
        some = chance.sample(names, max(1, len(names) // 2)) if names else []
        entry["weights"] = {name: chance.choice((1, 2, 0.5)) for name in some}
        if not some:
            entry |= {"rule": "worst"}
            del entry["weights"]
    if chance.random() < 0.3:
        entry["calendar"] = chance.choice(tuple(world.catalogue["calendars"]))
    if chance.random() < 0.3:
        entry["timezone"] = chance.choice(_ZONES)
    if chance.random() < 0.7:
        entry["fee"] = chance.choice((1000, 99.95, 12))
    if chance.random() < 0.3:
        entry["currency"] = "CHF"
    return entry


def _scope(chance: random.Random, world: World) -> Json:
    services = world.catalogue["services"]
    names = [service["id"] for service in services]
    tier = chance.choice(services).get("tier", "default")
    everything: tuple[Json, ...] = (
        {"services": chance.sample(names, min(len(names), chance.choice((1, 2, 3))))},
        {"tiers": [tier]},
        {"labels": {"site": chance.choice("ab")}},
        {"tiers": sorted({tier, "gold"}), "labels": {"site": "a"}},
    )
    return chance.choice(everything)


def _edited(chance: random.Random, known: list[Json], world: World) -> list[Json]:
    """Return the agreements after an edit: other terms, or other services."""
    found: list[Json] = json.loads(json.dumps(known))
    one = chance.choice(found)
    match chance.choice(("fee", "currency", "objective", "credits", "services")):
        case "fee":
            one["fee"] = 500
        case "currency":
            one["currency"] = "USD"
        case "objective":
            one["objective"] = 80
        case "credits" if "objective" in one:
            one["credits"] = [{"below": 99.99, "credit": 1}]
        case _ if one["rule"] in {"each", "worst"}:
            for key in ("services", "tiers", "labels"):
                one.pop(key, None)
            one |= _scope(chance, world)
    return found if _reaches_all(found, world) else known


def _reaches_all(found: list[Json], world: World) -> bool:
    return all(any(means(one, s) for s in world.catalogue["services"]) for one in found)
